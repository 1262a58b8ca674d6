"""What is wrong with one draft or one schedule costs its page alone while a week is planned."""

import dagster as dg
import pytest

from eros_assets.assets.schedules import active_caption_assignments
from eros_assets.checks.schedules import schedule_rules_hold
from eros_assets.definitions import resources_of
from eros_assets.gate.repairs import changed_pages, refuse_broken_drafts
from eros_assets.resources import WeekScope
from eros_assets.weekly.shortfalls import week_shortfalls
from tests.assets.installed import WEEK, Installed

PAGE, OTHER = "basil_and_thyme", "amber_lens"
SCHEDULES = "`${dataset}.schedule_recommendations`"
DRAFTS_AGAIN = (
    f"UPDATE {SCHEDULES} SET status = 'draft', is_active = FALSE WHERE is_active;"
    "DELETE FROM `${dataset}.active_caption_assignments` WHERE TRUE"
)
BROKEN = {
    "schedule_rules_hold": "scheduled_send_time = "
    "TIMESTAMP_ADD(r.scheduled_send_time, INTERVAL 5 MINUTE)",
    "schedule_times_are_la": "day_of_week = 'Someday'",
}


def break_message(agency: Installed, setting: str, page: str = PAGE) -> None:
    agency.change(
        f"UPDATE {SCHEDULES} AS r SET {setting} WHERE r.message_number = 1 "
        "AND r.page_name = @page AND r.status IN ('draft', 'active')",
        page=page,
    )


def lock(agency: Installed) -> bool:
    """Run the step that locks drafts; whether it succeeds."""
    return dg.materialize(
        [active_caption_assignments],
        partition_key=WEEK.isoformat(),
        instance=agency.instance,
        resources={**resources_of(agency.dataset.settings), "week_scope": WeekScope()},
    ).success


def checked(agency: Installed) -> dg.AssetCheckEvaluation:
    """The check of the rules of drafts, executed by itself."""
    [shown] = dg.materialize(
        [schedule_rules_hold],
        selection=dg.AssetSelection.checks(schedule_rules_hold),
        instance=agency.instance,
        tags={"dagster/partition": WEEK.isoformat()},
        resources=resources_of(agency.dataset.settings),
        raise_on_error=False,
    ).get_asset_check_evaluations()
    return shown


def statuses(agency: Installed) -> dict[str, set[str]]:
    rows = agency.query(f"SELECT DISTINCT page_name, status FROM {SCHEDULES}")
    return {status: set(of["page_name"]) for status, of in rows.groupby("status")}


@pytest.mark.parametrize("condition", BROKEN)
def test_a_draft_that_breaks_a_condition_is_not_locked_and_the_others_are(
    agency: Installed, condition: str
) -> None:
    agency.change(DRAFTS_AGAIN)
    pages = statuses(agency)["draft"]
    break_message(agency, BROKEN[condition])

    assert lock(agency)

    assert statuses(agency) == {"draft": {PAGE}, "active": pages - {PAGE}}
    [lacking] = week_shortfalls(agency.dataset, WEEK, ["lock"])
    assert lacking.page_name == PAGE
    assert lacking.reason.startswith(f"{condition}: sched_")


@pytest.mark.parametrize("everyone", [False, True], ids=["one page", "all pages"])
def test_the_check_of_drafts_stops_the_run_only_where_all_are_broken(
    agency: Installed, *, everyone: bool
) -> None:
    agency.change(DRAFTS_AGAIN)
    for page in statuses(agency)["draft"] if everyone else {PAGE}:
        break_message(agency, BROKEN["schedule_rules_hold"], page)
    shown = checked(agency)
    assert not shown.passed
    assert shown.blocking
    severity = dg.AssetCheckSeverity.ERROR if everyone else dg.AssetCheckSeverity.WARN
    assert shown.severity is severity
    assert f"sched_{WEEK:%Y%m%d}_{PAGE}" in str(shown.metadata["offenders"].value)


def test_drafts_as_planned_are_not_refused(agency: Installed) -> None:
    agency.change(DRAFTS_AGAIN)
    assert refuse_broken_drafts(agency.dataset, WEEK) == {}
    assert agency.dataset.rows("schedule_recommendations")["refusal"].isna().all()


def test_a_schedule_in_force_is_no_draft_to_refuse(agency: Installed) -> None:
    break_message(agency, BROKEN["schedule_rules_hold"])
    assert refuse_broken_drafts(agency.dataset, WEEK) == {}


def test_pages_are_changed_whose_rows_or_reservations_are_not_those_of_their_plan(
    agency: Installed,
) -> None:
    pages = sorted(statuses(agency)["active"])
    assert changed_pages(agency.dataset, WEEK, pages) == set()
    # New targets may break the rules of a schedule that is as it was planned.
    agency.change("UPDATE `${dataset}.weekly_volume_targets` SET ppv_count = 1 WHERE TRUE")
    assert changed_pages(agency.dataset, WEEK, pages) == set()
    break_message(agency, "arm = '?'")
    break_message(agency, "send_hour = MOD(r.send_hour + 1, 24)", OTHER)
    assert changed_pages(agency.dataset, WEEK, pages) == {PAGE, OTHER}
    assert changed_pages(agency.dataset, WEEK, [OTHER]) == {OTHER}
    agency.change("DELETE FROM `${dataset}.active_caption_assignments` WHERE TRUE")
    assert changed_pages(agency.dataset, WEEK, pages) == set(pages)
