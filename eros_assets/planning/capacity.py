"""Selects the captions that fit a week, and names the rule that excludes each other one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.balance import best_weeks, levels, within_day_maximum
from eros_assets.planning.model import (
    Caption,
    DroppedCaption,
    Rule,
    SentMessage,
    SlotValues,
    WeekRules,
)
from eros_assets.planning.paths import CLOSED, Gaps, day_paths, open_slots
from eros_assets.planning.slots import week_days

EASED_IN_ORDER = (
    Rule.WEEK_BEGUN,
    Rule.COOLING_DAYS,
    Rule.MAX_MESSAGES_PER_DAY,
    Rule.MIN_GAP,
    Rule.MESSAGE_GAP,
    Rule.PPV_BALANCE,
    Rule.SENDING_HOURS,
)


def keep_what_fits(
    ranked: Sequence[Caption],
    rules: WeekRules,
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> tuple[tuple[Caption, ...], tuple[DroppedCaption, ...]]:
    """The captions that fit the week, and the others with their binding rules.

    `ranked` is best first. Each caption is kept unless it doesn't fit beside all those kept before
    it, so the dropped captions have the lowest scores.
    """
    ppvs = sum(c.message_type == "PPV" for c in ranked)
    bumps = len(ranked) - ppvs
    fits = _fits(rules, frozenset(), ppvs, bumps, not_before, sent)
    kept: list[Caption] = []
    left_out: list[Caption] = []
    x = y = 0
    for caption in ranked:
        more = (x + 1, y) if caption.message_type == "PPV" else (x, y + 1)
        if fits[more]:
            kept.append(caption)
            x, y = more
        else:
            left_out.append(caption)
    binding = {
        kind: _binding(rules, (x + 1, y) if kind == "PPV" else (x, y + 1), not_before, sent)
        for kind in sorted({c.message_type for c in left_out})
    }
    return tuple(kept), tuple(DroppedCaption(c, binding[c.message_type]) for c in left_out)


def _binding(
    rules: WeekRules,
    wanted: tuple[int, int],
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> tuple[Rule, ...]:
    """The rules of which relaxing any one admits `wanted`; else a set that admits it together."""

    def lets_in(eased: frozenset[Rule]) -> bool:
        return bool(_fits(rules, eased, *wanted, not_before, sent)[wanted])

    alone = tuple(rule for rule in EASED_IN_ORDER if lets_in(frozenset({rule})))
    if alone:
        return alone
    together = frozenset(EASED_IN_ORDER)
    for rule in EASED_IN_ORDER:
        if lets_in(together - {rule}):
            together -= {rule}
    return tuple(rule for rule in EASED_IN_ORDER if rule in together)


def _fits(
    rules: WeekRules,
    eased: frozenset[Rule],
    ppvs: int,
    bumps: int,
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> NDArray[np.bool_]:
    """Whether a week fits each pair of counts up to `ppvs` and `bumps`, some rules relaxed."""
    rules = _eased(rules, eased)
    start = None if Rule.WEEK_BEGUN in eased else not_before
    days = week_days(rules, SlotValues(), not_before=start, sent=sent)
    gaps = Gaps.of(rules)
    zero = np.zeros((max(len(day.slots) for day in days), len(days)), dtype=np.int64)
    a_day = -(-len(zero) // gaps.ppv), -(-len(zero) // gaps.message)
    paths = day_paths(
        gaps,
        open_slots(days, zero, "PPV"),
        open_slots(days, zero, "Bump"),
        min(ppvs, a_day[0]),
        min(bumps, a_day[1]),
    )
    best = within_day_maximum(paths.best, days, rules.max_messages_per_day)
    fits = np.zeros((ppvs + 1, bumps + 1), dtype=bool)
    for count in range(ppvs + 1):
        if Rule.PPV_BALANCE in eased:
            any_number = tuple(tuple(range(count + 1)) for _ in days)
            fits[count] |= best_weeks(best, any_number, count, bumps)[0][count] > CLOSED // 2
            continue
        for choices in levels(days, count):
            fits[count] |= best_weeks(best, choices, count, bumps)[0][count] > CLOSED // 2
    return fits


def _eased(rules: WeekRules, eased: frozenset[Rule]) -> WeekRules:
    """The rules with some of them as wide as they go."""
    if Rule.WEEK_BEGUN in eased:
        rules = replace(rules, max_ppvs_per_day=None)
    if Rule.MIN_GAP in eased:
        rules = replace(rules, min_gap_minutes=0)
    if Rule.MESSAGE_GAP in eased:
        rules = replace(rules, message_gap_minutes=rules.grid_minutes)
    if Rule.MAX_MESSAGES_PER_DAY in eased:
        rules = replace(rules, max_messages_per_day=10_000)
    if Rule.COOLING_DAYS in eased:
        rules = replace(rules, cooling_days=0)
    if Rule.SENDING_HOURS in eased:
        rules = replace(rules, first_hour=0, last_hour=23, exceptions={})
    return rules
