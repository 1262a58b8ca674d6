"""What is said of a page: of its own rows, in words and values, and of failures nothing more."""

import datetime as dt
import json
from typing import Any

import pytest

from eros_assets import dataset as handle
from eros_assets.insights import captions, experiments, exploration, hours, tastes
from eros_assets.insights.known import Known
from eros_assets.insights.page_insights import NOTHING, TOPICS, PageInsights, insights_of
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.weekly.messages import creator_names
from tests.assets.installed import WEEK, Installed

HEADINGS = [topic.heading for topic in TOPICS]
CAPTION = {"caption_id": 7, "price_tier": "mid", "caption_text": "Hello\nthere", "send_count": 4}
BELIEVED = {
    **CAPTION,
    "last_used": dt.datetime(2025, 10, 20, 2, tzinfo=dt.UTC),
    "posterior_successes": 10.0,
    "posterior_failures": 990.0,
    "unworn_share": 0.5,
    "earnings_at_rate_one": 50_000.0,
    "best_rank": 1,
    "worn_rank": 1,
}
NEW = {
    **CAPTION,
    "first_sent": dt.date(2025, 10, 20),
    "posterior_successes": 100.0,
    "posterior_failures": 900.0,
    "page_rate": 0.05,
    "chosen_rate": 0.08,
    "is_explored": True,
}
COST = {
    "price_tier": "mid",
    "treatment_places": 4,
    "control_places": 1,
    "untried": 3,
    "treatment_value": 900.0,
    "control_value": 20.0,
    "best_value": 1000.0,
    "next_value": 220.0,
}


def known(**rows: list[dict[str, Any]]) -> Known:
    knobs = {"first_send_hour": 8, "last_send_hour": 22}
    return Known("cook", "Cook", WEEK, knobs, rows)  # type: ignore[arg-type]


def taste(category: str, value: float) -> dict[str, Any]:
    return {"content_category": category, "taste": value, "sends": 12}


def test_liked_categories_are_named_with_how_much() -> None:
    rows = [taste("bread", 1.2), taste("garden", 1.01), taste("music", 0.9), taste("travel", 0.8)]
    said = tastes.liked(known(page_tastes=rows))
    more, less = said.lines
    assert more == "Buys more of bread (× 1.20, 12 PPVs) than was expected of their captions."
    assert less.startswith("Buys less of travel (× 0.80, 12 PPVs), music (× 0.90, 12 PPVs) than")
    assert [row["content_category"] for row in said.values] == [
        "bread",
        "garden",
        "music",
        "travel",
    ]


def test_tastes_that_tell_little_or_nothing_say_so() -> None:
    assert tastes.liked(known(page_tastes=[taste("bread", 1.01)])).lines == [tastes.NONE]
    assert tastes.liked(known()).lines == [tastes.NONE]


def test_a_best_caption_has_its_earnings_with_their_interval() -> None:
    """1 % of 1,000 effective trials: a standard deviation of .3145 %."""
    said = captions.best(known(believed_captions=[BELIEVED]))
    assert said.lines == [
        (
            "“Hello there” (mid, caption 7): $500 a message ($192 to $808), as 1.00% of viewers "
            "buy (0.38% to 1.62%); sent 4 times."
        )
    ]


def test_a_worn_caption_has_what_it_lost() -> None:
    """It would sell twice as much unworn; its last send was on the 19th in Los Angeles."""
    said = captions.worn(known(believed_captions=[BELIEVED]))
    assert said.lines == [
        (
            "“Hello there” (mid, caption 7): sells 50% of what it would unworn, $500 a message "
            "less; sent 4 times, last on 2025-10-19."
        )
    ]
    assert "None sells less than 80%" in captions.worn(known()).lines[0]


@pytest.mark.parametrize(
    ("page_rate", "verdict"),
    [(0.08, "better"), (0.09, "too early"), (0.115, "too early"), (0.12, "worse")],
)
def test_a_verdict_is_given_when_the_interval_leaves_the_page_s_mean(
    page_rate: float, verdict: str
) -> None:
    """10 % of 1,000 effective trials: 8.1 % to 11.9 %."""
    row = NEW | {"page_rate": page_rate}
    assert captions.judged(row)["verdict"] == verdict
    said = captions.new(known(new_captions=[row]))
    counts = {name: int(name == verdict) for name in ("better", "worse", "too early")}
    assert said.lines[0] == (
        f"Of 1 sent for the first time in the last 28 days {counts['better']} are better than the "
        f"page's mean of the tier, {counts['worse']} worse; of {counts['too early']} it is too "
        "early to tell."
    )
    assert len(said.lines) == (1 if verdict == "too early" else 2)


def test_a_caption_that_was_first_sent_long_ago_is_not_new() -> None:
    old = NEW | {"first_sent": WEEK - dt.timedelta(days=29)}
    assert captions.new(known(new_captions=[old])).lines == [
        "None was sent for the first time in the last 28 days."
    ]


