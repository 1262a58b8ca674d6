"""What policies earn over half a year, as a share of what an oracle earns that knows the truth.

`python -m benchmarks.policies` plays sample agencies on the fast path, and the agency of
`EROS_IMPORT_DIR` where that is set. A season that is broken off goes on where it stopped.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pandas as pd

from eros_assets.dataset import open_dataset
from eros_assets.settings import load_settings
from eros_assets.simulation.report import expected_emv, picture, summary, summary_lines
from eros_assets.simulation.study import (
    Player,
    Study,
    agency_size,
    imported_agency,
    sample_agencies,
)

FIRST_WEEK = dt.date(2025, 11, 3)
WEEKS, SEEDS, CREATORS = 26, 5, 12

NO_CONTROL = {"control_share": 0.0}
PLAYERS = (
    Player("eros", "eros"),
    Player("eros, no control arm", "eros", NO_CONTROL),
    Player("greedy", "greedy", NO_CONTROL),
    Player("incumbent", "incumbent", NO_CONTROL),
    Player("uniform", "uniform", NO_CONTROL),
    Player("oracle", "oracle", NO_CONTROL),
)


def measure() -> Iterator[str]:
    """Half a year of sample agencies, five seeds."""
    yield from _measure(WEEKS, CREATORS, range(1, 1 + SEEDS), None, None)


def _measure(
    weeks: int, creators: int, seeds: Sequence[int], records: Path | None, plot: Path | None
) -> Iterator[str]:
    settings = load_settings()
    dataset = open_dataset(settings)
    if settings.inputs == "files":
        agencies, first_week, label = imported_agency(dataset)
        who = "the imported agency"
    else:
        agencies, first_week = sample_agencies(agency_size(creators), FIRST_WEEK), FIRST_WEEK
        label, who = {"creators": creators}, f"sample agencies of {creators} creators"
    study = Study(dataset, agencies, label, first_week, weeks, seeds, PLAYERS, records)
    results = study.run()
    title = f"{who}, {weeks} weeks from {first_week}, {len(seeds)} seeds"
    yield title
    yield f"{'policy':<24}{'EMV, USD per 1,000':>22}{'% of the oracle':>20}{'revenue, USD':>16}"
    for policy, emv, share, revenue in summary_lines(summary(results)):
        yield f"{policy:<24}{emv:>22}{share:>20}{revenue:>16}"
    yield from _against(results, "eros", "incumbent")
    yield from _against(results, "eros", "uniform")
    if plot:
        plot.write_bytes(picture(results, title))
        yield f"picture: {plot}"


def _against(results: pd.DataFrame, policy: str, other: str) -> Iterator[str]:
    """In how many seeds a policy earned more than another, and how much."""
    emv = expected_emv(results)
    lift = emv.loc[policy] / emv.loc[other] - 1
    yield (
        f"{policy} over {other}: {100 * lift.mean():+.0f} % EMV, from {100 * lift.min():+.0f} % to "
        f"{100 * lift.max():+.0f} % over {len(lift)} seeds"
    )


@click.command()
@click.option("--weeks", default=WEEKS, show_default=True)
@click.option("--creators", default=CREATORS, show_default=True)
@click.option("--seeds", default=SEEDS, show_default=True)
@click.option("--records", type=click.Path(path_type=Path), help="Folder to keep weeks in.")
@click.option("--plot", type=click.Path(path_type=Path), help="Where to write the picture.")
def main(weeks: int, creators: int, seeds: int, records: Path | None, plot: Path | None) -> None:
    """Play the policies against each other."""
    for line in _measure(weeks, creators, range(1, 1 + seeds), records, plot):
        click.echo(line)


if __name__ == "__main__":
    main()
