"""What is in the dataset: routines, columns, and the jobs that touched it.

Routines are listed by the API, which is no job; the others are in INFORMATION_SCHEMA.
https://cloud.google.com/bigquery/docs/information-schema-jobs
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast, get_args

import pandas as pd
from google.cloud.bigquery import DatasetReference

from eros_assets.warehouse.bigquery.api import FoundRoutine
from eros_assets.warehouse.bigquery.labels import APPLICATION, KIND
from eros_assets.warehouse.bigquery.objects import fingerprint_of
from eros_assets.warehouse.bigquery.running import Runner
from eros_assets.warehouse.protocol import Job, JobKind, Routine, RoutineKind

Row = Mapping[str, Any]

_KINDS: Mapping[str, RoutineKind] = {
    "SCALAR_FUNCTION": "FUNCTION",
    "TABLE_VALUED_FUNCTION": "TABLE FUNCTION",
    "PROCEDURE": "PROCEDURE",
}

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


def columns_query(dataset_name: str) -> str:
    """One row per column of a table or view of the dataset."""
    return COLUMNS.format(dataset_name=dataset_name)


class Routines:
    """The routines of a dataset. The description of each is read again only when it has changed."""

    def __init__(self, dataset: DatasetReference) -> None:
        self._dataset = dataset
        self._known: dict[str, tuple[dt.datetime, str]] = {}

    def listed(self, runner: Runner) -> Sequence[Routine]:
        """The functions, table functions and procedures, by name.

        One that EROS didn't deploy has no fingerprint.

        Raises:
            WarehouseError: BigQuery refused it, or could not be asked.
        """
        client, timeout = runner.client, runner.retry_policy.request_timeout
        found = runner.asked(
            "routines",
            lambda: list(client.list_routines(self._dataset, retry=None, timeout=timeout)),
        )
        return [
            Routine(each.routine_id, kind, self._fingerprint(runner, each), each.modified)
            for each in sorted(found, key=lambda each: each.routine_id)
            if (kind := _KINDS.get(each.type_ or "")) is not None
        ]

    def _fingerprint(self, runner: Runner, listed: FoundRoutine) -> str:
        known = self._known.get(listed.routine_id)
        if known is None or known[0] != listed.modified:
            timeout = runner.retry_policy.request_timeout
            whole = runner.asked(
                f"routine {listed.routine_id}",
                lambda: runner.client.get_routine(listed.reference, retry=None, timeout=timeout),
            )
            known = whole.modified, fingerprint_of(whole.description or "")
            self._known[listed.routine_id] = known
        return known[1]


def jobs_query(project: str, location: str) -> str:
    """One row per finished job that concerns a dataset, oldest first.

    Parameters: `since`, `project`, `dataset`, and `label`, the value of EROS's own label.
    """
    return JOBS.format(project=project, region=location.lower())


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """The rows of a query of this module."""
    return cast("list[Row]", frame.to_dict("records"))


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
