"""What the Dagster UI shows of a table and of the work that made it."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.dataset import Dataset, sql_library
from eros_assets.gate.findings import Finding
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.warehouse.sql.objects import SqlObject
from eros_assets.weekly.inputs import quarantined_rows

if TYPE_CHECKING:
    import pandas as pd

PREVIEW_ROWS = 10
LONGEST_CELL = 80

OWNERS = ["team:scheduling"]

DATASET_POOL = "dataset"
"""The concurrency pool of whatever changes tables that others read. Production's dagster.yaml gives
it one place, so that a deployment, a rollback and a week never run at the same time."""

QUARANTINE = "quarantined_inputs"
"""The view that lists them; messages have a table of their own, quarantined_messages."""


def table_spec(
    name: str,
    *,
    group_name: str,
    deps: Sequence[str],
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    code_version: str | None = None,
) -> dg.AssetSpec:
    """The spec of the asset that is a table of `sql/tables`, columns and grain included."""
    table = sql_library()[name]
    return dg.AssetSpec(
        name,
        description=table.description,
        group_name=group_name,
        deps=list(deps),
        owners=OWNERS,
        kinds={"table"},
        code_version=code_version,
        partitions_def=partitions_def,
        metadata={"dagster/column_schema": column_schema(table)},
    )


def table_asset(
    name: str,
    *,
    group_name: str,
    deps: Sequence[str],
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    code_version: str | None = None,
    pool: str | None = DATASET_POOL,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """`@dg.asset` for the table of `sql/tables` that the function makes, see `table_spec`.

    `pool` is None for a table of its own that nothing else waits for.
    """
    spec = table_spec(
        name,
        group_name=group_name,
        deps=deps,
        partitions_def=partitions_def,
        code_version=code_version,
    )
    return dg.multi_asset(name=name, specs=[spec], pool=pool)


def fingerprint(name: str) -> str:
    """The fingerprint of a file of `sql/`: the code version of an asset that it makes."""
    return sql_library()[name].fingerprint


def column_schema(sql_object: SqlObject, names: Sequence[str] = ()) -> dg.TableSchema:
    """The documented columns of a table, view or function, all or those of `names` in that order.

    Raises:
        KeyError: `sql_object` has no column of a name.
    """
    columns = {column.name: column for column in sql_object.columns}
    return dg.TableSchema(
        columns=[
            dg.TableColumn(c.name, c.type, description=c.description)
            for c in (columns[name] for name in names or columns)
        ]
    )


def routine_metadata(routine: SqlObject) -> dict[str, Any]:
    """What a function, procedure or view takes and gives, as far as it does either."""
    described: dict[str, Any] = {}
    if routine.parameters:
        described["parameters"] = markdown_rows(
            ("parameter", "type", "mode", ""),
            ((p.name, p.type, p.mode, p.description) for p in routine.parameters),
        )
    if routine.columns:
        described["dagster/column_schema"] = column_schema(routine)
    return described


def job_metadata(dataset: Dataset) -> dict[str, Any]:
    """Duration, bytes and ids of the jobs that a handle ran."""
    jobs = dataset.ledger
    return {
        "warehouse_seconds": round(sum(job.duration_seconds for job in jobs), 3),
        "bytes_processed": sum(job.bytes_processed for job in jobs),
        "job_ids": dg.MetadataValue.json([job.job_id for job in jobs]),
    }


def load_tables(
    dataset: Dataset, tables: Mapping[str, "pd.DataFrame"]
) -> Iterator[dg.MaterializeResult[Any]]:
    """Replace every row of each table by a DataFrame; one result per table."""
    for name, frame in tables.items():
        handle = dataset.labelled(asset=name)
        handle.load(name, frame)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={
                **frame_metadata(frame),
                **left_out(dataset, name),
                **job_metadata(handle),
            },
        )


def left_out(dataset: Dataset, table: str) -> dict[str, Any]:
    """How many rows of an input table can't be used as they are, and the first of them.

    Nothing for mass_messages, and where the view is not deployed yet: inputs are observed before
    the first deployment too.
    """
    if table == "mass_messages" or table not in INPUT_TABLES:
        return {}
    try:
        rows = [row for row in quarantined_rows(dataset) if row.table_name == table]
    except WarehouseError:
        return {}
    shown = [(row.row_key, row.reason, row.consequence) for row in rows[:PREVIEW_ROWS]]
    return {
        "rows_left_out": len(rows),
        "left_out": markdown_rows(("row", "reason", "consequence"), shown, longest=LONGEST_CELL),
    }


def frame_metadata(frame: "pd.DataFrame") -> dict[str, Any]:
    """Row count and the first rows of what was written."""
    return {"dagster/row_count": len(frame), "preview": markdown_table(frame)}


def table_metadata(dataset: Dataset, table: str, preview: str) -> dict[str, Any]:
    """Row count of a table, and the rows of `preview`, a query of a few of them."""
    freshness = dataset.freshness(table)
    return {
        "dagster/row_count": freshness.row_count if freshness else 0,
        "preview": markdown_table(dataset.warehouse.query(preview)),
    }


def markdown_table(frame: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """The first rows as a Markdown table."""
    shown = frame.head(PREVIEW_ROWS)
    columns = [str(column) for column in shown.columns]
    return markdown_rows(columns, shown.itertuples(index=False), longest=LONGEST_CELL)


def markdown_rows(
    columns: Sequence[str], rows: Iterable[Iterable[object]], longest: int | None = None
) -> dg.MetadataValue[Any]:
    """Rows as a Markdown table; cells are cut at `longest` characters."""
    lines = [
        "| " + " | ".join(columns) + " |",
        "|" + " --- |" * len(columns),
        *("| " + " | ".join(_cell(value, longest) for value in row) + " |" for row in rows),
    ]
    return dg.MetadataValue.md("\n".join(lines))


def inline_picture(name: str, png: bytes) -> str:
    """A PNG as Markdown that holds it; `name` stands where it can't be shown."""
    return f"![{name}](data:image/png;base64,{base64.b64encode(png).decode('ascii')})"


def gate_table(findings: Sequence[Finding]) -> dg.MetadataValue[Any]:
    """What the gate saw, as a Markdown table: one row per condition."""
    return markdown_rows(
        ("condition", "observed", "allowed", ""),
        (
            (
                finding.name,
                f"{finding.observed:.6g}",
                f"{finding.threshold:.6g}",
                "holds" if finding.passed else "; ".join(finding.offenders),
            )
            for finding in findings
        ),
        longest=LONGEST_CELL,
    )


def _cell(value: object, longest: int | None) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return " ".join(text.replace("|", "\\|").splitlines())[:longest]
