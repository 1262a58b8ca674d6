"""What the health check reads of tables, and when it need not read them again.

A rehearsal of the week reads nearly every table, and tables change a few times a day. So a check
keeps what it saw, and the next one takes it over while the tables that it rests on are as they
were: their times of change are known without a query. What is wrong is looked at again each time,
and everything once a day, after the daily update, which changes tables in any case.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from eros_assets.calendar import DAYS_A_WEEK, la_date, la_instant, monday_of
from eros_assets.dataset import Dataset
from eros_assets.gate import conditions
from eros_assets.gate.findings import Finding
from eros_assets.gate.smoke import smoke_findings
from eros_assets.health.limits import HealthLimits, limits_of
from eros_assets.health.scores import Improvement, Selector, Supply
from eros_assets.tuning import Knobs, read_knobs

if TYPE_CHECKING:
    import pandas as pd

WEEKLY_RUN = (6, 18)
"""The LA weekday (0 Monday) and hour at which the coming week's schedules are made."""

WATCHED_DAYS = 7

DAY_BEGINS = dt.timedelta(hours=3)
"""After an LA midnight: when everything is looked at again, the update of 02:00 being over."""

READING = (
    *("facts_and_quarantine_balance", "captions_reserved_twice", "schedule_times"),
    *("active_schedule_contents", "unreserved_messages", "newest_improvement", "supply"),
    *("creators_without_schedule", "creators_to_watch", "rehearsal_page", "rehearsal_rules"),
    *("analyze_creator_performance", "select_captions_for_creator", "caption_texts", "tuning"),
)
"""What is read: the state of every table below these tells whether it may have changed."""


