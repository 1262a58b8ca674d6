"""How learning and selection grow with creators and captions, and what pruning costs.

Agencies of 1, 3 and 10 times as many creators, captions, or both, and the same number of messages a
creator: their tables are made here and loaded as they are. Scored pairs are pages x captions that
draw. CPU seconds are those of the engine in this process, the least of REPEATS. An exponent is
the slope of log CPU, or of log pairs, over log size from 1 to 10 times; 1 is proportional. Where
both grow, the product of pages and captions would have the exponent 2.

The loss is that of drawing large tiers by bins and looking at the best draws only, against a draw
of every page for every caption and all of them candidates: the expected value of what is selected
(USD), over seeds.
"""

import datetime as dt
import math
import re
import resource
import statistics
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.small_agency import unhurried_tuning
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.gate.rehearsal import WRITTEN
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.protocol import Typed
from eros_assets.warehouse.sql.rehearsal import rehearsal_script

WEEK = dt.date(2025, 11, 3)
DAYS = 180
CREATORS, CAPTIONS, MESSAGES = 38, 44_651, 100
"""Of the smallest agency, the sample's creators and captions; messages are those of one creator in
DAYS days."""
FACTORS = (1, 3, 10)
REPEATS = 1
TIERS = ("budget", "mid", "premium", "bump")
PLACES: Mapping[str, int] = {"budget": 5, "mid": 5, "premium": 2, "bump": 8}
MOST_EXPONENT = 1.1
"""What the exponents are to be under."""

SEEDS = 16
"""Of the selections whose values are compared."""
LOSS_SIZE = (20, 6_000)
"""Creators and captions of the agency in which the loss is measured."""
WHOLE: Mapping[str, str] = {"individual_draws": "1000000000", "candidate_depth_extra": "10000"}
"""Knobs by which every caption draws for every page, and nearly all of them are candidates."""

LEARN, SELECT = "update_caption_performance", "select_captions_for_creator"


@dataclass(frozen=True, slots=True)
class Measured:
    """One agency: pages x captions that drew, and CPU seconds."""

    creators: int
    captions: int
    pairs: int
    learning: float
    selection: float


def measure() -> Iterator[str]:
    """Pairs and CPU seconds by size, their exponents, and the loss of pruning."""
    smallest = measured(1, 1)
    yield _line(smallest)
    for name, grows in (("creators", (1, 0)), ("captions", (0, 1)), ("both", (1, 1))):
        sizes = [smallest]
        for factor in FACTORS[1:]:
            sizes.append(measured(*(factor**grown for grown in grows)))
            yield _line(sizes[-1])
        exponents = {
            what: slope(getattr(sizes[0], what), getattr(sizes[-1], what), FACTORS[-1])
            for what in ("pairs", "learning", "selection")
        }
        told = ", ".join(f"{what} {exponent:.2f}" for what, exponent in exponents.items())
        yield f"{name} x {FACTORS[-1]}: exponents of {told} (wanted: at most {MOST_EXPONENT})"
    loss, error = pruning_loss()
    yield (
        f"value lost by pruning: {loss:+.2%}, standard error {error:.2%}, over {SEEDS} seeds "
        "(wanted: under 1 %)"
    )


def slope(first: float, last: float, factor: float) -> float:
    """The exponent with which something grew that is `factor` times larger."""
    return math.log(last / first) / math.log(factor)


def measured(creators: float, captions: float) -> Measured:
    """Learn and select for an agency of so many times as many creators and captions."""
    many, bank = round(CREATORS * creators), round(CAPTIONS * captions)
    with _agency(many, bank) as dataset:
        learning = min(_cpu_of(lambda: learn(dataset)) for _ in range(REPEATS))
        selection = min(_cpu_of(lambda: select(dataset, "growth")) for _ in range(REPEATS))
        return Measured(many, bank, scored_pairs(dataset, "growth"), learning, selection)


def learn(dataset: Dataset) -> None:
    """Fit priors and statistics to the whole history."""
    dataset.call(LEARN, p_as_of=WEEK, p_lookback_days=DAYS)


def select(dataset: Dataset, seed: str) -> pd.DataFrame:
    """The captions of every page's week."""
    counts = {f"p_num_{tier}": None for tier in TIERS}
    return dataset.call(SELECT, p_page_name=None, p_week_start=WEEK, **counts, p_seed=seed).rows


def scored_pairs(dataset: Dataset, seed: str) -> int:
    """The pairs of page and caption that draw, of a selection that is not kept."""
    procedure = dataset.library[SELECT]
    script = rehearsal_script(dataset.library, procedure, WRITTEN)
    arguments = {
        "p_page_name": Typed(None, "STRING"),
        "p_week_start": WEEK,
        **{f"p_num_{tier}": Typed(None, "INT64") for tier in TIERS},
        "p_seed": seed,
    }
    counting = "SELECT COUNT(*) AS pairs FROM drawn;"
    found = dataset.warehouse.rehearse(procedure, f"{script}\n{counting}", arguments)
    return int(found["pairs"].iloc[0])


