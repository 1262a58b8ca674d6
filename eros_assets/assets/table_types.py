"""The dagster-pandas type of each table, and the IO manager that reads tables for people.

Assets write their tables themselves. Types are checked where DataFrames cross a door: rows that
come from files, and rows that a notebook asks for.
"""

import datetime as dt
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field

from eros_assets.dataset import sql_library
from eros_assets.errors import ErosError
from eros_assets.resources import WarehouseResource
from eros_assets.warehouse.sql.objects import Column, SqlObject

if TYPE_CHECKING:
    import pandas as pd
    from dagster_pandas import PandasColumn

WEEK_COLUMNS = ("week_start", "as_of")
"""The columns that a partition of a weekly table is read by."""

DTYPES = {
    "INT64": {"Int64", "int64"},
    "FLOAT64": {"Float64", "float64"},
    "BOOL": {"bool", "boolean"},
}


class TableTypeError(ErosError):
    """Rows that are not of their table's type; names the table, the column and the rule."""


class NothingToReadError(ErosError):
    """An asset that is no table was asked for its rows."""


@cache
def dataframe_type(name: str) -> dg.DagsterType:
    """The type of a table's rows: columns, types, values, and the key that no two rows share."""
    from dagster_pandas import create_dagster_pandas_dataframe_type

    table = sql_library()[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # of the columns' constraints
        return create_dagster_pandas_dataframe_type(
            name=f"{name}_rows",
            description=table.description,
            columns=[_pandas_column(column) for column in table.columns],
            dataframe_constraints=_constraints(table),
        )


def require_type(name: str, rows: "pd.DataFrame") -> None:
    """Check rows against the type of their table.

    Raises:
        TableTypeError: what is wrong with which column.
    """
    checked = dataframe_type(name).type_check(None, rows)  # pyright: ignore[reportArgumentType]
    if not checked.success:
        raise TableTypeError(f"{name}: {checked.description}")


class TableIOManager(dg.ConfigurableIOManager):
    """Reads the table that an asset is: `defs.load_asset_value("creators")` in a notebook.

    A weekly table is read by its partition; its rows are a DataFrame of the table's type.
    """

    warehouse: dg.ResourceDependency[WarehouseResource] = Field(description="Where the tables are.")

    def load_input(self, context: dg.InputContext) -> "pd.DataFrame":
        """The rows of the asset's table, of one week where it has weeks."""
        name = context.asset_key.path[-1]
        table = sql_library().get(name)
        if table is None or table.kind not in ("table", "view"):
            raise NothingToReadError(f"{name} is no table or view, so it has no rows to read")
        dataset = self.warehouse.dataset(asset=name)
        week = [column.name for column in table.columns if column.name in WEEK_COLUMNS]
        by_week = bool(week) and context.has_asset_partitions
        monday = dt.date.fromisoformat(context.asset_partition_key) if by_week else None
        rows = dataset.rows(name, **({week[0]: monday} if by_week else {}))
        if table.kind == "table":
            require_type(name, rows)
        return rows

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:  # noqa: ARG002
        """Refused: an asset of EROS writes its table itself."""
        raise ErosError(
            f"{context.asset_key.to_user_string()} returned a value; assets write their tables "
            "themselves and return a MaterializeResult"
        )


def _pandas_column(column: Column) -> "PandasColumn":
    from dagster_pandas import PandasColumn
    from dagster_pandas.constraints import (
        CategoricalColumnConstraint,
        ColumnDTypeFnConstraint,
        ColumnDTypeInSetConstraint,
        InRangeColumnConstraint,
    )

    constraints: list[Any] = []
    if column.type in DTYPES:
        constraints.append(ColumnDTypeInSetConstraint(DTYPES[column.type]))
    elif column.type == "TIMESTAMP":
        constraints.append(ColumnDTypeFnConstraint(_has_time_zone))
    if column.one_of:
        constraints.append(
            CategoricalColumnConstraint(set(column.one_of), ignore_missing_vals=True)
        )
    if column.least is not None:
        most = float("inf") if column.most is None else column.most
        constraints.append(InRangeColumnConstraint(column.least, most, ignore_missing_vals=True))
    return PandasColumn(column.name, constraints=constraints)


def _has_time_zone(dtype: Any) -> bool:
    import pandas as pd

    return isinstance(dtype, pd.DatetimeTZDtype)


def _constraints(table: SqlObject) -> list[Any]:
    from dagster_pandas.constraints import (
        DataFrameConstraint,
        DataFrameConstraintViolationException,
        StrictColumnsConstraint,
    )

    class UniqueKey(DataFrameConstraint):  # pyright: ignore[reportUntypedBaseClass]
        """No two rows have the same key."""

        def __init__(self) -> None:
            said = f"{', '.join(table.key)} must be unique"
            super().__init__(error_description=said, markdown_description=said)

        def validate(self, dataframe: "pd.DataFrame") -> None:
            twice = dataframe.duplicated(list(table.key), keep=False)
            if twice.any():
                first = dataframe.loc[twice, list(table.key)].iloc[0].to_dict()
                raise DataFrameConstraintViolationException(
                    self.name, f"{self.error_description}; {first} is there twice"
                )

    strict = StrictColumnsConstraint([column.name for column in table.columns])
    return [strict, *([UniqueKey()] if table.key else [])]
