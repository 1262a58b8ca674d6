"""The dataset that everything works on: a warehouse, the SQL of `sql/`, and the business clock."""

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from eros_assets.cached_reads import cached_read, hashable
from eros_assets.calendar import la_date, la_instant, monday_after, today
from eros_assets.errors import ErosError
from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse import open_warehouse
from eros_assets.warehouse.protocol import (
    CallResult,
    Freshness,
    Job,
    Parameters,
    Typed,
    Value,
    Warehouse,
)
from eros_assets.warehouse.rows import (
    COUNT,
    first_rows_statement,
    frame_without_rows,
    others_rows_statement,
    rows_statement,
)
from eros_assets.warehouse.sql.library import SqlLibrary, load_library
from eros_assets.warehouse.sql.lineage import column_lineage
from eros_assets.warehouse.sql.objects import Lineage
from eros_assets.warehouse.sql.rehearsal import rehearsal_script

if TYPE_CHECKING:
    from collections.abc import Generator

    import pandas as pd


class StatementError(ErosError):
    """Parameters that a file of `sql/` does not take, or lacks."""


FIRST_ROWS = 10
"""Rows of a table that people are shown."""


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The first rows of a table, and the number of all of them."""

    rows: "pd.DataFrame"
    count: int


@cache
def sql_library() -> SqlLibrary:
    """The repository's `sql/`, parsed once in a process and cached in the home of EROS."""
    return load_library(cache_dir=load_settings().library_cache)


