"""What is learned of noise, wear and views, against histories made with known constants."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from eros_assets.simulation.catalogue import catalogue_of
from eros_assets.simulation.columns import rows_of
from eros_assets.simulation.facts import facts_of
from eros_assets.simulation.learning import Learned, learned
from eros_assets.simulation.outlook import day_number
from eros_assets.tuning import Knobs

PAGES, CAPTIONS, DAYS, RECIPIENTS, VIEW_RATE = 6, 150, 364, 4000, 0.4
AS_OF = dt.date(2025, 11, 3)
CATEGORIES = ("bread", "garden", "kitchen", "market", "music", "travel")
REPLICATIONS = 20


@dataclass(frozen=True)
class World:
    """Constants of a history: squares are relative variances.

    Logarithms of tastes vary by `taste`, and keep `kept` of it from week to week.
    """

    noise: float = 0.2
    effect: float = 0.35
    days: float = 60.0
    lift: float = 0.0144
    variation: float = 1.2
    rate: float = 0.006
    taste: float = 0.0
    kept: float = 0.97


def tastes_of(world: World, seed: int) -> np.ndarray:
    """Logarithms of what pages like of categories, week by week, the one after the history too."""
    rng = np.random.default_rng([seed, 1])
    weeks = [rng.normal(0, np.sqrt(world.taste), (PAGES, len(CATEGORIES)))]
    for _ in range(DAYS // 7):
        news = rng.normal(0, np.sqrt(world.taste * (1 - world.kept**2)), weeks[0].shape)
        weeks.append(world.kept * weeks[-1] + news)
    return np.stack(weeks)


def history(world: World, seed: int) -> pd.DataFrame:
    """Six PPVs a page and week of captions that are repeated more often the better they are."""
    rng = np.random.default_rng(seed)
    shape = 1 / world.variation
    appeal = rng.gamma(shape, world.variation, (PAGES, CAPTIONS))
    lift = np.exp(rng.normal(0, np.sqrt(world.lift), CAPTIONS) - world.lift / 2)
    spread, tastes = np.sqrt(np.log1p(world.noise)), tastes_of(world, seed)
    rows: list[dict[str, object]] = []
    for page in range(PAGES):
        worn, last = np.zeros(CAPTIONS), np.zeros(CAPTIONS)
        seen = np.ones(CAPTIONS)  # a rough idea of each caption, which people choose by
        for day in range(DAYS):
            if day % 7 == 6:
                continue
            passed = seen.cumsum()
            caption = int(np.searchsorted(passed / passed[-1], rng.random(), side="right"))
            worn[caption] *= np.exp(-(day - last[caption]) / world.days)
            view = VIEW_RATE * lift[caption] * np.exp(rng.normal(0, 0.1) - 0.005)
            viewed = rng.binomial(RECIPIENTS, min(view, 0.95))
            buys = world.rate * appeal[page, caption] * np.exp(-world.effect * worn[caption])
            buys *= np.exp(rng.normal(0, spread) - spread**2 / 2)
            buys *= np.exp(tastes[day // 7, page, caption % len(CATEGORIES)])
            bought = rng.binomial(viewed, min(buys, 0.5))
            worn[caption], last[caption] = worn[caption] + 1, day
            seen[caption] = 0.5 * seen[caption] + bought / (viewed * world.rate)
            rows.append(
                {
                    "page_name": f"page_{page}",
                    "caption_id": caption + 1,
                    "day": day,
                    "viewed_count": viewed,
                    "purchased_count": bought,
                }
            )
    messages = pd.DataFrame(rows)
    first = pd.Timestamp(AS_OF - dt.timedelta(days=DAYS), tz="America/Los_Angeles")
    return messages.assign(
        row_id=range(1, len(messages) + 1),
        sending_time=first + pd.to_timedelta(24 * messages["day"] + 12, unit="h"),
        message_type="PPV",
        price=10.0,
        sent_count=RECIPIENTS,
        earnings=10.0 * messages["purchased_count"],
        message="text",
    )


def learn(messages: pd.DataFrame, tuning: dict[str, pd.DataFrame], **knobs: float) -> Learned:
    bank = pd.DataFrame(
        {
            "caption_id": range(1, CAPTIONS + 1),
            "caption_text": [f"Caption {c}" for c in range(1, CAPTIONS + 1)],
            "content_category": [CATEGORIES[c % len(CATEGORIES)] for c in range(CAPTIONS)],
            "price_tier": "mid",
            "has_urgency": False,
            "page_name": None,
            "is_active": True,
            "created_at": pd.Timestamp("2024-01-01", tz="UTC"),
        }
    )
    tables = {
        "caption_bank": bank,
        "creators": pd.DataFrame(
            {"page_name": [f"page_{p}" for p in range(PAGES)], "is_active": True}
        ),
        "creator_caption_restrictions": pd.DataFrame({"page_name": [], "is_active": []}),
        "mass_messages": messages,
    }
    catalogue = catalogue_of(tables)
    shipped = rows_of(tuning["tuning"])[0]
    facts = facts_of(messages, catalogue)
    return learned(facts, catalogue, Knobs({**shipped, **knobs}), day_number(AS_OF))


@pytest.fixture(scope="module")
def replicated(tuning: dict[str, pd.DataFrame]) -> list[Learned]:
    return [learn(history(World(), seed), tuning) for seed in range(REPLICATIONS)]


def spread_about(values: list[float], truth: float) -> tuple[float, float]:
    """Mean over the truth, and how many standard errors it lies from it."""
    found = np.array(values)
    error = found.std(ddof=1) / np.sqrt(found.size)
    return float(found.mean() / truth), float(abs(found.mean() - truth) / error)


class TestKnownConstantsAreRecovered:
    def test_the_noise_of_a_send(self, replicated: list[Learned]) -> None:
        ratio, _ = spread_about([float(known.noise[0]) for known in replicated], World().noise)
        assert 0.9 <= ratio <= 1.1

    def test_the_effect_of_wear(self, replicated: list[Learned]) -> None:
        effects = [
            float(known.wear.effect[0] * known.wear.days[0] / World().days) for known in replicated
        ]
        ratio, _ = spread_about(effects, World().effect)
        assert 0.85 <= ratio <= 1.15

    def test_its_length_is_the_usual_one_nearly_always(self, replicated: list[Learned]) -> None:
        assert sum(known.wear.days[0] == 60.0 for known in replicated) >= 0.8 * REPLICATIONS

    def test_how_captions_differ(self, replicated: list[Learned]) -> None:
        variations = [float(known.flat.variation[:, 1].mean()) for known in replicated]
        ratio, _ = spread_about(variations, World().variation)
        assert 0.9 <= ratio <= 1.1

    def test_believed_rates_of_the_best_are_true(self, replicated: list[Learned]) -> None:
        """Of each page's 40 best as believed, unworn."""
        ratios: list[float] = []
        for seed, known in enumerate(replicated):
            rng = np.random.default_rng(seed)
            appeal = rng.gamma(1 / World().variation, World().variation, (PAGES, CAPTIONS))
            lift = np.exp(rng.normal(0, np.sqrt(World().lift), CAPTIONS) - World().lift / 2)
            for page in range(PAGES):
                captions = np.arange(CAPTIONS)
                believed = known.rate(page, 1, captions) / known.left[page]
                best = np.argsort(-believed)[:40]
                true = World().rate * appeal[page] * lift
                ratios.append(float(believed[best].sum() / true[best].sum()))
        assert 0.9 <= float(np.mean(ratios)) <= 1.1