def pruning_loss() -> tuple[float, float]:
    """The share of the selections' expected value that pruning costs, and its standard error."""
    values: dict[bool, list[float]] = {}
    for is_whole in (False, True):
        with _agency(*LOSS_SIZE, WHOLE if is_whole else {}) as dataset:
            learn(dataset)
            values[is_whole] = [
                float(select(dataset, f"loss {n}")["expected_value"].sum()) for n in range(SEEDS)
            ]
    pruned, whole = values[False], values[True]
    mean = statistics.mean(whole)
    spread = math.sqrt((statistics.variance(pruned) + statistics.variance(whole)) / SEEDS)
    return 1 - statistics.mean(pruned) / mean, spread / mean


@contextmanager
def _agency(
    creators: int, captions: int, knobs: Mapping[str, str] | None = None
) -> Generator[Dataset]:
    """An installation with the tables of an agency of this size, and no more."""
    with tempfile.TemporaryDirectory(prefix="eros-growth-") as folder:
        home = Path(folder)
        tuning = unhurried_tuning(home) / "tuning.csv"
        text = tuning.read_text("utf-8")
        for knob, value in (knobs or {}).items():
            text = re.sub(rf"(?m)^{knob},[^,]+,", f"{knob},{value},", text)
        tuning.write_text(text, "utf-8")
        dataset = open_dataset(
            load_settings({"home": home / "home", "tuning_dir": tuning.parent, "today": WEEK}),
            asset="benchmark",
        )
        needed = dataset.library.reached_from(LEARN, SELECT)
        for each in dataset.library.deploy_order():
            if each.name in needed or each.kind == "table":
                dataset.warehouse.deploy(each)
        for name, rows in configuration_tables(dataset.settings, dataset.library).items():
            dataset.load(name, rows)
        for name, rows in _tables(creators, captions).items():
            dataset.load(name, rows)
        yield dataset


def _tables(creators: int, captions: int) -> Mapping[str, pd.DataFrame]:
    """A bank that all pages may use, and a history of PPVs and bumps with captions of it."""
    rng = np.random.default_rng(7)
    pages = np.array([f"page_{n:05}" for n in range(creators)])
    tiers = rng.choice(np.array(TIERS), captions, p=(0.35, 0.35, 0.15, 0.15))
    ids = np.arange(1, captions + 1)
    bank = pd.DataFrame(
        {
            "caption_id": ids,
            "caption_text": [f"caption number {n} of this bank" for n in ids],
            "content_category": [f"category {n % 12}" for n in ids],
            "price_tier": tiers,
            "has_urgency": rng.random(captions) < 0.1,
            "page_name": pd.Series([None] * captions, dtype=object),
            "is_active": True,
        }
    )
    return {
        "creators": pd.DataFrame({"page_name": pages, "display_name": pages, "is_active": True}),
        "caption_bank": bank,
        "message_facts": _facts(rng, pages, tiers),
        "weekly_volume_targets": pd.DataFrame(
            {
                "page_name": pages,
                "week_start": WEEK,
                "behavioral_segment": "STANDARD",
                **{f"num_{tier}": places for tier, places in PLACES.items()},
                "ppv_count": PLACES["budget"] + PLACES["mid"] + PLACES["premium"],
                "bump_count": PLACES["bump"],
            }
        ),
    }


def _facts(
    rng: np.random.Generator, pages: "np.ndarray[Any, Any]", tiers: "np.ndarray[Any, Any]"
) -> pd.DataFrame:
    """MESSAGES of each page over DAYS days; captions differ in how they sell."""
    count = len(pages) * MESSAGES
    chosen = rng.integers(0, len(tiers), count)
    is_ppv = tiers[chosen] != "bump"
    appeal = rng.gamma(4.0, 0.25, len(tiers))[chosen]
    sent = rng.integers(500, 5_000, count)
    viewed = rng.binomial(sent, 0.35)
    bought = np.where(is_ppv, rng.binomial(viewed, np.minimum(0.02 * appeal, 0.5)), 0)
    price = np.where(is_ppv, rng.choice(np.array([8.0, 15.0, 30.0]), count), 0.0)
    first = pd.Timestamp(WEEK, tz="America/Los_Angeles") - pd.Timedelta(days=DAYS)
    times = first + pd.to_timedelta(rng.integers(8 * 60, (DAYS - 8) * 24 * 60, count), unit="min")
    return pd.DataFrame(
        {
            "row_id": np.arange(1, count + 1),
            "page_name": np.repeat(pages, MESSAGES),
            "caption_id": chosen + 1,
            "message_type": np.where(is_ppv, "PPV", "Bump"),
            "sending_time": times.tz_convert("UTC"),
            "send_date": times.date,
            "send_hour": times.hour,
            "day_of_week": times.dayofweek + 1,
            "price": np.where(is_ppv, price, np.nan),
            "sent_count": sent,
            "viewed_count": viewed,
            "purchased_count": bought,
            "earnings": bought * price,
            "age_hours": 720.0,
            "maturity": 1.0,
        }
    )


def _cpu_of(work: Callable[[], object]) -> float:
    before = _cpu()
    work()
    return _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _line(size: Measured) -> str:
    return (
        f"{size.creators:6,} creators {size.captions:8,} captions {size.pairs:11,} pairs of "
        f"{size.creators * size.captions:13,}; CPU: learning {size.learning:6.1f} s, selection "
        f"{size.selection:6.1f} s"
    )
