"""An experiment that a page's history of prices suggests; EROS never does it by itself."""

from dataclasses import asdict

from eros_assets.insights.known import Known, Said

DAYS = 182
"""Days before the week whose prices are compared."""


def proposed(known: Known) -> Said:
    """The experiment that the history suggests the most, or that it suggests none."""
    # Imported here: it brings numpy.
    from eros_assets.evaluation.price_experiments import PricedWeek, suggested_experiment

    rows = known.of("earned_by_price")
    history = [
        PricedWeek(
            str(row["price_tier"]),
            float(row["price"]),
            row["week"],
            int(row["messages"]),
            float(row["exposure"]),
            float(row["earnings"]),
        )
        for row in rows
    ]
    found = suggested_experiment(history)
    if found is None:
        return Said(["None: no tier or price has earned more than the page's others for sure."])
    others = " and ".join(found.tiers)
    changed = (
        f"{others} messages as {found.price_tier} ones at ${found.price:g}"
        if found.is_of_tier
        else f"{others} messages at ${found.price:g}"
    )
    asked = f"was sent as {found.price_tier}" if found.is_of_tier else "was asked such a price"
    largest = (
        f", and it is the largest of {found.comparisons} comparisons, so likely too high"
        if found.comparisons > 1
        else ""
    )
    line = (
        f"Try: a third of {known.name}'s {changed} for {found.weeks} weeks; history suggests "
        f"{found.lift:+.0%} ({found.lower:+.0%} to {found.upper:+.0%}) per 1,000 recipients. That "
        f"was no experiment: what {asked} differed in other ways{largest}. About "
        f"{found.messages:,} messages would show so much, at {found.messages_a_week:.0f} a week. "
        "EROS changes nothing by itself."
    )
    return Said([line], asdict(found))
