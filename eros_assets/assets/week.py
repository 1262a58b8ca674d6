"""The week that a run plans, and which pages of it."""

import datetime as dt
from dataclasses import dataclass

import dagster as dg
from pydantic import Field

from eros_assets.calendar import ZONE_NAME, week_dates
from eros_assets.errors import ErosError
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Typed, Warehouse

FIRST_WEEK = dt.date(2020, 1, 6)
WEEKS_AHEAD = 8

WEEKLY = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_WEEK.isoformat(),
    timezone=ZONE_NAME,
    day_offset=1,
    end_offset=WEEKS_AHEAD,
)


class UnknownPageError(ErosError):
    """A page that a run was narrowed to is no active creator."""


class WeekScope(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]
    """What a run of the weekly line is narrowed to, and whether it may replace a begun week."""

    pages: list[str] = Field(default=[], description="Pages to plan; empty: every active creator.")
    force: bool = Field(
        default=False,
        description="Plan a week that has begun again, superseding the schedules in force.",
    )


@dataclass(frozen=True, slots=True)
class WeekPlanScope:
    """One run's week: when it is planned, which pages it plans, which it leaves alone.

    `is_everyone` says that the pages to plan are all active creators.
    """

    week_start: dt.date
    planned_at: dt.datetime
    pages: tuple[str, ...]
    left_alone: dict[str, str]
    is_everyone: bool
    force: bool

    @property
    def schedule_prefix(self) -> str:
        """The beginning that the ids of the week's schedules share."""
        return f"sched_{self.week_start:%Y%m%d}_"

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """The week's seven LA dates."""
        return week_dates(self.week_start)


def partition_week(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.date:
    """The Monday of the partition that a run is for."""
    return dt.date.fromisoformat(context.run.tags["dagster/partition"])


def week_of_run(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    eros: Installation,
    warehouse: Warehouse,
) -> dt.date:
    """The Monday of a run's partition; of a run without one, the installation's coming week."""
    partition = context.run.tags.get("dagster/partition")
    return dt.date.fromisoformat(partition) if partition else eros.default_week(warehouse)


def week_plan_scope(
    eros: Installation, warehouse: Warehouse, week_start: dt.date, scope: WeekScope
) -> WeekPlanScope:
    """Which pages to plan.

    Raises:
        UnknownPageError: a page of `scope.pages` is no active creator.
    """
    planned_at = eros.planning_instant(warehouse)
    rows = warehouse.query(
        eros.sql("pages_to_plan"),
        {
            "week_start": week_start,
            "planned_at": planned_at,
            "pages": Typed(list(scope.pages), "ARRAY<STRING>"),
            "force": scope.force,
        },
    )
    if unknown := sorted(set(scope.pages) - set(rows["page_name"])):
        raise UnknownPageError(
            f"pages: {', '.join(unknown)}: no active creator of that page_name in table creators"
        )
    left_alone = rows.dropna(subset=["left_alone_schedule_id"])
    return WeekPlanScope(
        week_start=week_start,
        planned_at=planned_at,
        pages=tuple(rows.loc[rows["left_alone_schedule_id"].isna(), "page_name"]),
        left_alone=dict(
            zip(left_alone["page_name"], left_alone["left_alone_schedule_id"], strict=True)
        ),
        is_everyone=not scope.pages and left_alone.empty,
        force=scope.force,
    )
