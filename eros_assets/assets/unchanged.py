"""Results that still stand: what they were made from is as it was, so the step need not run again.

A step that learns takes seconds, and a week is often planned more than once from the same history:
again after a correction, page by page, or on another day. What the result was made from is its data
version in Dagster: the code, the parameters, and the versions of everything that the SQL of the
step reads and writes. A table that was changed by hand, a routine deployed anew or a rollback gives
another version. Where Dagster has no record of the result, or versions can't be known, the step
runs.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import dagster as dg

from eros_assets.dataset import Dataset
from eros_assets.deployment.manifest import code_fingerprint

VERSION_TAG = "dagster/data_version"
UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Standing:
    """Results that need not be made again: what Dagster shows of each table, and their version."""

    data_version: dg.DataVersion
    shown: Mapping[str, Mapping[str, Any]]

    def results(self, more: Mapping[str, Any]) -> Iterator[dg.MaterializeResult[Any]]:
        """One result for each table, as it is known, with `more` that is new of this run."""
        for table, shown in self.shown.items():
            yield dg.MaterializeResult(
                asset_key=table, metadata={**shown, **more}, data_version=self.data_version
            )


@dataclass(frozen=True, slots=True)
class _Result:
    """A result that Dagster knows: its run, when, its data version, and what is shown of it."""

    run_id: str
    at: dt.datetime
    version: str
    shown: Mapping[str, Any]


class MadeFrom:
    """What the tables of a step are made from, as it is before the step runs.

    Args:
        context: of the step.
        dataset: that it works on.
        file: of `sql/`, which makes the tables or reads what they are made from.
        tables: the assets that the step makes.
        parameters: what else decides their rows.
    """

    def __init__(
        self,
        context: dg.AssetExecutionContext,
        dataset: Dataset,
        file: str,
        tables: Sequence[str],
        **parameters: object,
    ) -> None:
        self._instance = context.instance
        self._dataset = dataset
        self._file = file
        self._tables = tables
        self._parameters = {name: str(value) for name, value in parameters.items()}
        self._before = self._versions()

    def standing(self) -> "Standing | None":
        """The newest results, where all were made from the same."""
        if self._before is None:
            return None
        version = self._version(self._before)
        found: dict[str, Mapping[str, Any]] = {}
        for table in self._tables:
            newest = self._newest.get(table)
            if newest is None or newest.version != version.value:
                return None
            since = (
                f"as run {newest.run_id[:8]} made it at {newest.at:%Y-%m-%d %H:%M} UTC; nothing "
                "that it is made from has changed since"
            )
            found[table] = {UNCHANGED: since, **newest.shown}
        return Standing(version, found)

    def are_others(self) -> bool:
        """Whether the tables are known to be others than the step left: by hand, or a rollback."""
        if self._before is None:
            return False
        present = _own_part(self._version(self._before).value)
        left = {_own_part(newest.version) for newest in self._newest.values()}
        return bool(left - {"", present})

    def version(self) -> dg.DataVersion | None:
        """The version of what the step has made; None where something changed under it."""
        after = self._versions()
        if self._before is None or after is None:
            return None
        changed = {name for name in after if after[name] != self._before.get(name)}
        return self._version(after) if changed <= set(self._tables) else None

    @cached_property
    def _newest(self) -> Mapping[str, "_Result"]:
        """The newest result of each table that Dagster knows one of."""
        found: dict[str, _Result] = {}
        for table in self._tables:
            event = self._instance.get_latest_materialization_event(dg.AssetKey(table))
            if event is not None and (made := event.asset_materialization) is not None:
                at = dt.datetime.fromtimestamp(event.timestamp, dt.UTC)
                version = (made.tags or {}).get(VERSION_TAG, "")
                found[table] = _Result(event.run_id, at, version, made.metadata)
        return found

    def _versions(self) -> Mapping[str, str] | None:
        return self._dataset.data_versions(self._file, *self._tables)

    def _version(self, versions: Mapping[str, str]) -> dg.DataVersion:
        """That of all, and after a point that of the step's own tables alone."""
        dataset = self._dataset.settings.dataset_name
        made_from = [dataset, _code(), sorted(self._parameters.items()), sorted(versions.items())]
        own = [dataset, sorted((name, versions[name]) for name in self._tables)]
        return dg.DataVersion(f"{_digest(made_from)}.{_digest(own)}")


def _own_part(version: str) -> str:
    """Of a version as `MadeFrom` makes it, that of the step's own tables; of others, nothing."""
    return version.partition(".")[2]


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]


@cache
def _code() -> str:
    return code_fingerprint()
