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
from eros_assets.importing.time_forms import usual_form
from eros_assets.importing.times import DATE, LOCAL, NAMED_MONTH, ZONED
from eros_assets.importing.words import (
    BANK_IDS,
    CLOCK,
    CLOCK_WORDS,
    FILLERS,
    FREE_WORDS,
    OTHER_WORDS,
    PLACEHOLDER,
    RATE_WORDS,
    WORDS,
)
from eros_assets.importing.zones import split_zone

SAMPLE = 400
ENOUGH = 0.9
SECONDS_OR_DAYS = r"1[0-9]{9}([0-9]{3})?|[2-7][0-9]{4}(\.[0-9]+)?"
"""Unix seconds or milliseconds, or the serial number of a day between 1954 and 2119."""

ALIKE = 86
"""From this likeness in percent on, a header is taken for a word that people use."""


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """A column of the file that may be one of the table; `sure` when their names are equal."""

    header: str
    example: str
    sure: bool


def with_doubtful_columns(
    table: TableName, cells: Cells, guesses: Mapping[str, ColumnGuess]
) -> dict[str, ColumnGuess]:
    """The guesses, and columns that must be there whose header fits and whose values do not.

    Reading them says which value is wrong.
    """
    found = dict(guesses)
    for column in SCHEMAS[table].columns:
        if column.name in found or column.absent is not None:
            continue
        taken = {guess.header for guess in found.values()}
        words = words_of(table, column.name)
        for index, header in enumerate(cells.headers):
            texts = sample_of(cells, index)
            if header.strip() in taken or canonical(header) not in words or not texts:
                continue
            if not any(_is_percent(text) for text in texts):
                found[column.name] = ColumnGuess(header.strip(), texts[0], sure=False)
                break
    return {name: found[name] for name in SCHEMAS[table].column_names if name in found}


def _is_percent(text: str) -> bool:
    read = read_number(text, Formats())
    return isinstance(read, Number) and read.percent


def clock_column(cells: Cells, dates: str, guesses: Mapping[str, ColumnGuess]) -> str | None:
    """The header of the column with the time of day, where the column `dates` has dates alone."""
    at = next(n for n, header in enumerate(cells.headers) if header.strip() == dates)
    if any(":" in text for text in sample_of(cells, at)):
        return None
    taken = {guess.header for guess in guesses.values()}
    words = {canonical(word) for word in CLOCK_WORDS}
    for index, header in enumerate(cells.headers):
        if header.strip() and header.strip() not in taken and canonical(header) in words:
            texts = sample_of(cells, index)
            if texts and all(map(CLOCK.fullmatch, texts)):
                return header.strip()
    return None


def rate_column(cells: Cells, guesses: Mapping[str, ColumnGuess]) -> ColumnGuess | None:
    """The column with the share of the recipients who viewed a message, with % signs."""
    taken = {guess.header for guess in guesses.values()}
    words = {*map(canonical, RATE_WORDS), *words_of("mass_messages", "viewed_count")}
    for index, header in enumerate(cells.headers):
        if header.strip() and header.strip() not in taken and words & _names(header):
            texts = sample_of(cells, index)
            if texts and all(map(_is_percent, texts)):
                return ColumnGuess(header.strip(), texts[0], sure=False)
    return None


def placeholders(texts: Sequence[str]) -> list[str]:
    """What programs write in the place of a text, such as [MULTIPLE VARIATIONS]."""
    return sorted({text for text in texts if PLACEHOLDER.fullmatch(text)})


def free_words(texts: Sequence[str]) -> list[str]:
    """The words for a free message among prices, as they are written."""
    return sorted({text for text in texts if text.casefold() in FREE_WORDS})


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
    split = [split_zone(text) for text in texts]
    zone = {} if all(split) else {"time_zone": '"America/Los_Angeles"'}
    texts = [
        usual_form(parts[0] if parts else text) for parts, text in zip(split, texts, strict=True)
    ]
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
    if places := [words.index(each) for each in _names(header) if each in words]:
        return 150 - min(places)
    if len(name) < 4:
        return 0
    best = max((fuzz.ratio(name, word) for word in words), default=0)
    return int(best) if best >= ALIKE else 0


def _names(header: str) -> set[str]:
    """What a header is, with and without its unit in brackets and words that tell nothing."""
    plain = re.sub(r"\([^)]*\)|\[[^]]*\]", " ", header)
    telling = (word for word in re.split(r"[\W_]+", plain) if word.casefold() not in FILLERS)
    return {canonical(header), canonical(plain), canonical(" ".join(telling))} - {""}


def _fits(texts: Sequence[str], column: Column) -> bool:
    """Whether the values can be those of the column."""
    if column.name == "price":
        texts = [text for text in texts if text.casefold() not in FREE_WORDS] or ["0"]
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
    parts = split_zone(text)
    plain = usual_form(parts[0] if parts else text)
    if any(re.search(form, plain) for form in (ZONED, LOCAL, DATE)):
        return True
    if re.search(NAMED_MONTH, plain) and re.search(r"\d\D.*\d{2}", plain):
        return True
    if NUMBERED.match(plain) and readings_of(plain):
        return True
    return bool(re.fullmatch(SECONDS_OR_DAYS, plain))
