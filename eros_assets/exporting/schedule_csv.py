"""A page's week as CSV: one file for machines, one for people with Excel; both for all pages too.

Both are UTF-8 by RFC 4180 (CRLF, doubled quotes), with one row per message in order of time and the
columns of `CSV_COLUMNS`. The file for machines is plain. The file for Excel begins with a byte
order mark, and its fields are guarded, so that Excel neither computes nor rounds them.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from eros_assets.atomic_write import WrittenFile, atomic_write
from eros_assets.errors import ErosError
from eros_assets.exporting.columns import CSV_COLUMNS, CsvFormat
from eros_assets.exporting.message import ScheduledMessage

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""The byte order mark by which Excel recognizes UTF-8."""

HEADER = list(CSV_COLUMNS)
FIELDS = frozenset(field.name for field in fields(ScheduledMessage))
TIERS = {"PPV": ("budget", "mid", "premium"), "Bump": ("bump",)}
"""Price tiers by message type."""

Messages = Mapping[tuple[int, int], Mapping[str, str]]
"""The text of every column as a file has it, by caption and how often it went before.

Nothing but what people queue has a caption twice.
"""

Render = Callable[[CsvFormat, str], str]
"""Takes a column's format and its text; returns the field that is written."""


class ScheduleCsvError(ErosError):
    """A schedule file breaks the format; file, line, column and rule are named."""


def excel_name(page: str) -> str:
    """The name of a page's file for Excel; `<page>.csv` is the one for machines."""
    return f"{page}.excel.csv"


def write_schedule_csv(path: Path, messages: Iterable[ScheduledMessage]) -> WrittenFile:
    """Write the file for machines atomically; the same messages give the same bytes.

    Raises:
        ScheduleCsvError: messages that would not read back; nothing is written then.
    """
    ordered = _in_order(messages)
    return atomic_write(path, schedule_csv_bytes(ordered, path.name), len(ordered))


def schedule_csv_bytes(messages: Iterable[ScheduledMessage], name: str) -> bytes:
    """The content of the file for machines; `name` is the file's name for errors.

    Raises:
        ScheduleCsvError: messages that would not read back.
    """
    content = _render(_in_order(messages), _plain)
    parse_schedule_csv(content, name)
    return content


def write_schedule_csv_for_excel(path: Path, messages: Iterable[ScheduledMessage]) -> WrittenFile:
    """Write the file for Excel atomically. Only checks read it back."""
    ordered = _in_order(messages)
    return atomic_write(path, BYTE_ORDER_MARK + _render(ordered, _guarded), len(ordered))


def write_all_creators_csv(
    path: Path, messages: Iterable[ScheduledMessage], *, for_excel: bool = False
) -> WrittenFile:
    """Write the file of several pages atomically; each page's own file is what is read back."""
    listed = list(messages)
    return atomic_write(path, all_creators_csv_bytes(listed, for_excel=for_excel), len(listed))


def all_creators_csv_bytes(
    messages: Iterable[ScheduledMessage], *, for_excel: bool = False
) -> bytes:
    """The rows of several pages' files under one header, by page and time."""
    ordered = sorted(
        messages, key=lambda each: (each.page_name, each.scheduled_send_time, each.caption_id)
    )
    if for_excel:
        return BYTE_ORDER_MARK + _render(ordered, _guarded)
    return _render(ordered, _plain)


def messages_in(messages: Iterable[ScheduledMessage], *, for_excel: bool = False) -> Messages:
    """What a file of these messages holds: the text of every column."""
    render = _guarded if for_excel else _plain
    rows = [dict(zip(HEADER, _row(message, render), strict=True)) for message in messages]
    return _by_caption(rows)


def read_excel_messages(path: Path) -> Messages:
    """What a file for Excel holds.

    Raises:
        ScheduleCsvError: the file is missing, or not a file for Excel.
    """
    content = _content(path)
    again = "; export the week again"
    if not content.startswith(BYTE_ORDER_MARK):
        raise ScheduleCsvError(f"{path}: begins without a byte order mark{again}")
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        if header != HEADER:
            raise ScheduleCsvError(f"{path}: the header is {header}, not {HEADER}{again}")
        messages = [dict(zip(HEADER, row, strict=True)) for row in rows]
        found = _by_caption(messages)
    except (ValueError, csv.Error) as error:
        raise ScheduleCsvError(f"{path}: not CSV as EROS writes it ({error}){again}") from error
    return found


