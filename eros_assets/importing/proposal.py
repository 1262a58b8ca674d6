"""Proposes a folder's mapping: which file is which table, which column is which, how it is written.

Every guess stands in the text with an example, for a person to confirm.
"""

import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eros_assets.importing.cells import Cells
from eros_assets.importing.folder import table_files
from eros_assets.importing.guesses import (
    ColumnGuess,
    clock_column,
    free_words,
    guessed_columns,
    guessed_time_formats,
    known_words,
    placeholders,
    rate_column,
    sample_of,
    with_doubtful_columns,
)
from eros_assets.importing.header_rows import canonical
from eros_assets.importing.identity import ENTITY, slug
from eros_assets.importing.mapping import Formats, TableMapping
from eros_assets.importing.mistakes import MistakeLog, Notes
from eros_assets.importing.numbers import Fault, Number, read_number
from eros_assets.importing.reading import read_cells
from eros_assets.importing.schema import DECISIONS, INPUT_TABLES, SCHEMAS, TableName
from eros_assets.importing.words import OTHER_WORDS
from eros_assets.importing.workbook import sheets_alike

HEAD = 1 << 21
LONGEST_EXAMPLE = 40
EMPTY_WORDS = {"price": free_words, "message": placeholders}
"""What finds the words of a column that stand for an empty cell."""

DEFAULT_TIERS = (12.0, 25.0)


@dataclass(slots=True)
class TableProposal:
    """Files of one table that have one header.

    `options` and `columns` are TOML values, those of the columns with their comments.
    """

    table: TableName
    files: list[str]
    options: dict[str, str]
    columns: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


@dataclass(slots=True)
class Proposal:
    """A mapping to confirm. `unused` are files that look like no table, with their headers."""

    tables: list[TableProposal] = field(default_factory=list[TableProposal])
    formats: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    words: dict[str, str] = field(default_factory=dict[str, str])
    bank_from_messages: str | None = None
    unused: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])

    @property
    def toml(self) -> str:
        """The mapping as text, each guess with its example."""
        lines: list[str] = []
        formats = dict(self.formats)
        if self.words:
            pairs = (f"{_quoted(k)} = {_quoted(v)}" for k, v in sorted(self.words.items()))
            formats["words"] = (f"{{ {', '.join(pairs)} }}", "a guess")
        if formats:
            lines += ["[formats]", *_keys(formats), ""]
        for name in INPUT_TABLES:
            proposed = [each for each in self.tables if each.table == name]
            for each in proposed:
                lines.append(f"[[{name}]]" if len(proposed) > 1 else f"[{name}]")
                files = ", ".join(_quoted(file) for file in each.files)
                lines.append(f"files = {files if len(each.files) == 1 else f'[{files}]'}")
                lines += [f"{key} = {value}" for key, value in each.options.items()]
                if each.columns:
                    lines += ["", f"[{name}.columns]", *_keys(each.columns)]
                lines.append("")
        if self.bank_from_messages is not None:
            lines += [
                "[caption_bank]",
                "from_messages = true  # no file is a caption bank",
                f"columns.price_tier = {self.bank_from_messages}  # a guess: confirm the limits",
                "",
            ]
        return "\n".join(lines)


def proposed_mapping(folder: Path) -> Proposal:
    """The mapping that the files of a folder seem to need."""
    proposal = Proposal()
    prices: list[float] = []
    for file in table_files(folder):
        found = _best_table(file)
        if found is None:
            proposal.unused[file.name] = _headers_of(file)
        for table, options, cells, guesses in found or ():
            prices += _add(proposal, file, table, options, cells, guesses)
    if not any(each.table == "caption_bank" for each in proposal.tables):
        proposal.bank_from_messages = _tiers(prices)
    return proposal


def _add(
    proposal: Proposal,
    file: Path,
    table: TableName,
    options: dict[str, str],
    cells: Cells,
    guesses: MappingOf[str, ColumnGuess],
) -> list[float]:
    """Add a file, or some sheets of it, to the proposal; gives back the prices of its messages."""
    guesses = with_doubtful_columns(table, cells, guesses)
    columns, formats = _columns(proposal, table, file, cells, guesses)
    for key, value in formats.items():
        proposal.formats.setdefault(key, value)
    same = [
        each
        for each in proposal.tables
        if (each.table, each.options) == (table, options) and _alike(each.columns, columns)
    ]
    if same:
        same[0].files.append(file.name)
    else:
        proposal.tables.append(TableProposal(table, [file.name], options, columns))
    return _prices(cells, guesses.get("price")) if table == "mass_messages" else []


