"""What may be worth a look after a week: each thing with its worth in USD, and what to do."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.calendar import DAYS_A_WEEK, la_date, monday_of
from eros_assets.dataset import Dataset
from eros_assets.exporting.week_report import WeekReport, money
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.records import records
from eros_assets.weekly.shortfalls import Shortfall, week_shortfalls

OUTSIDE = "creators outside what was expected"
NOT_SENT = "planned messages that were not sent"
SHORTFALLS = "messages missing from weeks ahead"
WORN = "worn or worthless captions planned"
QUARANTINE = "messages in quarantine"
REVIEWS = "unanswered reviews"

NAMED = 3
"""Creators, captions or reasons that a sentence names."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing to look at: what it is about in USD, a sentence on it, and what to do."""

    kind: str
    worth: float
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """The messages in force that are still to be sent, and the Mondays of their weeks."""

    weeks: Sequence[dt.date]
    messages: Sequence[Mapping[str, Any]]


def ahead_of(dataset: Dataset, week_start: dt.date) -> Ahead:
    """What is to be sent after a week, in the week under way and the next one."""
    as_of = dataset.planning_instant()
    under_way = max(monday_of(la_date(as_of)), week_start + dt.timedelta(days=DAYS_A_WEEK))
    weeks = [under_way, under_way + dt.timedelta(days=DAYS_A_WEEK)]
    rows = [
        row
        for week in weeks
        for row in records(active_messages(dataset, week))
        if row["scheduled_send_time"] >= as_of
    ]
    return Ahead(weeks, rows)


def outside(report: WeekReport) -> Thing | None:
    """Creators whose earnings lie outside what was expected; worth: the differences."""
    found = report.outside
    if not found:
        return None
    named = ", ".join(
        f"{each.display_name} {_signed(each.sums.difference)} ({each.sums.ratio.value:.2f} times)"
        for each in found[:NAMED]
    )
    worth = sum(abs(each.sums.difference) for each in found)
    return Thing(
        OUTSIDE,
        worth,
        f"{len(found)} creators earned more or less than expected, {money(worth)} in all: {named}"
        f"{_more(len(found))}.",
        "Look at their messages in the report; of those below, at captions, prices and hours.",
    )


def not_sent(report: WeekReport) -> Thing | None:
    """Planned messages that nobody sent; worth: what was expected of them."""
    count = report.total.counts["not sent"]
    if not count:
        return None
    worth = report.total.not_sent_expected
    pages = sorted(report.creators, key=lambda c: (-c.sums.not_sent_expected, c.page_name))
    lacking = [each for each in pages if each.sums.counts["not sent"]]
    named = ", ".join(
        f"{each.display_name} {each.sums.counts['not sent']}" for each in lacking[:NAMED]
    )
    return Thing(
        NOT_SENT,
        worth,
        f"{count} planned messages were not sent, of which {money(worth)} was expected: {named}"
        f"{_more(len(lacking))}.",
        "Ask who sends for these pages; what goes out with another text counts as not sent.",
    )


def shortfalls(dataset: Dataset, report: WeekReport, ahead: Ahead) -> Thing | None:
    """What weeks ahead lack; worth: what the page's messages of the tier are expected to earn.

    Of a page without a schedule it is what the page earned in the reported week.
    """
    found = [(week, each) for week in ahead.weeks for each in week_shortfalls(dataset, week)]
    if not found:
        return None
    earned = {each.page_name: each.sums.earned_all for each in report.creators}
    worths = [(_worth(each, ahead.messages, earned), each) for _, each in found]
    worths.sort(key=lambda each: (-each[0], each[1].sentence))
    missing = sum(each.wanted - each.got for _, each in worths)
    worth = sum(value for value, _ in worths)
    named = "; ".join(each.sentence for _, each in worths[:NAMED])
    remedy = worths[0][1].remedy or "The reason says what to mend; then plan the page again."
    return Thing(
        SHORTFALLS,
        worth,
        f"{missing} messages or pages are missing ahead, worth about {money(worth)}: {named}"
        f"{_more(len(worths))}.",
        remedy,
    )


