"""One installation of EROS: its settings, its SQL, its warehouse, its business clock."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from eros_assets.calendar import la_date, la_instant, monday_after, today
from eros_assets.settings import REPOSITORY, Settings
from eros_assets.warehouse import open_warehouse
from eros_assets.warehouse.protocol import Warehouse
from eros_assets.warehouse.sql.library import SqlLibrary, load_library


@dataclass(frozen=True)
class Installation:
    """What every asset, check and command works with."""

    settings: Settings

    @cached_property
    def library(self) -> SqlLibrary:
        """The SQL of the repository, parsed once and cached in the installation's home."""
        return load_library(REPOSITORY / "sql", cache_dir=self.settings.library_cache)

    def warehouse(self, **labels: str) -> Warehouse:
        """A handle on the warehouse whose jobs carry these labels."""
        return open_warehouse(self.settings).labelled(**labels)

    def sql(self, name: str) -> str:
        """The text of a file of `sql/operations` or `sql/checks`, for `run` and `query`."""
        return self.library[name].text

    def planning_instant(self, warehouse: Warehouse) -> dt.datetime:
        """As of when weeks are planned: time enters every decision here.

        The first midnight (LA) of `EROS_TODAY` where that is set; else, where the inputs are made
        or imported, of the date after the newest message, so that an old history plans as it
        would have then, or of today where there is no message yet; else now.
        """
        if self.settings.today is not None:
            return la_instant(self.settings.today)
        if self.settings.inputs == "warehouse":
            return dt.datetime.now(dt.UTC)
        newest = warehouse.query(
            "SELECT MAX(m.sending_time) AS newest FROM `${dataset}.mass_messages` AS m"
        )["newest"].iloc[0]
        if newest is None or newest != newest:  # NULL comes as NaT
            return la_instant(today())
        return la_instant(la_date(newest.to_pydatetime()) + dt.timedelta(days=1))

    def default_week(self, warehouse: Warehouse) -> dt.date:
        """Monday of `EROS_WEEK`; else the Monday after the newest message, or after today."""
        if self.settings.week is not None:
            return self.settings.week
        planned = la_date(self.planning_instant(warehouse))
        if self.settings.inputs == "warehouse":
            return monday_after(planned)
        return monday_after(planned - dt.timedelta(days=1))

    def week_folder(self, week_start: dt.date) -> Path:
        """The folder that a week's exports go to."""
        return self.settings.out_dir / week_start.isoformat()
