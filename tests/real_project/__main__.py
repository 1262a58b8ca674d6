"""`python -m tests.real_project`: EROS against BigQuery itself, in a dataset of its own.

Makes a scratch dataset in EROS_PROJECT_ID, dry-runs every statement of sql/, deploys, loads the
small sample agency, plans a week, compares its rows with those of the embedded engine, backs up and
rolls back twice, prints what it cost, and removes the dataset. Ends with 0, with 1 when something
is wrong, with 2 when there is no project or no credentials.
"""

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from eros_assets.dataset import Dataset, open_dataset, sql_library
from eros_assets.errors import ErosError
from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.bigquery.connection import ProjectBigQuery
from tests.assets.installed import installed, unhurried_tuning
from tests.real_project.scratch import scratch_dataset
from tests.real_project.trial import Rows, Trial, trial_settings

FAILED, UNABLE = 1, 2

USAGE = """
SELECT
  COUNT(*) AS jobs,
  COALESCE(SUM(j.total_bytes_processed), 0) AS bytes_processed,
  COALESCE(SUM(j.total_bytes_billed), 0) AS bytes_billed,
  COALESCE(SUM(j.total_slot_ms), 0) AS slot_ms
FROM `{project}`.`region-{location}`.INFORMATION_SCHEMA.JOBS_BY_PROJECT AS j
WHERE
  j.creation_time >= @since
  AND COALESCE(j.statement_type, '') != 'SCRIPT'
  AND EXISTS (
    SELECT 1 FROM UNNEST(j.labels) AS l WHERE l.key = 'eros' AND l.value = @dataset
  )
"""


def main() -> int:
    """Run the trial; the exit code."""
    found = _project()
    if isinstance(found, str):
        click.echo(found)
        return UNABLE
    with tempfile.TemporaryDirectory(prefix="eros_trial_") as folder:
        return attempt(found, Path(folder), embedded_rows)


def attempt(settings: Settings, folder: Path, reference: Callable[[Path], Rows]) -> int:
    """The trial in a project that is there; `reference` makes the rows to compare with."""
    began, clock = dt.datetime.now(dt.UTC), time.perf_counter()
    with ProjectBigQuery.of(settings).get_client() as client:
        try:
            expected = reference(folder / "embedded")
            with scratch_dataset(client, settings.location, began) as scratch:
                click.echo(f"scratch dataset {scratch}: its tables expire within a day")
                here = trial_settings(
                    env="production",
                    project_id=settings.project_id,
                    location=settings.location,
                    bigquery_endpoint=settings.bigquery_endpoint,
                    dataset=scratch.dataset_id,
                    home=folder / "home",
                    out_dir=folder / "out",
                    tuning_dir=unhurried_tuning(folder),
                )
                dataset = open_dataset(here, purpose="trial")
                try:
                    Trial(dataset, _dry(here), click.echo).run(expected)
                finally:
                    click.echo(usage(dataset, began))
        except KeyboardInterrupt:
            click.echo("interrupted; the scratch dataset is removed")
            return FAILED
        except Exception as error:  # whatever it was, the dataset is gone and the word is said
            click.echo(
                f"{type(error).__name__}: {error}" if not isinstance(error, ErosError) else error
            )
            click.echo("FAILED; the scratch dataset is removed")
            return FAILED
    click.echo(f"passed in {time.perf_counter() - clock:.0f} s; the scratch dataset is removed")
    return 0


def usage(dataset: Dataset, since: dt.datetime) -> str:
    """Jobs, bytes and slot seconds of the trial so far, in one line; or why they can't be read."""
    settings = dataset.settings
    text = USAGE.format(project=settings.project_id, location=settings.location.lower())
    try:
        rows = dataset.warehouse.query(text, {"since": since, "dataset": settings.dataset})
    except ErosError as error:
        return f"what it cost can't be read: {error}"
    if rows.empty:
        return "what it cost can't be read: the job log is empty"
    row = rows.iloc[0]
    return (
        f"{int(row['jobs'])} jobs, {int(row['bytes_processed']) / 2**20:,.1f} MiB processed, "
        f"{int(row['bytes_billed']) / 2**20:,.1f} MiB billed, "
        f"{int(row['slot_ms']) / 1000:,.1f} slot seconds"
    )


def embedded_rows(folder: Path) -> Rows:
    """What the embedded engine makes of the same inputs."""
    with installed(folder, sample_seed=load_settings().sample_seed) as agency:
        agency.set_up()
        agency.plan()
        return Trial(agency.dataset, lambda *_: None, click.echo).rows()


def _project() -> Settings | str:
    """The settings of the project, or why there is none, in one line."""
    if not os.environ.get("EROS_PROJECT_ID"):
        return "make test-bigquery: set EROS_PROJECT_ID to a project with billing; nothing was run"
    try:
        settings = load_settings({"env": "production"})
        ProjectBigQuery.of(settings).credentials()
    except ErosError as error:
        return f"make test-bigquery: {error}; nothing was run".replace("\n", "; ")
    return settings


def _dry(settings: Settings) -> Callable[..., object]:
    return BigQueryWarehouse(settings, sql_library()).dry_run


if __name__ == "__main__":
    sys.exit(main())
