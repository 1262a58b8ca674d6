"""Runs of the graph over a schedule that somebody has changed by hand: others are published."""

from collections.abc import Mapping

import dagster as dg
import pytest

from eros_assets.publishing.status import week_status
from eros_assets.weekly.shortfalls import week_shortfalls
from tests.assets.installed import WEEK, Installed
from tests.gate.swift import swift_smoke_tests as swift_smoke_tests

PAGE, OTHER = "basil_and_thyme", "amber_lens"
SECOND = "r.is_active AND r.page_name = @page AND r.message_number = 2"
SCHEDULES = "`${dataset}.schedule_recommendations` AS r"
HOUR = f"UPDATE {SCHEDULES} SET send_hour = MOD(r.send_hour + 1, 24) WHERE {SECOND}"
DELETED = f"DELETE FROM {SCHEDULES} WHERE {SECOND}"
NO_PAGE = f"UPDATE {SCHEDULES} SET page_name = NULL WHERE {SECOND}"
RELEASED = (
    "UPDATE `${dataset}.active_caption_assignments` AS r SET is_active = FALSE "
    "WHERE r.page_name = @page"
)
CHANGES = {
    "hour": (HOUR, "schedule_times_are_la"),
    "message deleted": (DELETED, "schedules_are_as_planned"),
    "message of no page": (NO_PAGE, "schedules_are_as_planned"),
    "reservations released": (RELEASED, "every_message_is_reserved"),
}


def seen(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


@pytest.mark.usefixtures("swift_smoke_tests")
@pytest.mark.parametrize(
    ("names", "again"),
    [
        (("hour", "reservations released"), (PAGE, OTHER)),
        (("message deleted", "message of no page"), ()),
    ],
    ids=["planned again alone", "planned again with everyone"],
)
def test_changed_schedules_are_withheld_with_a_warning_until_their_pages_are_planned_again(
    agency: Installed, names: tuple[str, str], again: tuple[str, ...]
) -> None:
    """Planned with everyone, a page gets the same plan under the same id; alone, another one."""
    changed = dict(zip((PAGE, OTHER), names, strict=True))
    before, in_force = agency.files(), schedules(agency)
    for page, name in changed.items():
        agency.change(CHANGES[name][0], page=page)

    exported = agency.run("export_schedules", WEEK)

    shown = seen(exported)
    failed = {each.check_name: each for each in shown.values() if not each.passed}
    pages_of: dict[str, set[str]] = {}
    for page, name in changed.items():
        pages_of.setdefault(CHANGES[name][1], set()).add(page)
    assert set(failed) == {*pages_of, "csv_is_well_formed"}
    [made] = exported.asset_materializations_for_node("schedule_csv")[:1]
    assert set(made.metadata["withheld"].value) == set(changed)
    status = [line for line in week_status(agency.dataset, WEEK) if line.startswith("Withheld")]
    assert len(status) == len(changed)
    for condition, pages in pages_of.items():
        assert failed[condition].severity is dg.AssetCheckSeverity.WARN
        assert failed[condition].blocking
        assert f"Withheld: {', '.join(sorted(pages))}" in str(failed[condition].description)
        assert set(failed[condition].metadata["withheld_pages"].value) == pages
        for page in pages:
            assert condition in made.metadata["withheld"].value[page]
            [line] = [line for line in status if f": {page}: " in line]
            assert line.startswith(f"Withheld: {page}: {condition}: ")
    now = agency.files()
    assert {n for n in before if n.startswith((PAGE, OTHER))} == set(before) - set(now)
    assert of_others(now) == of_others(before)

    planned = agency.plan(again)

    assert [each.check_name for each in seen(planned).values() if not each.passed] == []
    assert week_shortfalls(agency.dataset, WEEK, ["files"]) == []
    assert unchanged(schedules(agency)) == unchanged(in_force)
    assert len(schedules(agency)) == len(in_force)
    assert of_others(agency.files()) == of_others(before)
    assert set(agency.files()) == set(before)
    if not again:
        assert schedules(agency) == in_force
        assert agency.files()["all-creators.csv"] == before["all-creators.csv"]


def unchanged(found: set[str]) -> set[str]:
    """The schedules of other pages than the changed ones."""
    return {schedule for schedule in found if PAGE not in schedule and OTHER not in schedule}


def of_others(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of other pages than the changed ones."""
    return {
        name: content
        for name, content in files.items()
        if name.endswith((".csv", ".ics", ".svg"))
        and not name.startswith((PAGE, OTHER, "all-creators"))
    }


def schedules(agency: Installed) -> set[str]:
    rows = agency.query(
        "SELECT DISTINCT schedule_id AS s FROM `${dataset}.schedule_recommendations` "
        "WHERE status = 'active' AND is_active"
    )
    return set(rows["s"])
