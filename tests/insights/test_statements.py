"""What the queries behind insights say, on rows of which it is known."""

import datetime as dt
import math
from typing import Any

import pandas as pd
import pytest

from eros_assets.weekly.records import records
from tests.assets.installed import WEEK, Installed
from tests.sql.dataset import MONDAY, Dataset, Row, caption, creators, days_before, fact, la

PRIOR: Row = {
    "page_name": "cook",
    "price_tier": "mid",
    "prior_successes": 1.0,
    "prior_failures": 99.0,
    "dispersion": 1.0,
    "rate": 0.01,
    "wear_effect": 0.3,
    "wear_days": 60,
    "suggested_price": 10.0,
    "recipients": 1000,
    "trials_per_recipient": 0.5,
    "earnings_per_success": 10.0,
}


def stats(caption_id: int, bought: float, **changes: Any) -> Row:
    """A caption of `cook` with a posterior of 100 effective trials, not worn."""
    return {
        "page_name": "cook",
        "caption_id": caption_id,
        "price_tier": "mid",
        "send_count": 1,
        "prior_successes": 0.0,
        "prior_failures": 0.0,
        "effective_successes": bought,
        "effective_failures": 100.0 - bought,
        "wear": 0.0,
        "last_used": la(days_before(MONDAY, 20)),
        "stats_as_of": MONDAY,
    } | changes


def asked(dataset: Dataset, file: str, **parameters: Any) -> list[Row]:
    """The rows of a file of `sql/operations` on `cook` and `band`, in the week of MONDAY."""
    given = {"week_start": MONDAY, "pages": ["cook", "band"], **parameters}
    return dataset.warehouse.query(dataset.library[file].text, given).to_dict("records")


def believed(dataset: Dataset, rows: list[Row], shown: int = 3) -> list[Row]:
    dataset.put("creators", creators("cook", "band"))
    dataset.put("caption_priors", [PRIOR, PRIOR | {"page_name": "band"}])
    dataset.put("caption_bandit_stats", rows)
    return asked(dataset, "believed_captions", worn_share=0.8, shown=shown)


def ranks(rows: list[Row], rank: str) -> list[int]:
    """The captions with a rank, by it."""
    ranked = [row for row in records(pd.DataFrame(rows)) if row[rank] is not None]
    return [int(row["caption_id"]) for row in sorted(ranked, key=lambda row: row[rank])]


def test_the_best_captions_are_those_that_are_expected_to_earn_most(dataset: Dataset) -> None:
    """Caption 3 has the higher rate, caption 2 a price of its own; 4 is not in use."""
    bank = [
        *(caption(n, price_tier="mid") for n in (1, 2, 3)),
        caption(4, price_tier="mid", is_active=False),
    ]
    dataset.put("caption_bank", bank)
    dataset.put("caption_terms", [{"caption_id": 2, "suggested_price": 30.0}])
    found = believed(dataset, [stats(n, bought) for n, bought in enumerate((1, 2, 3, 9), 1)])
    assert ranks(found, "best_rank") == [2, 3, 1]
    of = {row["caption_id"]: row for row in found}
    assert of[2]["earnings_at_rate_one"] == pytest.approx(1000 * 0.5 * 30)
    assert of[3]["earnings_at_rate_one"] == pytest.approx(1000 * 0.5 * 10)
    assert ranks(believed(dataset, [stats(1, 1), stats(3, 3)], shown=1), "best_rank") == [3]


def test_wear_lowers_the_rate_and_leaves_the_certainty(dataset: Dataset) -> None:
    """A caption of wear 2 sells e^-0.6 of what it would; as of a later week less is left of it."""
    dataset.put("caption_bank", [caption(n, price_tier="mid") for n in (1, 2, 3)])
    old = MONDAY - dt.timedelta(days=30)
    rows = [stats(1, 10, wear=2.0), stats(2, 10, wear=2.0, stats_as_of=old), stats(3, 10, wear=0.1)]
    found = believed(dataset, rows)
    of = {row["caption_id"]: row for row in found}
    assert of[1]["unworn_share"] == pytest.approx(math.exp(-0.6))
    assert of[2]["unworn_share"] == pytest.approx(math.exp(-0.6 * math.exp(-0.5)))
    assert of[1]["posterior_successes"] == 10
    total = of[1]["posterior_successes"] + of[1]["posterior_failures"]
    assert 10 / total == pytest.approx(0.1 * math.exp(-0.6))
    assert ranks(found, "best_rank") == [3, 2, 1]
    assert ranks(found, "worn_rank") == [1, 2]


