"""What the credentials may do is asked before anything runs, and said in words."""

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import Probe
from tests.googlesql.syntax import parse_script
from tests.warehouse.bigquery.plays import Play, Trouble, failing
from tests.warehouse.bigquery.service import Service

SUBJECTS = [
    *("credentials", "dataset", "table lifetime", "create tables", "create routines"),
    *("create views", "read definitions", "read the job log", "change rows", "table permissions"),
]
ACTING = Play(columns=[("account", "STRING")], rows=[("eros@of-scheduler-proj",)])


def found(warehouse: BigQueryWarehouse) -> dict[str, Probe]:
    return {probe.subject: probe for probe in warehouse.probe(["guests", "bookings"])}


@pytest.fixture
def ready(service: Service) -> None:
    service.add_table("bookings")
    service.will(ACTING, part="SESSION_USER")


@pytest.mark.usefixtures("ready")
def test_each_thing_that_is_needed_is_asked_and_nothing_is_made(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    probes = found(warehouse)
    assert list(probes) == SUBJECTS
    assert all(probe.holds for probe in probes.values())
    assert "eros@of-scheduler-proj" in probes["credentials"].found
    assert "asked of bookings" in probes["table permissions"].found
    sent = [request.body["configuration"] for request in service.sent("jobs.insert")]
    assert [bool(configuration.get("dryRun")) for configuration in sent] == [False] + 6 * [True]
    for statement in service.statements:
        assert parse_script(statement).many("statement_list_node")
    assert service.tables.keys() == {"bookings"}


@pytest.mark.usefixtures("ready")
def test_a_snapshot_s_permission_is_named_with_its_role(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.denied.add("bigquery.tables.deleteSnapshot")
    probe = found(warehouse)["table permissions"]
    assert not probe.holds
    assert "bigquery.tables.deleteSnapshot lacking on bookings" in probe.found
    assert "roles/bigquery.dataOwner" in probe.found


@pytest.mark.usefixtures("ready")
def test_what_is_denied_is_one_finding_and_the_rest_is_asked_all_the_same(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("jobs.insert", Trouble(403, "accessDenied", "Access Denied: jobs.create"))
    assert [(p.subject, p.holds) for p in warehouse.probe([])] == [("credentials", False)]
    service.will(ACTING, part="SESSION_USER")
    service.trouble("datasets.get", Trouble(403, "accessDenied", "Access Denied: Dataset"))
    probes = found(warehouse)
    assert list(probes) == SUBJECTS
    assert [subject for subject, probe in probes.items() if not probe.holds] == ["dataset"]
    assert "roles/bigquery.dataOwner" in probes["dataset"].found


def test_without_credentials_nothing_more_is_asked(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(failing("accessDenied", "Access Denied"), part="SESSION_USER")
    assert [(p.subject, p.holds) for p in warehouse.probe([])] == [("credentials", False)]


@pytest.mark.usefixtures("ready")
def test_a_dataset_elsewhere_is_told_with_the_variable_to_set(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.dataset_location = "europe-west1"
    probe = found(warehouse)["dataset"]
    assert not probe.holds
    assert "EROS_LOCATION=europe-west1" in probe.found
    service.dataset_location = "us"
    service.will(ACTING, part="SESSION_USER")
    assert found(warehouse)["dataset"].holds


@pytest.mark.usefixtures("ready")
def test_a_dataset_whose_tables_expire_is_told_with_the_command_that_ends_it(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.lifetimes = {"defaultTableExpirationMs": str(60 * 86_400_000)}
    probe = found(warehouse)["table lifetime"]
    assert not probe.holds
    assert "each table after 60 days" in probe.found
    assert (
        "bq update --default_table_expiration 0 of-scheduler-proj:eros_scheduling_brain"
    ) in probe.found
    service.lifetimes = {"defaultPartitionExpirationMs": str(86_400_000)}
    service.will(ACTING, part="SESSION_USER")
    probe = found(warehouse)["table lifetime"]
    assert not probe.holds
    assert "each partition after 1 days" in probe.found


@pytest.mark.usefixtures("ready")
def test_a_project_without_billing_may_not_change_rows(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    message = "Billing has not been enabled for this project. DML queries are not allowed"
    service.will(failing("billingNotEnabled", message), part="DELETE FROM")
    probe = found(warehouse)["change rows"]
    assert not probe.holds
    assert "Enable billing" in probe.found


def test_without_a_table_the_first_deployment_tells(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(ACTING, part="SESSION_USER")
    probes = found(warehouse)
    for subject in ("change rows", "table permissions"):
        assert probes[subject].holds
        assert "no table is there" in probes[subject].found
    assert service.sent("tables.testIamPermissions") == []


def test_a_missing_dataset_is_a_finding(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.will(ACTING, part="SESSION_USER")
    service.has_dataset = False
    probes = found(warehouse)
    assert not probes["dataset"].holds
    assert "EROS_DATASET" in probes["dataset"].found
