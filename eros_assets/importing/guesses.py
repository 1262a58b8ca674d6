"""Guesses which column of a file is which column of a table, from headers and values."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from eros_assets.importing.cells import Cells
from eros_assets.importing.conversion import NO, NOTHING, YES
from eros_assets.importing.dates import NUMBERED, readings_of
from eros_assets.importing.header_rows import Wanted, canonical
from eros_assets.importing.mapping import Formats
from eros_assets.importing.numbers import ONE_GROUP, Number, read_number
from eros_assets.importing.schema import SCHEMAS, Column, TableName
from eros_assets.importing.times import DATE, LOCAL, NAMED_MONTH, ZONED

SAMPLE = 400
ENOUGH = 0.9
ALIKE = 86
"""From this likeness in percent on, a header is taken for a word that people use."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "row_id": ("message id", "post id", "campaign id", "mass message id", "id"),
    "page_name": ("page", "creator", "account", "model", "username", "profile", "brand"),
    "message": ("text", "message text", "body", "subject", "title", "content", "caption"),
    "sending_time": (
        *("sent at", "send time", "sent time", "time sent", "sent date", "date sent"),
        *("publish time", "published at", "sent on", "datetime", "date time", "timestamp"),
        *("date", "time"),
    ),
    "price": ("unlock price", "ppv price", "price usd", "cost"),
    "sent_count": (
        *("sent", "sent to", "recipients", "total recipients", "delivered", "sends"),
        *("successful deliveries", "reach", "audience"),
    ),
    "viewed_count": (
        *("viewed", "views", "unique opens", "opens", "opened", "seen", "view count"),
        *("reactions, comments and shares", "clicks"),
    ),
    "purchased_count": (
        *("purchased", "purchases", "unlocks", "buyers", "sales", "sold"),
        *("unique placed order", "orders"),
    ),
    "earnings": ("earned", "revenue", "net", "income", "amount", "total earnings", "gross"),
    "message_type": ("type", "kind", "message kind"),
    "caption_id": ("caption", "caption number"),
    "counted_at": ("loaded at", "exported at", "export date", "snapshot at", "updated at"),
    "caption_text": ("text", "caption", "message", "content", "body"),
    "content_category": ("category", "content type", "topic", "theme"),
    "price_tier": ("tier", "level", "price level"),
    "has_urgency": ("urgent", "urgency", "is urgent"),
    "is_active": ("active", "enabled", "in use"),
    "created_at": ("created", "date created", "written", "added", "added on"),
    "display_name": ("name", "creator name", "full name"),
    "restricted_categories": ("categories", "restricted"),
    "restricted_price_tiers": ("tiers", "price tiers"),
    "blocked_patterns": ("blocked", "blocked words", "patterns"),
}
BANK_IDS = ("caption number", "id", "number")
STATUS_WORDS = {
    **dict.fromkeys(("unsent", "deleted", "removed", "cancelled", "canceled"), "withdrawn"),
    **dict.fromkeys(("queued", "pending", "planned"), "scheduled"),
    **dict.fromkeys(("delivered", "published", "done"), "sent"),
}
TYPE_WORDS = {
    **dict.fromkeys(("paid", "locked", "ppv message", "priced"), "PPV"),
    **dict.fromkeys(("free", "unlocked", "bump message", "no price"), "Bump"),
}
TIER_WORDS = {
    **dict.fromkeys(("low", "cheap", "basic", "small", "bronze"), "budget"),
    **dict.fromkeys(("medium", "middle", "standard", "regular", "silver"), "mid"),
    **dict.fromkeys(("high", "expensive", "top", "vip", "gold"), "premium"),
}
OTHER_WORDS = {"message_type": TYPE_WORDS, "status": STATUS_WORDS, "price_tier": TIER_WORDS}
"""What people write in columns of few values, in lower case, and what it means."""


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """A column of the file that may be one of the table; `sure` when their names are equal."""

    header: str
    example: str
    sure: bool


def words_of(table: TableName, column: str) -> tuple[str, ...]:
    """What people call a column, canonical, the most likely first."""
    words = BANK_IDS if (table, column) == ("caption_bank", "caption_id") else WORDS.get(column, ())
    return (canonical(column), *(canonical(word) for word in words))


def known_words(table: TableName) -> Wanted:
    """Every name that a header of the table may have, and must have one of."""
    schema = SCHEMAS[table]
    words = {column.name: frozenset(words_of(table, column.name)) for column in schema.columns}
    return Wanted(
        frozenset[str]().union(*words.values()), tuple(words[name] for name in schema.must_have)
    )


def guessed_columns(table: TableName, cells: Cells) -> dict[str, ColumnGuess]:
    """The most likely header of each column; each header once, in the schema's order.

    A column with more than the recipients of most messages is not that of the views.
    """
    samples = {index: sample_of(cells, index) for index in range(len(cells.headers))}
    no_views: set[int] = set()
    while True:
        found = _best_headers(table, cells, samples, no_views)
        sent, viewed = found.get("sent_count"), found.get("viewed_count")
        if sent is None or viewed is None or not _exceeds(samples[viewed], samples[sent]):
            break
        no_views.add(viewed)
    return {
        name: ColumnGuess(
            cells.headers[found[name]].strip(),
            next(iter(samples[found[name]]), ""),
            canonical(cells.headers[found[name]]) == canonical(name),
        )
        for name in SCHEMAS[table].column_names
        if name in found
    }


