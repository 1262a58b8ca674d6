"""Stores the history of deployments and their saved states in the warehouse."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from eros_assets.dataset import Dataset
from eros_assets.deployment.record import Entry
from eros_assets.warehouse.protocol import Definition
from eros_assets.warehouse.sql.objects import SqlObject

RECORDS = frozenset(
    {
        *("deployments", "deployment_definitions", "system_health", "schedule_export_log"),
        *("schedule_review", "quarantined_reviews", "gate_verdicts", "sheet_decisions"),
        "message_replacements",
        *("caption_terms", "added_captions"),
    }
)
"""Tables that tell what happened. No rollback touches them: it would erase its own record, the
health that led to it, what people were handed, on which verdict, and what they decided."""

ARCHIVE = ("deployments", "deployment_definitions")


class Archive:
    """The records of one installation, read and written through a handle."""

    def __init__(self, dataset: Dataset, inputs: Iterable[str]) -> None:
        """`inputs` are the tables that others load."""
        self.dataset = dataset
        self._inputs = frozenset(inputs)

    @property
    def owned(self) -> Sequence[SqlObject]:
        """The tables that EROS makes and a deployment backs up: all except inputs and records."""
        spared = self._inputs | RECORDS
        return [t for t in self.dataset.library.of_kind("table") if t.name not in spared]

    def history(self) -> list[Entry]:
        """Every entry, in order; none before the first deployment."""
        if self.dataset.freshness("deployments") is None:
            return []
        rows = self.dataset.query("deployment_history")
        return [_entry(row) for row in rows.to_dict("records")]

    def open(self) -> None:
        """Create the archive's own tables; safe to repeat."""
        for name in ARCHIVE:
            self.dataset.warehouse.deploy(self.dataset.library[name])

    def write(self, entry: Entry) -> Entry:
        """Write an entry, replacing the one with its id."""
        import pandas as pd

        row = {field.name: getattr(entry, field.name) for field in fields(entry)}
        row |= {name: list(row[name]) for name in ("tables", "passed_tables", "schedules")}
        self.dataset.load(
            "deployments",
            pd.DataFrame([row]),
            replacing={"deployment_id": entry.deployment_id},
        )
        return entry

    def keep(self, point_id: str, tables: Sequence[str]) -> None:
        """Save tables and all definitions as they are now.

        Tables that an interrupted call saved stay as it saved them. Definitions are written after
        the tables, so that a point with definitions is complete.
        """
        import pandas as pd

        if tables:
            days = self.dataset.settings.backup_days
            self.dataset.warehouse.snapshot(point_id, tables, keep_days=days)
        definitions = self.dataset.warehouse.definitions()
        columns = ["point_id", "object_name", "kind", "definition", "fingerprint"]
        rows = [(point_id, d.name, d.kind, d.text, d.fingerprint) for d in definitions]
        self.dataset.load(
            "deployment_definitions",
            pd.DataFrame(rows, columns=columns).astype("string"),
            replacing={"point_id": point_id},
        )

    def definitions(self, point_id: str) -> list[Definition]:
        """The definitions of a saved state, by name."""
        rows = self.dataset.query("kept_definitions", point_id=point_id)
        return [
            Definition(row["object_name"], row["kind"], row["definition"], row["fingerprint"] or "")
            for row in rows.to_dict("records")
        ]

    def present(self) -> tuple[str, ...]:
        """The owned tables that exist, by name."""
        return tuple(
            table.name for table in self.owned if self.dataset.freshness(table.name) is not None
        )

    def begun(self, entry: Entry) -> Entry:
        """Write a new entry, with the tables to save and the time until which they are kept."""
        until = entry.started_at + dt.timedelta(days=self.dataset.settings.backup_days)
        return self.write(replace(entry, tables=self.present(), kept_until=until))

    def schedules_in_force(self) -> tuple[str, ...]:
        """The active schedules of all weeks; none where the table doesn't exist."""
        if self.dataset.freshness("schedule_recommendations") is None:
            return ()
        rows = self.dataset.query("schedules_in_force")
        return tuple(rows["schedule_id"])


def _entry(row: dict[Any, Any]) -> Entry:
    return Entry(
        deployment_id=row["deployment_id"],
        number=int(row["number"]),
        kind=row["kind"],
        state=row["state"],
        code_fingerprint=row["code_fingerprint"] or "",
        previous_id=row["previous_id"],
        in_force_id=row["in_force_id"],
        started_at=row["started_at"].to_pydatetime(),
        run_id=row["run_id"],
        tables=tuple(row["tables"]),
        passed_tables=tuple(row["passed_tables"]),
        schedules=tuple(row["schedules"]),
        kept_until=_instant(row["kept_until"]),
        point_id=row["point_id"],
        detail=row["detail"],
        finished_at=_instant(row["finished_at"]),
    )


def _instant(value: Any) -> dt.datetime | None:
    import pandas as pd

    return None if pd.isna(value) else value.to_pydatetime()
