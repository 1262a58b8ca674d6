"""Jobs are seen through: polled, looked up when an answer is lost, retried only when that helps."""

from collections import Counter

import pytest

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.bigquery.retry_policy import RetryPolicy
from eros_assets.warehouse.protocol import WarehouseError
from tests.warehouse.bigquery.library import LIBRARY
from tests.warehouse.bigquery.plays import (
    NEVER,
    SLOW,
    Play,
    Trouble,
    drop_after,
    drop_before,
    failing,
    silence,
)
from tests.warehouse.bigquery.service import Service

SCRIPT = "DELETE FROM `${dataset}.bookings` WHERE day < '2020-01-01'"
ABORTED = (
    "Query error: Transaction is aborted due to concurrent update against table "
    "of-scheduler-proj:eros_scheduling_brain.bookings. Transaction ID: 61e30eea-0000 at [24:9]"
)


def methods(service: Service) -> Counter[str]:
    return Counter(request.method.removeprefix("bigquery.") for request in service.requests)


def test_a_slow_job_is_polled_with_growing_waits(
    warehouse: BigQueryWarehouse, service: Service, waits: list[float]
) -> None:
    service.will(Play(states=SLOW))
    assert warehouse.run(SCRIPT).error is None
    assert waits == pytest.approx([0.1, 0.15, 0.225])
    assert methods(service) == {"jobs.insert": 1, "jobs.get": 3}


def test_a_poll_asks_in_the_location_of_the_job(settings: Settings, service: Service) -> None:
    service.location = "europe-west1"
    service.will(Play(states=SLOW))
    there = settings.model_copy(update={"location": "europe-west1"})
    retry_policy = RetryPolicy(sleep=lambda _: None)
    assert BigQueryWarehouse(there, LIBRARY, retry_policy=retry_policy).run(SCRIPT).error is None


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("accessDenied", r"roles/bigquery\.dataOwner"),
        ("billingNotEnabled", "Enable billing"),
        ("bytesBilledLimitExceeded", "EROS_MAXIMUM_BYTES_BILLED"),
        ("invalid", "Mend"),
        ("invalidQuery", "Mend the statement"),
        ("notFound", "EROS_DATASET"),
        ("quotaExceeded", "quota"),
        ("resourcesExceeded", "Narrow"),
        ("responseTooLarge", "Narrow"),
        ("stopped", "cancelled"),
        ("somethingNew", "Cloud console"),
    ],
)
def test_a_permanent_failure_is_told_at_once_with_what_to_do(
    warehouse: BigQueryWarehouse, service: Service, waits: list[float], reason: str, advice: str
) -> None:
    service.will(failing(reason, "the very message"))
    with pytest.raises(WarehouseError, match=advice) as caught:
        warehouse.run(SCRIPT)
    assert "the very message" in str(caught.value)
    assert reason in str(caught.value)
    assert list(service.jobs) == ["eros_run_1_1_1"]
    assert waits == []
    assert caught.value.job == warehouse.ledger[-1]
    assert warehouse.ledger[-1].job_id == "eros_run_1_1_1"
    assert warehouse.ledger[-1].error == f"{reason}: the very message"


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("backendError", "Error encountered during execution. Retrying may solve the problem."),
        ("internalError", "An internal error occurred."),
        ("rateLimitExceeded", "Exceeded rate limits: too many table update operations"),
        ("jobRateLimitExceeded", "The job exceeded rate limits."),
        ("jobBackendError", "backend"),
        ("jobInternalError", "internal"),
        ("tableUnavailable", "try again"),
        ("invalidQuery", ABORTED),
        ("invalidQuery", "Could not serialize access to table p:d.t due to concurrent update"),
    ],
)
def test_a_failure_that_passes_is_tried_again_as_a_new_job(
    warehouse: BigQueryWarehouse, service: Service, waits: list[float], reason: str, message: str
) -> None:
    service.will(failing(reason, message), failing(reason, message), Play(changed_rows=3))
    job = warehouse.run(SCRIPT)
    assert (job.job_id, job.rows, job.error) == ("eros_run_1_1_3", 3, None)
    assert list(service.jobs) == ["eros_run_1_1_1", "eros_run_1_1_2", "eros_run_1_1_3"]
    assert len(waits) == 2
    assert len(warehouse.ledger) == 1


