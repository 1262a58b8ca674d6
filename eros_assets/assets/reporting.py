"""What the Dagster UI shows of a table and of the work that made it."""

import base64
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.dataset import FIRST_ROWS, Dataset, sql_library, sql_lineage
from eros_assets.gate.findings import Finding
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.warehouse.sql.objects import SqlObject
from eros_assets.weekly.import_report import ImportReport
from eros_assets.weekly.inputs import quarantined_rows

if TYPE_CHECKING:
    import pandas as pd

LONGEST_CELL = 80

WAREHOUSE = "warehouse"
"""Among the kinds of an asset: the engine of the installation."""

CODE = "dagster/code_references"
"""The metadata key of the files that an asset is made by."""

# References to code are a beta feature of this version of Dagster, which is pinned.
warnings.filterwarnings("ignore", r"Class `(LocalFile|Url)?CodeReference", dg.BetaWarning)

DATASET_POOL = "dataset"
"""The concurrency pool of whatever changes tables that others read. Production's dagster.yaml gives
it one place, so that a deployment, a rollback and a week never run at the same time."""

QUARANTINE = "quarantined_inputs"
"""The view that lists them; messages have a table of their own, quarantined_messages."""


def table_spec(
    name: str,
    *,
    group_name: str,
    deps: Sequence[str] = (),
    runs: Sequence[str] = (),
    earlier: Sequence[str] = (),
    after: Sequence[str] = (),
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    code_version: str | None = None,
) -> dg.AssetSpec:
    """The spec of the asset that is a table of `sql/tables`, columns and grain included.

    Args:
        name: the table.
        group_name: the group.
        deps: files of `sql/`, tables and assets that the step reads, beside `runs`.
        runs: the files of `sql/` that make the table; the UI links to them.
        earlier: what of all these the step writes itself, or reads as an earlier run left it.
        after: assets that are dependencies as they are, whatever they read themselves.
        partitions_def: the weeks, where the table has them.
        code_version: changes when what makes the rows does.
    """
    table = sql_library()[name]
    return dg.AssetSpec(
        name,
        description=table.description,
        group_name=group_name,
        deps=sorted({*after, *dependencies(*runs, *deps, without=(name, *earlier))}),
        kinds={WAREHOUSE, "sql" if code_version else "python"},
        code_version=code_version,
        partitions_def=partitions_def,
        metadata={
            "dagster/column_schema": column_schema(table),
            CODE: dg.CodeReferencesMetadataValue(
                code_references=[code_of(sql_library()[file]) for file in (name, *runs)]
            ),
        },
    )


def table_asset(
    name: str,
    *,
    group_name: str,
    deps: Sequence[str] = (),
    runs: Sequence[str] = (),
    earlier: Sequence[str] = (),
    after: Sequence[str] = (),
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
        runs=runs,
        earlier=earlier,
        after=after,
        partitions_def=partitions_def,
        code_version=code_version,
    )
    return dg.multi_asset(name=name, specs=[spec], pool=pool)


BESIDE: Mapping[str, str] = {
    "added_captions": "caption_bank",
    "caption_terms": "caption_bank",
    "deployment_definitions": "deployment_backup",
    "deployments": "deployment_backup",
    "gate_verdicts": "active_caption_assignments",
    "message_replacements": "schedule_recommendations",
    "quarantined_reviews": "schedule_review",
    "schedule_export_log": "schedule_csv",
    "schedule_shortfalls": "active_caption_assignments",
    "selection_candidates": "caption_selections",
    "selection_pools": "caption_selections",
}
"""Tables that are no asset of their own, with the asset whose step (or whose checks) fill them."""


def dependencies(*names: str, without: Sequence[str] = ()) -> list[str]:
    """What an asset depends on that runs or reads these, by name, in order.

    Files of `sql/` stand for the views, functions and procedures that they mention, and for the
    tables that they read, through views and routines too. Other names are those of assets.

    Args:
        names: files and objects of `sql/`, and assets.
        without: what the step writes itself, or reads as an earlier run left it. A dependency on
            what comes later in the flow would be a cycle.
    """
    library = sql_library()
    files = [library[name] for name in names if name in library]
    mentioned = {n for file in files if _is_statement(file) for n in file.dependencies}
    reached = library.reached_from(*(file.name for file in files))
    found = {
        *(name for name in (*names, *mentioned) if not _is_statement(library.get(name))),
        *(name for name in reached if library[name].kind == "table"),
    }
    return sorted({BESIDE.get(name, name) for name in found} - set(without))


def _is_statement(sql_object: SqlObject | None) -> bool:
    """Whether a file of `sql/` is run by name, and makes no object."""
    return sql_object is not None and sql_object.kind in ("operation", "check")