def test_what_a_page_likes_is_in_what_is_believed_of_its_ppvs(dataset: Dataset) -> None:
    """It multiplies the odds; a bump's it leaves."""
    likes = [
        {"page_name": page, "content_category": "bread", "taste": taste, "sends": 9}
        for page, taste in (("cook", 1.25), ("band", 0.5), ("other", 2.0))
    ]
    dataset.put("page_tastes", likes)
    bank = [
        caption(1, price_tier="mid", content_category="bread"),
        caption(2, price_tier="mid", content_category="garden"),
        caption(3, price_tier="bump", content_category="bread"),
    ]
    dataset.put("caption_bank", bank)
    dataset.put("caption_priors", [PRIOR, PRIOR | {"price_tier": "bump"}])
    dataset.put("creators", creators("cook", "band"))
    rows = [stats(1, 10), stats(2, 10), stats(3, 10, price_tier="bump")]
    dataset.put("caption_bandit_stats", rows)
    found = asked(dataset, "believed_captions", worn_share=0.8, shown=3)
    failures = {row["caption_id"]: row["posterior_failures"] for row in found}
    assert failures == pytest.approx({1: 90 / 1.25, 2: 90.0, 3: 90.0})


def test_beliefs_are_those_that_captions_are_chosen_by(shared_agency: Installed) -> None:
    """Posterior and expected earnings of what the pages had tried, as the selection logged them."""
    logged = shared_agency.query(
        "SELECT c.* FROM `${dataset}.selection_candidates` AS c "
        "INNER JOIN `${dataset}.caption_bandit_stats` AS s "
        "ON c.page_name = s.page_name AND c.caption_id = s.caption_id "
        "WHERE s.send_count > 0 AND c.week_start = @week AND c.arm = 'treatment'",
        week=WEEK,
    )
    pages = sorted(set(logged["page_name"]))
    rows = shared_agency.dataset.query(
        "believed_captions", week_start=WEEK, pages=pages, worn_share=1.0, shown=10**6
    )
    both = logged.merge(rows, on=["page_name", "caption_id"], suffixes=("", "_believed"))
    assert len(both) == len(logged) > 20
    for name in ("posterior_successes", "posterior_failures"):
        assert both[f"{name}_believed"].to_numpy() == pytest.approx(both[name].to_numpy(), rel=1e-9)
    sent = both[both["expected_value"].notna()]
    rate = sent["posterior_successes"] / (sent["posterior_successes"] + sent["posterior_failures"])
    assert (rate * sent["earnings_at_rate_one"]).to_numpy(float) == pytest.approx(
        sent["expected_value"].to_numpy(float), rel=1e-9
    )


def choice(caption_id: int, value: float | None, arm: str = "treatment", **changes: Any) -> Row:
    return {
        "page_name": "cook",
        "week_start": MONDAY,
        "caption_id": caption_id,
        "price_tier": "mid",
        "arm": arm,
        "expected_value": value,
        "successes": 0,
        "failures": 0,
    } | changes


def test_exploration_costs_what_the_best_candidates_would_earn_more(dataset: Dataset) -> None:
    """Two places by score and one uniform; of the candidates one went to another page."""
    chosen = [
        choice(1, 100.0),
        choice(2, 40.0, failures=7),
        choice(3, 10.0, "control"),
        choice(4, 500.0, page_name="band"),
        choice(9, None, price_tier="bump"),
        choice(1, 900.0, week_start=days_before(MONDAY, 7)),
    ]
    candidates = [
        *(choice(n, value) for n, value in ((1, 100.0), (2, 40.0), (5, 80.0), (6, 60.0))),
        choice(4, 500.0),
        choice(7, 700.0, "control"),
        choice(8, 700.0, price_tier="budget"),
        choice(9, None, price_tier="bump"),
    ]
    dataset.put("caption_selections", chosen)
    dataset.put("selection_candidates", candidates)
    cook, band = sorted(
        asked(dataset, "exploration_costs"), key=lambda row: row["page_name"], reverse=True
    )
    assert cook == {
        "page_name": "cook",
        "price_tier": "mid",
        "treatment_places": 2,
        "control_places": 1,
        "untried": 2,
        "treatment_value": 140.0,
        "control_value": 10.0,
        "best_value": 180.0,
        "next_value": 60.0,
    }
    assert (band["best_value"], band["treatment_value"], band["next_value"]) == (500.0, 500.0, 0.0)


