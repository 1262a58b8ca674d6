"""What the plain tables may hold, beside the types that `sql/tables` declares."""

from collections.abc import Mapping
from dataclasses import dataclass

from eros_assets.tuning.rows import Row

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class TableRules:
    """Rules of one table: ranges by column, and what must hold between the columns of a row."""

    key: str
    ranges: Mapping[str, Range]
    optional: frozenset[str] = frozenset()
    ordered: tuple[tuple[str, str], ...] = ()
    shares: tuple[str, ...] = ()

    def check(self, row: Row) -> None:
        """Raise TuningError where the columns of a row don't go together."""
        for low, high in self.ordered:
            if float(row[low]) > float(row[high]):
                raise row.wrong(f"{low} {row[low]} is more than {high} {row[high]}")
        if self.shares:
            total = sum(float(row[column]) for column in self.shares)
            if abs(total - 1) > 1e-9:
                raise row.wrong(f"{', '.join(self.shares)} add up to {total:g}, not 1")


_COUNT, _FACTOR, _SHARE = (0, 1000), (0, 10), (0, 1)

RULES: Mapping[str, TableRules] = {
    "account_size_tiers": TableRules(
        key="size_tier",
        ranges={
            "min_revenue_90d": (0, 1e12),
            "weekly_ppv_min": _COUNT,
            "weekly_ppv_max": _COUNT,
            "weekly_bump_min": _COUNT,
            "weekly_bump_max": _COUNT,
            "min_gap_minutes": (1, 7 * 24 * 60),
            "max_messages_per_day": (1, 1000),
        },
        ordered=(("weekly_ppv_min", "weekly_ppv_max"), ("weekly_bump_min", "weekly_bump_max")),
    ),
    "saturation_responses": TableRules(
        key="saturation_status",
        ranges={
            "min_score": _SHARE,
            "ppv_multiplier": _FACTOR,
            "bump_multiplier": _FACTOR,
            "gap_extension_minutes": (0, 7 * 24 * 60),
            "cooling_days": (0, 7),
        },
    ),
    "segment_rules": TableRules(
        key="behavioral_segment",
        ranges={
            "min_avg_price": (0, 1e6),
            "budget_share": _SHARE,
            "mid_share": _SHARE,
            "premium_share": _SHARE,
            "budget_multiplier": _FACTOR,
            "mid_multiplier": _FACTOR,
            "premium_multiplier": _FACTOR,
            "bump_multiplier": _FACTOR,
        },
        optional=frozenset({"min_avg_price"}),
        shares=("budget_share", "mid_share", "premium_share"),
    ),
}
