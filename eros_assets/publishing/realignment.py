"""Makes what people find that which is in force, after a rollback or a failed deployment.

A week behind a closed gate is withdrawn: people find the reason, and no schedule that is not in
force. A channel that fails costs itself alone.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eros_assets.calendar import la_date, monday_of
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.gate.findings import GateClosedError, refuse_if_closed
from eros_assets.gate.verdict import verdict_of_week
from eros_assets.publishing.channels import Channel, published_messages
from eros_assets.publishing.export_log import Attempt, Outcome, said_of
from eros_assets.publishing.folders import week_lock, weeks_on_disk
from eros_assets.publishing.status import DESTINATIONS
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.shortfalls import store_withheld
from eros_assets.weekly.weeks import has_passed

Result = Literal["as in force", "withdrawn", "failed"]


@dataclass(frozen=True, slots=True)
class Realigned:
    """What people find of a week at a destination now, and why, unless it is what is in force."""

    week_start: dt.date
    destination: str
    result: Result
    why: str = ""

    @property
    def sentence(self) -> str:
        """One line of text."""
        what = f"week of {self.week_start}, {DESTINATIONS[self.destination]}"
        match self.result:
            case "as in force":
                return f"{what}: as in force"
            case "withdrawn":
                return f"{what}: withdrawn, people find no schedule there. {self.why}"
            case "failed":
                return f"{what}: may show schedules that are not in force, do not send. {self.why}"


def realign(dataset: Dataset, channels: Sequence[Channel], *, run_id: str) -> list[Realigned]:
    """Make each channel show what is in force, in every week that is not over; safe to repeat.

    Only weeks that a channel shows: what was never published there is not published here.
    """
    if dataset.freshness("schedule_recommendations") is None:
        return []
    return [
        realigned
        for week_start in _open_weeks(dataset)
        for channel in channels
        if (realigned := _realigned(dataset, week_start, channel, run_id)) is not None
    ]


def _open_weeks(dataset: Dataset) -> list[dt.date]:
    """The weeks, not over yet, that were published or that another process is publishing now."""
    day = la_date(dataset.planning_instant())
    logged = dataset.query("logged_weeks", first_week=monday_of(day))["week_start"]
    weeks = {*weeks_on_disk(dataset.settings), *logged}
    return sorted(week for week in weeks if not has_passed(week, day))


def _realigned(
    dataset: Dataset, week_start: dt.date, channel: Channel, run_id: str
) -> Realigned | None:
    destination = channel.destination
    try:
        # Under the lock: a publication that is under way ends first, and is compared as it ended.
        with week_lock(dataset.settings, week_start):
            faults = channel.faults(week_start)
            if faults is None:
                return None
            if faults or not _is_logged(dataset, week_start, destination):
                try:
                    verdict = verdict_of_week(dataset, week_start, run_id=run_id)
                    refuse_if_closed(verdict.findings, f"week of {week_start}")
                    channel.publish(week_start)
                except GateClosedError as error:
                    if not faults:
                        return Realigned(week_start, destination, "as in force")
                    return _withdrawn(dataset, week_start, channel, error, run_id)
            return Realigned(week_start, destination, "as in force")
    except Exception as error:  # it costs this channel alone, whatever it is
        return Realigned(week_start, destination, "failed", said_of(error).split("\n", 1)[0])


def _is_logged(dataset: Dataset, week_start: dt.date, destination: str) -> bool:
    """Whether the newest publication in the log holds the schedules in force, and no others.

    An interrupted run may have published and not logged it.
    """
    wanted = published_messages(dataset, week_start)["schedule_id"].nunique()
    rows = dataset.query("week_publications", week_start=week_start).to_dict("records")
    return any(
        not row["is_withdrawn"] and row["schedules"] == row["in_force"] == wanted
        for row in rows
        if row["destination"] == destination
    )


def _withdrawn(
    dataset: Dataset, week_start: dt.date, channel: Channel, error: ErosError, run_id: str
) -> Realigned:
    attempt = Attempt(channel.destination, week_start, run_id)
    first = str(error).split("\n", 1)[0]
    why = f"{first} Then run the job export_schedules"
    pages = active_messages(dataset, week_start)["page_name"]
    reasons = {str(page): f"withdrawn: {why}" for page in pages}
    store_withheld(dataset, week_start, reasons, run_id=run_id)
    channel.withdraw(week_start)
    attempt.log(dataset, [Outcome(None, None, None, 0, None, "withdrawn", why)])
    return Realigned(week_start, channel.destination, "withdrawn", why)
