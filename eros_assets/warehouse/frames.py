"""Query results as DataFrames with the types that the protocol promises."""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

import pandas as pd
import pyarrow as pa

from eros_assets.warehouse.protocol import WarehouseError


def frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a DataFrame.

    INT64 is Int64, FLOAT64 float64, STRING object with None, BOOL boolean, DATE object of
    datetime.date, TIMESTAMP datetime64[us, UTC], DATETIME datetime64[us], ARRAY object of lists.

    Raises:
        WarehouseError: two columns of one name, an integer beyond INT64.
    """
    columns = {
        name: _series(name, table.column(place)) for place, name in enumerate(table.column_names)
    }
    if len(columns) < table.num_columns:
        names = [n for n in table.column_names if table.column_names.count(n) > 1]
        raise WarehouseError(f"two columns are named {names[0]}; give them names of their own")
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _series(name: str, column: pa.ChunkedArray) -> pd.Series:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):  # DuckDB's HUGEINT is a decimal
        try:
            whole = column.cast(pa.int64())
        except pa.ArrowInvalid:
            raise WarehouseError(f"column {name}: a number beyond INT64") from None
        return whole.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    if pa.types.is_boolean(kind):
        return column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    if pa.types.is_floating(kind):
        return column.cast(pa.float64()).to_pandas()
    if pa.types.is_timestamp(kind):
        zone = "UTC" if kind.tz else None
        return column.cast(pa.timestamp("us", tz=zone)).to_pandas()
    return pd.Series(column.to_pylist(), dtype=object)