def test_retries_end(warehouse: BigQueryWarehouse, service: Service, waits: list[float]) -> None:
    service.will(*[failing("backendError", "busy")] * 9)
    with pytest.raises(WarehouseError, match=r"busy.*over every retry.*eros_run_1_1_4"):
        warehouse.run(SCRIPT)
    assert len(service.jobs) == 4
    assert len(waits) == 3
    assert all(0 <= wait <= 30 for wait in waits)


def test_a_transaction_that_is_always_aborted_says_why(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(*[failing("invalidQuery", ABORTED)] * 9)
    with pytest.raises(WarehouseError, match="Other jobs kept changing the same table"):
        warehouse.run(SCRIPT)


@pytest.mark.parametrize(
    "trouble",
    [
        drop_before(),
        drop_after(),
        Trouble(503),
        Trouble(503, carried_out=True),
        Trouble(500, "internalError", carried_out=True),
        Trouble(502, is_html=True),
        Trouble(502, is_html=True, carried_out=True),
        Trouble(429, "rateLimitExceeded"),
        Trouble(403, "rateLimitExceeded", carried_out=True),
    ],
    ids=str,
)
def test_a_lost_answer_never_runs_a_statement_twice(
    warehouse: BigQueryWarehouse, service: Service, trouble: Trouble
) -> None:
    service.trouble("jobs.insert", trouble)
    service.will(Play(changed_rows=1))
    assert warehouse.run(SCRIPT).rows == 1
    assert list(service.jobs) == ["eros_run_1_1_1"]
    assert service.plays == []
    inserts = methods(service)["jobs.insert"]
    assert inserts == (1 if trouble.carried_out else 2)


def test_a_job_whose_answer_and_look_up_are_lost_is_found_when_sent_again(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("jobs.insert", drop_after())
    service.trouble("jobs.get", Trouble(503))
    service.will(Play(changed_rows=1))
    assert warehouse.run(SCRIPT).rows == 1
    assert methods(service) == {"jobs.insert": 2, "jobs.get": 2}
    assert list(service.jobs) == ["eros_run_1_1_1"]


def test_a_job_that_is_there_but_not_yet_visible_is_waited_for(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    missing = Trouble(404, "notFound", "Not found: Job eros_run_1_1_1")
    service.trouble("jobs.insert", drop_after())
    service.trouble("jobs.get", Trouble(503), missing)
    service.will(Play(changed_rows=1))
    assert warehouse.run(SCRIPT).rows == 1
    assert list(service.jobs) == ["eros_run_1_1_1"]


def test_a_dropped_poll_is_no_failure(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.will(Play(states=SLOW, changed_rows=1))
    service.trouble("jobs.get", drop_before(), Trouble(503), Trouble(502, is_html=True))
    assert warehouse.run(SCRIPT).rows == 1
    assert len(service.jobs) == 1


@pytest.mark.parametrize("method", ["jobs.insert", "jobs.get"])
def test_an_answer_that_does_not_come_in_time_is_a_lost_one(
    settings: Settings, service: Service, method: str
) -> None:
    service.will(Play(states=("RUNNING", "DONE"), changed_rows=1))
    service.trouble(method, silence())
    retry_policy = RetryPolicy(request_timeout=0.1, sleep=lambda _: None)
    warehouse = BigQueryWarehouse(settings, LIBRARY, retry_policy=retry_policy)
    assert warehouse.run(SCRIPT).rows == 1
    assert len(service.jobs) == 1


def test_a_connection_that_cannot_be_trusted_is_told_at_once(
    settings: Settings, service: Service, waits: list[float]
) -> None:
    address = str(settings.bigquery_endpoint).replace("http://", "https://")
    unsafe = settings.model_copy(update={"bigquery_endpoint": address})
    warehouse = BigQueryWarehouse(unsafe, LIBRARY, retry_policy=RetryPolicy(sleep=waits.append))
    with pytest.raises(WarehouseError, match=r"can't be trusted.*certificate") as caught:
        warehouse.run(SCRIPT)
    assert "127.0.0.1" not in str(caught.value)
    assert waits == []


def test_a_service_that_stays_away_is_told_with_no_job(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("jobs.insert", *[drop_before()] * 20)
    with pytest.raises(WarehouseError, match=r"the connection failed.*EROS_BIGQUERY_ENDPOINT"):
        warehouse.run(SCRIPT)
    assert service.jobs == {}
    assert warehouse.ledger[-1].error == "connection: the connection failed (ConnectionError)"


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(403, "accessDenied", "Access Denied: User does not have bigquery.jobs.create"),
        Trouble(403, "quotaExceeded", "Quota exceeded: too many jobs"),
        Trouble(400, "invalidQuery", "Syntax error: Expected end of input at [1:1]"),
        Trouble(404, "notFound", "Not found: Project of-scheduler-proj"),
    ],
    ids=str,
)
def test_a_refused_request_is_not_sent_again(
    warehouse: BigQueryWarehouse, service: Service, waits: list[float], trouble: Trouble
) -> None:
    service.trouble("jobs.insert", trouble)
    with pytest.raises(WarehouseError, match=trouble.reason):
        warehouse.run(SCRIPT)
    assert methods(service) == {"jobs.insert": 1}
    assert waits == []


def test_credentials_that_are_refused_are_to_be_renewed(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("jobs.insert", Trouble(401, "authError", "Invalid Credentials"))
    with pytest.raises(WarehouseError, match="Renew the credentials"):
        warehouse.run(SCRIPT)
    assert methods(service) == {"jobs.insert": 1}


def test_a_cancelled_job_is_told_as_cancelled(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(failing("stopped", "Job execution was cancelled: User requested cancellation"))
    with pytest.raises(WarehouseError, match=r"User requested cancellation.*It was cancelled"):
        warehouse.run(SCRIPT)


def test_a_job_that_never_ends_is_cancelled_in_the_end(
    settings: Settings, service: Service, waits: list[float]
) -> None:
    service.will(Play(states=NEVER))
    retry_policy = RetryPolicy(job_timeout=60, sleep=waits.append)
    warehouse = BigQueryWarehouse(settings, LIBRARY, retry_policy=retry_policy, new_id=lambda: "1")
    with pytest.raises(WarehouseError, match="not done after 60 s"):
        warehouse.run(SCRIPT)
    assert methods(service)["jobs.cancel"] == 1
    assert service.jobs["eros_run_1_1_1"].cancelled
    assert 60 <= sum(waits) <= 130
    configuration = service.sent("jobs.insert")[0].body["configuration"]
    assert configuration["jobTimeoutMs"] == "60000"


def test_a_wait_that_is_broken_off_leaves_no_job_running(
    settings: Settings, service: Service
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    service.will(Play(states=NEVER))
    warehouse = BigQueryWarehouse(
        settings, LIBRARY, retry_policy=RetryPolicy(sleep=interrupt), new_id=lambda: "1"
    )
    with pytest.raises(KeyboardInterrupt):
        warehouse.run(SCRIPT)
    assert service.jobs["eros_run_1_1_1"].cancelled


def test_operations_of_one_process_have_ids_of_their_own(
    settings: Settings, service: Service
) -> None:
    handles = [BigQueryWarehouse(settings, LIBRARY) for _ in range(2)]
    for handle in [*handles, *handles]:
        handle.run(SCRIPT)
    assert len(service.jobs) == 4
