"""Compares policies on the same simulated agencies, one agency per seed."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from eros_assets.atomic_write import atomic_write
from eros_assets.calendar import la_date, monday_after
from eros_assets.dataset import Dataset
from eros_assets.demo.agency import agency_of_shape
from eros_assets.demo.roster import SIZES, AgencySize, scaled_size
from eros_assets.demo.truth import Truth
from eros_assets.simulation.answers import price_list
from eros_assets.simulation.catalogue import Tables
from eros_assets.simulation.columns import rows_of
from eros_assets.simulation.fast import FastLine
from eros_assets.simulation.graph import GraphLine, RunGraph
from eros_assets.simulation.policies import policy_named
from eros_assets.simulation.season import Season, WeekPlanner, play
from eros_assets.tuning import Knobs, configuration_tables

LEARNING_ROUTINES = (
    *("update_caption_performance", "select_captions_for_creator", "caption_offers"),
    *("caption_trials", "borrowed_caption_priors", "wilson_sample", "caption_first_rates"),
)
"""What a season depends on beside the tuning: a change of one begins new records."""

Agencies = Callable[[int], tuple[Tables, Truth]]


@dataclass(frozen=True)
class Player:
    """A policy under a name, with its own tuning and its way to plan.

    `knobs` replace those of the tuning. Only EROS's own policy can go through the graph, and only
    with the tuning as it is.
    """

    name: str
    policy: str
    knobs: Mapping[str, float] = field(default_factory=dict[str, float])
    through_graph: bool = False


NO_CONTROL: Mapping[str, float] = {"control_share": 0.0}
BY_MONEY: Mapping[str, float] = {
    **NO_CONTROL,
    "offer_money_exponent": 1.0,
    "diversity_weight": 0.0,
}
"""Captions go where they earn most, and their variety counts for nothing: how an oracle plays."""


def players_named(names: Sequence[str], *, through_graph: bool) -> list[Player]:
    """Players of these policies: EROS as it is deployed, the others without a control arm."""
    return [
        Player(name, name, through_graph=through_graph)
        if name == "eros"
        else Player(name, name, BY_MONEY if name == "oracle" else NO_CONTROL)
        for name in names
    ]


def agency_size(creators: int) -> AgencySize:
    """The sample agency with as many creators, else one of the same kind."""
    for shape in SIZES.values():
        if len(shape.creators) == creators:
            return shape
    return scaled_size(creators)


@dataclass(frozen=True, eq=False)
class Study:
    """The setup: `agencies` returns the tables and the truth of a seed.

    `label` names the agencies and all that they were made with, for the folder of records.
    `run_graph` runs the asset graph, for players that go through it.
    """

    dataset: Dataset
    agencies: Agencies
    label: Mapping[str, Any]
    first_week: dt.date
    weeks: int
    seeds: Sequence[int]
    players: Sequence[Player]
    records: Path | None = None
    run_graph: RunGraph | None = None

    def run(self, progress: Callable[[str], None] = lambda _: None) -> pd.DataFrame:
        """Rows of `play` with the columns policy and seed; `progress` is told of each week."""
        tuning = configuration_tables(self.dataset.settings, self.dataset.library)
        found: list[pd.DataFrame] = []
        for seed in self.seeds:
            tables, truth = self.agencies(seed)
            season = Season(tables, truth, price_list(tables), self.first_week, self.weeks, seed)
            for player in self.players:
                knobs = Knobs({**rows_of(tuning["tuning"])[0], **player.knobs})
                folder = self._folder(player, seed, knobs, tuning)
                result = play(
                    season,
                    self._line(player, season, tuning, knobs, folder),
                    folder,
                    lambda player=player, seed=seed: progress(f"{player.name}, seed {seed}"),
                )
                found.append(result.assign(policy=player.name, seed=seed))
        return pd.concat(found, ignore_index=True)

    def _line(
        self, player: Player, season: Season, tuning: Tables, knobs: Knobs, folder: Path | None
    ) -> WeekPlanner:
        settings = self.dataset.settings
        if player.through_graph and folder is not None and self.run_graph is not None:
            return GraphLine(
                folder / "installation",
                season.tables,
                settings.seed,
                settings.tuning_dir,
                self.run_graph,
            )
        policy = policy_named(player.policy, season.truth)
        return FastLine(season.tables, tuning, knobs, policy, settings.seed)

    def _folder(self, player: Player, seed: int, knobs: Knobs, tuning: Tables) -> Path | None:
        """Where the weeks of this player and seed are kept: another one for any other input."""
        if self.records is None:
            return None
        description = {
            **self.label,
            "first_week": self.first_week.isoformat(),
            "policy": player.policy,
            "knobs": dict(knobs),
            "tables": {
                name: hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()
                for name, table in tuning.items()
                if name != "tuning"
            },
            "draw_seed": self.dataset.settings.seed,
            "routines": [self.dataset.library[name].fingerprint for name in LEARNING_ROUTINES],
            "through_graph": player.through_graph,
        }
        text = json.dumps(description, sort_keys=True, default=str, indent=1)
        key = hashlib.sha256(text.encode()).hexdigest()[:10]
        folder = self.records / f"{player.policy}-{key}"
        atomic_write(folder / "played.json", text.encode())
        return folder / f"seed-{seed}"


def imported_agency(dataset: Dataset) -> tuple[Agencies, dt.date, Mapping[str, Any]]:
    """The agency of `EROS_IMPORT_DIR`, the week after its newest message, and its label.

    The tables are the same for every seed; the truth that they could have come from is another.

    Raises:
        InputFileError: what is wrong with the files.
    """
    from eros_assets.importing.inputs import read_inputs
    from eros_assets.simulation.imported import imported_truth

    folder = dataset.settings.import_dir
    assert folder is not None
    inputs = read_inputs(folder)
    tuning = configuration_tables(dataset.settings, dataset.library)
    tables: Tables = {str(name): frame for name, frame in inputs.tables.items()}
    newest = tables["mass_messages"]["sending_time"].max()

    def agency(seed: int) -> tuple[Tables, Truth]:
        return tables, imported_truth(tables, tuning, seed)

    label = {"imported": str(folder), "contents": inputs.fingerprint}
    return agency, dataset.settings.week or monday_after(la_date(newest)), label


def sample_agencies(size: AgencySize, first_week: dt.date, **audiences: Any) -> Agencies:
    """Sample agencies whose history ends on the day before `first_week`, one for each seed.

    `audiences` go to `agency_of_shape`: how they tire (`response`), drift (`taste`), differ from
    the usual (`world`), and what words sell (`text_effect`).
    """

    def agency(seed: int) -> tuple[Tables, Truth]:
        made = agency_of_shape(size, seed, first_week - dt.timedelta(days=1), **audiences)
        return made.tables, made.truth

    return agency