@cache
def sql_lineage() -> Mapping[str, Mapping[str, Lineage]]:
    """Where the columns that `sql/` makes come from, see `column_lineage`; kept as the library."""
    return column_lineage(sql_library(), load_settings().library_cache)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A handle on one installation's dataset; `labelled` gives one whose jobs carry labels.

    `query` and `run` take the name of a file in `sql/operations` or `sql/checks` and bind its
    parameters by the types that its header declares. For other SQL there is `warehouse`.
    """

    settings: Settings
    warehouse: Warehouse
    library: SqlLibrary

    def labelled(self, **labels: str) -> "Dataset":
        """A handle on the same dataset whose jobs carry these labels, with a ledger of its own."""
        return replace(self, warehouse=self.warehouse.labelled(**labels))

    @property
    def ledger(self) -> Sequence[Job]:
        """The jobs run through this handle, oldest first."""
        return self.warehouse.ledger

    def query(self, name: str, /, **parameters: Value) -> "pd.DataFrame":
        """The rows of a file of `sql/operations` or `sql/checks`.

        Raises:
            StatementError: parameters that the file does not take, or lacks.
        """
        return self.warehouse.query(self.library[name].text, self._bound(name, parameters))

    def cached_query(self, name: str, /, **parameters: Value) -> "pd.DataFrame":
        """The same for what several steps of a run ask: read again only if a table has changed.

        Raises:
            StatementError: parameters that the file does not take, or lacks.
        """
        text, bound = self.library[name].text, self._bound(name, parameters)
        return self._cached(name, text, bound)

    def cached_rows(self, table: str, /, **equal: Value) -> "pd.DataFrame":
        """The rows of a table that EROS writes, as `rows` has them and `cached_query` keeps them.

        Raises:
            StatementError: `sql/` has no table of that name, or it no such column.
        """
        typed = self._typed(table, equal)
        if self.is_empty(table):
            return frame_without_rows(self.library[table].columns)
        return self._cached(table, rows_statement(table, list(typed)), typed)

    def _cached(self, name: str, text: str, parameters: Mapping[str, Typed]) -> "pd.DataFrame":
        question = (text, hashable(parameters))
        return self._kept(name, question, lambda: self.warehouse.query(text, parameters))

    def _kept(
        self, name: str, question: Hashable, read: "Callable[[], pd.DataFrame]"
    ) -> "pd.DataFrame":
        """What `read` answers, see `cached_read`, as long as no table changes below `name`."""
        reached = self.library.reached_from(name)
        tables = sorted(each for each in reached if self.library[each].kind == "table")
        settings = self.settings
        return cached_read(
            (settings.home, settings.dataset_name, name, question),
            lambda: self.freshness_of(tables),
            read,
        )

    def rows(self, table: str, /, **equal: Value) -> "pd.DataFrame":
        """The rows of a table or view, all or those whose columns equal the values given.

        Raises:
            StatementError: `sql/` has no table or view of that name, or it no such column.
        """
        typed = self._typed(table, equal)
        return self.warehouse.query(rows_statement(table, list(typed)), typed)

    def rows_of_others(self, table: str) -> "pd.DataFrame":
        """The rows of a table that others made: `table`, or with its dataset, or project, before.

        Raises:
            WarehouseError: it can't be read.
        """
        return self.warehouse.query(others_rows_statement(table, self.settings.dataset_name))

    def first_rows(self, table: str, order: Sequence[str], /, **equal: Value) -> "FirstRows":
        """The first rows of a table or view in an order, and the number of all, in one job.

        Args:
            table: the table or view.
            order: columns, each with or without DESC.
            equal: what columns of the rows equal; all rows without any.

        Raises:
            StatementError: `sql/` has no table or view of that name, or it no such column.
        """
        typed = self._typed(table, equal)
        statement = first_rows_statement(table, list(typed), order, FIRST_ROWS)
        found = self.warehouse.query(statement, typed)
        count = int(found[COUNT].iloc[0]) if len(found) else 0
        return FirstRows(found.drop(columns=COUNT), count)

    def _typed(self, table: str, equal: Mapping[str, Value]) -> Mapping[str, Typed]:
        there = self.library.get(table)
        columns = {c.name: c.type for c in there.columns} if there else {}
        if unknown := sorted(equal.keys() - columns.keys()) or ([] if columns else [table]):
            raise StatementError(f"{table}: sql/ has no {', '.join(unknown)}")
        return {name: Typed(value, columns[name]) for name, value in equal.items()}

    def run(self, name: str, /, **parameters: Value) -> Job:
        """Run a file of `sql/operations`.

        Raises:
            StatementError: parameters that the file does not take, or lacks.
        """
        return self.warehouse.run(self.library[name].text, self._bound(name, parameters))

    def call(self, procedure: str, /, **arguments: Value) -> CallResult:
        """Call a procedure by name; `arguments` are its IN parameters, None for NULL."""
        return self.warehouse.call(procedure, arguments)

    def rehearse(
        self,
        procedure: str,
        arguments: Parameters,
        *,
        writing: Collection[str],
        then: str | None = None,
    ) -> "pd.DataFrame":
        """The rows that a procedure would give; what it would write into `writing` is not kept.

        With `then`, the rows of that file of `sql/operations`, which looks at what was written; its
        parameters are those of the procedure.
        """
        found = self.library[procedure]
        last = self.library[then] if then else None
        script = rehearsal_script(self.library, found, writing, last)
        return self.warehouse.rehearse(found, script, arguments)

    def load(
        self,
        table: str,
        data: "pd.DataFrame | Path",
        *,
        replacing: Parameters | None = None,
    ) -> Job:
        """Replace rows of a table: all, or those that equal `replacing`, see `Warehouse.load`."""
        return self.warehouse.load(table, data, replacing=replacing)

    def add(self, table: str, data: "pd.DataFrame") -> Job:
        """Add rows to a table, see `Warehouse.add`."""
        return self.warehouse.add(table, data)

    def freshness(self, table: str) -> Freshness | None:
        """When a table last changed and how many rows it has; None when it does not exist."""
        return self.warehouse.freshness(table)

    def freshness_of(self, tables: Sequence[str]) -> Sequence[Freshness | None]:
        """The same of several tables, in their order, asked together."""
        return self.warehouse.freshness_of(tables)

    def is_empty(self, table: str) -> bool:
        """Whether a table that EROS writes is there without a row; no job is run to know."""
        found = self.freshness(table)
        return found is not None and found.row_count == 0

    def data_versions(self, *names: str) -> Mapping[str, str] | None:
        """The versions of files of `sql/` and of all that they read and write, below views too.

        See `Warehouse.data_versions`; None where they can't be known.
        """
        reached = sorted(self.library.reached_from(*names))
        deployed = [n for n in reached if self.library[n].kind not in ("operation", "check")]
        return self.warehouse.data_versions(deployed)

    def planning_instant(self) -> dt.datetime:
        """The instant as of which weeks are planned; the only way time enters a decision.

        The first midnight (LA) of `EROS_TODAY` where that is set. Otherwise, where the inputs are
        made or imported, that of the date after the newest message, so that an old history is
        planned as it would have been then, or of today where there is no message. Messages dated
        after today do not count: one wrong date must not move every page's week. Otherwise now.
        A run asks for the newest message once, unless messages come in meanwhile.
        """
        if self.settings.today is not None:
            return la_instant(self.settings.today)
        if self.settings.inputs == "warehouse":
            return dt.datetime.now(dt.UTC)
        newest = self._newest_message(dt.datetime.now(dt.UTC))
        if newest is None or newest != newest:  # NULL comes as NaT
            return la_instant(today())
        return la_instant(la_date(newest.to_pydatetime()) + dt.timedelta(days=1))

    def _newest_message(self, now: dt.datetime) -> "pd.Timestamp | None":
        found = self._kept("newest_message", (), lambda: self.query("newest_message", until=now))
        return found["newest"].iloc[0]

    def default_week(self) -> dt.date:
        """Monday of `EROS_WEEK`; else of the coming week."""
        return self.settings.week or self.coming_week()

    def coming_week(self) -> dt.date:
        """The Monday after the newest message, or after today."""
        planned = la_date(self.planning_instant())
        if self.settings.inputs == "warehouse":
            return monday_after(planned)
        return monday_after(planned - dt.timedelta(days=1))

    def week_folder(self, week_start: dt.date) -> Path:
        """The folder that a week's exports go to."""
        return self.settings.out_dir / week_start.isoformat()

    def _bound(self, name: str, parameters: Mapping[str, Value]) -> Mapping[str, Typed]:
        declared = {p.name: p.type for p in self.library[name].parameters}
        if declared.keys() != parameters.keys():
            raise StatementError(
                f"{self.library[name].path.name} takes {', '.join(declared) or 'no parameters'}; "
                f"it was given {', '.join(parameters) or 'none'}"
            )
        return {key: Typed(value, declared[key]) for key, value in parameters.items()}


def open_dataset(settings: Settings, **labels: str) -> Dataset:
    """A handle on the dataset of an installation; nothing is opened before it is used."""
    library = sql_library()
    return Dataset(settings, open_warehouse(settings, library).labelled(**labels), library)


@contextmanager
def scratch_dataset(settings: Settings, objects: Sequence[str]) -> "Generator[Dataset]":
    """A dataset on this machine with these tables and views of `sql/`, removed at the end."""
    with TemporaryDirectory(prefix="eros-") as folder:
        # Embedded, also where the settings are those of production.
        elsewhere = settings.model_copy(update={"home": Path(folder), "env": "local"})
        dataset = open_dataset(elsewhere, asset="scratch")
        for name in objects:
            dataset.warehouse.deploy(dataset.library[name])
        yield dataset
