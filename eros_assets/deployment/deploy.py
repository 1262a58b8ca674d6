"""Deploys step by step: back up, make every object, evaluate the gate, keep or restore.

Each step ends with a row of `deployments`; a deployment that was interrupted continues from the
last one when it is run again, or is undone when other code is deployed. Time enters as a parameter.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from eros_assets.dataset import Dataset
from eros_assets.deployment.archive import Archive
from eros_assets.deployment.record import DeployDecision, Entry, State, decide_deploy, next_entry
from eros_assets.errors import ErosError
from eros_assets.gate.findings import Finding
from eros_assets.publishing.realignment import Realigned
from eros_assets.tuning import CONFIGURATION_TABLES, configuration_tables
from eros_assets.warehouse.sql.objects import SqlObject


class DeployFailedError(ErosError):
    """An object could not be made, or the gate failed; the previous version is in force."""


@dataclass(frozen=True)
class Deploy:
    """A deployment of one installation; `archive` is where it is recorded.

    `log` takes a line of text. `inputs` are the tables that others load. `learn` fills the tables
    that the gate needs and a first deployment lacks. `realign` makes what people find that which is
    in force, after the previous version was restored.
    """

    archive: Archive
    log: Callable[[str], None]
    inputs: frozenset[str]
    learn: Callable[[], None] = lambda: None
    realign: Callable[[], Sequence[Realigned]] = tuple

    @property
    def dataset(self) -> Dataset:
        """The dataset that is deployed to."""
        return self.archive.dataset

    @property
    def objects(self) -> Sequence[SqlObject]:
        """The objects to deploy, in order: tables, then each after its dependencies."""
        return [o for o in self.dataset.library.deploy_order() if o.name not in self.inputs]

    def objects_match(self) -> bool:
        """Whether every object in the dataset is the one of `sql/`."""
        return not self.objects_that_differ()

    def objects_that_differ(self) -> list[str]:
        """The objects that are missing in the dataset, or are not those of `sql/`; kind and name.

        Of a table, only whether it exists.
        """
        warehouse = self.dataset.warehouse
        there = {d.name: d for d in warehouse.definitions()}

        def is_there(o: SqlObject) -> bool:
            if o.kind == "table":
                return warehouse.freshness(o.name) is not None
            return o.name in there and there[o.name].is_of(o)

        return [f"{o.kind.replace('_', ' ')} {o.name}" for o in self.objects if not is_there(o)]

    def back_up(self, code_fingerprint: str, *, now: dt.datetime, run_id: str) -> DeployDecision:
        """Decide what to do and save what is in force; the decision with its entry.

        Raises:
            UnfinishedRollbackError: a rollback must end first.
        """
        history = self.archive.history()
        decision = decide_deploy(history, code_fingerprint, objects_match=self.objects_match())
        if decision.action == "nothing":
            return decision
        self.archive.open()
        entry = decision.entry
        if decision.undo is not None:
            self.log(
                f"{decision.undo.deployment_id} was interrupted: its previous state is restored"
            )
            self.put_back(
                decision.undo, "undone", "it was interrupted; other code was deployed", now=now
            )
        if entry is None:
            entry = self.archive.begun(
                next_entry(
                    self.archive.history(),
                    "deploy",
                    code_fingerprint=code_fingerprint,
                    now=now,
                    run_id=run_id,
                )
            )
        if entry.state == "started":
            self.archive.keep(entry.before, entry.tables)
            entry = self._at(entry, "backed_up")
        return replace(decision, entry=entry)

    def make(self, entry: Entry, *, now: dt.datetime) -> Entry:
        """Make every object, then load the configuration.

        Raises:
            DeployFailedError: one could not be made; the previous definitions were restored.
        """
        warehouse = self.dataset.warehouse
        try:
            for sql_object in self.objects:
                warehouse.deploy(sql_object)
            tables = configuration_tables(self.dataset.settings, self.dataset.library)
            for name, frame in tables.items():
                warehouse.load(name, frame)
            self.learn()
        except ErosError as error:
            self.put_back(entry, "failed", str(error), now=now)
            raise DeployFailedError(
                f"{entry.deployment_id} failed; what was in force before is in force again.\n"
                f"{error}"
            ) from error
        return self._at(entry, "deployed")

    def conclude(self, entry: Entry, findings: Sequence[Finding], *, now: dt.datetime) -> Entry:
        """Keep the version if every finding passed, else restore the previous one.

        Raises:
            DeployFailedError: a condition does not hold; names each.
        """
        failed = [finding.sentence for finding in findings if not finding.passed]
        if failed:
            self.put_back(entry, "gate_failed", "\n".join(failed), now=now)
            raise DeployFailedError(
                f"{entry.deployment_id}: {len(failed)} of {len(findings)} conditions of the gate "
                "don't hold; what was in force before is in force again.\n"
                + "\n".join(f"  {sentence}" for sentence in failed)
            )
        entry = self.archive.write(replace(entry, passed_tables=self.archive.present()))
        self.archive.keep(entry.passed, entry.passed_tables)
        return self.archive.write(replace(entry, state="succeeded", finished_at=now))

    def put_back(self, entry: Entry, state: State, why: str, *, now: dt.datetime) -> Entry:
        """Restore the definitions and the configuration that an entry found, then realign.

        Objects that it created stay: nothing is dropped. The rows of all other tables stay too: a
        deployment does not change them.
        """
        warehouse = self.dataset.warehouse
        if entry.state != "started":
            definitions = self.archive.definitions(entry.before)
            if definitions:
                warehouse.define(definitions)
            configuration = [name for name in CONFIGURATION_TABLES if name in entry.tables]
            if configuration:
                warehouse.restore(entry.before, configuration)
            why = "\n".join(
                [why, *(r.sentence for r in self.realign() if r.result != "as in force")]
            )
        return self.archive.write(replace(entry, state=state, detail=why, finished_at=now))

    def _at(self, entry: Entry, state: State) -> Entry:
        return self.archive.write(replace(entry, state=state))
