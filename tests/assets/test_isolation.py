"""One creator that a step fails for stops no other: it is said with its reason, the rest go on."""

import datetime as dt

import dagster as dg
import pytest

from eros_assets.assets.schedules import schedule_recommendations
from eros_assets.assets.selection import caption_selections, weekly_volume_targets
from eros_assets.definitions import resources_of
from eros_assets.gate import conditions
from eros_assets.planning.model import PlanningError
from eros_assets.resources import WeekScope
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import week_targets
from tests.assets.installed import WEEK, Installed

NEXT_WEEK = WEEK + dt.timedelta(days=7)
SHARES = "tier shares add up to 1.3, not 1"


def pages_of(agency: Installed, sql: str, **parameters: object) -> list[str]:
    return sorted(agency.query(sql, **parameters)["page_name"])


def active_pages(agency: Installed) -> list[str]:
    return pages_of(agency, "SELECT page_name FROM `${dataset}.creators` WHERE is_active")


def scheduled(agency: Installed, week: dt.date, status: str) -> set[str]:
    return set(
        pages_of(
            agency,
            "SELECT DISTINCT page_name FROM `${dataset}.schedule_recommendations` "
            "WHERE week_start = @week AND status = @status",
            week=week,
            status=status,
        )
    )


def said(agency: Installed, week: dt.date, stage: str) -> dict[str, str]:
    """The page-wide rows of a stage: page and reason."""
    rows = agency.query(
        "SELECT page_name, reason FROM `${dataset}.schedule_shortfalls` "
        "WHERE week_start = @week AND stage = @stage AND price_tier IS NULL",
        week=week,
        stage=stage,
    )
    return dict(zip(rows["page_name"], rows["reason"], strict=True))


def spoil_a_segment(agency: Installed, week: dt.date) -> list[str]:
    """Give the rarest segment shares that are no shares; the pages that are in it."""
    baseline = "`${dataset}.get_creator_baseline`(NULL, @week, 90)"
    rarest = agency.query(
        f"SELECT behavioral_segment FROM {baseline} "
        "GROUP BY behavioral_segment ORDER BY COUNT(*), behavioral_segment LIMIT 1",
        week=week,
    )["behavioral_segment"].iloc[0]
    agency.change(
        "UPDATE `${dataset}.segment_rules` "
        "SET budget_share = 0.5, mid_share = 0.5, premium_share = 0.3 "
        "WHERE behavioral_segment = @segment",
        segment=rarest,
    )
    return pages_of(
        agency,
        f"SELECT b.page_name FROM {baseline} AS b "
        "INNER JOIN `${dataset}.creators` AS c ON b.page_name = c.page_name "
        "WHERE c.is_active AND b.behavioral_segment = @segment",
        week=week,
        segment=rarest,
    )


def materialize(
    agency: Installed, assets: list[str], week: dt.date, pages: tuple[str, ...] = ()
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [weekly_volume_targets, caption_selections, schedule_recommendations],
        selection=assets,
        partition_key=week.isoformat(),
        instance=agency.instance,
        resources={
            **resources_of(agency.dataset.settings),
            "week_scope": WeekScope(pages=list(pages)),
        },
    )


def test_a_creator_whose_targets_cannot_be_set_is_said_and_stops_no_other(
    agency: Installed,
) -> None:
    failing = spoil_a_segment(agency, NEXT_WEEK)
    assert 0 < len(failing) < len(active_pages(agency))

    run = agency.plan(week=NEXT_WEEK, exports=False)

    reasons = {page: f"PlanningError: page {page}: {SHARES}" for page in failing}
    assert said(agency, NEXT_WEEK, "targets") == reasons
    assert said(agency, NEXT_WEEK, "creator") == reasons
    assert scheduled(agency, NEXT_WEEK, "active") == set(active_pages(agency)) - set(failing)
    evaluated = {each.check_name: each for each in run.get_asset_check_evaluations()}
    assert not evaluated["every_creator_planned"].passed
    offenders = str(evaluated["every_creator_planned"].metadata["offenders"].value)
    assert all(reason in offenders for reason in reasons.values())
    assert evaluated["schedule_rules_hold"].passed


def test_a_schedule_in_force_whose_new_targets_failed_does_not_close_the_gate(
    agency: Installed,
) -> None:
    failing = spoil_a_segment(agency, WEEK)
    materialize(agency, ["weekly_volume_targets"], WEEK)
    assert set(failing) <= scheduled(agency, WEEK, "active")
    assert conditions.schedule_rules_hold(agency.dataset, WEEK).passed


def test_targets_that_fail_with_nobody_to_tell_raise(agency: Installed) -> None:
    spoil_a_segment(agency, WEEK)
    scope = week_plan_scope(agency.dataset, WEEK)
    with pytest.raises(PlanningError, match=SHARES):
        week_targets(agency.dataset, scope)


def test_a_creator_whose_rows_cannot_be_made_is_said_and_stops_no_other(
    agency: Installed,
) -> None:
    first, *others = active_pages(agency)
    # Nothing is in force any more, so every page's rows are made again.
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET status = 'superseded', "
        "is_active = FALSE WHERE week_start = @week;"
        "UPDATE `${dataset}.caption_selections` SET successes = NULL "
        "WHERE week_start = @week AND page_name = @page",
        week=WEEK,
        page=first,
    )

    run = materialize(agency, ["schedule_recommendations"], WEEK)

    assert scheduled(agency, WEEK, "draft") == set(others)
    ((page, reason),) = said(agency, WEEK, "creator").items()
    assert page == first
    assert reason.startswith("TypeError: ")
    (told,) = run.asset_materializations_for_node("schedule_recommendations")
    assert told.metadata["pages_planned"].value == len(others)
    assert told.metadata["failures"].value == [f"{first}: 0 of 1 messages: {reason}"]


@pytest.mark.parametrize("alone", [False, True], ids=["among others", "alone"])
def test_a_creator_no_captions_can_be_chosen_for_is_said_and_stops_no_other(
    agency: Installed, alone: bool
) -> None:
    """A run that is narrowed to some pages chooses for one after the other."""
    first, second, *_ = active_pages(agency)
    pages = (first,) if alone else (first, second)
    agency.change(
        "UPDATE `${dataset}.weekly_volume_targets` SET week_start = @other "
        "WHERE week_start = @week AND page_name = @page;"
        "DELETE FROM `${dataset}.caption_selections` WHERE week_start = @week",
        week=WEEK,
        other=WEEK - dt.timedelta(days=70),
        page=first,
    )

    materialize(agency, ["caption_selections", "schedule_recommendations"], WEEK, pages)

    reasons = said(agency, WEEK, "selection")
    assert list(reasons) == [first]
    assert reasons[first].startswith("RaisedError: ")
    assert "has no weekly_volume_targets" in reasons[first]
    assert said(agency, WEEK, "creator") == reasons
    chosen = pages_of(
        agency,
        "SELECT DISTINCT page_name FROM `${dataset}.caption_selections` WHERE week_start = @week",
        week=WEEK,
    )
    assert chosen == list(pages[1:])
