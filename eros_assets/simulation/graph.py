"""Plans weeks with the asset graph itself, in an installation of its own."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from eros_assets.dataset import open_dataset
from eros_assets.settings import Settings, load_settings
from eros_assets.simulation.catalogue import Tables

RunGraph = Callable[[Settings, dt.date | None], None]
"""Runs the asset graph: the assets that decide a week, or, without a week, the set-up."""

MESSAGES = """
    SELECT schedule_id, page_name, message_number, scheduled_send_time AS sending_time,
      message_type, caption_id, price_tier, arm
    FROM `${dataset}.schedule_recommendations`
    WHERE week_start = @week_start AND is_active
    ORDER BY page_name, message_number
"""


class GraphLine:
    """The weekly line through Dagster and the embedded warehouse, for EROS's own policy.

    Everything lies in `folder`: the warehouse, and the inputs as files that it imports.
    """

    def __init__(
        self,
        folder: Path,
        tables: Tables,
        seed: str,
        tuning_dir: Path | None,
        run_graph: RunGraph,
    ) -> None:
        """Set the installation up, unless the folder holds one already."""
        self._folder = folder
        self._history = [tables["mass_messages"]]
        self._loaded = 0
        self._seed = seed
        self._tuning_dir = tuning_dir
        self._run_graph = run_graph
        inputs = folder / "inputs"
        if not (folder / "ready").exists():
            inputs.mkdir(parents=True, exist_ok=True)
            for name, frame in tables.items():
                frame.to_parquet(inputs / f"{name}.parquet", index=False)
            run_graph(self._settings(None), None)
            (folder / "ready").touch()

    def plan(self, week_start: dt.date) -> pd.DataFrame:
        """Run the deciding assets of the week as of its first midnight."""
        dataset = open_dataset(self._settings(week_start), asset="simulation")
        if self._loaded < len(self._history):
            dataset.load("mass_messages", pd.concat(self._history, ignore_index=True))
            self._loaded = len(self._history)
        self._run_graph(dataset.settings, week_start)
        return dataset.warehouse.query(MESSAGES, {"week_start": week_start})

    def append(self, messages: pd.DataFrame) -> None:
        """Remember the messages; they are loaded before the next week is planned."""
        shared = [column for column in self._history[0].columns if column in messages]
        self._history.append(messages[shared])

    def _settings(self, today: dt.date | None) -> Settings:
        return load_settings(
            {
                "env": "local",
                "home": self._folder / "home",
                "out_dir": self._folder / "out",
                "import_dir": self._folder / "inputs",
                "tuning_dir": self._tuning_dir,
                "seed": self._seed,
                "today": today,
                "week": None,
                "pages": (),
            }
        )