def _worth(
    lacking: Shortfall, messages: Sequence[Mapping[str, Any]], earned: Mapping[str, float]
) -> float:
    own = [row for row in messages if row["page_name"] == lacking.page_name]
    alike = [row for row in own if row["price_tier"] == lacking.price_tier] or own
    values = [_value(row) for row in alike]
    if lacking.price_tier is None or not values:
        return earned.get(lacking.page_name, 0.0)
    return (lacking.wanted - lacking.got) * sum(values) / len(values)


def worn(dataset: Dataset, ahead: Ahead) -> Thing | None:
    """Captions to send that the evidence says are worn or worthless; worth: what they expect."""
    from eros_assets.captions.evidence import doubtful_captions

    doubtful = {
        each.caption_id: each for each in doubtful_captions(dataset.query("caption_evidence"))
    }
    planned = [row for row in ahead.messages if row["caption_id"] in doubtful]
    if not planned:
        return None
    worth = sum(_value(row) for row in planned)
    captions = sorted({int(row["caption_id"]) for row in planned})
    named = ", ".join(f"{each} ({doubtful[each].verdict})" for each in captions[:NAMED])
    return Thing(
        WORN,
        worth,
        f"{len(planned)} messages ahead use captions that look worn or worthless, "
        f"{money(worth)} expected: {named}{_more(len(captions))}.",
        f"`python -m eros_assets captions retire` lists the evidence on {len(doubtful)} captions.",
    )


def quarantined(dataset: Dataset, report: WeekReport) -> Thing | None:
    """Messages of the week that break a rule of the input; worth: what they say they earned."""
    span = {"first_date": report.week_start, "last_date": report.week_end}
    rows = records(dataset.query("quarantined_value", **span))
    if not rows:
        return None
    count = sum(int(row["messages"]) for row in rows)
    worth = sum(float(row["earnings"]) for row in rows)
    named = ", ".join(f"{row['reason']} ({row['messages']})" for row in rows[:NAMED])
    return Thing(
        QUARANTINE,
        worth,
        f"{count} messages of the week are in quarantine, {money(worth)} earned by their own "
        f"account: {named}{_more(len(rows))}.",
        "Correct them where they come from: quarantined_messages has each with its reason.",
    )


def unanswered(dataset: Dataset, ahead: Ahead) -> Thing | None:
    """Messages to send that nobody decided on, where there is a sheet to decide in.

    Worth: what is expected of them, times the share of decisions so far that were rejections, one
    of each counted beforehand.
    """
    if dataset.settings.spreadsheet_id is None:
        return None
    decided = {
        (row["schedule_id"], row["message_number"])
        for week in ahead.weeks
        for row in records(dataset.query("week_reviews", week_start=week))
        if row["decision"] in ("approve", "reject")
    }
    waiting = [
        row
        for row in ahead.messages
        if row["source"] == "planned" and (row["schedule_id"], row["message_number"]) not in decided
    ]
    if not waiting:
        return None
    said = Counter(dataset.rows("schedule_review")["decision"].dropna())
    rejected = (said["reject"] + 1) / (said["reject"] + said["approve"] + 2)
    value = sum(_value(row) for row in waiting)
    return Thing(
        REVIEWS,
        rejected * value,
        f"{len(waiting)} messages ahead, {money(value)} expected, have no decision in the tab "
        f"Review; {rejected:.0%} of decisions reject.",
        "Approve or reject them before they go out.",
    )


def _value(row: Mapping[str, Any]) -> float:
    """What is expected of a message; nothing where it isn't known."""
    return float(row["expected_value"] or 0.0)


def _signed(amount: float) -> str:
    return money(amount) if amount < 0 else f"+{money(amount)}"


def _more(count: int) -> str:
    return f" and {count - NAMED} more" if count > NAMED else ""
