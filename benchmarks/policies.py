"""What policies earn, as a share of what an oracle earns that knows the truth.

`python -m benchmarks.policies` plays sample agencies on the fast path, in the usual world or in one
whose truth has another form (`--world`), and the agency of `EROS_IMPORT_DIR` where that is set. A
season that is broken off goes on where it stopped, given the same `--records`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pandas as pd

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.demo.worlds import USUAL, WORLDS, world_named
from eros_assets.settings import load_settings
from eros_assets.simulation.report import (
    half_width,
    oracle_shares,
    page_shares,
    picture,
    summary,
    summary_lines,
)
from eros_assets.simulation.study import (
    BY_MONEY,
    NO_CONTROL,
    Agencies,
    Player,
    Study,
    agency_size,
    imported_agency,
    sample_agencies,
)

FIRST_WEEK = dt.date(2025, 11, 3)
WEEKS, SEEDS, CREATORS = 26, 5, 12
HORIZONS = (26, 52, 104, 156)
"""Weeks at which a longer season is looked at, too."""

PLAYERS = (
    Player("eros", "eros"),
    Player("eros, no control arm", "eros", NO_CONTROL),
    Player("exact draws, no control arm", "exact", NO_CONTROL),
    Player("greedy", "greedy", NO_CONTROL),
    Player("incumbent", "incumbent", NO_CONTROL),
    Player("uniform", "uniform", NO_CONTROL),
    Player("oracle with variety", "oracle", NO_CONTROL),
    Player("oracle", "oracle", BY_MONEY),
)
OURS = "eros, no control arm"


@dataclass(frozen=True)
class Setting:
    """Whose weeks are played, from when, and how the records of them are labelled."""

    who: str
    agencies: Agencies
    first_week: dt.date
    label: Mapping[str, Any]


def measure() -> Iterator[str]:
    """Half a year of sample agencies, five seeds."""
    dataset = open_dataset(load_settings())
    setting = _setting(dataset, CREATORS, USUAL.name)
    yield from _measure(dataset, setting, WEEKS, range(1, 1 + SEEDS), PLAYERS, None, None)


def _setting(dataset: Dataset, creators: int, world: str) -> Setting:
    if dataset.settings.inputs == "files":
        agencies, first_week, label = imported_agency(dataset)
        return Setting("the imported agency", agencies, first_week, label)
    agencies = sample_agencies(agency_size(creators), FIRST_WEEK, world=world_named(world))
    label = {"creators": creators} | ({} if world == USUAL.name else {"world": world})
    who = f"sample agencies of {creators} creators"
    return Setting(f"{who}, world {world}", agencies, FIRST_WEEK, label)


def _measure(
    dataset: Dataset,
    setting: Setting,
    weeks: int,
    seeds: Sequence[int],
    players: Sequence[Player],
    records: Path | None,
    plot: Path | None,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    study = Study(
        dataset, setting.agencies, setting.label, setting.first_week, weeks, seeds, players, records
    )
    results = study.run(progress)
    title = f"{setting.who}, {weeks} weeks from {setting.first_week}, {len(seeds)} seeds"
    yield title
    for horizon in sorted({*(h for h in HORIZONS if h < weeks), weeks}):
        end = setting.first_week + dt.timedelta(weeks=horizon)
        yield from _table(results[results["week_start"] < end], horizon)
    if plot:
        plot.write_bytes(picture(results, title))
        yield f"picture: {plot}"


def _table(results: pd.DataFrame, weeks: int) -> Iterator[str]:
    yield f"{weeks} weeks"
    yield (
        f"{'policy':<28}{'EMV, USD per 1,000':>20}{'% of the oracle':>18}{'revenue, USD':>15}"
        f"{'less than ours':>18}{'pages, %: least, median':>25}"
    )
    shares = 100 * oracle_shares(results)
    pages = 100 * page_shares(results)
    for policy, emv, share, revenue in summary_lines(summary(results)):
        line = f"{policy:<28}{emv:>20}{share:>18}{revenue:>15}"
        if policy in shares.index and OURS in shares.index:
            less = (shares.loc[OURS] - shares.loc[policy]).to_numpy()
            line += f"{less.mean():+9.1f} ± {half_width(less):.1f}".rjust(18)
            line += f"{pages.loc[policy].min():.0f}, {pages.loc[policy].median():.0f}".rjust(25)
        yield line


@click.command()
@click.option("--weeks", default=WEEKS, show_default=True)
@click.option("--creators", default=CREATORS, show_default=True)
@click.option("--seeds", default=SEEDS, show_default=True)
@click.option("--world", type=click.Choice([w.name for w in WORLDS]), default=USUAL.name)
@click.option("--policy", multiple=True, help="Names of policies; all without any.")
@click.option("--records", type=click.Path(path_type=Path), help="Folder to keep weeks in.")
@click.option("--plot", type=click.Path(path_type=Path), help="Where to write the picture.")
def main(
    weeks: int,
    creators: int,
    seeds: int,
    world: str,
    policy: Sequence[str],
    records: Path | None,
    plot: Path | None,
) -> None:
    """Play the policies against each other; each season that is over is told on the way."""
    dataset = open_dataset(load_settings())
    setting = _setting(dataset, creators, world)
    players = [p for p in PLAYERS if not policy or p.name in policy or p.name == "oracle"]
    played: dict[str, int] = {}

    def progress(what: str) -> None:
        played[what] = played.get(what, 0) + 1
        if played[what] in (weeks // 2, weeks):
            click.echo(f"{what}: week {played[what]} of {weeks}", err=True)

    for line in _measure(
        dataset, setting, weeks, range(1, 1 + seeds), players, records, plot, progress
    ):
        click.echo(line)


if __name__ == "__main__":
    main()
