"""Reads the dataset's INFORMATION_SCHEMA: routines, and the jobs that touched the dataset.

https://cloud.google.com/bigquery/docs/information-schema-routines and …-jobs
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast, get_args

import pandas as pd

from eros_assets.warehouse.bigquery.labels import APPLICATION, KIND
from eros_assets.warehouse.bigquery.objects import fingerprint_of
from eros_assets.warehouse.protocol import Job, JobKind, Routine

Row = Mapping[str, Any]

ROUTINES = """
SELECT
  r.routine_name,
  r.routine_type,
  r.last_altered,
  o.option_value AS description
FROM `{dataset_name}`.INFORMATION_SCHEMA.ROUTINES AS r
LEFT JOIN `{dataset_name}`.INFORMATION_SCHEMA.ROUTINE_OPTIONS AS o
  ON r.specific_name = o.specific_name AND o.option_name = 'description'
ORDER BY r.routine_name
""".strip()

COLUMNS = """
SELECT c.table_name, c.column_name
FROM `{dataset_name}`.INFORMATION_SCHEMA.COLUMNS AS c
ORDER BY c.table_name, c.ordinal_position
""".strip()

# A script's own row sums up its statements, which have rows too: only the former is taken, but a
# statement is enough to tell that its script concerns this dataset.
JOBS = f"""
WITH listed AS (
  SELECT
    job_id,
    job_type,
    statement_type,
    query,
    creation_time,
    COALESCE(start_time, creation_time) AS started_at,
    end_time,
    total_bytes_billed,
    dml_statistics,
    job_stages,
    labels,
    error_result,
    destination_table,
    referenced_tables,
    parent_job_id,
    COALESCE(parent_job_id, job_id) AS operation_id
  FROM `{{project}}`.`region-{{region}}`.INFORMATION_SCHEMA.JOBS_BY_PROJECT
  WHERE creation_time >= @since AND state = 'DONE'
),

concerned AS (
  SELECT DISTINCT operation_id
  FROM listed
  WHERE
    EXISTS (SELECT 1 FROM UNNEST(labels) AS l WHERE l.key = '{APPLICATION}' AND l.value = @label)
    OR (destination_table.project_id = @project AND destination_table.dataset_id = @dataset)
    OR EXISTS (
      SELECT 1
      FROM UNNEST(referenced_tables) AS t
      WHERE t.project_id = @project AND t.dataset_id = @dataset
    )
)

SELECT
  j.job_id,
  j.job_type,
  j.statement_type,
  j.query,
  j.started_at,
  COALESCE(TIMESTAMP_DIFF(j.end_time, j.started_at, MICROSECOND), 0) AS duration_microseconds,
  COALESCE(j.total_bytes_billed, 0) AS bytes_billed,
  COALESCE(
    j.dml_statistics.inserted_row_count
    + j.dml_statistics.updated_row_count
    + j.dml_statistics.deleted_row_count,
    (SELECT s.records_written FROM UNNEST(j.job_stages) AS s ORDER BY s.id DESC LIMIT 1),
    0
  ) AS row_count,
  TO_JSON_STRING(j.labels) AS labels,
  j.error_result.reason AS error_reason,
  j.error_result.message AS error_message
FROM listed AS j
INNER JOIN concerned AS c ON j.operation_id = c.operation_id
WHERE j.parent_job_id IS NULL
ORDER BY j.creation_time, j.job_id
""".strip()


def routines_query(dataset_name: str) -> str:
    """One row per routine of the dataset, by name."""
    return ROUTINES.format(dataset_name=dataset_name)


def columns_query(dataset_name: str) -> str:
    """One row per column of a table or view of the dataset."""
    return COLUMNS.format(dataset_name=dataset_name)


def jobs_query(project: str, location: str) -> str:
    """One row per finished job that concerns a dataset, oldest first.

    Parameters: `since`, `project`, `dataset`, and `label`, the value of EROS's own label.
    """
    return JOBS.format(project=project, region=location.lower())


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """The rows of a query of this module."""
    return cast("list[Row]", frame.to_dict("records"))


def routine(row: Row) -> Routine:
    """A row of routines_query."""
    return Routine(
        name=row["routine_name"],
        kind=row["routine_type"],
        fingerprint=fingerprint_of(row["description"] or ""),
        deployed_at=row["last_altered"].to_pydatetime(),
    )


def job(row: Row) -> Job:
    """A row of jobs_query."""
    pairs = cast("Iterable[dict[str, str]]", json.loads(row["labels"] or "[]"))
    labels = {pair["key"]: pair["value"] for pair in pairs}
    error = f"{row['error_reason']}: {row['error_message']}" if row["error_reason"] else None
    return Job(
        job_id=row["job_id"],
        kind=_kind(labels.get(KIND), row),
        statement=row["query"] or row["job_type"],
        started_at=row["started_at"].to_pydatetime(),
        duration_seconds=int(row["duration_microseconds"]) / 1e6,
        bytes_processed=int(row["bytes_billed"]),
        rows=int(row["row_count"]),
        labels=labels,
        error=error,
    )


def _kind(label: str | None, row: Row) -> JobKind:
    """The operation in a job's label; for jobs of other users, the closest kind."""
    if label in get_args(JobKind):
        return cast("JobKind", label)
    if row["job_type"] == "LOAD":
        return "load"
    statement = row["statement_type"] or ""
    if statement == "SELECT":
        return "query"
    if statement == "CALL":
        return "call"
    return "deploy" if statement.startswith(("CREATE", "ALTER")) else "run"
