"""The mapping of a folder, `eros_import.toml`: which column is which, and how values are written.

docs/IMPORT.md describes each key. A folder without the file has the mapping that says nothing.
"""

import re
import tomllib
from collections.abc import Mapping as MappingOf
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from eros_assets.importing.mistakes import InputFileError, Mistake
from eros_assets.importing.schema import (
    MESSAGE_TYPES,
    PAGE_NAME,
    PRICE_TIERS,
    SCHEMAS,
    STATUSES,
    TableName,
)
from eros_assets.importing.zones import offset_of

MAPPING_FILE = "eros_import.toml"
TIME_FORMATS = ("iso", "unix", "unix_ms", "excel")
WORDS = (*MESSAGE_TYPES, *PRICE_TIERS, *STATUSES, "yes", "no")


def _listed(value: object) -> object:
    return [value] if isinstance(value, str | dict) else value


Strings = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Undecided = Literal["refuse", "earlier", "later"]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Formats(_Strict):
    """How values are written."""

    time_format: Strings = ()
    time_zone: str | None = None
    zones: dict[str, str] = Field(default_factory=dict)
    repeated_hour: Undecided = "refuse"
    skipped_hour: Undecided = "refuse"
    time_of_day: str | None = None
    decimal: Literal[".", ","] | None = None
    currency: str = "USD"
    usd_per: dict[str, float] = Field(default_factory=dict)
    nothing: Strings = ()
    words: dict[str, str] = Field(default_factory=dict)
    html: bool = False

    @field_validator("time_format")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if each not in TIME_FORMATS and "%" not in each:
                raise ValueError(
                    f"{each!r} is not one of {', '.join(TIME_FORMATS)}, and no pattern such as "
                    '"%m/%d/%Y %H:%M"'
                )
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None and not _is_zone(value):
            raise ValueError(
                f'{value!r} is no time zone; write one such as "America/Los_Angeles" or "UTC"'
            )
        return value

    @field_validator("zones")
    @classmethod
    def _known_zones(cls, value: dict[str, str]) -> dict[str, str]:
        for name, zone in value.items():
            if offset_of(zone) is None and not _is_zone(zone):
                raise ValueError(
                    f'{name} = {zone!r} is no time zone; write one such as "America/New_York" or '
                    '"-05:00"'
                )
        return value

    @field_validator("time_of_day")
    @classmethod
    def _clock(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError(f'{value!r} is no time of day such as "12:00"')
        return value

    @field_validator("usd_per")
    @classmethod
    def _rates(cls, value: dict[str, float]) -> dict[str, float]:
        for code, rate in value.items():
            if not re.fullmatch("[A-Z]{3}", code) or not 0 < rate < 1e6:
                raise ValueError(
                    f"{code} = {rate}: write what one unit is worth, such as EUR = 1.08"
                )
        return value

    @field_validator("words")
    @classmethod
    def _known_words(cls, value: dict[str, str]) -> dict[str, str]:
        for theirs, ours in value.items():
            if ours not in WORDS:
                raise ValueError(
                    f"{theirs!r} = {ours!r}: the word must be one of {', '.join(WORDS)}"
                )
        return {theirs.strip().casefold(): ours for theirs, ours in value.items()}

    @model_validator(mode="after")
    def _rate_of_the_currency(self) -> "Formats":
        if self.currency != "USD" and self.currency not in self.usd_per:
            raise ValueError(
                f"currency = {self.currency!r} needs its rate, such as "
                f"usd_per = {{ {self.currency} = 1.08 }}"
            )
        return self

    def over(self, general: "Formats") -> "Formats":
        """These formats, and the general ones where they say nothing."""
        names = Formats.model_fields.keys() & self.model_fields_set
        return general.model_copy(update={name: getattr(self, name) for name in names})


class ByPrice(_Strict):
    """The lowest price of each tier; what is cheaper is `budget`, what is free `bump`."""

    mid: float = Field(gt=0)
    premium: float = Field(gt=0)
    column: str | None = None

    @model_validator(mode="after")
    def _ascending(self) -> "ByPrice":
        if self.premium < self.mid:
            raise ValueError(f"premium = {self.premium:g} is below mid = {self.mid:g}")
        return self


class ColumnSource(Formats):
    """Where the values of a column come from, and formats of its own."""

    column: str | None = None
    columns: Strings = ()
    value: str | int | float | bool | None = None
    file_name: str | None = None
    by_price: ByPrice | bool = False
    percent_of: str | None = None
    text_id: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        """The columns of the file that it reads."""
        of_price = self.by_price.column if isinstance(self.by_price, ByPrice) else None
        return tuple(name for name in (self.column, *self.columns, of_price) if name is not None)

    @field_validator("file_name")
    @classmethod
    def _pattern(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"{value!r} is not a pattern: {error}") from None
        if groups != 1:
            raise ValueError(f"{value!r} must have one group in (), the part that is the value")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> "ColumnSource":
        given = [
            name
            for name in ("column", "columns", "value", "file_name", "by_price")
            if getattr(self, name) not in (None, (), False) or (name == "value" and self._has_value)
        ]
        if len(given) != 1:
            said = f"it has {' and '.join(given)}" if given else "it has none"
            raise ValueError(f"give one of column, columns, value, file_name and by_price; {said}")
        if self.percent_of is not None and self.column is None:
            raise ValueError("percent_of needs the column that holds the percentages")
        return self

    @property
    def _has_value(self) -> bool:
        return "value" in self.model_fields_set and self.value is not None


def _source(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class TableMapping(_Strict):
    """Files of one table that are written alike, or a table of the warehouse instead."""

    files: Strings = ()
    table: str | None = None
    sheet: Strings = ()
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header_line: int | None = Field(default=None, ge=1)
    header_rows: int | None = Field(default=None, ge=1, le=2)
    skip_after_header: int = Field(default=0, ge=0)
    ignore: Strings = ()
    from_messages: bool = False
    formats: Formats = Formats()
    columns: dict[str, Annotated[ColumnSource, BeforeValidator(_source)]] = Field(
        default_factory=dict
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str | None) -> str | None:
        import codecs

        try:
            if value is not None:
                codecs.lookup(value)
        except LookupError:
            raise ValueError(f'{value!r} is no encoding; write one such as "utf-8"') from None
        return value

    @field_validator("files")
    @classmethod
    def _in_the_folder(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if "/" in each or "\\" in each:
                raise ValueError(f"{each!r}: files lie in the folder itself")
        return value

    @field_validator("table")
    @classmethod
    def _named_table(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"([\w-]+\.){0,2}\w+", value, re.ASCII):
            raise ValueError(f'{value!r} is no table; write one such as "raw.message_stats"')
        return value

    @model_validator(mode="after")
    def _files_or_table(self) -> "TableMapping":
        of_files = ("files", "sheet", "encoding", "delimiter", "header_line", "header_rows")
        of_files += ("skip_after_header",)
        if self.table is None:
            return self
        if given := [name for name in of_files if name in self.model_fields_set]:
            raise ValueError(f"{given[0]} is for files, and {self.table} is a table")
        if any(source.file_name is not None for source in self.columns.values()):
            raise ValueError(f"file_name is for files, and {self.table} is a table")
        return self

    @cached_property
    def headers(self) -> frozenset[str]:
        """The columns of the files that the mapping names."""
        named = (name for source in self.columns.values() for name in source.headers)
        return frozenset((*named, *self.ignore))


Tables = Annotated[tuple[TableMapping, ...], BeforeValidator(_listed)]


class Mapping(_Strict):
    """A folder's mapping. A table may be mapped several times, once for each way of writing it."""

    formats: Formats = Formats()
    pages: dict[str, str] = Field(default_factory=dict)
    mass_messages: Tables = ()
    caption_bank: Tables = ()
    creators: Tables = ()
    creator_caption_restrictions: Tables = ()
    creator_availability: Tables = ()
    creator_overrides: Tables = ()
    queued_messages: Tables = ()

    @field_validator("pages")
    @classmethod
    def _slugs(cls, value: dict[str, str]) -> dict[str, str]:
        for name, slug in value.items():
            if not re.match(PAGE_NAME, slug):
                raise ValueError(f"{name!r} = {slug!r}: a page is lower-case letters, digits and _")
        return value

    @model_validator(mode="after")
    def _known_columns(self) -> "Mapping":
        for name, schema in SCHEMAS.items():
            for mapped in self.of(name):
                for column, source in mapped.columns.items():
                    if column not in schema.column_names:
                        raise ValueError(
                            f"{name}.columns.{column}: {name} has no such column (it has "
                            f"{', '.join(schema.column_names)})"
                        )
                    tiers = isinstance(source.by_price, ByPrice)
                    allowed = ("price_tier",) if tiers else ("message_type",)
                    if source.by_price and column not in allowed:
                        raise ValueError(
                            f"{name}.columns.{column}: by_price = true is for message_type, "
                            "by_price = { mid = 12, premium = 25 } for price_tier"
                        )
                if mapped.from_messages and name != "caption_bank":
                    raise ValueError(f"{name}.from_messages: only caption_bank can be made so")
        return self

    def of(self, table: TableName) -> tuple[TableMapping, ...]:
        """What the mapping says of a table."""
        return cast("tuple[TableMapping, ...]", getattr(self, table))

    @property
    def warehouse_tables(self) -> tuple[str, ...]:
        """The tables of the warehouse that are read in the place of files."""
        every = (mapped.table for name in SCHEMAS for mapped in self.of(name))
        return tuple(sorted({table for table in every if table is not None}))

    def with_files(self, files: MappingOf[str, str]) -> "Mapping":
        """The same, with files in the place of tables of the warehouse, by the table's name."""
        tables = {
            name: tuple(
                mapped
                if mapped.table is None
                else mapped.model_copy(update={"table": None, "files": (files[mapped.table],)})
                for mapped in self.of(name)
            )
            for name in SCHEMAS
        }
        return self.model_copy(update=tables)


def read_mapping(folder: Path) -> Mapping:
    """The folder's mapping.

    Raises:
        InputFileError: the file can't be used; names the line or the key, and what would be right.
    """
    file = folder / MAPPING_FILE
    if not file.is_file():
        return Mapping()
    try:
        return parse_mapping(file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputFileError(f"{MAPPING_FILE}: is not UTF-8 text") from None
    except OSError as error:
        raise InputFileError(f"{MAPPING_FILE}: can't be read: {error.strerror}") from error


def parse_mapping(text: str) -> Mapping:
    """The mapping that the text is.

    Raises:
        InputFileError: as `read_mapping`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputFileError(f"{MAPPING_FILE}: is not TOML: {error}") from None
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        mistakes = [
            _mistake(text, each["loc"], each["type"], each["msg"], each["input"])
            for each in error.errors()
        ]
        raise InputFileError("\n".join(map(str, mistakes)), mistakes) from None


def _mistake(
    text: str, location: tuple[int | str, ...], kind: str, message: str, value: object
) -> Mistake:
    names = [part for part in location if isinstance(part, str)]
    key = ".".join(names)
    if kind == "extra_forbidden":
        said = f"{key}: there is no such key"
    else:
        given = "" if isinstance(value, dict | list) or value is None else f" (it is {value!r})"
        rule = message.removeprefix("Value error, ")
        said = f"{key}: {rule}{'' if message.startswith('Value error') else given}" if key else rule
    line = _line_of(text, names[-1]) if names else None
    return Mistake(MAPPING_FILE, f"line {line}" if line else None, key or None, said)


def _line_of(text: str, key: str) -> int | None:
    """The first line that names the key."""
    pattern = re.compile(rf"(^|[\[.{{,\s])[\"']?{re.escape(key)}[\"']?\s*[=\]]")
    found = (n for n, line in enumerate(text.splitlines(), start=1) if pattern.search(line))
    return next(found, None)
