"""Tables of the dataset: metadata, labels, load jobs, staging tables."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery.api import AnyJob, FoundDataset, FoundTable
from eros_assets.warehouse.bigquery.faults import fault_of
from eros_assets.warehouse.bigquery.labels import valid_labels
from eros_assets.warehouse.bigquery.operation import Operation
from eros_assets.warehouse.bigquery.results import Reader
from eros_assets.warehouse.bigquery.running import Runner
from eros_assets.warehouse.frames import frame

if TYPE_CHECKING:
    import pandas as pd

STAGING_HOURS = 12
"""How long the staging table of a load outlives it, at most."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one dataset; their faults are Google's exceptions, but for `find`."""

    settings: Settings
    reader: Callable[[], Reader]

    @property
    def _runner(self) -> Runner:
        return self.reader().runner

    def find(self, subject: str, table: str) -> FoundTable | None:
        """A table, or None when the dataset has none of that name.

        Raises:
            WarehouseError: BigQuery could not say, or has no such dataset or project.
        """

        def look() -> FoundTable | None:
            try:
                return self._get(table)
            except NotFound as error:
                # A missing dataset or project is a 404 as well, and a mistake to tell.
                fault = fault_of(error)
                if fault is not None and "Not found: Table" in fault.message:
                    return None
                raise

        return self._runner.asked(subject, look)

    def dataset(self) -> FoundDataset:
        """The dataset that they are in.

        Raises:
            WarehouseError: there is none, or BigQuery could not say.
        """
        timeout = self._runner.retry_policy.request_timeout
        return self._runner.asked(
            "dataset",
            lambda: self._runner.client.get_dataset(self._reference(), retry=None, timeout=timeout),
        )

    def permitted(self, table: str, permissions: Sequence[str]) -> Sequence[str]:
        """Those of the permissions that the credentials have on a table.

        Raises:
            WarehouseError: BigQuery could not say.
        """
        timeout = self._runner.retry_policy.request_timeout
        answer = self._runner.asked(
            f"permissions on {table}",
            lambda: self._runner.client.test_iam_permissions(
                self._table(table), permissions, retry=None, timeout=timeout
            ),
        )
        return list(answer.get("permissions", []))

    def get(self, table: str) -> FoundTable:
        """A table that must be there."""
        return self._runner.exchange(lambda: self._get(table))

    def listed(self, subject: str, table: str, number: int) -> "pd.DataFrame":
        """The first rows of a table as it stores them, `number` at most.

        Raises:
            WarehouseError: there is no such table, or BigQuery could not say.
        """
        timeout = self._runner.retry_policy.request_timeout

        def look() -> "pd.DataFrame":
            rows = self._runner.client.list_rows(
                self._get(table), max_results=number, retry=None, timeout=timeout
            )
            return frame(rows.to_arrow(create_bqstorage_client=False))

        return self._runner.asked(subject, look)

    def label(self, table: str, **labels: str) -> None:
        """Add labels to a table or view."""
        resource = bigquery.Table(self._table(table))
        resource.labels = valid_labels(labels)
        timeout = self._runner.retry_policy.request_timeout
        self._runner.exchange(
            lambda: self._runner.client.update_table(
                resource, ["labels"], retry=None, timeout=timeout
            )
        )

    def make_staging(
        self, operation: Operation, like: FoundTable, columns: Sequence[str]
    ) -> FoundTable:
        """An empty table with some columns of another, which BigQuery removes by itself."""
        fields = [_nullable(field) for field in like.schema if field.name in columns]
        staging = bigquery.Table(self._table(f"eros_staging__{operation.name}"), fields)
        staging.expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=STAGING_HOURS)
        staging.labels = dict(operation.labels)
        timeout = self._runner.retry_policy.request_timeout
        return self._runner.exchange(
            lambda: self._runner.client.create_table(
                staging, exists_ok=True, retry=None, timeout=timeout
            )
        )

    def load(
        self,
        operation: Operation,
        file: Path,
        target: FoundTable,
        *,
        day: dt.date | None = None,
        adding: bool = False,
    ) -> None:
        """Replace all rows of a table by a Parquet file's; its columns and layout stay.

        Args:
            operation: that the job is a step of.
            file: the rows.
            target: the table.
            day: the partition whose rows alone are replaced; None for the whole table.
            adding: whether the rows join those that are there.
        """
        runner = self._runner
        disposition = bigquery.WriteDisposition
        name = f"{target.table_id}${day:%Y%m%d}" if day else target.table_id
        options = bigquery.ParquetOptions()
        options.enable_list_inference = True
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            parquet_options=options,
            # Left out, they would be taken from the file: descriptions and partitions lost.
            schema=target.schema,
            **(
                {}
                if day or adding
                else {
                    "time_partitioning": target.time_partitioning,
                    "range_partitioning": target.range_partitioning,
                    "clustering_fields": target.clustering_fields,
                }
            ),
            write_disposition=disposition.WRITE_APPEND if adding else disposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            labels=dict(operation.labels),
            job_timeout_ms=runner.retry_policy.job_timeout_ms,
        )

        def begin(job_id: str) -> AnyJob:
            with file.open("rb") as stream:
                return runner.client.load_table_from_file(
                    stream,
                    self._table(name),
                    size=file.stat().st_size,
                    num_retries=0,
                    job_id=job_id,
                    location=runner.location,
                    job_config=config,
                    timeout=runner.retry_policy.request_timeout,
                )

        operation.add(runner.complete(operation.next_step(), begin).job_id)

    def _get(self, table: str) -> FoundTable:
        return self._runner.client.get_table(
            self._table(table),
            retry=None,
            timeout=self._runner.retry_policy.request_timeout,
        )

    def _reference(self) -> bigquery.DatasetReference:
        return bigquery.DatasetReference(self.settings.project_id, self.settings.dataset)

    def _table(self, table: str) -> bigquery.TableReference:
        return self._reference().table(table)


def _nullable(field: bigquery.SchemaField) -> bigquery.SchemaField:
    """A column without description or constraint."""
    mode = "REPEATED" if field.mode == "REPEATED" else "NULLABLE"
    return bigquery.SchemaField(field.name, field.field_type, mode=mode)
