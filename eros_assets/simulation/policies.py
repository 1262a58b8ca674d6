"""Scores captions by policy; the rest of a week's planning is the same for all policies.

A policy gives every caption that a page may send a score; the selection processes the scores
(percentile, segment, diversity, limits, planner) in the same way for all.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.calendar import DAYS_A_WEEK
from eros_assets.demo.truth import Truth
from eros_assets.simulation.catalogue import BUMP, Catalogue
from eros_assets.simulation.columns import totals
from eros_assets.simulation.draws import hashed_uniforms, wilson_draws
from eros_assets.simulation.facts import Facts
from eros_assets.simulation.learning import Learned
from eros_assets.simulation.outlook import day_number
from eros_assets.tuning import Knobs
from eros_assets.weekly.policies import current_policy

Z = 1.959963984540054


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """The information that a policy has before a week. `seed` begins every draw's key."""

    week_start: dt.date
    facts: Facts
    learned: Learned
    catalogue: Catalogue
    knobs: Knobs
    seed: str

    def key(self, page: int) -> str:
        """What the keys of the page's draws begin with."""
        return f"{self.seed}|{self.week_start}|{self.catalogue.pages[page]}|"


class ScoringPolicy(Protocol):
    """Scores captions."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """A score for each caption, the higher the better; `tier` is that of them all."""
        ...


@dataclass(frozen=True)
class Eros:
    """The Thompson draw of `select_captions_for_creator`."""

    name: str = "eros"

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """Draws from the sharpened posteriors."""
        a, b = drawn_from(situation, page, tier, captions)
        ids = situation.catalogue.caption_ids[captions]
        return wilson_draws(a, b, situation.key(page), ids)


@dataclass(frozen=True)
class Exact:
    """EROS with draws of numpy's Beta sampler in place of its own formula."""

    name: str = "exact"

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """As `Eros`, from another generator."""
        a, b = drawn_from(situation, page, tier, captions)
        key = f"{situation.key(page)}{tier}"
        digest = hashlib.sha256(key.encode()).digest()
        return np.random.default_rng(int.from_bytes(digest[:8], "big")).beta(a, b)


def drawn_from(situation: Situation, page: int, tier: int, captions: Ints) -> tuple[Floats, Floats]:
    """Beta counts of the draws: posteriors, sharpened, with optimism."""
    prior, evidence = situation.learned.beliefs(page, tier, captions)
    catalogue = situation.catalogue
    everyone = max(int(catalogue.is_active.sum()), 1)
    pages = np.where(catalogue.is_shared[captions], everyone, 1)
    variance = float(situation.learned.appeal.pair_variance[page, tier])
    a, b = current_policy(situation.knobs).drawn_from(prior, evidence, pages, variance)
    return a, b


@dataclass(frozen=True)
class Uniform:
    """Any caption as likely as any other."""

    name: str = "uniform"

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """Independent of everything known."""
        del tier
        ids = situation.catalogue.caption_ids[captions]
        return hashed_uniforms(situation.key(page), ids.tolist(), "|policy")[:, 0]


@dataclass(frozen=True)
class Greedy:
    """What looks best so far: the posterior mean, no exploration."""

    name: str = "greedy"

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """The mean of each caption's posterior."""
        a, b = situation.learned.posterior(page, tier, captions)
        return a / (a + b)


@dataclass(frozen=True)
class Incumbent:
    """The rule that EROS replaces: a uniform draw within the 95 % Wilson interval of the counts."""

    name: str = "incumbent"

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """No trial: anything from 0 to 1."""
        del tier
        s = situation.learned.successes[page, captions].astype(np.float64)
        f = situation.learned.failures[page, captions].astype(np.float64)
        n = s + f
        centre, weight = s + Z * Z / 2, n + Z * Z
        reach = Z * np.sqrt(np.divide(s * f, n, out=np.zeros_like(n), where=n > 0) + Z * Z / 4)
        low, high = (
            np.maximum((centre - reach) / weight, 0),
            np.minimum((centre + reach) / weight, 1),
        )
        ids = situation.catalogue.caption_ids[captions]
        u = hashed_uniforms(situation.key(page), ids.tolist(), "|policy")[:, 0]
        return low + u * (high - low)


@dataclass(frozen=True, eq=False)
class Oracle:
    """Knows the hidden truth and takes the best of the week, without a thought for the next."""

    truth: Truth
    name: str = "oracle"

    def scores(self, situation: Situation, page: int, tier: int, captions: Ints) -> Floats:
        """What a recipient buys (PPV) or views (Bump), up to what all the page's captions share."""
        truth, catalogue = self.truth, situation.catalogue
        at = truth.pages.index(catalogue.pages[page])
        where = np.searchsorted(truth.caption_ids, catalogue.caption_ids[captions])
        lure = truth.lure[where]
        if tier == BUMP:
            return np.exp(lure)
        week = (situation.week_start - truth.first_day).days // DAYS_A_WEEK
        week = min(max(week, 0), truth.taste.shape[2] - 1)
        taste = truth.taste[at, truth.category[where], week]
        worn = self._wear(situation, page)[captions]
        appeal = truth.appeal[at, where].astype(np.float64)
        return appeal * np.exp(lure + taste - truth.response.wear_effect * worn)

    def _wear(self, situation: Situation, page: int) -> Floats:
        """How often and how lately the page sent each caption, as of the middle of the week."""
        facts = situation.facts
        mine = (facts.page == page) & (facts.caption >= 0)
        since = day_number(situation.week_start) + 3.5 - facts.date[mine]
        return totals(
            facts.caption[mine],
            np.exp(-since / self.truth.response.wear_days),
            situation.catalogue.caption_ids.size,
        )


POLICIES = ("eros", "exact", "uniform", "greedy", "incumbent", "oracle")
"""By name, as people choose them."""


def policy_named(name: str, truth: Truth) -> ScoringPolicy:
    """One of `POLICIES`."""
    policies: tuple[ScoringPolicy, ...] = (
        *(Eros(), Exact(), Uniform(), Greedy(), Incumbent(), Oracle(truth)),
    )
    return next(policy for policy in policies if policy.name == name)
