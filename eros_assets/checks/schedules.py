"""Schedules hold every hard rule, lie in LA time, and say what they lack."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import dagster as dg

from eros_assets.assets.drafting import week_rules
from eros_assets.assets.week import partition_week
from eros_assets.calendar import week_bounds
from eros_assets.checks.verdict import verdict
from eros_assets.installation import Installation
from eros_assets.planning.model import SentMessage
from eros_assets.planning.validation import ScheduledMessage, violations
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Typed, Warehouse

if TYPE_CHECKING:
    import pandas as pd


def schedule_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """`schedule_rules_hold`, `schedule_times_are_la`, `every_creator_planned`, `no_shortfall`."""

    @dg.asset_check(
        asset="schedule_recommendations",
        blocking=True,
        description="Every hard rule of a week holds in every draft and active schedule.",
    )
    def schedule_rules_hold(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="schedule_recommendations", run=context.run.run_id)
        broken, schedules = broken_rules(eros, warehouse, partition_week(context))
        return verdict(
            offenders=broken,
            meaning=f"Hard rules broken by {schedules} schedules of the week.",
        )

    @dg.asset_check(
        asset="schedule_recommendations",
        blocking=True,
        description="Dates, hours and weekdays are those of the instants in America/Los_Angeles.",
    )
    def schedule_times_are_la(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="schedule_recommendations", run=context.run.run_id)
        rows = warehouse.query(
            eros.sql("schedule_times"), {"week_start": partition_week(context)}
        ).to_dict("records")
        return verdict(
            offenders=[f"{r['schedule_id']} message {r['message_number']}" for r in rows],
            meaning="Messages whose LA date, hour or weekday is wrong, or outside the week.",
        )

    @dg.asset_check(
        asset="schedule_recommendations",
        description="Every creator of the run has a schedule; a failed one stops no other.",
    )
    def every_creator_planned(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return verdict(
            offenders=_shortfalls(eros, context, ["creator"]),
            meaning="Creators whose week could not be planned.",
        )

    @dg.asset_check(
        asset="active_caption_assignments",
        description="Every page has the messages that its targets ask for, and its schedule is "
        "in force.",
    )
    def no_shortfall(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return verdict(
            offenders=_shortfalls(eros, context, ["selection", "placement", "lock"]),
            severity=dg.AssetCheckSeverity.WARN,
            meaning="Pages and tiers with fewer messages than wanted.",
        )

    return [schedule_rules_hold, schedule_times_are_la, every_creator_planned, no_shortfall]


def broken_rules(
    eros: Installation, warehouse: Warehouse, week_start: dt.date
) -> tuple[list[str], int]:
    """Every hard rule that a schedule of the week breaks, and how many schedules were judged.

    Of the messages sent in a week that had begun, a schedule is held against those that it was
    planned around.
    """
    knobs = read_knobs(warehouse)
    planned = warehouse.query(eros.sql("planned_messages"), {"week_start": week_start})
    week = {
        "week_start": week_start,
        "pages": Typed(sorted(set(planned["page_name"])), "ARRAY<STRING>"),
    }
    targets: list[dict[Any, Any]] = warehouse.query(eros.sql("week_targets"), week).to_dict(
        "records"
    )
    rules = {row["page_name"]: week_rules(row, knobs, week_start) for row in targets}
    _, week_end = week_bounds(week_start)
    sent = warehouse.query(eros.sql("sent_this_week"), {**week, "planned_at": week_end})
    found: list[str] = []
    schedules = planned.groupby(["schedule_id", "page_name", "planned_at"], sort=True)
    for key, rows in schedules:
        schedule, page, planned_at = cast("tuple[str, str, pd.Timestamp]", key)
        if page not in rules:
            found.append(f"{schedule}: {page} has no targets for the week")
            continue
        before = sent[(sent["page_name"] == page) & (sent["sending_time"] < planned_at)]
        found += [
            f"{schedule}: {violation.rule.value}: {violation.detail}"
            for violation in violations(
                rules[page],
                [
                    ScheduledMessage(
                        row["caption_id"],
                        row["message_type"],
                        row["scheduled_send_time"].to_pydatetime(),
                    )
                    for row in rows.to_dict("records")
                ],
                not_before=planned_at.to_pydatetime(),
                sent=[
                    SentMessage(row["sending_time"].to_pydatetime(), row["message_type"])
                    for row in before.to_dict("records")
                ],
            )
        ]
    return found, schedules.ngroups


def _shortfalls(
    eros: Installation, context: dg.AssetCheckExecutionContext, stages: list[str]
) -> list[str]:
    warehouse = eros.warehouse(asset="schedule_shortfalls", run=context.run.run_id)
    rows = warehouse.query(
        eros.sql("week_shortfalls"),
        {"week_start": partition_week(context), "stages": Typed(stages, "ARRAY<STRING>")},
    ).to_dict("records")
    return [
        f"{r['page_name']}: {r['got']} of {r['wanted']} {r['price_tier'] or ''} ({r['reason']})"
        for r in rows
    ]
