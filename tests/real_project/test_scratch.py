"""A scratch dataset is removed however the trial ends; one that was left goes with the next."""

import datetime as dt
import os
import signal
from collections.abc import Iterator

import pytest
from google.cloud import bigquery

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery.connection import ProjectBigQuery
from tests.google.loopback import serving
from tests.real_project.scratch import MADE, MARK, scratch_dataset
from tests.warehouse.bigquery.service import Service

NOW = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)


@pytest.fixture
def client(service: Service) -> Iterator[bigquery.Client]:
    with (
        serving(service) as address,
        ProjectBigQuery.of(Settings(bigquery_endpoint=address)).get_client() as made,
    ):
        yield made


def test_the_dataset_is_there_during_the_trial_and_its_tables_expire(
    client: bigquery.Client, service: Service
) -> None:
    with scratch_dataset(client, "US", NOW) as reference:
        made = service.datasets[reference.dataset_id]
        assert made["defaultTableExpirationMs"] == str(24 * 3600 * 1000)
        assert made["location"] == "US"
        assert made["labels"] == {MARK[0]: MARK[1], MADE: str(int(NOW.timestamp()))}
    assert service.datasets == {}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_or_ctrl_c_removes_it(
    client: bigquery.Client, service: Service, error: type[BaseException]
) -> None:
    with pytest.raises(error), scratch_dataset(client, "US", NOW):
        raise error
    assert service.datasets == {}


def test_a_terminated_trial_removes_it(client: bigquery.Client, service: Service) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), scratch_dataset(client, "US", NOW):
        os.kill(os.getpid(), signal.SIGTERM)
    assert service.datasets == {}
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_was_left_a_day_ago_is_removed_and_nothing_else(
    client: bigquery.Client, service: Service
) -> None:
    def left(name: str, age: dt.timedelta, **labels: str) -> None:
        made = str(int((NOW - age).timestamp()))
        service.datasets[name] = {
            "datasetReference": {"projectId": client.project, "datasetId": name},
            "labels": {MADE: made, **labels},
        }

    day, hour = dt.timedelta(days=1), dt.timedelta(hours=1)
    left("eros_scratch_old", day + hour, **dict([MARK]))
    left("eros_scratch_young", hour, **dict([MARK]))
    left("eros_scratch_unmarked", day + hour)
    left("eros_scheduling_brain", day + hour, **dict([MARK]))
    with scratch_dataset(client, "US", NOW):
        assert "eros_scratch_old" not in service.datasets
    assert service.datasets.keys() == {
        *("eros_scratch_young", "eros_scratch_unmarked", "eros_scheduling_brain"),
    }