def test_exploration_says_its_cost_and_what_it_found() -> None:
    rows = [NEW, NEW | {"caption_id": 8, "chosen_rate": 0.095}, NEW | {"is_explored": False}]
    rows += [NEW | {"caption_id": 9, "chosen_rate": 0.2}, NEW | {"chosen_rate": None}]
    said = exploration.cost_and_found(known(exploration_costs=[COST, COST], new_captions=rows))
    assert said.lines == [
        (
            "6 of the week's 10 captions are untried here. The choice by score is expected to earn "
            "$1,800, the captions believed best $2,000: trying others costs at most $200, 10.0%."
        ),
        "The control arm, 2 messages drawn uniformly, costs about $400.",
        (
            "Of 4 captions that it chose untried in the last 13 weeks 2 are now believed above "
            "what it chooses on average, 1 of them with an interval that lies above it."
        ),
        (
            "Found: “Hello there” (mid, caption 7): 10.00% of viewers buy (8.14% to 11.86%), the "
            "chosen 8.00%."
        ),
        (
            "Found: “Hello there” (mid, caption 8): 10.00% of viewers buy (8.14% to 11.86%), the "
            "chosen 9.50%."
        ),
    ]
    lucky = exploration.cost_and_found(known(exploration_costs=[COST | {"control_value": 300.0}]))
    assert lucky.lines[1] == "The control arm, 1 message drawn uniformly, earns about $80 more."
    free = exploration.cost_and_found(known(exploration_costs=[COST | {"best_value": 0.0}]))
    assert free.lines[0] == "3 of the week's 5 captions are untried here."


def test_best_hours_are_those_in_which_messages_may_go_out() -> None:
    rows = [
        {"day_of_week": day, "send_hour": hour, "message_type": kind, "slot_value": value}
        for day, hour, kind, value in (
            (1, 23, "PPV", 9.0),
            (7, 22, "PPV", 1.5),
            (1, 8, "PPV", 2.0),
            (2, 8, "PPV", 1.2),
            (3, 8, "PPV", 1.3),
            (3, 9, "Bump", 1.1),
            (3, 10, "Bump", 1.0),
        )
    ]
    assert hours.best(known(slot_values=rows)).lines == [
        "PPV, by earnings: Mon 08:00 × 2.00, Sun 22:00 × 1.50, Wed 08:00 × 1.30 the mean.",
        "Bump, by views: Wed 09:00 × 1.10 the mean.",
    ]


def test_an_experiment_is_a_sentence_and_is_never_done() -> None:
    rows = [
        {
            "price_tier": tier,
            "price": price,
            "week": WEEK - dt.timedelta(weeks=week),
            "messages": 5,
            "exposure": 1000,
            "earnings": earned + week % 3,
        }
        for tier, price, earned in (("budget", 7.0, 99.0), ("mid", 15.0, 120.0))
        for week in range(1, 9)
    ]
    said = experiments.proposed(known(earned_by_price=rows))
    [line] = said.lines
    assert line.startswith(
        "Try: a third of Cook's budget messages as mid ones at $15 for 4 weeks; history suggests "
        "+21% (+2"
    )
    assert "was no experiment" in line
    assert "it is the largest of 2 comparisons, so likely too high. About " in line
    assert line.endswith("EROS changes nothing by itself.")
    assert experiments.proposed(known()).lines == [
        "None: no tier or price has earned more than the page's others for sure."
    ]


def insights(agency: Installed, *more: str) -> dict[str, PageInsights]:
    names = creator_names(agency.dataset) | {page: page.title() for page in more}
    return dict(insights_of(agency.dataset, WEEK, names))


def test_every_page_of_an_agency_is_known_of(shared_agency: Installed) -> None:
    found = insights(shared_agency, "novice")
    assert found["novice"].sections == {"So far": [NOTHING]}
    for page in found.keys() - {"novice"}:
        assert list(found[page].sections) == HEADINGS
        text = " ".join(line for lines in found[page].sections.values() for line in lines)
        assert "Could not be found out" not in text
        assert "nan" not in text
    said = json.loads(json.dumps({page: each.values for page, each in found.items()}))
    assert any(each["Best captions"] for each in said.values() if each)


def test_a_page_that_can_not_be_read_costs_itself_alone(agency: Installed) -> None:
    before = insights(agency)
    broken, *others = sorted(before)
    agency.change(
        "UPDATE `${dataset}.caption_bandit_stats` SET prior_successes = 0.0, prior_failures = 0.0, "
        "effective_successes = 0.0, effective_failures = 0.0 WHERE page_name = @page",
        page=broken,
    )
    after = insights(agency)
    assert {page: after[page].sections for page in others} == {
        page: before[page].sections for page in others
    }
    assert "Could not be found out" in after[broken].sections["New captions"][0]
    assert after[broken].sections["Best hours"] == before[broken].sections["Best hours"]


def test_a_query_that_fails_costs_its_topic_alone(
    shared_agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = insights(shared_agency)
    ask = handle.Dataset.cached_query

    def query(self: handle.Dataset, name: str, /, **parameters: Any) -> Any:
        if name == "slot_values":
            raise WarehouseError("no such table")
        return ask(self, name, **parameters)

    monkeypatch.setattr(handle.Dataset, "cached_query", query)
    after = insights(shared_agency)
    for page, each in after.items():
        assert each.sections["Best hours"] == ["Could not be found out: no such table."]
        others = {name: lines for name, lines in each.sections.items() if name != "Best hours"}
        assert others == {n: v for n, v in before[page].sections.items() if n != "Best hours"}


def test_no_page_asks_nothing(shared_agency: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle.Dataset, "query", None)
    assert insights_of(shared_agency.dataset, WEEK, {}) == {}