def amended(proposal: Proposal, refusal: str) -> bool:
    """Add the formats that a refusal asks for, as guesses; False when it asks for none."""
    before = len(proposal.formats)
    for words, key, value in (
        ("comes twice in", "repeated_hour", '"earlier"'),
        ("does not exist in", "skipped_hour", '"later"'),
        ("is a date without a time of day", "time_of_day", '"12:00"'),
        ("has no time zone", "time_zone", '"America/Los_Angeles"'),
        ("under [formats], decimal = ", "decimal", '"."'),
    ):
        if words in refusal and key not in proposal.formats:
            proposal.formats[key] = (value, "a guess")
    zones = dict(re.findall(r'zones = \{ "?([A-Z]+)"? = "(\w+/\w+)" \}', refusal))
    if zones and "zones" not in proposal.formats:
        pairs = ", ".join(f"{_quoted(name)} = {_quoted(zone)}" for name, zone in zones.items())
        proposal.formats["zones"] = (f"{{ {pairs} }}", "a guess")
    return len(proposal.formats) > before


Found = tuple[TableName, dict[str, str], Cells, dict[str, ColumnGuess]]
"""A table that a file may be: how it is read, its cells, and its columns."""


def _best_table(file: Path) -> list[Found] | None:
    """The table that the file has most columns of; its name goes before its columns.

    Of a workbook each set of sheets that have one header.
    """
    best: tuple[tuple[bool, int, float], list[Found]] | None = None
    content = _head(file)
    for table in INPUT_TABLES:
        found: list[Found] = [
            (table, options, cells, guessed_columns(table, cells))
            for options, cells in _readings(file, content, table)
        ]
        if not found:
            continue
        guesses = found[0][3]
        must = SCHEMAS[table].must_have
        share = sum(name in guesses for name in must) / len(must)
        named = canonical(file.name).startswith(canonical(table))
        score = (named, len(guesses), share)
        # Few columns make a table of decisions: nothing but its name tells such a file.
        likely = share >= 0.5 and table not in DECISIONS
        if (named or likely) and (best is None or score > best[0]):
            best = (score, found)
    return None if best is None else best[1]


def _readings(file: Path, content: bytes, table: TableName) -> list[tuple[dict[str, str], Cells]]:
    """The cells of a file, and the options to read it with; of each set of sheets, the first."""
    wanted = known_words(table)
    sheets = sheets_alike(content, wanted) if file.suffix == ".xlsx" else ()
    log, notes = MistakeLog(), Notes()
    if len(sheets) < 2:
        read = read_cells(file, content, TableMapping(), wanted, log, notes)
        return [(_options(cells), cells) for cells in read[:1]]
    sets: dict[tuple[str, ...], tuple[list[str], Cells]] = {}
    for sheet in sheets:
        for cells in read_cells(file, content, TableMapping(sheet=(sheet,)), wanted, log, notes):
            sets.setdefault(cells.headers, ([], cells))[0].append(sheet)
    return [
        ({"sheet": f"[{', '.join(map(_quoted, names))}]"} | _options(cells), cells)
        for names, cells in sets.values()
    ]


def _headers_of(file: Path) -> Sequence[str]:
    """The headers of a file that looks like no table."""
    wanted = known_words("mass_messages")
    read = read_cells(file, _head(file), TableMapping(), wanted, MistakeLog(), Notes())
    return [header.strip() for cells in read[:1] for header in cells.headers if header.strip()]


def _options(cells: Cells) -> dict[str, str]:
    rows = len(cells.header_rows)
    return {"header_rows": str(rows)} if rows > 1 else {}


def _head(file: Path) -> bytes:
    """The bytes of a file; of a large text file the first of them, up to the end of a line."""
    with file.open("rb") as stream:
        if file.suffix in (".gz", ".parquet", ".xlsx"):
            return stream.read()
        content = stream.read(HEAD)
        more = stream.read(1)
    return content[: content.rfind(b"\n") + 1] if more and b"\n" in content else content


