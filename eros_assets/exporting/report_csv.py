"""A week's report as CSV: creators, captions and messages, each also for Excel.

UTF-8 by RFC 4180. The files for Excel begin with a byte order mark, and text that Excel would take
for a formula, or digits that it would round, are guarded as in the files of a week.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eros_assets.evaluation.week_results import Outcome, Sums
from eros_assets.exporting.columns import (
    FLAG,
    LA_TIME,
    MONEY,
    NUMBER,
    TEXT,
    WHOLE_NUMBER,
    CsvFormat,
)
from eros_assets.exporting.schedule_csv import BYTE_ORDER_MARK, excel_name
from eros_assets.exporting.week_report import WeekReport

Column = tuple[str, CsvFormat, Callable[[Any], Any]]


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda each: getattr(each, name)


def _bound(name: str, which: int) -> Callable[[Any], Any]:
    return lambda each: None if getattr(each, name) is None else getattr(each, name)[which]


def _plain(format_of: CsvFormat, *names: str) -> tuple[Column, ...]:
    return tuple((name, format_of, _attribute(name)) for name in names)


def _count(outcome: Outcome) -> Callable[[Sums], int]:
    return lambda sums: sums.counts[outcome]


MESSAGES: Sequence[Column] = (
    *_plain(TEXT, "page_name", "outcome", "schedule_id"),
    *_plain(WHOLE_NUMBER, "message_number"),
    *_plain(LA_TIME, "planned_time", "sent_time"),
    *_plain(WHOLE_NUMBER, "minutes_late"),
    *_plain(TEXT, "message_type", "price_tier"),
    *_plain(WHOLE_NUMBER, "caption_id"),
    *_plain(TEXT, "caption_text", "content_category", "arm", "source"),
    *_plain(MONEY, "suggested_price", "price", "expected_value", "expected_by_now"),
    *_plain(WHOLE_NUMBER, "recipients", "views", "purchases"),
    *_plain(MONEY, "earnings"),
    *_plain(NUMBER, "age_hours", "maturity"),
    *_plain(FLAG, "is_ripe", "is_comparable"),
)

CAPTIONS: Sequence[Column] = (
    *_plain(WHOLE_NUMBER, "caption_id"),
    *_plain(TEXT, "caption_text", "message_type", "price_tier"),
    ("pages", TEXT, lambda each: " ".join(each.pages)),
    *_plain(WHOLE_NUMBER, "planned", "sent", "unripe", "recipients"),
    *_plain(NUMBER, "trials"),
    *_plain(WHOLE_NUMBER, "successes"),
    *_plain(NUMBER, "rate"),
    ("rate_lower", NUMBER, _bound("bounds", 0)),
    ("rate_upper", NUMBER, _bound("bounds", 1)),
    *_plain(NUMBER, "expected_rate"),
    ("expected_rate_lower", NUMBER, _bound("expected_bounds", 0)),
    ("expected_rate_upper", NUMBER, _bound("expected_bounds", 1)),
    *_plain(MONEY, "expected", "earned"),
    ("earned_lower", MONEY, _bound("earned_bounds", 0)),
    ("earned_upper", MONEY, _bound("earned_bounds", 1)),
    *_plain(TEXT, "verdict"),
)

CREATORS: Sequence[Column] = (
    ("page_name", TEXT, _attribute("name")),
    *_plain(WHOLE_NUMBER, "planned", "sent"),
    ("sent_as_planned", WHOLE_NUMBER, _count("on time")),
    ("sent_at_another_time", WHOLE_NUMBER, _count("other time")),
    ("not_sent", WHOLE_NUMBER, _count("not sent")),
    ("not_due", WHOLE_NUMBER, _count("not due")),
    ("sent_as_an_earlier_plan_had_it", WHOLE_NUMBER, _count("earlier plan")),
    ("sent_outside_the_plan", WHOLE_NUMBER, _count("not planned")),
    *_plain(WHOLE_NUMBER, "unripe"),
    *_plain(MONEY, "unripe_earned", "expected_planned", "not_sent_expected", "outside_earned"),
    *_plain(MONEY, "earned_all", "expected", "earned"),
    ("ratio", NUMBER, lambda sums: sums.ratio.value),
    ("ratio_lower", NUMBER, lambda sums: sums.ratio.lower),
    ("ratio_upper", NUMBER, lambda sums: sums.ratio.upper),
    ("verdict", TEXT, lambda sums: sums.ratio.verdict),
)

LABELS: Mapping[str, str] = {
    "creators.csv": "Creators, CSV",
    "captions.csv": "Captions, CSV",
    "messages.csv": "Messages, CSV",
    "creators.excel.csv": "Creators, for Excel",
    "captions.excel.csv": "Captions, for Excel",
    "messages.excel.csv": "Messages, for Excel",
}


def report_files(report: WeekReport) -> dict[str, bytes]:
    """The content of each CSV file, by its name."""
    tables: dict[str, tuple[Sequence[Column], Sequence[object]]] = {
        "creators": (CREATORS, [creator.sums for creator in report.creators]),
        "captions": (CAPTIONS, report.captions),
        "messages": (MESSAGES, [m for creator in report.creators for m in creator.messages]),
    }
    found: dict[str, bytes] = {}
    for name, (columns, rows) in tables.items():
        found[f"{name}.csv"] = _written(columns, rows, guarded=False)
        found[excel_name(name)] = BYTE_ORDER_MARK + _written(columns, rows, guarded=True)
    return found


def _written(columns: Sequence[Column], rows: Iterable[object], *, guarded: bool) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(name for name, _, _ in columns)
    for row in rows:
        fields = ((each, each.text(value(row))) for _, each, value in columns)
        writer.writerow(each.guard(field) if guarded else field for each, field in fields)
    return text.getvalue().encode("utf-8")
