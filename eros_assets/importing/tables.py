"""Gives a file's columns their types, and makes the columns that are computed from others."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.conversion import ARROW_TYPES, converted
from eros_assets.importing.headers import RawColumn, RawTable
from eros_assets.importing.identity import Pages, text_ids
from eros_assets.importing.mapping import ByPrice
from eros_assets.importing.mistakes import Mistake, MistakeLog
from eros_assets.importing.rules import check_column, report
from eros_assets.importing.schema import Column, TableSchema

PRICE = Column("price", "FLOAT64", is_money=True)
SHARE = Column("share", "FLOAT64")
OWN_ID = {"mass_messages": "row_id", "caption_bank": "caption_id"}
"""The column that names a row, where ids may be texts."""

Typed = dict[str, pa.Array]


def typed_columns(raw: RawTable, schema: TableSchema, pages: Pages, log: MistakeLog) -> Typed:
    """The columns that the file or the mapping has, with their types; mistakes go to the log."""
    typed: Typed = {}
    later: list[Column] = []
    for column in schema.columns:
        cells = raw.columns.get(column.name)
        if cells is None:
            continue
        source = cells.source
        if source is not None and (source.by_price or source.percent_of):
            later.append(column)
        elif (values := _typed(raw, column, cells, pages, log)) is not None:
            typed[column.name] = values
            if column.name == OWN_ID.get(schema.name) and source is not None and source.text_id:
                typed["text_id"] = _kept_text(cells)
    for column in later:
        values = _computed(raw, column, raw.columns[column.name], typed, log)
        if values is not None:
            typed[column.name] = values
    return typed


def with_defaults(typed: Typed, schema: TableSchema, rows: int) -> Typed:
    """All columns of the schema: those that no file has hold their default, or NULL."""
    lacking = {
        column.name: pa.nulls(rows, ARROW_TYPES[column.type])
        if column.default is None
        else pa.repeat(column.default, rows)
        for column in schema.columns
        if column.name not in typed
    }
    return {name: (typed | lacking)[name] for name in schema.column_names}


def frame_of(typed: Typed, schema: TableSchema) -> pd.DataFrame:
    """The columns as a DataFrame, in the schema's order."""
    return pd.DataFrame(
        {c.name: _series(typed[c.name], c) for c in schema.columns if c.name in typed}
    )


def tiers_of(prices: NDArray[np.float64], limits: ByPrice) -> NDArray[np.object_]:
    """The tier of each price; NaN and 0 are free."""
    paid = prices > 0
    names = np.array(["budget", "mid", "premium"], dtype=object)
    at = np.searchsorted([limits.mid, limits.premium], np.where(paid, prices, 0.0), side="right")
    return np.where(paid, names[at], "bump")


def _noting(
    raw: RawTable, column: Column, cells: RawColumn, log: MistakeLog
) -> tuple[NDArray[np.bool_], Callable[..., None]]:
    bad = np.zeros(len(cells.values), dtype=np.bool_)

    def note(
        wrong: NDArray[np.bool_], rule: str, explain: Callable[[int], str] | None = None
    ) -> None:
        bad[wrong] = True
        report(raw, column, wrong, rule, log, cells.values, explain)

    return bad, note


def _kept_text(cells: RawColumn) -> pa.Array:
    """Ids that are text, as they are; a number is made of each as well."""

    def noted_already(
        wrong: NDArray[np.bool_], rule: str, explain: Callable[[int], str] | None = None
    ) -> None:
        del wrong, rule, explain

    text = converted(cells.values, Column("", "STRING"), cells.formats, noted_already)
    return pc.utf8_trim_whitespace(text)


def _typed(
    raw: RawTable, column: Column, cells: RawColumn, pages: Pages, log: MistakeLog
) -> pa.Array | None:
    bad, note = _noting(raw, column, cells, log)
    if cells.source is not None and cells.source.text_id:
        if column.type != "INT64" or not column.is_id:
            text = f"{column.name}: text_id is for row_id and caption_id"
            log.add(Mistake(raw.file, None, column.name, text), "text_id")
            return None
        text = converted(cells.values, Column("", "STRING"), cells.formats, note)
        values = None if text is None else text_ids(text)
    else:
        values = converted(cells.values, column, cells.formats, note)
    if values is None:
        text = f"{column.name} is stored as {cells.values.type}, not as {column.type}"
        log.add(Mistake(raw.file, None, column.name, text), "stored type")
        return None
    if column.name == "page_name":
        values = pages.slugs(raw.file, values, log)
    check_column(raw, column, values, bad, log)
    return values


def _computed(
    raw: RawTable, column: Column, cells: RawColumn, typed: Typed, log: MistakeLog
) -> pa.Array | None:
    _, note = _noting(raw, column, cells, log)
    source = cells.source
    assert source is not None
    if source.percent_of:
        whole = typed.get(source.percent_of)
        if whole is None or not pa.types.is_integer(whole.type):
            text = f"{column.name}: percent_of names {source.percent_of}, which is no count here"
            log.add(Mistake(raw.file, None, column.name, text), "percent_of")
            return None
        shares = converted(cells.values, SHARE, cells.formats, note)
        if shares is None:
            return None
        written = _percent_signs(cells.values)
        share = shares.to_numpy(zero_copy_only=False) / np.where(written, 1.0, 100.0)
        counts = np.rint(share * whole.cast(pa.float64()).to_numpy(zero_copy_only=False))
        return pa.array(np.nan_to_num(counts).astype(np.int64), mask=np.isnan(counts))
    if cells.prices is not None:
        prices = converted(cells.prices, PRICE, cells.formats, note)
    else:
        prices = typed.get("price")
    if prices is None:
        text = f"{column.name}: by_price needs a column with the price"
        log.add(Mistake(raw.file, None, column.name, text), "by_price")
        return None
    amounts = pc.fill_null(prices, 0.0).to_numpy(zero_copy_only=False)
    if isinstance(source.by_price, ByPrice):
        return pa.array(tiers_of(amounts, source.by_price), pa.string())
    return pa.array(np.where(amounts > 0, "PPV", "Bump"), pa.string())


def _percent_signs(values: pa.Array) -> NDArray[np.bool_]:
    """Which cells have a % sign, so that they are read as a share already."""
    if not (pa.types.is_binary(values.type) or pa.types.is_string(values.type)):
        return np.zeros(len(values), dtype=np.bool_)
    found = pc.match_substring(values, "%")
    return pc.fill_null(found, fill_value=False).to_numpy(zero_copy_only=False)


def _series(values: pa.Array, column: Column) -> "pd.Series[Any]":
    if column.type == "ARRAY<STRING>":
        return pd.Series(values.to_pylist(), dtype=object)
    if column.type == "INT64":
        series = pd.Series(values.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get))
        complete = column.required and values.null_count == 0
        return series.astype("int64") if complete else series
    return pd.Series(values.to_pandas())
