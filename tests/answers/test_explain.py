"""Explanations say what the tables of the planned week have, and refuse unknown names in words."""

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eros_assets.answers import explained
from eros_assets.answers.lookup import UnknownQuestionError, nearest
from eros_assets.automation.answers import explain_message
from eros_assets.cli.planning import main
from eros_assets.definitions import resources_of
from eros_assets.insights.page_insights import insights_of
from tests.assets.installed import WEEK, Installed


@pytest.fixture
def message(agency: Installed) -> dict[str, Any]:
    """A PPV that was chosen by score."""
    rows = agency.query(
        "SELECT r.*, s.selection_probability FROM `${dataset}.schedule_recommendations` AS r "
        "INNER JOIN `${dataset}.caption_selections` AS s "
        "ON r.page_name = s.page_name AND r.week_start = s.week_start "
        "AND r.caption_id = s.caption_id "
        "WHERE r.is_active AND r.message_type = 'PPV' AND r.arm = 'treatment' "
        "ORDER BY r.page_name, r.message_number LIMIT 1"
    )
    return {str(k): v for k, v in rows.to_dict("records")[0].items()}


def test_caption_has_its_rivals_as_they_were_logged(
    agency: Installed, message: dict[str, Any]
) -> None:
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    assert message["reason"] in answer.sections["Why this caption"]
    logged = agency.query(
        "SELECT * FROM `${dataset}.selection_candidates` WHERE page_name = @page "
        "AND price_tier = @tier AND arm = 'treatment'",
        page=message["page_name"],
        tier=message["price_tier"],
    ).set_index("caption_id")
    shown = answer.values["candidates"]
    assert len(shown) > 3
    for each in shown:
        row = logged.loc[each["caption_id"]]
        assert (each["rank"], each["draw"], each["score"]) == (
            *(row["arm_rank"], row["thompson_score"], row["final_score"]),
        )
        assert 0 <= each["interval"][0] <= each["rate"] <= each["interval"][1] < 1
    [own] = [each for each in shown if each["is_this"]]
    assert own["chance"] == message["selection_probability"]
    said = json.loads(message["explanation"])
    assert own["rate"] == pytest.approx(said["posterior_mean"])
    assert answer.values["is_chosen_by_page"]


def test_captions_that_could_and_could_not_be_chosen_are_the_tier(
    agency: Installed, message: dict[str, Any]
) -> None:
    """Each caption of the tier is eligible as it was logged, or is left out for one reason."""
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    left_out = sum(each["captions"] for each in answer.values["left_out"])
    page, tier = message["page_name"], message["price_tier"]
    eligible = agency.query(
        "SELECT SUM(captions) AS n FROM `${dataset}.selection_pools` "
        "WHERE page_name = @page AND price_tier = @tier",
        page=page,
        tier=tier,
    )["n"].iloc[0]
    bank = agency.query(
        "SELECT COUNT(*) AS n FROM `${dataset}.usable_captions` WHERE price_tier = @tier", tier=tier
    )["n"].iloc[0]
    assert left_out + eligible == bank
    assert f"{eligible:,} {tier} captions could be chosen" in " ".join(
        answer.sections["Why this caption"]
    )


