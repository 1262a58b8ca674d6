"""What a week's exploration costs a page, and what earlier weeks' has found."""

from collections.abc import Mapping, Sequence
from typing import Any

from eros_assets.insights.captions import judged, rate_text
from eros_assets.insights.known import Known, Rows, Said, shown_caption

DAYS = 91
"""Captions that were chosen untried count as found for so long after their first trial."""
SHOWN = 2
"""Captions found that are named."""


def cost_and_found(known: Known) -> Said:
    """What trying others than those believed best costs this week, and what came of it before."""
    costs = _costs(known.of("exploration_costs"))
    tried = [judged(row) for row in known.of("new_captions") if row["is_explored"]]
    better = sorted(
        (each for each in tried if each["chosen_rate"] and each["rate"] > each["chosen_rate"]),
        key=lambda each: (
            each["price_tier"] == "bump",
            -each["rate"] / each["chosen_rate"],
            each["caption_id"],
        ),
    )
    lines = [*_cost_lines(costs), *_found_lines(tried, better)]
    return Said(lines, {**costs, "tried": len(tried), "found": better})


def _costs(rows: Rows) -> dict[str, Any]:
    """Sums over the page's tiers: captions, and USD expected."""
    counts = {name: sum(int(row[name]) for row in rows) for name in _COUNTS}
    sums = {name: sum(float(row[name]) for row in rows) for name in _SUMS}
    return {
        **counts,
        **sums,
        "cost": max(sums["best_value"] - sums["treatment_value"], 0.0),
        "control_cost": sums["next_value"] - sums["control_value"],
    }


_COUNTS = ("treatment_places", "control_places", "untried")
_SUMS = ("treatment_value", "control_value", "best_value", "next_value")


def _cost_lines(costs: Mapping[str, Any]) -> Sequence[str]:
    chosen = costs["treatment_places"] + costs["control_places"]
    if not chosen:
        return ["What this week's choice costs isn't known: nothing is expected of its captions."]
    untried = f"{costs['untried']} of the week's {chosen} captions are untried here."
    if not costs["best_value"]:
        return [untried]
    score = (
        f"{untried} The choice by score is expected to earn ${costs['treatment_value']:,.0f}, the "
        f"captions believed best ${costs['best_value']:,.0f}: trying others costs at most "
        f"${costs['cost']:,.0f}, {costs['cost'] / costs['best_value']:.1%}."
    )
    if not costs["control_places"]:
        return [score]
    drawn = "message" if costs["control_places"] == 1 else "messages"
    lost = costs["control_cost"]
    said = f"costs about ${lost:,.0f}" if lost >= 0 else f"earns about ${-lost:,.0f} more"
    arm = f"The control arm, {costs['control_places']} {drawn} drawn uniformly, {said}."
    return [score, arm]


def _found_lines(
    tried: Sequence[Mapping[str, Any]], better: Sequence[Mapping[str, Any]]
) -> Sequence[str]:
    if not tried:
        return ["Of what it chose untried in earlier weeks nothing has been sent and counted yet."]
    sure = sum(each["interval"][0] > each["chosen_rate"] for each in better)
    summary = (
        f"Of {len(tried)} captions that it chose untried in the last {DAYS // 7} weeks "
        f"{len(better)} are now believed above what it chooses on average, {sure} of them with an "
        "interval that lies above it."
    )
    lines = [
        f"Found: {shown_caption(each)}: {rate_text(each)}, the chosen {each['chosen_rate']:.2%}."
        for each in better[:SHOWN]
    ]
    return [summary, *lines]
