"""A page's week as CSV: one file for machines, one for people with Excel.

Both are UTF-8 by RFC 4180 (CRLF, quotes doubled), one row per message in order of time, times ISO
8601 with the LA offset. The machine file is plain. The other begins with a byte order mark, and
text that a spreadsheet could take for a formula has an apostrophe before it.
"""

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eros_assets.atomic_write import WrittenFile, atomic_write
from eros_assets.calendar import ZONE
from eros_assets.errors import ErosError

COLUMNS = (
    "schedule_id",
    "page_name",
    "day_of_week",
    "scheduled_send_time",
    "message_type",
    "caption_id",
    "caption_text",
    "price_tier",
    "content_category",
    "has_urgency",
    "performance_score",
)
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PPV_TIERS = ("budget", "mid", "premium")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet compute a cell (OWASP's list, with the full-width forms)."""

EXCEL_DIGITS = 15
"""Digits of a number that Excel keeps; longer ids go as text."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""The byte order mark by which Excel knows UTF-8."""

Messages = Mapping[int, Mapping[str, str]]
"""By caption, the text of every column as a file has it."""


class ScheduleCsvError(ErosError):
    """A schedule file that isn't as it must be: file, line, column and rule are named."""


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One message of the file. `scheduled_send_time` is an aware instant, in any zone."""

    schedule_id: str
    page_name: str
    scheduled_send_time: dt.datetime
    message_type: str
    caption_id: int
    caption_text: str
    price_tier: str
    content_category: str | None
    has_urgency: bool | None
    performance_score: float | None

    @property
    def local_time(self) -> dt.datetime:
        """The time on LA clocks."""
        return self.scheduled_send_time.astimezone(ZONE)

    @property
    def day_of_week(self) -> str:
        """English name of the LA day."""
        return DAY_NAMES[self.local_time.weekday()]


def write_schedule_csv(path: Path, lines: Sequence[ScheduleLine]) -> WrittenFile:
    """Write the machine file, whole or not at all; the same lines give the same bytes.

    Raises:
        ScheduleCsvError: lines that would not read back; nothing is written then.
    """
    ordered = _in_order(lines)
    content = _render(ordered, _plain)
    parse_schedule_csv(content, path.name)
    return atomic_write(path, content, len(ordered))


def write_schedule_csv_for_excel(path: Path, lines: Sequence[ScheduleLine]) -> WrittenFile:
    """Write the file for people, whole or not at all; it is read back only to be checked."""
    ordered = _in_order(lines)
    return atomic_write(path, BYTE_ORDER_MARK + _render(ordered, _guarded), len(ordered))


def messages_in(lines: Iterable[ScheduleLine], *, for_excel: bool = False) -> Messages:
    """What a file of these lines says: the text of every column, by caption."""
    field = _guarded if for_excel else _plain
    return {
        line.caption_id: {column: field(column, value) for column, value in _values(line).items()}
        for line in lines
    }


def read_excel_messages(path: Path) -> Messages:
    """What the file for people says.

    Raises:
        ScheduleCsvError: the file is missing, or is no such file.
    """
    content = _content(path)
    again = "; export the week again"
    if not content.startswith(BYTE_ORDER_MARK):
        raise ScheduleCsvError(f"{path}: begins without a byte order mark{again}")
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if tuple(header) != COLUMNS:
            raise ScheduleCsvError(f"{path}: the header is {header}, not {list(COLUMNS)}{again}")
        messages: list[dict[str, str]] = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        found = {int(message["caption_id"].removeprefix("'")): message for message in messages}
    except (ValueError, csv.Error) as error:
        raise ScheduleCsvError(f"{path}: not CSV as EROS writes it ({error}){again}") from error
    if len(found) != len(rows):
        raise ScheduleCsvError(f"{path}: {len(rows)} rows of {len(found)} captions{again}")
    return found


def read_schedule_csv(path: Path) -> tuple[ScheduleLine, ...]:
    """The lines of a machine file.

    Raises:
        ScheduleCsvError: the file is missing, or anything in it is not as `write_schedule_csv`
            writes it.
    """
    return parse_schedule_csv(_content(path), path.name)


def parse_schedule_csv(content: bytes, name: str) -> tuple[ScheduleLine, ...]:
    """As read_schedule_csv, from bytes; `name` is the file's in errors."""
    if content.startswith(BYTE_ORDER_MARK):
        raise ScheduleCsvError(f"{name} line 1: begins with a byte order mark")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScheduleCsvError(f"{name} line {line}: not UTF-8 ({error.reason})") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[ScheduleLine] = []
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise ScheduleCsvError(f"{name} line 1: the header is {header}, not {list(COLUMNS)}")
        lines.extend(_parse(fields, f"{name} line {reader.line_num}") for fields in reader)
    except csv.Error as error:
        raise ScheduleCsvError(f"{name} line {reader.line_num}: {error}") from error
    _check_whole(lines, name)
    if _render(lines, _plain) != content:
        raise ScheduleCsvError(
            f"{name}: not written as EROS writes it (CRLF line ends, quotes only where needed); "
            "export the week again"
        )
    return tuple(lines)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScheduleCsvError(f"{path}: {error.strerror}; export the week again") from error


def _in_order(lines: Sequence[ScheduleLine]) -> list[ScheduleLine]:
    for line in lines:
        if line.scheduled_send_time.tzinfo is None:
            raise ScheduleCsvError(
                f"{line.schedule_id} caption {line.caption_id}: scheduled_send_time "
                f"{line.scheduled_send_time} has no time zone"
            )
    return sorted(lines, key=lambda line: (line.scheduled_send_time, line.caption_id))


def _render(lines: Sequence[ScheduleLine], field: Callable[[str, str], str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in lines:
        values = _values(line)
        writer.writerow([field(column, values[column]) for column in COLUMNS])
    return text.getvalue().encode("utf-8")


def _values(line: ScheduleLine) -> dict[str, str]:
    urgency, score = line.has_urgency, line.performance_score
    return {
        "schedule_id": line.schedule_id,
        "page_name": line.page_name,
        "day_of_week": line.day_of_week,
        "scheduled_send_time": line.local_time.isoformat(timespec="seconds"),
        "message_type": line.message_type,
        "caption_id": str(line.caption_id),
        "caption_text": line.caption_text,
        "price_tier": line.price_tier,
        "content_category": line.content_category or "",
        "has_urgency": "" if urgency is None else "true" if urgency else "false",
        "performance_score": "" if score is None else repr(float(score)),
    }


def _plain(_column: str, value: str) -> str:
    return value


def _guarded(column: str, value: str) -> str:
    if column == "caption_id":
        return f"'{value}" if len(value) > EXCEL_DIGITS else value
    if column == "performance_score":
        return value
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _parse(fields: Sequence[str], where: str) -> ScheduleLine:
    if len(fields) != len(COLUMNS):
        raise ScheduleCsvError(f"{where}: {len(fields)} fields, not {len(COLUMNS)}")
    row: dict[str, str] = dict(zip(COLUMNS, fields, strict=True))

    def refuse(column: str, rule: str) -> ScheduleCsvError:
        return ScheduleCsvError(f"{where}: {column} {row[column]!r} {rule}")

    if not re.fullmatch(r"sched_\d{8}_[a-z0-9_]+_[0-9a-f]{8}", row["schedule_id"]):
        raise refuse("schedule_id", "is not sched_<YYYYMMDD>_<page_name>_<8 hex digits>")
    if not re.fullmatch(r"[a-z0-9_]+", row["page_name"]):
        raise refuse("page_name", "does not match [a-z0-9_]+")
    if row["schedule_id"][15:-9] != row["page_name"]:
        raise refuse("schedule_id", f"is not of page {row['page_name']}")
    if row["message_type"] not in ("PPV", "Bump"):
        raise refuse("message_type", "is not one of PPV, Bump")
    tiers = PPV_TIERS if row["message_type"] == "PPV" else ("bump",)
    if row["price_tier"] not in tiers:
        raise refuse("price_tier", f"of a {row['message_type']} is not one of {', '.join(tiers)}")
    if not re.fullmatch(r"-?\d+", row["caption_id"]):
        raise refuse("caption_id", "is not a whole number")
    if row["has_urgency"] not in ("true", "false", ""):
        raise refuse("has_urgency", "is not true, false or empty")
    if not row["caption_text"]:
        raise refuse("caption_text", "is empty")

    try:
        time = dt.datetime.fromisoformat(row["scheduled_send_time"])
        score = float(row["performance_score"]) if row["performance_score"] else None
    except ValueError as error:
        raise ScheduleCsvError(f"{where}: {error}") from error
    if time.tzinfo is None or time.utcoffset() != time.astimezone(ZONE).utcoffset():
        raise refuse("scheduled_send_time", "has not the offset of America/Los_Angeles")
    if score is not None and not math.isfinite(score):
        raise refuse("performance_score", "is not a finite number")
    line = ScheduleLine(
        schedule_id=row["schedule_id"],
        page_name=row["page_name"],
        scheduled_send_time=time.astimezone(dt.UTC),
        message_type=row["message_type"],
        caption_id=int(row["caption_id"]),
        caption_text=row["caption_text"],
        price_tier=row["price_tier"],
        content_category=row["content_category"] or None,
        has_urgency={"true": True, "false": False}.get(row["has_urgency"]),
        performance_score=score,
    )
    if row["day_of_week"] != line.day_of_week:
        raise refuse("day_of_week", f"is not the LA day, {line.day_of_week}")
    return line


def _check_whole(lines: Sequence[ScheduleLine], name: str) -> None:
    schedules = sorted({line.schedule_id for line in lines})
    if len(schedules) > 1:
        raise ScheduleCsvError(f"{name}: {len(schedules)} schedules in one file: {schedules}")
    captions = [line.caption_id for line in lines]
    twice = sorted({caption for caption in captions if captions.count(caption) > 1})
    if twice:
        raise ScheduleCsvError(f"{name}: captions {twice} are there more than once")
    times = [line.scheduled_send_time for line in lines]
    if times != sorted(times):
        raise ScheduleCsvError(f"{name}: the rows are not in order of scheduled_send_time")


def excel_name(page: str) -> str:
    """The name of a page's CSV for people with Excel; `<page>.csv` is the one for machines."""
    return f"{page}.excel.csv"