def _columns(
    proposal: Proposal,
    table: TableName,
    file: Path,
    cells: Cells,
    guesses: MappingOf[str, ColumnGuess],
) -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """The columns to map, and the formats that their values need; words go to the proposal."""
    columns: dict[str, tuple[str, str]] = {}
    formats: dict[str, tuple[str, str]] = {}
    for name, guess in guesses.items():
        texts = sample_of(cells, cells.headers.index(_stored(cells, guess.header)))
        column = next(c for c in SCHEMAS[table].columns if c.name == name)
        value = _quoted(guess.header)
        if (
            column.is_id
            and texts
            and not all(t.removesuffix(".0").lstrip("-").isdigit() for t in texts)
        ):
            columns[name] = (f"{{ column = {value}, text_id = true }}", _shown(guess.example))
        elif not guess.sure:
            columns[name] = (value, _shown(guess.example))
        words = EMPTY_WORDS[name](texts) if name in EMPTY_WORDS else []
        if words:
            listed = ", ".join(map(_quoted, words))
            columns[name] = (f"{{ column = {value}, nothing = [{listed}] }}", _shown(guess.example))
        if name == "sending_time" and (clock := clock_column(cells, guess.header, guesses)):
            texts = _joined(cells, guess.header, clock)
            columns[name] = (f"{{ columns = [{value}, {_quoted(clock)}] }}", _shown(texts[0]))
        if column.type == "TIMESTAMP":
            wanted = guessed_time_formats(texts)
            formats |= {k: (v, f"a guess, from {_shown(texts[0])}") for k, v in wanted.items()}
        if column.is_money and (comma := _decimal_comma(texts)):
            formats["decimal"] = ('","', f"a guess, from {comma}")
        if column.type == "STRING" and any(re.search(ENTITY, text) for text in texts):
            formats["html"] = ("true", "the texts have entities such as &amp;")
        known = OTHER_WORDS.get(name, {})
        proposal.words |= {w: known[w] for w in map(str.casefold, texts) if w in known}
    if table == "mass_messages" and "viewed_count" not in guesses:
        rate = rate_column(cells, guesses)
        if rate is not None:
            value = f'{{ column = {_quoted(rate.header)}, percent_of = "sent_count" }}'
            columns["viewed_count"] = (value, _shown(rate.example))
    for name, value in _made(table, file, guesses).items():
        columns.setdefault(name, value)
    return columns, formats


def _made(
    table: TableName, file: Path, guesses: MappingOf[str, ColumnGuess]
) -> dict[str, tuple[str, str]]:
    """Values for columns that the file must have and lacks."""
    made: dict[str, tuple[str, str]] = {}
    if table == "mass_messages":
        if "page_name" not in guesses:
            page = slug(file.name.partition(".")[0]) or "my_page"
            made["page_name"] = (f"{{ value = {_quoted(page)} }}", "a guess: whose page is it?")
        for name in ("purchased_count", "earnings"):
            if name not in guesses:
                made[name] = ("{ value = 0 }", "no column looks like it")
        if "message_type" not in guesses:
            sold = "purchased_count" in guesses
            made["message_type"] = (
                ("{ by_price = true }", "PPV with a price, else Bump")
                if "price" in guesses
                else (f'{{ value = "{"PPV" if sold else "Bump"}" }}', "a guess")
            )
    if table == "caption_bank" and "price_tier" not in guesses:
        made["price_tier"] = ('{ value = "mid" }', "a guess: no column looks like the price tier")
    return made


def _joined(cells: Cells, *headers: str) -> list[str]:
    """The first values of columns, joined by a space as they are read; empty ones left out."""
    places = [cells.headers.index(_stored(cells, header)) for header in headers]
    texts = [sample_of(cells, place) for place in places]
    return [" ".join(row) for row in zip(*texts, strict=False)]


def _stored(cells: Cells, header: str) -> str:
    return next(each for each in cells.headers if each.strip() == header)


def _alike(one: MappingOf[str, tuple[str, str]], two: MappingOf[str, tuple[str, str]]) -> bool:
    """Whether two files need the same mapping, examples and guessed pages aside."""
    plain = [{k: v[0] for k, v in each.items() if k != "page_name"} for each in (one, two)]
    pages = [each["page_name"][0] for each in (one, two) if "page_name" in each]
    return plain[0] == plain[1] and not any(page.startswith("{ value") for page in pages)


def _decimal_comma(texts: Sequence[str]) -> str | None:
    """A value whose comma separates decimals beyond doubt."""
    read = ((text, read_number(text, Formats())) for text in texts)
    return next((text for text, n in read if isinstance(n, Number) and n.comma), None)


def _prices(cells: Cells, guess: ColumnGuess | None) -> list[float]:
    if guess is None:
        return []
    texts = sample_of(cells, cells.headers.index(_stored(cells, guess.header)))
    read = (read_number(text, Formats()) for text in texts)
    return [float(n.value) for n in read if not isinstance(n, Fault) and n.value > 0]


def _tiers(prices: Sequence[float]) -> str:
    """Limits of the price tiers: a third of the prices below each."""
    if not prices:
        return '{ value = "mid" }'
    ordered = sorted(prices)
    mid, premium = (ordered[len(ordered) * part // 3] for part in (1, 2))
    if mid == ordered[0]:
        mid, premium = DEFAULT_TIERS
    return f"{{ by_price = {{ mid = {mid:g}, premium = {max(mid, premium):g} }} }}"


def _keys(values: MappingOf[str, tuple[str, str]]) -> list[str]:
    return [
        f"{key} = {value}{f'  # {note}' if note else ''}" for key, (value, note) in values.items()
    ]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_EXAMPLE else f"{line[: LONGEST_EXAMPLE - 3]}..."