def test_reasons_are_those_of_the_tables(agency: Installed, message: dict[str, Any]) -> None:
    page, tier = message["page_name"], message["price_tier"]
    free = agency.query(
        "SELECT c.caption_id FROM `${dataset}.selection_candidates` AS c "
        "LEFT JOIN `${dataset}.caption_selections` AS s ON c.caption_id = s.caption_id "
        "INNER JOIN `${dataset}.usable_captions` AS u ON c.caption_id = u.caption_id "
        "WHERE c.page_name = @page AND c.price_tier = @tier AND s.caption_id IS NULL "
        "AND u.page_name IS NULL GROUP BY c.caption_id ORDER BY c.caption_id LIMIT 5",
        page=page,
        tier=tier,
    )["caption_id"].tolist()
    rested, reserved, rejected, replaced, stopped = (int(each) for each in free)
    before = reasons(agency, message)
    agency.change(
        "INSERT INTO `${dataset}.message_facts` (row_id, page_name, caption_id, message_type, "
        "sending_time, send_date, send_hour, day_of_week, sent_count, viewed_count, earnings) "
        "VALUES (-5, @page, @caption, 'PPV', TIMESTAMP '2025-10-31 20:00:00+00:00', "
        "DATE '2025-10-31', 13, 5, 100, 10, 0.0)",
        page=page,
        caption=rested,
    )
    agency.change(
        "INSERT INTO `${dataset}.active_caption_assignments` (assignment_key, schedule_id, "
        "page_name, caption_id, scheduled_send_date, assigned_at, is_active) VALUES "
        "('k', 'elsewhere', 'somebody', @caption, DATE '2025-11-12', "
        "TIMESTAMP '2025-10-01 00:00:00+00:00', TRUE)",
        caption=reserved,
    )
    agency.change(
        "INSERT INTO `${dataset}.schedule_review` (schedule_id, message_number, page_name, "
        "week_start, caption_id, decision) VALUES ('s', 1, @page, DATE '2025-11-03', @caption, "
        "'reject')",
        page=page,
        caption=rejected,
    )
    agency.change(
        "INSERT INTO `${dataset}.message_replacements` (page_name, week_start, schedule_id, "
        "message_number, caption_id, asked_by) VALUES (@page, DATE '2025-11-03', 's', 2, "
        "@caption, 'person')",
        page=page,
        caption=replaced,
    )
    agency.change(
        "UPDATE `${dataset}.caption_bank` SET is_active = FALSE WHERE caption_id = @caption",
        caption=stopped,
    )
    after = reasons(agency, message)
    for reason in (
        *("resting: the page sent it in the days before", "reserved"),
        *("rejected in the review", "taken out of the week by request", "not in use"),
    ):
        assert after.get(reason, 0) == before.get(reason, 0) + 1, reason


def reasons(agency: Installed, message: dict[str, Any]) -> dict[str, int]:
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    return {each["reason"]: each["captions"] for each in answer.values["left_out"]}


def test_expected_earnings_are_taken_apart(agency: Installed, message: dict[str, Any]) -> None:
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    text = " ".join(answer.sections["Why this price"])
    assert f"${message['suggested_price']:g}: the median" in text
    assert f"Expected earnings ${message['expected_value']:,.2f}" in text
    [numbers] = re.findall(
        r"That is ([\d.]+)% of views × ([\d.]+) views per recipient × ([\d,]+) recipients × "
        r"\$([\d,.]+)\.",
        text,
    )
    rate, views, recipients, price = (float(each.replace(",", "").rstrip(".")) for each in numbers)
    assert rate / 100 * views * recipients * price == pytest.approx(
        message["expected_value"], rel=2e-3
    )


def test_week_without_its_log_is_said(agency: Installed, message: dict[str, Any]) -> None:
    agency.change("DELETE FROM `${dataset}.selection_candidates` WHERE TRUE")
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    [line] = answer.sections["What it competed with"]
    assert "no longer kept" in line
    assert "selection_log_days" in line
    agency.change("DELETE FROM `${dataset}.caption_selections` WHERE TRUE")
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    [line] = answer.sections["What it competed with"]
    assert line == f"Nothing is stored of the selection of week {WEEK}."


def test_broken_explanation_leaves_the_rest(agency: Installed, message: dict[str, Any]) -> None:
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET explanation = '{', reason = NULL, "
        "slot_value = NULL WHERE TRUE"
    )
    answer = explained(agency.dataset, message["page_name"], message["message_number"], WEEK)
    assert "No reason was stored with it." in answer.sections["Why this caption"]
    assert answer.sections["What it competed with"]


def test_queued_message_is_people_s(agency: Installed, message: dict[str, Any]) -> None:
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET source = 'queued', arm = NULL, "
        "reason = 'Queued by people.' WHERE message_number = 1"
    )
    answer = explained(agency.dataset, message["page_name"], 1, WEEK)
    assert answer.sections["Why"] == ["Queued by people."]
    assert "What it competed with" not in answer.sections


