"""The evidence of one installation: each piece is read when a criterion first asks for it."""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.acceptance.contents import Contents, read_contents
from eros_assets.acceptance.dagster_state import DagsterState
from eros_assets.alerts import channels
from eros_assets.calendar import la_date
from eros_assets.dataset import Dataset
from eros_assets.deployment.archive import Archive
from eros_assets.deployment.deploy import Deploy
from eros_assets.deployment.manifest import Manifest, kept_manifest, read_manifest
from eros_assets.deployment.phases import archive_of, preflight_of, records_folder, work_of_a_day
from eros_assets.deployment.record import Entry, in_force
from eros_assets.errors import ErosError
from eros_assets.gate.findings import Finding
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.gate.verdict import verdict_of_week
from eros_assets.health.checkup import check_system
from eros_assets.health.limits import HealthLimits, limits_of
from eros_assets.health.observations import integrity_violations
from eros_assets.health.work import Work
from eros_assets.importing.schema import LOADED_BY_OTHERS
from eros_assets.settings import REPOSITORY, Settings
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Probe, Routine

if TYPE_CHECKING:
    from eros_assets.warehouse.sql.rules import RuleViolations

RUN_ID = "acceptance"
MANIFEST = "manifest.json"

COST_DAYS = 35
"""Days of health checks that the stability of the cost is judged on, at most."""

FRESH = dt.timedelta(hours=2)
"""A health check that is older is made again; the schedule makes one each hour."""


@dataclass(frozen=True, slots=True)
class HealthSeen:
    """The newest health check, or one that was made for the acceptance."""

    score: float
    decision: str
    reasons: Sequence[str]
    checked_at: dt.datetime


@dataclass(frozen=True)
class Installation:
    """One installation at one time.

    `judged` are conditions of the gate that a deployment has just evaluated; without them they are
    those of the week's verdict. `root` is where the code is.
    """

    dataset: Dataset
    dagster: DagsterState
    now: dt.datetime
    judged: Sequence[Finding] = ()
    root: Path = REPOSITORY
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.dataset.settings

    @property
    def channels(self) -> Sequence[str]:
        """The alert channels that are configured in full."""
        return list(channels(self.settings))

    @property
    def records(self) -> Path:
        """The folder of manifests, summaries and reports."""
        return records_folder(self.settings)

    @cached_property
    def probes(self) -> Sequence[Probe]:
        """The lines of the preflight."""
        return preflight_of(self.settings)

    @cached_property
    def manifest(self) -> Manifest:
        """The files of the code as they are now, from the manifest kept of them if there is one."""
        kept = kept_manifest(self.records / MANIFEST, self.root)
        return kept or read_manifest(self.root)

    @cached_property
    def sql_faults(self) -> "Mapping[str, RuleViolations]":
        """What breaks the rules of `sql/`, by file; one that can't be read breaks every rule."""
        from eros_assets.warehouse.sql.rules import (
            RuleViolations,
            rule_violations,
        )  # brings sqlglot

        found: dict[str, RuleViolations] = {}
        for path in sorted((self.root / "sql").rglob("*.sql")):
            try:
                faults = rule_violations(path.read_text(encoding="utf-8"))
            except (ErosError, OSError, UnicodeDecodeError) as error:
                faults = RuleViolations([str(error)], [str(error)], [str(error)])
            found[path.relative_to(self.root).as_posix()] = faults
        return found

    @cached_property
    def contents(self) -> Contents:
        """The code location and the commands, as a fresh process loads them."""
        return read_contents(self.settings.home)

    @cached_property
    def has_tables(self) -> bool:
        """Whether the tables of `sql/` were ever made."""
        return self.dataset.freshness("schedule_recommendations") is not None

    @property
    def archive(self) -> Archive:
        """The records of deployments."""
        return archive_of(self.dataset)

    @cached_property
    def history(self) -> Sequence[Entry]:
        """Every deployment, backup and rollback, in order."""
        return self.archive.history()

    @cached_property
    def in_force(self) -> Entry | None:
        """The deployment in force."""
        present = in_force(self.history)
        return next((e for e in self.history if e.deployment_id == present), None)

    @cached_property
    def routines(self) -> Sequence[Routine]:
        """The routines of the dataset."""
        return self.dataset.warehouse.routines()

    @cached_property
    def objects_that_differ(self) -> Sequence[str]:
        """Objects that a deployment makes and that are missing or others."""
        return self.deploy.objects_that_differ()

    @property
    def deploy(self) -> Deploy:
        """A deployment of this code."""
        others = LOADED_BY_OTHERS if self.settings.inputs == "warehouse" else ()
        return Deploy(self.archive, lambda _: None, frozenset(others))

    @cached_property
    def week(self) -> dt.date:
        """The Monday of the week in question."""
        return self.dataset.default_week()

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """The gate's conditions on what is in force for the week, or those just evaluated."""
        if self.judged:
            return self.judged
        return verdict_of_week(self.dataset, self.week, run_id=RUN_ID).findings

    def finding(self, name: str) -> Finding | None:
        """One condition of the gate, None where it was not evaluated."""
        return next((found for found in self.findings if found.name == name), None)

    @cached_property
    def limits(self) -> HealthLimits:
        """The thresholds of the tuning."""
        return limits_of(read_knobs(self.dataset))

    @cached_property
    def health(self) -> HealthSeen:
        """The newest health check; where it is older than FRESH or missing, one made now.

        One made now is not kept: the hourly check of the job health_check is the record.
        """
        newest = self.newest_health
        if newest is not None and self.now - newest.checked_at <= FRESH:
            return newest
        found = check_system(
            self.dataset.labelled(purpose="health"),
            now=self.now,
            planned_at=self.dataset.planning_instant(),
            smoke=self._smoke(),
        )
        return HealthSeen(found.score, found.decision.verdict, found.decision.reasons, self.now)

    def _smoke(self) -> Sequence[Finding] | None:
        """The five smoke tests, None where not all of them were evaluated."""
        found = [finding for finding in map(self.finding, SMOKE_TESTS) if finding]
        return found if len(found) == len(SMOKE_TESTS) else None

    @cached_property
    def newest_health(self) -> HealthSeen | None:
        """The newest row of system_health; None before the first."""
        if self.dataset.freshness("system_health") is None:
            return None
        for row in self.dataset.query("newest_health").to_dict("records"):
            return HealthSeen(
                float(row["health_score"]),
                row["decision"],
                tuple(row["reasons"]),
                row["checked_at"].to_pydatetime(),
            )
        return None

    @cached_property
    def work(self) -> Work | None:
        """Cost, speed and failures of the last 24 hours of the job log."""
        return work_of_a_day(self.dataset, self.now)

    @cached_property
    def corruption(self) -> Sequence[str]:
        """Sentences of broken conditions of integrity."""
        return integrity_violations(self.dataset, [self.week])

    @cached_property
    def improvement(self) -> Mapping[str, object] | None:
        """The newest measurement of treatment against control; None before the first."""
        if self.dataset.freshness("emv_improvement") is None:
            return None
        rows = self.dataset.query("newest_improvement").to_dict("records")
        return {str(name): value for name, value in rows[0].items()} if rows else None

    @cached_property
    def costs(self) -> Mapping[dt.date, float]:
        """The greatest cost of 24 hours, USD, that a health check saw on each LA date."""
        if self.dataset.freshness("system_health") is None:
            return {}
        since = la_date(self.now) - dt.timedelta(days=COST_DAYS)
        rows = self.dataset.query("daily_costs", since=since)
        return {row["check_date"]: float(row["cost_usd"]) for row in rows.to_dict("records")}
