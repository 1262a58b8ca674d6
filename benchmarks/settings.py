"""What the settings of the learning earn over half a year, one turned at a time.

`python -m benchmarks.settings` plays sample agencies on the fast path, and the agency of
`EROS_IMPORT_DIR` where that is set; `python -m benchmarks.settings forgetting` plays one group.
Forgetting and resting are tried in three worlds: audiences that never change, those of the sample
agency, and fickle ones, whose tastes turn over in a month and whom a caption tires twice as much. A
season that is broken off goes on where it stopped.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.policies import CREATORS, FIRST_WEEK, NO_CONTROL, SEEDS, WEEKS
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.demo.population import TASTE, Mood
from eros_assets.demo.truth import Response
from eros_assets.settings import load_settings
from eros_assets.simulation.report import ORACLE, half_width, oracle_shares
from eros_assets.simulation.study import (
    Agencies,
    Player,
    Study,
    agency_size,
    imported_agency,
    sample_agencies,
)

AS_SHIPPED = "as shipped"
GROUPS: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "sharpening": {
        "sharpening 1": {"posterior_sharpening": 1},
        "sharpening 2": {"posterior_sharpening": 2},
        "sharpening 8": {"posterior_sharpening": 8},
        "sharpening 16": {"posterior_sharpening": 16},
    },
    "pooling": {
        "pages learn apart": {"borrowing_weight": 0},
        "priors by message type": {"prior_min_captions": 100_000},
        "a prior worth two trials": {"prior_min_strength": 2, "prior_max_strength": 2},
        "trials undivided": {"dispersion_min_degrees": 100_000},
        "no diversity": {"diversity_weight": 0},
    },
    "forgetting": {
        "half-life 52 weeks": {"stats_half_life_days": 364},
        "half-life 26 weeks": {"stats_half_life_days": 182},
        "half-life 13 weeks": {"stats_half_life_days": 91},
        "window 52 weeks": {"stats_lookback_days": 364},
        "window 26 weeks": {"stats_lookback_days": 182},
    },
    "resting": {
        "rest of 2 weeks": {"rest_days": 14},
        "rest of 4 weeks": {"rest_days": 28},
        "rest of 8 weeks": {"rest_days": 56},
    },
}
OF_AUDIENCES = ("forgetting", "resting")
"""Groups that are played in every world."""

AUDIENCES: Mapping[str, tuple[Mood, Response]] = {
    "audiences as sampled": (TASTE, Response()),
    "steady audiences": (Mood(0.0, 0.0), Response(wear_effect=0.0)),
    "fickle audiences": (Mood(0.5, 0.85), Response(wear_effect=0.7)),
}
COLOURS = ("#0b5394", "#009e73", "#d55e00")


@dataclass(frozen=True)
class World:
    """Agencies, one for each seed, and how their records are labelled."""

    name: str
    agencies: Agencies
    first_week: dt.date
    label: Mapping[str, Any]


def measure() -> Iterator[str]:
    """Half a year of every group, five seeds."""
    yield from _measure(tuple(GROUPS), WEEKS, CREATORS, range(1, 1 + SEEDS), None, None)


def _measure(
    groups: Sequence[str],
    weeks: int,
    creators: int,
    seeds: Sequence[int],
    records: Path | None,
    plot: Path | None,
) -> Iterator[str]:
    dataset = open_dataset(load_settings())
    for group in groups:
        knobs = {AS_SHIPPED: {}, **GROUPS[group]}
        players = [Player(name, "eros", changed) for name, changed in knobs.items()]
        players.append(Player(ORACLE, ORACLE, NO_CONTROL))
        shares: dict[str, pd.DataFrame] = {}
        for world in _worlds(dataset, group, creators):
            study = Study(
                *(dataset, world.agencies, world.label, world.first_week, weeks, seeds, players),
                records,
            )
            shares[world.name] = _shares(study.run())
            yield f"{group}: {world.name}, {weeks} weeks, {len(seeds)} seeds"
            yield from _lines(shares[world.name])
        if plot:
            path = plot / f"{group}.png"
            _picture(shares).savefig(path, dpi=110)
            yield f"picture: {path}"


def _worlds(dataset: Dataset, group: str, creators: int) -> Iterator[World]:
    if dataset.settings.inputs == "files":
        agencies, first_week, label = imported_agency(dataset)
        yield World("the imported agency", agencies, first_week, label)
        return
    for name, (taste, response) in AUDIENCES.items():
        label = {"creators": creators}
        as_sampled = name == next(iter(AUDIENCES))
        if not as_sampled:
            label |= {"taste": str(taste), "response": str(response)}
        if as_sampled or group in OF_AUDIENCES:
            size = agency_size(creators)
            agencies = sample_agencies(size, FIRST_WEEK, taste=taste, response=response)
            yield World(name, agencies, FIRST_WEEK, label)


def _shares(results: pd.DataFrame) -> pd.DataFrame:
    """Expected EMV over the oracle's, %: a row per setting, a column per seed."""
    return 100 * oracle_shares(results)


def _lines(shares: pd.DataFrame) -> Iterator[str]:
    """Each setting's share, and its difference to the shipped one's, seed by seed."""
    shipped = shares.loc[AS_SHIPPED].to_numpy()
    for name in sorted(shares.index, key=lambda name: -shares.loc[name].mean()):
        values = shares.loc[name].to_numpy()
        line = f"  {name:<26}{values.mean():5.1f} ± {half_width(values):3.1f} % of the oracle's EMV"
        if name != AS_SHIPPED:
            more = values - shipped
            line += f", {more.mean():+5.1f} ± {half_width(more):3.1f}"
        yield line


def _picture(shares: Mapping[str, pd.DataFrame]) -> Figure:
    """Share of the oracle's EMV by setting, a colour for each world, with 95 % intervals."""
    figure = Figure(figsize=(7.6, 3.6), layout="constrained")
    axes = figure.subplots()
    names: list[str] = []
    for place, ((world, table), colour) in enumerate(zip(shares.items(), COLOURS, strict=False)):
        names, values = list(table.index), table.to_numpy()
        axes.errorbar(
            np.arange(len(names)) + 0.14 * (place - 1),
            values.mean(axis=1),
            yerr=half_width(values),
            fmt="o",
            capsize=3,
            color=colour,
            label=world,
        )
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
    axes.set_ylabel("EMV, % of the oracle's")
    axes.grid(axis="y", color="#d9dee4")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(COLOURS), frameon=False)
    return figure


@click.command()
@click.argument("groups", nargs=-1, type=click.Choice(sorted(GROUPS)))
@click.option("--weeks", default=WEEKS, show_default=True)
@click.option("--creators", default=CREATORS, show_default=True)
@click.option("--seeds", default=SEEDS, show_default=True)
@click.option("--records", type=click.Path(path_type=Path), help="Folder to keep weeks in.")
@click.option("--plot", type=click.Path(path_type=Path), help="Folder to draw pictures in.")
def main(
    groups: tuple[str, ...],
    weeks: int,
    creators: int,
    seeds: int,
    records: Path | None,
    plot: Path | None,
) -> None:
    """Play settings against each other."""
    for line in _measure(
        groups or tuple(GROUPS), weeks, creators, range(1, 1 + seeds), records, plot
    ):
        click.echo(line)


if __name__ == "__main__":
    main()
