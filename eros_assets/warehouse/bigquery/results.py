"""Rows of finished jobs as DataFrames of the protocol's types."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
from google.api_core.exceptions import GoogleAPICallError
from google.cloud.bigquery_storage import BigQueryReadClient

from eros_assets.warehouse.bigquery.api import QueryJob
from eros_assets.warehouse.bigquery.running import Runner
from eros_assets.warehouse.frames import frame
from eros_assets.warehouse.protocol import Scalar

STORAGE_READS_FROM = 20_000
"""Rows from which the Storage API's stream outweighs the second it takes to open one."""


@dataclass(slots=True)
class Reader:
    """Reads the rows of finished jobs: by the Storage API where it serves, else by REST."""

    runner: Runner
    storage: Callable[[], BigQueryReadClient | None]
    _storage_refused: bool = field(default=False, init=False)

    def frame(self, job: QueryJob) -> pd.DataFrame:
        """The rows of a job, or those of a script's last SELECT; no columns when it has none."""
        return frame(self.runner.exchange(lambda: self._rows(job)))

    def first_row(self, job: QueryJob) -> dict[str, Scalar]:
        """The first row of a job by column name, as Python values."""
        table = self.runner.exchange(lambda: self._rows(job))
        return table.slice(0, 1).to_pylist()[0]

    def _rows(self, job: QueryJob) -> pa.Table:
        timeout = self.runner.retry_policy.request_timeout
        rows = job.result(retry=None, job_retry=None, timeout=timeout)
        if (rows.total_rows or 0) >= STORAGE_READS_FROM and not self._storage_refused:
            storage = self.storage()
            if storage is not None:
                try:
                    return rows.to_arrow(bqstorage_client=storage)
                except GoogleAPICallError:
                    # Often not permitted (bigquery.readsessions.create) or not enabled; REST gives
                    # the same rows, slower, or the error that matters.
                    self._storage_refused = True
                    rows = job.result(retry=None, job_retry=None, timeout=timeout)
        return rows.to_arrow(create_bqstorage_client=False)
