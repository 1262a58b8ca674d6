"""Runs that change the dataset share a pool, so that production's queue runs one at a time."""

from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.op_concurrency_limits_counter import GlobalOpConcurrencyLimitsCounter
from dagster._core.storage.dagster_run import DagsterRun

from eros_assets.assets.reporting import DATASET_POOL
from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings
from tests.house.modules import REPOSITORY

BESIDE = {"evaluate_policies", "explain_message", "health_check", "smoke_tests"}
"""Jobs that read, and write at most a table of their own: they run beside a week."""


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dg.JobDefinition]:
    home = tmp_path_factory.mktemp("home")
    settings = load_settings({"home": home, "spreadsheet_id": "none"})
    resolved = build_definitions(settings).resolve_all_job_defs()
    return {job.name: job for job in resolved if not job.name.startswith("__")}


def pools_of(job: dg.JobDefinition) -> set[str | None]:
    return {
        node.definition.pool for node in job.nodes if isinstance(node.definition, dg.OpDefinition)
    }


def test_each_job_that_changes_the_dataset_is_in_its_pool(
    jobs: dict[str, dg.JobDefinition],
) -> None:
    assert jobs.keys() >= BESIDE
    assert {name for name, job in jobs.items() if DATASET_POOL not in pools_of(job)} == BESIDE


@pytest.mark.parametrize("folder", ["kubernetes", "vm"])
def test_a_rollback_waits_for_a_deployment_and_a_health_check_for_neither(
    jobs: dict[str, dg.JobDefinition], folder: str, tmp_path: Path
) -> None:
    config = yaml.safe_load((REPOSITORY / "deploy" / folder / "dagster.yaml").read_text())
    overrides = {"concurrency": config["concurrency"]}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
        concurrency = instance.get_concurrency_config()
        queue = concurrency.run_queue_config
        assert queue is not None
        assert queue.should_block_op_concurrency_limited_runs

        def begun(name: str) -> DagsterRun:
            return instance.create_run_for_job(jobs[name], status=dg.DagsterRunStatus.STARTED)

        # As the daemon's first pass does for a pool that it meets in a queued run.
        instance.event_log_storage.initialize_concurrency_limit_to_default(DATASET_POOL)
        begun("deploy_production")
        waiting = {
            name: instance.create_run_for_job(jobs[name], status=dg.DagsterRunStatus.NOT_STARTED)
            for name in ("rollback_production", "backup_production", "health_check")
        }
        counter = GlobalOpConcurrencyLimitsCounter(
            instance,
            list(waiting.values()),
            instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])),
            concurrency_keys=instance.event_log_storage.get_concurrency_keys(),
            pool_limits=instance.event_log_storage.get_pool_limits(),
            slot_count_offset=queue.op_concurrency_slot_buffer,
            pool_granularity=concurrency.pool_config.pool_granularity,
        )
        blocked = {name for name, run in waiting.items() if counter.is_blocked(run)}
    assert blocked == {"rollback_production", "backup_production"}
