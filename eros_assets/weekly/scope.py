"""The scope of one run: its week, the instant of planning, and the pages to plan."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.calendar import la_date, week_dates
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.planning.remaining import has_begun
from eros_assets.weekly.weeks import PastWeekError, has_passed


class UnknownPageError(ErosError):
    """A run names a page that is not an active creator."""


@dataclass(frozen=True, slots=True)
class WeekPlanScope:
    """One run's week: the instant of planning, the pages it plans, the pages it leaves alone.

    `is_everyone`: the pages to plan are all active creators.
    """

    week_start: dt.date
    planned_at: dt.datetime
    pages: tuple[str, ...]
    left_alone: dict[str, str]
    is_everyone: bool
    force: bool

    @property
    def schedule_prefix(self) -> str:
        """The common prefix of the ids of the week's schedules."""
        return f"sched_{self.week_start:%Y%m%d}_"

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """The week's seven LA dates."""
        return week_dates(self.week_start)


def require_not_passed(dataset: Dataset, week_start: dt.date) -> dt.datetime:
    """The instant of planning; refuses a week that is over then.

    Raises:
        PastWeekError: the week has passed.
    """
    planned_at = dataset.planning_instant()
    if has_passed(week_start, day := la_date(planned_at)):
        raise PastWeekError(week_start, day, dataset.coming_week())
    return planned_at


def week_plan_scope(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    *,
    force: bool = False,
    is_replacing: bool = False,
) -> WeekPlanScope:
    """The pages to plan: those of `pages`, or every active creator.

    Pages whose week has begun keep their schedule unless `force` is set. With `is_replacing` single
    messages are replaced: no page is planned, and those with a schedule keep it.

    Raises:
        PastWeekError: the week has passed.
        UnknownPageError: a page of `pages` is not an active creator.
    """
    planned_at = require_not_passed(dataset, week_start)
    rows = dataset.cached_query(
        "pages_to_plan",
        week_start=week_start,
        has_begun=has_begun(week_start, planned_at),
        pages=list(pages),
        force=force,
        is_replacing=is_replacing,
    )
    if unknown := sorted(set(pages) - set(rows["page_name"])):
        raise UnknownPageError(
            f"pages: {', '.join(unknown)}: no active creator of that page_name in table creators"
        )
    left_alone = rows.dropna(subset=["left_alone_schedule_id"])
    return WeekPlanScope(
        week_start=week_start,
        planned_at=planned_at,
        pages=()
        if is_replacing
        else tuple(rows.loc[rows["left_alone_schedule_id"].isna(), "page_name"]),
        left_alone=dict(
            zip(left_alone["page_name"], left_alone["left_alone_schedule_id"], strict=True)
        ),
        is_everyone=not pages and left_alone.empty and not is_replacing,
        force=force,
    )
