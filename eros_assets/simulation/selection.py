"""Selects the captions that each page sends in a week, as `select_captions_for_creator` does.

Every caption draws, as in the procedure those of a tier with at most `individual_draws` captions
do. Of larger tiers the procedure makes the best draws only, which are distributed alike.
"""

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.demo.roster import PRICE_TIERS
from eros_assets.planning.volume import WeeklyTarget
from eros_assets.simulation.allotment import Candidates, SelectionLimits, Slots, allot
from eros_assets.simulation.catalogue import BUMP, Catalogue, Tables
from eros_assets.simulation.columns import rows_of
from eros_assets.simulation.draws import hashed_uniforms
from eros_assets.simulation.facts import Facts
from eros_assets.simulation.outlook import day_number
from eros_assets.simulation.policies import ScoringPolicy, Situation
from eros_assets.simulation.prices import earnings_at_certainty

TIERS = len(PRICE_TIERS)
TREATMENT, CONTROL = 0, 1
ARMS = ("treatment", "control")


@dataclass(frozen=True, slots=True, eq=False)
class Selections:
    """Rows of `caption_selections`: indices of page, caption and tier, arm, scores, posterior.

    `value` is what a message is expected to earn, USD.
    """

    page: Ints
    caption: Ints
    tier: Ints
    arm: Ints
    draw: Floats
    final_score: Floats
    successes: Floats
    failures: Floats
    value: Floats

    def records(self, page: int, catalogue: Catalogue) -> list[dict[str, Any]]:
        """The page's rows as `selected_captions.sql` gives them: by tier and rank."""
        mine = np.flatnonzero(self.page == page)
        ids = catalogue.caption_ids[self.caption[mine]]
        names = np.array(PRICE_TIERS)[self.tier[mine]]
        order = np.lexsort((ids, -self.final_score[mine], names))
        return [
            {
                "caption_id": int(ids[i]),
                "price_tier": str(names[i]),
                "content_category": catalogue.category_of(int(self.caption[mine[i]])),
                "final_score": float(self.final_score[mine[i]]),
                "arm": ARMS[self.arm[mine[i]]],
                "posterior_successes": float(self.successes[mine[i]]),
                "posterior_failures": float(self.failures[mine[i]]),
                "expected_value": float(self.value[mine[i]]),
            }
            for i in order
        ]


def select(
    situation: Situation,
    targets: Mapping[int, WeeklyTarget],
    reserved: Bools,
    policy: ScoringPolicy,
    tuning: Tables,
) -> Selections:
    """The captions of every page with targets; `reserved` (c,) are those that no page may take."""
    catalogue, knobs = situation.catalogue, situation.knobs
    slots = wanted_captions(situation, targets)
    week = day_number(situation.week_start)
    rested = _sent_since(situation.facts, catalogue, week - int(knobs["rest_days"]), week)
    use = _relative_use(situation.facts, catalogue, week - int(knobs["diversity_days"]), week)
    multipliers = {
        str(row["behavioral_segment"]): [float(row[f"{t}_multiplier"]) for t in PRICE_TIERS]
        for row in rows_of(tuning["segment_rules"])
    }
    worth = earnings_at_certainty(situation.facts, catalogue, knobs, week)
    found: list[Candidates] = []
    for page, target in targets.items():
        may = catalogue.allowed[page] & ~reserved & ~rested[page]
        for tier in range(TIERS):
            wanted = slots.wanted[page, tier]
            captions = np.flatnonzero(may & (catalogue.tier == tier))
            if wanted.sum() == 0 or captions.size == 0:
                continue
            draw = policy.scores(situation, page, tier, captions)
            final = cumulative_share(draw) * multipliers[target.behavioral_segment][tier]
            variety = (
                1.0
                - 2.0
                * use[
                    page,
                    np.where(catalogue.has_category[captions], catalogue.category[captions], -1),
                ]
            )
            final = np.round(final + float(knobs["diversity_weight"]) * variety, 12)
            found.extend(
                _kept(situation, page, tier, arm, captions, draw, final, slots, worth)
                for arm in (TREATMENT, CONTROL)
                if wanted[arm] > 0
            )
    everyone = Candidates(
        **{f.name: np.concatenate([getattr(c, f.name) for c in found]) for f in fields(Candidates)}
    )
    chosen = allot(everyone, slots, SelectionLimits.of(knobs), catalogue)
    return Selections(
        page=everyone.page[chosen],
        caption=everyone.caption[chosen],
        tier=everyone.tier[chosen],
        arm=everyone.arm[chosen],
        draw=everyone.draw[chosen],
        final_score=everyone.final_score[chosen],
        successes=everyone.successes[chosen],
        failures=everyone.failures[chosen],
        value=everyone.value[chosen],
    )


def cumulative_share(draw: Floats) -> Floats:
    """CUME_DIST: the share of draws that are not greater."""
    return np.searchsorted(np.sort(draw), draw, side="right") / draw.size


