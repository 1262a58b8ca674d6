"""Whether slots spoil what is learned: a caption sent at prime time looks better than it is.

The sample agency's history, 38 creators over 18 months. Its trials are taken as they are, over what
hour and weekday truly do to purchases (which nobody knows), and over what the history says they do.
Of each, the rank correlation of the pairs' posterior means with their true appeal, mean over seeds.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from eros_assets.arrays import Floats
from eros_assets.dataset import open_dataset
from eros_assets.demo.agency import agency_of_shape
from eros_assets.demo.roster import SIZES
from eros_assets.demo.truth import Truth
from eros_assets.settings import load_settings
from eros_assets.simulation.catalogue import Catalogue, catalogue_of
from eros_assets.simulation.columns import rows_of, totals
from eros_assets.simulation.facts import Facts, sorted_facts
from eros_assets.simulation.learning import learned
from eros_assets.tuning import Knobs, configuration_tables

LAST_DAY = dt.date(2025, 11, 2)
SEEDS = range(1, 6)
SHRINKAGE = 50.0
"""Purchases that a page's hour or weekday is mixed with at the page's own rate."""

Multipliers = Callable[[Facts, Truth], Floats]


def as_they_are(sends: Facts, _: Truth) -> Floats:
    """Slots left in."""
    return np.ones(sends.page.size)


def true_slots(sends: Facts, truth: Truth) -> Floats:
    """What hour and weekday do to a purchase."""
    by_hour = truth.hour_buy[sends.page, sends.hour]
    return by_hour * truth.weekday_buy[sends.page, sends.day_of_week - 1]


def estimated_slots(sends: Facts, _: Truth) -> Floats:
    """What the history says of a page's hours and weekdays, each by itself."""

    def of(part: np.ndarray, size: int) -> Floats:
        cell = sends.page * size + part
        cells = (int(sends.page.max()) + 1) * size
        viewed, bought = (totals(cell, v, cells) for v in (sends.viewed, sends.purchased))
        rate = totals(sends.page, sends.purchased, cells // size) / np.maximum(
            totals(sends.page, sends.viewed, cells // size), 1
        )
        expected = viewed * np.repeat(rate, size)
        return ((bought + SHRINKAGE) / (expected + SHRINKAGE))[cell]

    return of(sends.hour, 24) * of(sends.day_of_week - 1, 7)


WAYS: Mapping[str, Multipliers] = {
    "as they are": as_they_are,
    "over true slots": true_slots,
    "over estimated slots": estimated_slots,
}


def measure() -> Iterator[str]:
    """Rank correlations of the three, and how much slots and captions vary."""
    settings = load_settings()
    tuning = configuration_tables(settings, open_dataset(settings).library)["tuning"]
    knobs = Knobs(rows_of(tuning)[0])
    found: list[dict[str, float]] = []
    for seed in SEEDS:
        agency = agency_of_shape(SIZES["full"], seed, LAST_DAY)
        catalogue = catalogue_of(agency.tables)
        facts = sorted_facts(agency.tables["mass_messages"], catalogue)
        sends = facts.where(facts.is_ppv & (facts.caption >= 0))
        found.append(
            {
                **_variation(sends, agency.truth),
                **{
                    name: _rank_correlation(sends, multipliers, agency.truth, catalogue, knobs)
                    for name, multipliers in WAYS.items()
                },
            }
        )
    table = pd.DataFrame(found)
    for name in table.columns:
        values = table[name]
        yield f"{name:<44}{values.mean():8.3f} ({values.min():.3f} to {values.max():.3f})"


def _variation(sends: Facts, truth: Truth) -> dict[str, float]:
    slot = true_slots(sends, truth)
    appeal = truth.appeal[sends.page, sends.caption].astype(np.float64)
    return {
        "coefficient of variation of slots": slot.std() / slot.mean(),
        "coefficient of variation of captions": appeal.std() / appeal.mean(),
        "correlation of slots and captions as sent": float(np.corrcoef(slot, appeal)[0, 1]),
    }


def _rank_correlation(
    sends: Facts, multipliers: Multipliers, truth: Truth, catalogue: Catalogue, knobs: Knobs
) -> float:
    """Over the tried pairs of each page and tier, mean weighted by their number."""
    exposed = np.maximum(np.rint(sends.viewed * multipliers(sends, truth)), sends.purchased)
    as_of = int(sends.date.max()) + 1
    known = learned(replace(sends, viewed=exposed.astype(np.int64)), catalogue, knobs, as_of)
    correlations: list[float] = []
    sizes: list[int] = []
    for page in range(len(catalogue.pages)):
        tried = np.unique(sends.caption[sends.page == page])
        for tier in np.unique(catalogue.tier[tried]):
            pairs = tried[catalogue.tier[tried] == tier]
            if pairs.size < 10:
                continue
            a, b = known.posterior(page, int(tier), pairs)
            means, appeal = pd.Series(a / (a + b)), pd.Series(truth.appeal[page, pairs])
            correlations.append(means.corr(appeal, method="spearman"))
            sizes.append(pairs.size)
    return float(np.average(correlations, weights=sizes))


def main() -> None:
    """Print them."""
    for line in measure():
        print(line)


if __name__ == "__main__":
    main()