def test_week_of_a_page_is_one_screen(agency: Installed, message: dict[str, Any]) -> None:
    agency.change(
        "INSERT INTO `${dataset}.schedule_shortfalls` (page_name, week_start, stage, price_tier, "
        "wanted, got, reason) VALUES (@page, DATE '2025-11-03', 'selection', 'mid', 5, 3, "
        "'too few eligible captions')",
        page=message["page_name"],
    )
    answer = explained(agency.dataset, message["page_name"], None, None)
    count = len(answer.sections["Messages"])
    assert answer.values["week"] == "2025-11-03"
    assert f"{count} messages" in answer.title
    assert [line.split(".")[0] for line in answer.sections["Messages"]] == [
        str(n) for n in range(1, count + 1)
    ]
    assert "Add 2 or more mid captions" in " ".join(answer.sections["Missing"])
    known = insights_of(agency.dataset, WEEK, {message["page_name"]: "Page"})
    for heading, lines in known[message["page_name"]].sections.items():
        assert len(answer.sections[heading]) == len(lines) > 0
    assert answer.values["known"]["Best captions"]
    target = agency.dataset.rows("weekly_volume_targets", page_name=message["page_name"]).iloc[0]
    assert f"{target['ppv_count']} PPV" in answer.sections["Targets"][0]


@pytest.mark.parametrize(
    ("page", "number", "week", "said"),
    [
        ("nobody_like_this", None, None, "there is no page nobody_like_this"),
        ("{page}x", None, None, "the nearest are {page}"),
        ("{page}", 999, None, "has no message 999"),
        ("{page}", 1, dt.date(2024, 1, 1), "it has of 2025-11-03"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(
    agency: Installed,
    message: dict[str, Any],
    page: str,
    number: int | None,
    week: dt.date | None,
    said: str,
) -> None:
    own = message["page_name"]
    with pytest.raises(UnknownQuestionError) as refused:
        explained(agency.dataset, page.format(page=own), number, week)
    assert said.format(page=own) in str(refused.value)


def test_nearest_names_first_those_that_look_alike() -> None:
    known = ["amber_lens", "amber_light", "cook", "coach"]
    assert nearest("amber_lns", known)[0] == "amber_lens"
    assert nearest("zzz", known) == []
    assert nearest("LIGHT", known) == ["amber_light"]


@pytest.fixture
def typed(shared_agency: Installed, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    settings = shared_agency.dataset.settings
    monkeypatch.setenv("EROS_HOME", str(settings.home))
    monkeypatch.setenv("EROS_OUT_DIR", str(settings.out_dir))
    monkeypatch.setenv("EROS_TODAY", "2025-11-03")
    return lambda *words: CliRunner().invoke(main, words)


def test_commands_answer_in_words_and_in_json(typed: Callable[..., Result]) -> None:
    told = typed("explain", "nobody")
    assert told.exit_code == 2
    assert "there is no page nobody" in told.output
    page = json.loads(typed("report", "2025-10-29", "--json").stdout)["creators"][0]["name"]
    told = typed("explain", page, "1", "--week", "2025-11-05", "--json")
    assert told.exit_code == 0, told.output
    said = json.loads(told.stdout)
    assert (said["page"], said["week"], said["message"]["message_number"]) == (
        *(page, "2025-11-03", 1),
    )
    assert typed("explain", page, "0").exit_code == 2
    assert typed("report", "1999-01-01").exit_code == 2
    assert typed("report", "2025-10-29", "--send").exit_code == 2


def test_job_shows_the_answer_in_the_interface(agency: Installed, message: dict[str, Any]) -> None:
    result = explain_message.execute_in_process(
        instance=agency.instance,
        resources=dict(resources_of(agency.dataset.settings)),
        run_config={"ops": {"explain": {"config": {"page": message["page_name"], "message": 1}}}},
    )
    [event] = [e for e in result.all_events if e.event_type_value == "STEP_OUTPUT"]
    shown = event.step_output_data.metadata["answer"].value
    assert "### What would change it" in str(shown)