def wanted_captions(situation: Situation, targets: Mapping[int, WeeklyTarget]) -> Slots:
    """How many captions each page wants per tier and arm."""
    pages = len(situation.catalogue.pages)
    wanted = np.zeros((pages, TIERS, len(ARMS)), dtype=np.int64)
    week = np.zeros(pages, dtype=np.int64)
    for page, target in targets.items():
        counts = [int(getattr(target, f"num_{tier}")) for tier in PRICE_TIERS]
        controls = _controls(situation, page, counts)
        wanted[page, :, CONTROL] = controls
        wanted[page, :, TREATMENT] = np.array(counts) - controls
        week[page] = sum(counts)
    return Slots(wanted, week)


def _controls(situation: Situation, page: int, counts: list[int]) -> Ints:
    """How many of each tier's captions are control: the first PPVs by hash."""
    key = f"{situation.key(page)}control"
    u = float(hashed_uniforms(key, [""])[0, 0])
    ppvs = sum(count for tier, count in enumerate(counts) if tier != BUMP)
    controls = math.floor(float(situation.knobs["control_share"]) * ppvs + u)
    slots = sorted(
        (hashlib.sha256(f"{key}|{PRICE_TIERS[tier]}|{place}".encode()).hexdigest(), tier)
        for tier, count in enumerate(counts)
        if tier != BUMP
        for place in range(1, count + 1)
    )
    return np.bincount([tier for _, tier in slots[:controls]], minlength=TIERS)


def _kept(
    situation: Situation,
    page: int,
    tier: int,
    arm: int,
    captions: Ints,
    draw: Floats,
    final: Floats,
    slots: Slots,
    worth: Floats,
) -> Candidates:
    """The best of the page's tier for the arm, as many as may be needed."""
    catalogue, knobs = situation.catalogue, situation.knobs
    ids = catalogue.caption_ids[captions]
    if arm == TREATMENT:
        wish, offer = final, _offers(situation, page, tier, draw, worth[page, tier])
    else:
        uniforms = hashed_uniforms(situation.key(page), ids.tolist(), "|uniform")[:, 0]
        wish = offer = np.round(uniforms, 12)
    depth = int(
        knobs["candidate_depth_factor"] * slots.wanted[page, tier, arm]
        + knobs["candidate_depth_extra"]
    )
    best = np.lexsort((ids, -wish))
    if arm == TREATMENT:
        room = max(math.floor(float(knobs["max_category_share"]) * slots.week[page]), 1)
        best = best[_rank_in_category(catalogue, captions[best]) < 2 * room + 20]
    best = best[:depth]
    successes, failures = situation.learned.posterior(page, tier, captions[best])
    return Candidates(
        page=np.full(best.size, page),
        caption=captions[best],
        tier=np.full(best.size, tier),
        arm=np.full(best.size, arm),
        draw=draw[best],
        final_score=final[best],
        successes=successes,
        failures=failures,
        value=successes / (successes + failures) * worth[page, tier],
        wish=wish[best],
        offer=offer[best],
    )


def _offers(situation: Situation, page: int, tier: int, draw: Floats, worth: float) -> Floats:
    """How much the page offers for captions that others want, too."""
    usual = situation.learned.flat.rate[page, tier]
    stake = (usual * worth) ** float(situation.knobs["offer_money_exponent"])
    return np.round(draw / usual * stake, 9)


def _rank_in_category(catalogue: Catalogue, captions: Ints) -> Ints:
    """How many captions of the same category come before each, in the order given."""
    category = np.where(catalogue.has_category[captions], catalogue.category[captions], -1)
    order = np.argsort(category, kind="stable")
    in_order = category[order]
    rank = np.empty(captions.size, dtype=np.int64)
    rank[order] = np.arange(captions.size) - np.searchsorted(in_order, in_order, side="left")
    return rank


def _sent_since(facts: Facts, catalogue: Catalogue, first: int, end: int) -> Bools:
    """Which captions each page sent on the dates [first, end): (g, c)."""
    lately = facts.between(first, end)
    known = lately.where(lately.caption >= 0)
    sent = np.zeros((len(catalogue.pages), catalogue.caption_ids.size), dtype=bool)
    sent[known.page, known.caption] = True
    return sent


def _relative_use(facts: Facts, catalogue: Catalogue, first: int, end: int) -> Floats:
    """Sends of each category over those of the page's most used one: (g, categories + 1).

    Captions without a category stand in the last column, which is 1/2: they get no diversity.
    """
    lately = facts.between(first, end)
    in_bank = (lately.caption >= 0) & (catalogue.tier[lately.caption] >= 0)
    known = lately.where(in_bank)
    named = catalogue.has_category[known.caption]
    last = len(catalogue.categories)
    category = np.where(named, catalogue.category[known.caption], last)
    counts = np.zeros((len(catalogue.pages), last + 1))
    np.add.at(counts, (known.page, category), 1.0)
    counts[:, last] = 0.0
    most = counts.max(axis=1, keepdims=True)
    use = np.divide(counts, most, out=np.zeros_like(counts), where=most > 0)
    use[:, last] = 0.5
    return use


def reservations_in_force(
    dates: Ints, captions: Ints, week_start: dt.date, days: int, size: int
) -> Bools:
    """Captions (c,) that are reserved within `days` days of the week, outside it."""
    week = day_number(week_start)
    near = (dates >= week - days) & (dates < week)
    near |= (dates >= week + 7) & (dates <= week + days + 6)
    reserved = np.zeros(size, dtype=bool)
    reserved[captions[near]] = True
    return reserved