@dataclass(frozen=True, slots=True)
class Observations:
    """What one look at the tables gave.

    `violations` are of integrity, `faults` those of the smoke tests, one sentence each;
    `newest_message` is a time in ISO 8601; `watched` has a page's trouble in each line.
    """

    knobs: Mapping[str, int | float]
    violations: Sequence[str]
    faults: Sequence[str]
    selector: Selector
    improvement: Improvement | None
    newest_message: str | None
    active_creators: int
    without_schedule: Sequence[str]
    expired_reservations: int
    watched: Sequence[Mapping[str, str]]

    @property
    def are_good(self) -> bool:
        """Whether nothing is wrong: what is may be over by the next check."""
        return not (
            self.violations or self.faults or self.without_schedule or self.expired_reservations
        )

    def supply_at(self, planned_at: dt.datetime) -> Supply:
        """The data and schedules that users have, as of an instant."""
        return Supply(
            history_age_hours=None
            if self.newest_message is None
            else (planned_at - dt.datetime.fromisoformat(self.newest_message)).total_seconds()
            / 3600,
            active_creators=self.active_creators,
            without_schedule=self.without_schedule,
            expired_reservations=self.expired_reservations,
        )

    def as_text(self) -> str:
        """JSON, for the row of a check."""
        return json.dumps(asdict(self))

    @classmethod
    def of_text(cls, text: str) -> "Observations | None":
        """What `as_text` wrote; None where another version of EROS did."""
        try:
            values = json.loads(text)
            selector, improvement = values.pop("selector"), values.pop("improvement")
            return cls(
                **values,
                selector=Selector(**selector),
                improvement=None if improvement is None else Improvement(**improvement),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an earlier check saw, and the state in which it did."""

    state: str
    observations: Observations


def newest_observations(row: Mapping[str, object] | None) -> Remembered | None:
    """What the newest row of `system_health` remembers; None where it remembers nothing."""
    state, text = (row or {}).get("state"), (row or {}).get("observations")
    if not isinstance(state, str) or not isinstance(text, str):
        return None
    found = Observations.of_text(text)
    return None if found is None else Remembered(state, found)


def observed(
    dataset: Dataset,
    planned_at: dt.datetime,
    remembered: Remembered | None = None,
    smoke: Sequence[Finding] | None = None,
) -> tuple[Observations, str]:
    """What the tables say, and the state in which they say it.

    Args:
        dataset: the handle; its jobs carry a `purpose`.
        planned_at: the business's instant.
        remembered: what an earlier check saw; taken over where nothing has changed since.
        smoke: the five smoke tests, where they have just been evaluated; None evaluates them.
    """
    if remembered is not None and remembered.observations.are_good:
        limits = limits_of(remembered.observations.knobs)
        if state_of(dataset, planned_at, limits) == remembered.state:
            return remembered.observations, remembered.state
    knobs = read_knobs(dataset)
    limits = limits_of(knobs)
    # Taken first: what changes while it is looked at is looked at again.
    state = state_of(dataset, planned_at, limits)
    return _observed(dataset, planned_at, knobs, limits, smoke), state


def state_of(dataset: Dataset, planned_at: dt.datetime, limits: HealthLimits) -> str:
    """SHA-256 of what decides what is observed: changes of tables, routines, dates that matter."""
    reached = dataset.library.reached_from(*READING)
    tables = sorted(o.name for o in dataset.library.of_kind("table") if o.name in reached)
    changes = dataset.freshness_of(tables)
    week = monday_of(la_date(planned_at))
    parts = [
        *(f"{table} {change}" for table, change in zip(tables, changes, strict=True)),
        *(dataset.library[name].fingerprint for name in sorted(reached)),
        dataset.settings.seed,
        str(week),
        str(la_date(planned_at - DAY_BEGINS)),
        str(la_date(planned_at - dt.timedelta(hours=limits.sweep_grace_hours))),
        str(planned_at >= next_week_due(week, limits)),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _observed(
    dataset: Dataset,
    planned_at: dt.datetime,
    knobs: Knobs,
    limits: HealthLimits,
    smoke: Sequence[Finding] | None,
) -> Observations:
    week = monday_of(la_date(planned_at))
    weeks = (week, week + dt.timedelta(days=DAYS_A_WEEK))
    violations = integrity_violations(dataset, weeks)
    smoke = smoke_findings(dataset, weeks[1]) if smoke is None else smoke
    [selector] = [finding for finding in smoke if finding.name == "smoke_selector"]
    found = supply(dataset, planned_at, limits)
    return Observations(
        knobs=knobs,
        violations=violations,
        faults=[finding.sentence for finding in smoke if not finding.passed],
        selector=Selector(
            selector.observed,
            selector.threshold or float(knobs["selector_max_seconds"]),
            None if selector.passed else selector.offenders[0],
        ),
        improvement=newest_improvement(dataset),
        newest_message=None
        if found.history_age_hours is None
        else (planned_at - dt.timedelta(hours=found.history_age_hours)).isoformat(),
        active_creators=found.active_creators,
        without_schedule=list(found.without_schedule),
        expired_reservations=found.expired_reservations,
        watched=_troubles(dataset, la_date(planned_at)),
    )


def integrity_violations(dataset: Dataset, weeks: Sequence[dt.date]) -> list[str]:
    """Corruption of facts and reservations, and of the schedules in force of these weeks.

    Leaves out differences that come from newer code or other tuning: a rollback would not fix
    those.
    """
    found = [
        conditions.facts_and_quarantine_are_the_input(dataset),
        conditions.no_caption_reserved_twice(dataset),
    ]
    for week in weeks:
        found += [
            conditions.schedule_times_are_la(dataset, week),
            conditions.schedules_are_as_planned(dataset, week),
            conditions.every_message_is_reserved(dataset, week),
        ]
    return [finding.sentence for finding in found if not finding.passed]


def newest_improvement(dataset: Dataset) -> Improvement | None:
    """The newest measurement over all creators, None before there is one."""
    rows = dataset.query("newest_improvement").to_dict("records")
    if not rows:
        return None
    names = ("relative_improvement", "relative_lower", "relative_upper")
    return Improvement(*(_number(rows[0][name]) for name in names))


def supply(dataset: Dataset, planned_at: dt.datetime, limits: HealthLimits) -> Supply:
    """The data and schedules that users have, as of `planned_at`."""
    import pandas as pd

    overdue_at = planned_at - dt.timedelta(hours=limits.sweep_grace_hours)
    row = dataset.query("supply", planned_at=planned_at, overdue_at=overdue_at).iloc[0]
    week = monday_of(la_date(planned_at))
    lacking = dataset.query(
        "creators_without_schedule",
        this_week=week,
        next_week=week + dt.timedelta(days=DAYS_A_WEEK),
        next_is_due=planned_at >= next_week_due(week, limits),
    )
    newest = row["newest_message"]
    return Supply(
        history_age_hours=None
        if pd.isna(newest)
        else (planned_at - newest.to_pydatetime()).total_seconds() / 3600,
        active_creators=int(row["active_creators"]),
        without_schedule=list(lacking["page_name"]),
        expired_reservations=int(row["expired_reservations"]),
    )


def next_week_due(week_start: dt.date, limits: HealthLimits) -> dt.datetime:
    """The instant from which the schedules of the week after this one must be there."""
    day, hour = WEEKLY_RUN
    made = la_instant(week_start + dt.timedelta(days=day), hour)
    return made + dt.timedelta(hours=limits.schedule_grace_hours)


def creators_to_watch(dataset: Dataset, day: dt.date) -> "pd.DataFrame":
    """Pages with a CRITICAL anomaly in the week before an LA date, or RED, as last reported."""
    since = day - dt.timedelta(days=WATCHED_DAYS)
    return dataset.query("creators_to_watch", since=since)


def watched(dataset: Dataset) -> Sequence[Mapping[str, str]]:
    """The creators to watch: those of the newest check, where the reports are not newer."""
    changes = dataset.freshness_of(("creator_anomalies", "creator_performance"))
    changed_at = max((change.last_modified for change in changes if change), default=None)
    for row in dataset.cached_query("newest_health").to_dict("records"):
        seen = Observations.of_text(str(row["observations"]))
        if seen and (changed_at is None or changed_at <= row["checked_at"]):
            return seen.watched
    return _troubles(dataset, la_date(dataset.planning_instant()))


def _troubles(dataset: Dataset, day: dt.date) -> list[Mapping[str, str]]:
    rows = creators_to_watch(dataset, day).to_dict("records")
    return [{"page_name": str(row["page_name"]), "trouble": str(row["trouble"])} for row in rows]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and value == value else None
