"""Runs of the graph over a schedule that somebody has changed by hand: others are published."""

from collections.abc import Mapping

import dagster as dg
import pytest

from eros_assets.publishing.status import week_status
from eros_assets.weekly.shortfalls import week_shortfalls
from tests.assets.installed import WEEK, Installed

PAGE = "basil_and_thyme"
SECOND = f"r.is_active AND r.page_name = '{PAGE}' AND r.message_number = 2"
SCHEDULES = "`${dataset}.schedule_recommendations` AS r"
HOUR = f"UPDATE {SCHEDULES} SET send_hour = MOD(r.send_hour + 1, 24) WHERE {SECOND}"
DELETED = f"DELETE FROM {SCHEDULES} WHERE {SECOND}"
NO_PAGE = f"UPDATE {SCHEDULES} SET page_name = NULL WHERE {SECOND}"
RELEASED = (
    "UPDATE `${dataset}.active_caption_assignments` AS r SET is_active = FALSE "
    f"WHERE r.page_name = '{PAGE}'"
)
CHANGES = {
    "hour": (HOUR, "schedule_times_are_la"),
    "message deleted": (DELETED, "schedules_are_as_planned"),
    "message of no page": (NO_PAGE, "schedules_are_as_planned"),
    "reservations released": (RELEASED, "every_message_is_reserved"),
}


def seen(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("hour", (PAGE,)),
        ("message deleted", ()),
        ("message of no page", ()),
        ("reservations released", (PAGE,)),
    ],
)
def test_a_changed_schedule_is_withheld_with_a_warning_until_its_page_is_planned_again(
    agency: Installed, name: str, again: tuple[str, ...]
) -> None:
    """Planned with everyone, a page gets the same plan under the same id; alone, another one."""
    script, condition = CHANGES[name]
    before, in_force = agency.files(), schedules(agency)
    agency.change(script)

    exported = agency.run("export_schedules", WEEK)

    shown = seen(exported)
    failed = {each.check_name: each for each in shown.values() if not each.passed}
    assert set(failed) == {condition, "csv_is_well_formed"}
    assert failed[condition].severity is dg.AssetCheckSeverity.WARN
    assert failed[condition].blocking
    assert f"Withheld: {PAGE}" in str(failed[condition].description)
    assert list(failed[condition].metadata["withheld_pages"].value) == [PAGE]
    [made] = exported.asset_materializations_for_node("schedule_csv")[:1]
    assert list(made.metadata["withheld"].value) == [PAGE]
    assert condition in made.metadata["withheld"].value[PAGE]
    now = agency.files()
    assert {n for n in before if n.startswith(PAGE)} == set(before) - set(now)
    assert of_others(now) == of_others(before)
    [line] = [line for line in week_status(agency.dataset, WEEK) if line.startswith("Withheld")]
    assert line.startswith(f"Withheld: {PAGE}: {condition}: ")

    planned = agency.plan(again)

    assert [each.check_name for each in seen(planned).values() if not each.passed] == []
    assert week_shortfalls(agency.dataset, WEEK, ["files"]) == []
    assert {s for s in schedules(agency) if PAGE not in s} == {s for s in in_force if PAGE not in s}
    assert len(schedules(agency)) == len(in_force)
    assert of_others(agency.files()) == of_others(before)
    assert set(agency.files()) == set(before)
    if not again:
        assert schedules(agency) == in_force
        assert agency.files()["all-creators.csv"] == before["all-creators.csv"]


def of_others(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of other pages than the changed one."""
    return {
        name: content
        for name, content in files.items()
        if name.endswith((".csv", ".ics", ".svg")) and not name.startswith((PAGE, "all-creators"))
    }


def schedules(agency: Installed) -> set[str]:
    rows = agency.query(
        "SELECT DISTINCT schedule_id AS s FROM `${dataset}.schedule_recommendations` "
        "WHERE status = 'active' AND is_active"
    )
    return set(rows["s"])
