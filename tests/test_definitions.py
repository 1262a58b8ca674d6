"""The code location loads as a whole, as Dagster's UI and daemon load it."""

from pathlib import Path

from eros_assets.automation.rollback import SCHEDULES
from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings


def test_every_job_schedule_and_sensor_has_its_place(tmp_path: Path) -> None:
    """A job of the name of an op is an error that only loading everything shows."""
    repository = build_definitions(load_settings({"home": tmp_path})).get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs()}
    assert {"deploy_production", "rollback_production", "backup_production"} <= jobs
    assert {schedule.name for schedule in repository.schedule_defs} == {
        schedule.name for schedule in SCHEDULES
    }