def code_of(sql_object: SqlObject) -> dg.LocalFileCodeReference:
    """A link to a file of `sql/`."""
    path = sql_object.path
    label = f"{path.parent.name}/{path.name}"
    return dg.LocalFileCodeReference(file_path=str(path), line_number=1, label=label)


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


def lineage_metadata(
    file: str, target: str | None = None, names: Sequence[str] = ()
) -> dict[str, Any]:
    """Which columns each column is computed from, as the parsed SQL has it.

    `dagster/column_lineage` is for programs and Dagster+; the open-source UI shows the table
    `column_sources`. Columns that Python or a constant fills are not in either.

    Args:
        file: the file of `sql/` that returns or writes the columns.
        target: the table that it writes; None: what it returns.
        names: the columns to show; none: all.
    """
    lineage = sql_lineage().get(file, {}).get(target or file, {})
    shown = {name: lineage[name] for name in names or lineage if name in lineage}
    if not shown:
        return {}
    deps = {
        name: [dg.TableColumnDep(dg.AssetKey(table), column) for table, column in sources]
        for name, sources in shown.items()
    }
    return {
        "dagster/column_lineage": dg.TableColumnLineage(deps),
        "column_sources": markdown_rows(
            ("column", "computed from"),
            (
                (f"`{name}`", ", ".join(f"`{table}.{column}`" for table, column in sources))
                for name, sources in shown.items()
            ),
        ),
    }


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
    """Duration and bytes of the jobs that a handle ran, and each of them.

    On BigQuery a job links to its page in Google's console.
    """
    jobs = dataset.ledger
    address = dataset.settings.job_address
    links = [address(job.job_id) for job in jobs]
    return {
        "warehouse_seconds": round(sum(job.duration_seconds for job in jobs), 3),
        "bytes_processed": sum(job.bytes_processed for job in jobs),
        "jobs": markdown_rows(
            ("statement", "seconds", "bytes", "job"),
            (
                (
                    *(_short(job.statement), f"{job.duration_seconds:.2f}", job.bytes_processed),
                    f"[{job.job_id}]({link})" if link else f"`{job.job_id}`",
                )
                for job, link in zip(jobs, links, strict=True)
            ),
        ),
    }


def load_tables(
    dataset: Dataset,
    tables: Mapping[str, "pd.DataFrame"],
    more: Mapping[str, dg.MetadataValue[Any]] = MappingProxyType({}),
) -> Iterator[dg.MaterializeResult[Any]]:
    """Replace every row of each table by a DataFrame; one result per table, with `more`."""
    for name, frame in tables.items():
        handle = dataset.labelled(asset=name)
        handle.load(name, frame)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={
                **frame_metadata(frame),
                **left_out(dataset, name),
                **more,
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
    shown = [(row.row_key, row.reason, row.consequence) for row in rows[:FIRST_ROWS]]
    return {
        "rows_left_out": len(rows),
        "left_out": markdown_rows(("row", "reason", "consequence"), shown, longest=LONGEST_CELL),
    }


def report_metadata(report: ImportReport) -> dg.MetadataValue[Any]:
    """What became of the input rows, as a list, with what people should look at first."""
    return dg.MetadataValue.md("\n".join(f"- {s.strip()}" for s in (*report.doubts, *report.lines)))


def frame_metadata(frame: "pd.DataFrame") -> dict[str, Any]:
    """Row count and the first rows of what was written."""
    return {"dagster/row_count": len(frame), "preview": markdown_table(frame)}


def table_metadata(
    dataset: Dataset, table: str, preview: "pd.DataFrame | None" = None
) -> dict[str, Any]:
    """Row count of a table, and the rows of `preview`, else some of its own as they come.

    In an order they would cost a job that reads the whole table.
    """
    freshness = dataset.freshness(table)
    shown = dataset.warehouse.some_rows(table, FIRST_ROWS) if preview is None else preview
    return {
        "dagster/row_count": freshness.row_count if freshness else 0,
        "preview": markdown_table(shown),
    }


def markdown_table(frame: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """The first rows as a Markdown table."""
    shown = frame.head(FIRST_ROWS)
    columns = [str(column) for column in shown.columns]
    rows = ((_short(value) for value in row) for row in shown.itertuples(index=False))
    return markdown_rows(columns, rows)


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


def inline_picture(name: str, picture: bytes) -> str:
    """An SVG as Markdown that holds it; `name` stands where it can't be shown."""
    return f"![{name}](data:image/svg+xml;base64,{base64.b64encode(picture).decode('ascii')})"


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
    return " ".join(text.splitlines())[:longest].replace("|", "\\|").replace("<", "\\<")


def _short(value: object) -> str:
    """A value of the data, cut, without anything that Markdown would take for its own."""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    short = " ".join(text.splitlines())[:LONGEST_CELL]
    return re.sub(r"([\\`*~\[\]])", r"\\\1", short)