def new(dataset: Dataset, **parameters: int) -> dict[int, Row]:
    rows = asked(dataset, "new_captions", **{"new_days": 28, "explored_days": 91, **parameters})
    return {int(row["caption_id"]): row for row in rows if row["page_name"] == "cook"}


def test_new_captions_are_those_first_sent_lately_and_those_chosen_untried(
    dataset: Dataset,
) -> None:
    """1 is new; 2 is old; 3 was chosen untried; 4 was chosen, but tried before; 5 isn't in use."""
    dataset.put("creators", creators("cook", "band"))
    dataset.put(
        "caption_bank", [caption(n, price_tier="mid", is_active=n != 5) for n in range(1, 6)]
    )
    firsts = {1: 28, 2: 29, 3: 60, 4: 60, 5: 3}
    dataset.put(
        "message_facts",
        [
            *(fact(n, caption_id=n, send_date=days_before(MONDAY, d)) for n, d in firsts.items()),
            fact(11, caption_id=1, send_date=days_before(MONDAY, 3)),
            fact(12, caption_id=2, send_date=days_before(MONDAY, 3)),
        ],
    )
    dataset.put("caption_priors", [PRIOR])
    dataset.put("caption_bandit_stats", [stats(n, 2, prior_successes=1.0) for n in range(1, 6)])
    before = days_before(MONDAY, 63)
    posterior = {"posterior_successes": 3.0, "posterior_failures": 97.0}
    dataset.put(
        "caption_selections",
        [
            choice(3, 1.0, "control", week_start=before),
            choice(4, 1.0, week_start=before, failures=10),
            choice(2, 1.0, **posterior),
            choice(1, 1.0, "control", posterior_successes=50.0, posterior_failures=50.0),
        ],
    )
    found = new(dataset)
    assert {n: bool(row["is_explored"]) for n, row in found.items()} == {1: False, 3: True}
    assert found[1]["first_sent"] == days_before(MONDAY, 28)
    assert (found[1]["posterior_successes"], found[1]["posterior_failures"]) == (3.0, 98.0)
    assert found[1]["page_rate"] == 0.01
    assert found[1]["chosen_rate"] == pytest.approx(0.03)
    assert set(new(dataset, explored_days=59)) == {1}
    assert set(new(dataset, new_days=29)) == {1, 2, 3}


def test_earnings_are_summed_by_page_tier_price_and_week(dataset: Dataset) -> None:
    dataset.put("caption_bank", [caption(1, price_tier="mid"), caption(2, price_tier="bump")])
    sunday, monday = days_before(MONDAY, 8), days_before(MONDAY, 7)
    facts = [
        fact(1, caption_id=1, send_date=sunday, earnings=5.0),
        fact(2, caption_id=1, send_date=monday, earnings=7.0),
        fact(3, caption_id=1, send_date=days_before(MONDAY, 1), earnings=8.0, sent_count=500),
        fact(4, caption_id=1, send_date=monday, price=20.0),
        fact(5, caption_id=1, send_date=monday, page_name="elsewhere"),
        fact(6, caption_id=1, send_date=MONDAY),
        fact(7, caption_id=1, send_date=days_before(MONDAY, 29)),
        fact(8, caption_id=1, send_date=monday) | {"age_hours": 1.0, "maturity": 0.1},
        fact(9, caption_id=None, send_date=monday),
        fact(10, caption_id=2, send_date=monday, message_type="Bump", price=None),
    ]
    dataset.put("message_facts", facts)
    rows = asked(dataset, "earned_by_price", lookback_days=28)
    assert [(r["price"], r["week"], r["messages"], r["exposure"], r["earnings"]) for r in rows] == [
        (10.0, days_before(MONDAY, 14), 1, 1000, 5.0),
        (10.0, monday, 2, 1500, 15.0),
        (20.0, monday, 1, 1000, 200.0),
    ]
