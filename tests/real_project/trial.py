"""The steps of a trial, on the dataset of an installation; each raises when it fails."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from eros_assets.automation.jobs import weekly_schedules
from eros_assets.dataset import Dataset
from eros_assets.definitions import build_definitions
from eros_assets.demo import sample_agency
from eros_assets.deployment.backup import back_up
from eros_assets.deployment.deploy import Deploy
from eros_assets.deployment.manifest import code_fingerprint
from eros_assets.deployment.phases import archive_of, clock, gate_findings, learn_if_new
from eros_assets.deployment.rollback import Rollback
from eros_assets.errors import ErosError
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.settings import REPOSITORY, Settings
from eros_assets.warehouse.protocol import Parameters, Typed
from eros_assets.warehouse.sql.objects import SqlObject
from tests.assets.installed import TODAY, WEEK, WEEK_TABLES
from tests.real_project.comparison import differences

RUN_ID = "trial"
CHANGED = "schedule_recommendations"
Rows = Mapping[str, pd.DataFrame]


class TrialError(ErosError):
    """What did not go as it must."""


@dataclass(frozen=True)
class Trial:
    """EROS on one dataset. `dry_run` asks the engine whether it would run a statement."""

    dataset: Dataset
    dry_run: Callable[[str, Parameters], object]
    log: Callable[[str], None]

    def run(self, expected: Rows) -> None:
        """Every step in order; `expected` are the rows that another engine made of the inputs.

        Raises:
            ErosError: a step failed, or the rows differ.
        """
        self.make_tables()
        self.load_inputs()
        self.deploy()
        self.rehearse()
        self.plan()
        self.compare(expected)
        self.roll_back_twice()

    def make_tables(self) -> None:
        """Make every table, each statement tried dry before."""
        for table in self.dataset.library.of_kind("table"):
            self._try(table, {})
            self.dataset.warehouse.deploy(table)
        self.log("tables: made")

    def load_inputs(self) -> None:
        """Load the small sample agency."""
        settings = self.dataset.settings
        agency = sample_agency("small", settings.sample_seed, TODAY - dt.timedelta(days=1))
        for name, frame in agency.tables.items():
            self.dataset.load(name, frame)
        counts = ", ".join(f"{name} {len(frame)}" for name, frame in agency.tables.items())
        self.log(f"inputs: {counts}")

    def deploy(self) -> None:
        """Deploy as `deploy_production` does, its preflight aside: scratch tables expire."""
        library = self.dataset.library
        for each in library.deploy_order():
            if each.kind != "table":
                self._try(each, {})
                self.dataset.warehouse.deploy(each)
        deploy = Deploy(
            archive_of(self.dataset),
            self.log,
            frozenset(INPUT_TABLES),
            lambda: learn_if_new(self.dataset),
        )
        entry = deploy.back_up(code_fingerprint(), now=clock(), run_id=RUN_ID).entry
        if entry is None:
            raise TrialError("a new dataset says that the code is in force already")
        entry = deploy.make(entry, now=clock())
        findings = gate_findings(self.dataset)
        for finding in findings:
            self.log(f"  {finding.sentence}")
        entry = deploy.conclude(entry, findings, now=clock())
        self.log(f"deployment: {entry.deployment_id} {entry.state}")

    def rehearse(self) -> None:
        """Dry-run every operation and check, its parameters NULL of their types.

        Raises:
            TrialError: the engine refuses one or more; each with its file.
        """
        refused: list[str] = []
        tried = self.dataset.library.of_kind("operation", "check")
        for each in tried:
            values = {
                p.name: Typed([] if "ARRAY" in p.type else None, p.type) for p in each.parameters
            }
            try:
                self._try(each, values)
            except TrialError as error:
                refused.append(str(error))
        if refused:
            raise TrialError(f"{len(refused)} statements are refused:\n" + "\n".join(refused))
        self.log(f"dry runs: {len(tried)} operations and checks accepted")

    def plan(self) -> None:
        """Plan and publish the week, by the job that production runs."""
        with dg.DagsterInstance.ephemeral() as instance:
            result = (
                build_definitions(self.dataset.settings)
                .resolve_job_def(weekly_schedules.name)
                .execute_in_process(
                    instance=instance, partition_key=WEEK.isoformat(), raise_on_error=False
                )
            )
        if not result.success:
            failed = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
            causes = "; ".join(str(error.message) for error in failed if error is not None)
            raise TrialError(f"weekly_schedules failed: {causes}")
        self.log(f"week of {WEEK}: planned and published")

    def rows(self) -> Rows:
        """The rows of every table of the weekly line."""
        return {name: self.dataset.rows(name) for name in WEEK_TABLES}

    def compare(self, expected: Rows, after: str = "the other engine") -> None:
        """Compare the tables with those expected.

        Raises:
            TrialError: they differ by more than the tolerance; one line for each column.
        """
        found = self.rows()
        wrong = [
            line
            for name, rows in expected.items()
            for line in differences(name, self.dataset.library[name].key, found[name], rows)
        ]
        if wrong:
            raise TrialError(f"rows differ from {after}:\n" + "\n".join(wrong))
        counts = sum(len(rows) for rows in expected.values())
        self.log(f"rows: {counts} of {len(expected)} tables are those of {after}")

    def roll_back_twice(self) -> None:
        """Keep the state; change it and go back, two times.

        Raises:
            TrialError: rows are not those that were kept.
        """
        archive = archive_of(self.dataset)
        kept = self.rows()
        entry = back_up(archive, code_fingerprint(), now=clock(), run_id=RUN_ID)
        for time in ("first", "second"):
            self.dataset.load(CHANGED, kept[CHANGED].iloc[:0], replacing={"week_start": WEEK})
            if len(self.dataset.rows(CHANGED)) == len(kept[CHANGED]):
                raise TrialError(f"{CHANGED}: no row was taken out before the {time} rollback")
            rollback = Rollback(
                archive,
                stop_schedules=list,
                realign=list,
                report=lambda outcome, _: self.log(f"{outcome.entry.deployment_id} is reported"),
                log=self.log,
            )
            outcome = rollback.run(entry.before, now=clock(), run_id=RUN_ID)
            self.compare(kept, f"before the {time} rollback ({outcome.entry.deployment_id})")

    def _try(self, sql_object: SqlObject, parameters: Parameters) -> None:
        try:
            self.dry_run(sql_object.text, parameters)
        except ErosError as error:
            path = sql_object.path.relative_to(REPOSITORY)
            raise TrialError(f"{path}: {error}") from error


def trial_settings(**values: object) -> Settings:
    """Settings that publish to a folder alone and alert nobody, whatever the environment says."""
    nowhere = {
        **dict.fromkeys(("spreadsheet_id", "export_bucket", "slack_token", "email_from")),
        **dict.fromkeys(("import_dir", "ui_address")),
        "email_to": (),
        "pages": (),
    }
    return Settings(**{**nowhere, "sample": "small", "today": TODAY, "week": WEEK, **values})  # type: ignore[arg-type]