def test_another_length_is_found_where_it_is_clearly_another(
    tuning: dict[str, pd.DataFrame],
) -> None:
    world = World(effect=1.0, days=20.0)
    lengths = [learn(history(world, seed), tuning).wear.days[0] for seed in range(8)]
    assert sum(length == 30.0 for length in lengths) >= 5


@pytest.mark.parametrize("effect", [0.0])
def test_nothing_is_found_where_there_is_nothing(
    effect: float, tuning: dict[str, pd.DataFrame]
) -> None:
    known = [learn(history(World(effect=effect), seed), tuning) for seed in range(8)]
    assert float(np.mean([k.wear.effect[0] for k in known])) < 0.06


class TestTastes:
    """Of categories that the last section of a history has told."""

    @pytest.fixture(scope="class")
    def found(self, tuning: dict[str, pd.DataFrame]) -> list[tuple[Learned, np.ndarray]]:
        """What was learned, and the true logarithms about their page's mean."""
        world = World(noise=0.05, variation=0.3, rate=0.02, taste=0.06)
        return [
            (learn(history(world, seed), tuning), _centred(tastes_of(world, seed)[-1]))
            for seed in range(REPLICATIONS)
        ]

    def test_they_are_found(self, found: list[tuple[Learned, np.ndarray]]) -> None:
        assert all(known.tastes.variance > 0 for known, _ in found)

    def test_they_are_those_of_the_truth(self, found: list[tuple[Learned, np.ndarray]]) -> None:
        learned_tastes = np.concatenate([_centred(np.log(k.tastes.multiplier)) for k, _ in found])
        true = np.concatenate([true for _, true in found])
        assert np.corrcoef(learned_tastes.ravel(), true.ravel())[0, 1] > 0.6
        slope = (learned_tastes * true).sum() / (learned_tastes**2).sum()
        assert 0.9 <= slope <= 1.5

    def test_there_are_few_where_there_are_none(self, tuning: dict[str, pd.DataFrame]) -> None:
        known = [
            learn(history(World(noise=0.05, variation=0.3, rate=0.02), seed), tuning)
            for seed in range(REPLICATIONS)
        ]
        assert sum(k.tastes.variance > 0 for k in known) <= 0.2 * REPLICATIONS
        assert max(float(np.log(k.tastes.multiplier).std()) for k in known) < 0.05


def _centred(tastes: np.ndarray) -> np.ndarray:
    return tastes - tastes.mean(axis=1, keepdims=True)


class TestSwitchedOff:
    def test_no_tastes_are_learned(self, tuning: dict[str, pd.DataFrame]) -> None:
        world = World(noise=0.05, variation=0.3, rate=0.02, taste=0.06)
        known = learn(history(world, 1), tuning, taste_weight=0.0)
        assert (known.taste == 1.0).all()

    def test_nothing_is_worn_and_trials_are_over_the_dispersion(
        self, tuning: dict[str, pd.DataFrame]
    ) -> None:
        messages = history(World(), 1)
        known = learn(
            messages, tuning, send_noise_weight=0.0, wear_weight=0.0, view_lift_weight=0.0
        )
        assert (known.left == 1.0).all()
        assert (known.noise == 0.0).all()
        dispersion = known.flat.dispersion[:, 1][:, None]
        assert dispersion.min() > 1.0
        np.testing.assert_allclose(known.effective_successes, known.successes / dispersion)
        trials = known.successes + known.failures
        np.testing.assert_allclose(known.effective_trials, trials / dispersion)

    def test_too_few_repeats_tell_nothing(self, tuning: dict[str, pd.DataFrame]) -> None:
        known = learn(history(World(), 1).head(40), tuning)
        assert (known.left == 1.0).all()
        assert (known.noise == 0.0).all()