def _by_caption(rows: Iterable[Mapping[str, str]]) -> Messages:
    messages: dict[tuple[int, int], Mapping[str, str]] = {}
    before: Counter[int] = Counter()
    for row in rows:
        caption = int(row["caption_id"].removeprefix("'"))
        messages[caption, before[caption]] = row
        before[caption] += 1
    return messages


def read_schedule_csv(path: Path) -> tuple[ScheduledMessage, ...]:
    """The messages of a file for machines, numbered in their order.

    Raises:
        ScheduleCsvError: the file is missing, or anything in it differs from what
            `write_schedule_csv` writes.
    """
    return parse_schedule_csv(_content(path), path.name)


def parse_schedule_csv(content: bytes, name: str) -> tuple[ScheduledMessage, ...]:
    """As read_schedule_csv, from bytes; `name` is the file's name for errors."""
    if content.startswith(BYTE_ORDER_MARK):
        raise ScheduleCsvError(f"{name} line 1: begins with a byte order mark")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ScheduleCsvError(f"{name} line {line}: not UTF-8 ({error.reason})") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    messages: list[ScheduledMessage] = []
    try:
        header = next(reader, [])
        if header != HEADER:
            raise ScheduleCsvError(f"{name} line 1: the header is {header}, not {HEADER}")
        for number, row in enumerate(reader, start=1):
            messages.append(_message(row, number, f"{name} line {reader.line_num}"))
    except csv.Error as error:
        raise ScheduleCsvError(f"{name} line {reader.line_num}: {error}") from error
    _check_whole(messages, name)
    if _render(messages, _plain) != content:
        raise ScheduleCsvError(
            f"{name}: not written as EROS writes it (CRLF line ends, quotes only where needed); "
            "export the week again"
        )
    return tuple(messages)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScheduleCsvError(f"{path}: {error.strerror}; export the week again") from error


def _in_order(messages: Iterable[ScheduledMessage]) -> list[ScheduledMessage]:
    return sorted(messages, key=lambda message: (message.scheduled_send_time, message.caption_id))


def _plain(_: CsvFormat, text: str) -> str:
    return text


def _guarded(column: CsvFormat, text: str) -> str:
    return column.guard(text)


def _row(message: ScheduledMessage, render: Render) -> list[str]:
    return [
        render(column, column.text(getattr(message, name))) for name, column in CSV_COLUMNS.items()
    ]


def _render(messages: Iterable[ScheduledMessage], render: Render) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(_row(message, render) for message in messages)
    return text.getvalue().encode("utf-8")


def _message(row: Sequence[str], number: int, where: str) -> ScheduledMessage:
    if len(row) != len(HEADER):
        raise ScheduleCsvError(f"{where}: {len(row)} fields, not {len(HEADER)}")
    texts = dict(zip(HEADER, row, strict=True))

    def refuse(name: str, rule: object) -> ScheduleCsvError:
        return ScheduleCsvError(f"{where}: {name} {texts[name]!r} {rule}")

    values: dict[str, object] = {"display_name": texts["page_name"], "message_number": number}
    for name, column in CSV_COLUMNS.items():
        try:
            values[name] = column.value(texts[name])
        except ValueError as error:
            raise refuse(name, error) from error
    message = ScheduledMessage(**{name: values[name] for name in values.keys() & FIELDS})  # pyright: ignore[reportArgumentType]
    if message.schedule_id[15:-9] != message.page_name:
        raise refuse("schedule_id", f"is not of page {message.page_name}")
    if message.performance_score is None and message.source == "planned":
        raise refuse("performance_score", "of a planned message is empty")
    if message.price_tier not in (tiers := TIERS[message.message_type]):
        raise refuse("price_tier", f"of a {message.message_type} is not one of {', '.join(tiers)}")
    for name in values.keys() - FIELDS:  # columns that follow from the others
        if values[name] != (derived := getattr(message, name)):
            raise refuse(name, f"is not {derived}, as scheduled_send_time says")
    return message


def _check_whole(messages: Sequence[ScheduledMessage], name: str) -> None:
    schedules = sorted({message.schedule_id for message in messages})
    if len(schedules) > 1:
        raise ScheduleCsvError(f"{name}: {len(schedules)} schedules in one file: {schedules}")
    captions = [message.caption_id for message in messages if message.source == "planned"]
    twice = sorted({caption for caption in captions if captions.count(caption) > 1})
    if twice:
        raise ScheduleCsvError(f"{name}: captions {twice} occur more than once")
    times = [message.scheduled_send_time for message in messages]
    if times != sorted(times):
        raise ScheduleCsvError(f"{name}: the rows are not in order of scheduled_send_time")
