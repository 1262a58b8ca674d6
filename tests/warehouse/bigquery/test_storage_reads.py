"""Large results are read by the Storage API, and by REST where that is refused.

The Storage API is gRPC; here a real gRPC server on loopback plays it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pyarrow as pa
import pytest
from google.cloud.bigquery_storage import BigQueryReadClient, types
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse, results
from eros_assets.warehouse.bigquery.connection import Connection, connect
from eros_assets.warehouse.bigquery.retry_policy import RetryPolicy
from tests.warehouse.bigquery.library import LIBRARY
from tests.warehouse.bigquery.plays import Play
from tests.warehouse.bigquery.service import Service

# Google's client warns of a package that is to replace the one that it uses itself.
pytestmark = pytest.mark.filterwarnings("ignore:Retrieving Arrow record batches")

SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
SCHEMA = types.ArrowSchema(
    serialized_schema=pa.schema([("n", pa.int64())]).serialize().to_pybytes()
)
LARGE = Play(columns=(("n", "INTEGER"),), rows=[(n,) for n in range(6)])


class StorageApi(grpc.GenericRpcHandler):
    """One stream with the rows 0 … 5, or a refusal of every session."""

    def __init__(self, refusal: grpc.StatusCode | None) -> None:
        self.refusal = refusal
        self.calls: list[str] = []

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        name = details.method.removeprefix(f"/{SERVICE}/")
        self.calls.append(name)
        if name == "CreateReadSession":
            request = types.CreateReadSessionRequest
            return grpc.unary_unary_rpc_method_handler(
                self._session, request.deserialize, types.ReadSession.serialize
            )
        return grpc.unary_stream_rpc_method_handler(
            self._rows, types.ReadRowsRequest.deserialize, types.ReadRowsResponse.serialize
        )

    def _session(self, _: Any, context: grpc.ServicerContext) -> types.ReadSession:
        if self.refusal:
            context.abort(self.refusal, "no bigquery.readsessions.create")
        return types.ReadSession(
            name="s",
            data_format=types.DataFormat.ARROW,
            arrow_schema=SCHEMA,
            streams=[types.ReadStream(name="s/1")],
        )

    def _rows(self, request: Any, _: grpc.ServicerContext) -> Iterator[types.ReadRowsResponse]:
        batch = pa.record_batch({"n": pa.array(range(request.offset, 6))})
        yield types.ReadRowsResponse(
            row_count=batch.num_rows,
            arrow_schema=SCHEMA,
            arrow_record_batch=types.ArrowRecordBatch(
                serialized_record_batch=batch.serialize().to_pybytes()
            ),
        )


@contextmanager
def storage_at(api: StorageApi) -> Iterator[Callable[[], BigQueryReadClient]]:
    """A client of `api` over the wire."""
    server = grpc.server(ThreadPoolExecutor(2), handlers=[api])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        client = BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))
        yield lambda: client
    server.stop(None)


@contextmanager
def reading(settings: Settings, api: StorageApi) -> Iterator[BigQueryWarehouse]:
    with storage_at(api) as storage:
        yield BigQueryWarehouse(
            settings,
            LIBRARY,
            retry_policy=RetryPolicy(sleep=lambda _: None),
            connection=lambda s: Connection(connect(s).client, storage),
        )


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "STORAGE_READS_FROM", 6)


def with_destination(service: Service) -> None:
    """Queries write to an anonymous table, from which the Storage API reads."""
    service.destination = {"projectId": "of-scheduler-proj", "datasetId": "_a", "tableId": "anon"}


def test_large_results_come_by_the_storage_api(settings: Settings, service: Service) -> None:
    with_destination(service)
    service.will(LARGE)
    api = StorageApi(refusal=None)
    with reading(settings, api) as warehouse:
        frame = warehouse.query("SELECT n FROM `${dataset}.bookings`")
    assert frame["n"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["n"].dtype == "Int64"
    assert api.calls == ["CreateReadSession", "ReadRows"]
    assert len(service.sent("jobs.getQueryResults")) == 1


def test_small_results_do_not_wait_for_a_stream(settings: Settings, service: Service) -> None:
    with_destination(service)
    service.will(Play(columns=(("n", "INTEGER"),), rows=[(n,) for n in range(5)]))
    api = StorageApi(refusal=None)
    with reading(settings, api) as warehouse:
        assert len(warehouse.query("SELECT n FROM `${dataset}.bookings`")) == 5
    assert api.calls == []


@pytest.mark.parametrize(
    "refusal", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNIMPLEMENTED]
)
def test_rest_gives_the_rows_where_the_storage_api_is_refused(
    settings: Settings, service: Service, refusal: grpc.StatusCode
) -> None:
    with_destination(service)
    service.will(LARGE, LARGE)
    api = StorageApi(refusal)
    with reading(settings, api) as warehouse:
        for _ in range(2):
            frame = warehouse.query("SELECT n FROM `${dataset}.bookings`")
            assert frame["n"].tolist() == [0, 1, 2, 3, 4, 5]
    assert api.calls == ["CreateReadSession"]  # and not asked a second time