def _best_headers(
    table: TableName, cells: Cells, samples: Mapping[int, Sequence[str]], no_views: Container[int]
) -> dict[str, int]:
    """The place of the most likely header of each column."""
    scored = sorted(
        (-score, order, index, column.name)
        for order, column in enumerate(SCHEMAS[table].columns)
        for index, header in enumerate(cells.headers)
        if header.strip()
        and not (column.name == "viewed_count" and index in no_views)
        and (score := _likeness(header, words_of(table, column.name)))
        and (canonical(header) == canonical(column.name) or _fits(samples[index], column))
    )
    found: dict[str, int] = {}
    for _, _, index, name in scored:
        if name not in found and index not in found.values():
            found[name] = index
    return found


def sample_of(cells: Cells, index: int) -> list[str]:
    """The first values of a column that are not empty, as text."""
    texts: list[str] = []
    for value in cells.columns[index].slice(0, 5 * SAMPLE).to_pylist():
        if value is None:
            continue
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        if text.strip() and text.strip().casefold() not in NOTHING:
            texts.append(text.strip())
        if len(texts) == SAMPLE:
            break
    return texts


def guessed_time_formats(texts: Sequence[str]) -> dict[str, str]:
    """The formats that the times of a column need, as TOML values by key."""
    if not texts or all(re.search(ZONED, text) for text in texts):
        return {}
    zone = {"time_zone": '"America/Los_Angeles"'}
    numbered = [text for text in texts if NUMBERED.match(text)]
    if len(numbered) == len(texts):
        patterns = [set(readings_of(text)) for text in texts]
        common = sorted(set[str].intersection(*patterns), reverse=True)  # month first
        if common:
            alone = {} if re.search("%[HI]", common[0]) else {"time_of_day": '"12:00"'}
            return {"time_format": f'"{common[0]}"', **zone, **alone}
    if all(re.fullmatch(r"\d+(\.\d+)?", text) for text in texts):
        largest = max(map(float, texts))
        if largest < 1e5:
            return {"time_format": '"excel"', **zone}
        return {"time_format": '"unix"' if largest < 1e11 else '"unix_ms"'}
    if all(re.search(DATE, text) for text in texts):
        return {**zone, "time_of_day": '"12:00"'}
    return zone


def _exceeds(parts: Sequence[str], wholes: Sequence[str]) -> bool:
    """Whether most of the counts are above those that they should be a part of."""
    read = [
        [read_number(_without_thousands(text), Formats(), whole=True) for text in texts]
        for texts in (parts, wholes)
    ]
    pairs = [
        (part.value, whole.value)
        for part, whole in zip(*read, strict=False)
        if isinstance(part, Number) and isinstance(whole, Number)
    ]
    return 2 * sum(part > whole for part, whole in pairs) > len(pairs)


def _without_thousands(count: str) -> str:
    """A count such as 1.000, of which nobody knows yet what the point separates, as 1000."""
    return count.replace(".", "") if ONE_GROUP.fullmatch(count) else count


def is_whole(text: str) -> bool:
    """Whether an id is a whole number."""
    return text.removesuffix(".0").lstrip("-").isdigit()


def _likeness(header: str, words: Sequence[str]) -> int:
    """How likely the header means the column: 0 for not at all."""
    from rapidfuzz import fuzz

    name = canonical(header)
    if name in words:
        return 200 - words.index(name)
    if len(name) < 4:
        return 0
    best = max((fuzz.ratio(name, word) for word in words), default=0)
    return int(best) if best >= ALIKE else 0


def _fits(texts: Sequence[str], column: Column) -> bool:
    """Whether the values can be those of the column."""
    if not texts:
        return False
    if column.type == "INT64" and column.is_id:
        return all(map(is_whole, texts)) or (
            column.name == "row_id" and len(set(texts)) == len(texts)
        )
    if column.type in ("INT64", "FLOAT64"):
        whole = column.type == "INT64"
        read = [read_number(text, Formats(), whole=whole) for text in texts]
        numbers = [each for each in read if isinstance(each, Number) and not each.percent]
        doubtful = sum(not isinstance(each, Number) and "or" in each.said for each in read)
        return len(numbers) + doubtful >= ENOUGH * len(texts)
    if column.type == "BOOL":
        return all(text.casefold() in (*YES, *NO) for text in texts)
    if column.type in ("DATE", "TIMESTAMP"):
        return sum(map(_looks_like_time, texts)) >= ENOUGH * len(texts)
    if column.one_of and column.name in ("message_type", "price_tier"):
        known = {*OTHER_WORDS[column.name], *(word.casefold() for word in column.one_of)}
        return all(text.casefold() in known for text in set(texts))
    if column.name in ("message", "caption_text"):
        return sum(any(c.isalpha() for c in text) for text in texts) >= ENOUGH * len(texts)
    return True


def _looks_like_time(text: str) -> bool:
    if re.search(ZONED, text) or re.search(LOCAL, text) or re.search(DATE, text):
        return True
    if re.search(NAMED_MONTH, text) and re.search(r"\d{4}", text):
        return True
    if NUMBERED.match(text) and readings_of(text):
        return True
    return bool(re.fullmatch(r"1[0-9]{9}([0-9]{3})?", text))
