"""Reads tuning files line by line, so that an error names file, line and column."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from eros_assets.errors import ErosError


class TuningError(ErosError):
    """A tuning file that can't be used; names file, line, column and rule."""


class TuningRow(BaseModel):
    """Base of the models of tuning files: a field per column, made from the text of its cells."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)


Model = TypeVar("Model", bound=TuningRow)


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One line of a file: its number, its cells by column."""

    file: str
    number: int
    cells: Mapping[str, str]

    def wrong(self, what: str) -> TuningError:
        """The error that says what is wrong with this line."""
        return TuningError(f"{self.file} line {self.number}: {what}")

    def parse(self, model: type[Model], about: str = "") -> Model:
        """The line as a row of `model`; an error begins with `about`.

        Raises:
            TuningError: the first cell that breaks a rule of its column, or the first rule between
                columns that is broken.
        """
        try:
            return model.model_validate(self.cells)
        except ValidationError as error:
            raise self.wrong(about + _fault(error.errors()[0])) from None


def _fault(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    column, cell, limits = error["loc"][0], error["input"], error.get("ctx", {})
    match error["type"]:
        case "greater_than_equal":
            return f"{column} {cell} must be at least {limits['ge']:g}"
        case "greater_than":
            return f"{column} {cell} must be over {limits['gt']:g}"
        case "less_than_equal":
            return f"{column} {cell} must be at most {limits['le']:g}"
        case "int_parsing":
            return f"{column} {cell!r} is not a whole number"
        case "float_parsing" | "finite_number":
            return f"{column} {cell!r} is not a number"
        case "string_too_long":
            return f"{column} {cell!r} must be empty in this row"
        case _:
            return f"{column} {cell!r}: {error['msg']}"


def read_lines(path: Path, model: type[TuningRow], *, key: str = "") -> list[CsvLine]:
    """The lines of a CSV file with the model's columns in any order; blank lines are skipped.

    `key` is the column that names a row, where there is one.

    Raises:
        TuningError: it can't be read, has other columns, a row has too many or too few values, or
            the key is empty or appears twice.
    """
    columns = list(model.model_fields)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_lines(path.name, columns, file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TuningError(f"{path}: can't be read: {error}") from error
    seen = {""}
    for line in lines if key else ():
        name = line.cells[key]
        if name in seen:
            rule = "appears twice" if name else "is empty; it names the row"
            raise line.wrong(f"{key} {name!r} {rule}")
        seen.add(name)
    return lines


def _lines(name: str, columns: list[str], file: TextIO) -> Iterator[CsvLine]:
    lines = csv.reader(file, strict=True)
    header = next((cells for cells in lines if cells), [])
    if sorted(header) != sorted(columns):
        raise TuningError(
            f"{name}: columns are {', '.join(header) or 'missing'}, not {', '.join(columns)}"
        )
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(header):
            raise TuningError(
                f"{name} line {lines.line_num}: has {len(cells)} values for the "
                f"{len(header)} columns {', '.join(header)}"
            )
        yield CsvLine(name, lines.line_num, dict(zip(header, cells, strict=True)))
