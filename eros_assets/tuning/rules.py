"""Models of the plain tables, which are loaded as they stand in their files, and of the knobs."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from eros_assets.tuning.rows import TuningRow

MINUTES_A_WEEK = 7 * 24 * 60

Count = Annotated[int, Field(ge=0, le=1000)]
Factor = Annotated[float, Field(ge=0, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]
Price = Annotated[float, Field(ge=0, le=1e6)]


class AccountSizeTier(TuningRow):
    """A line of account_size_tiers.csv."""

    size_tier: str
    min_revenue_90d: Annotated[float, Field(ge=0, le=1e12)]
    weekly_ppv_min: Count
    weekly_ppv_max: Count
    weekly_bump_min: Count
    weekly_bump_max: Count
    min_gap_minutes: Annotated[int, Field(ge=1, le=MINUTES_A_WEEK)]
    max_messages_per_day: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _minima_first(self) -> Self:
        for kind in ("ppv", "bump"):
            low, high = f"weekly_{kind}_min", f"weekly_{kind}_max"
            if getattr(self, low) > getattr(self, high):
                raise ValueError(
                    f"{low} {getattr(self, low)} is more than {high} {getattr(self, high)}"
                )
        return self


class SaturationResponse(TuningRow):
    """A line of saturation_responses.csv."""

    saturation_status: str
    min_score: Share
    ppv_multiplier: Factor
    bump_multiplier: Factor
    gap_extension_minutes: Annotated[int, Field(ge=0, le=MINUTES_A_WEEK)]
    cooling_days: Annotated[int, Field(ge=0, le=7)]
    recommended_action: str


class SegmentRule(TuningRow):
    """A line of segment_rules.csv; without a price, the segment applies by message count alone."""

    behavioral_segment: str
    min_avg_price: Annotated[Price | None, BeforeValidator(lambda cell: cell or None)]
    budget_share: Share
    mid_share: Share
    premium_share: Share
    budget_multiplier: Factor
    mid_multiplier: Factor
    premium_multiplier: Factor
    bump_multiplier: Factor

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total = self.budget_share + self.mid_share + self.premium_share
        if abs(total - 1) > 1e-9:
            raise ValueError(f"budget_share, mid_share, premium_share add up to {total:g}, not 1")
        return self


class MaturityPoint(TuningRow):
    """A line of maturity_curve.csv."""

    age_hours: Annotated[float, Field(ge=0, le=720)]
    maturity: Annotated[float, Field(gt=0, le=1)]


PLAIN_TABLES: Mapping[str, type[TuningRow]] = {
    "account_size_tiers": AccountSizeTier,
    "saturation_responses": SaturationResponse,
    "segment_rules": SegmentRule,
    "maturity_curve": MaturityPoint,
}
"""Models by table, each with its file's first column as the key."""


class Knob(TuningRow):
    """A line of tuning.csv: a number with its range and unit."""

    knob: str
    value: float
    least: float
    most: float
    unit: str

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if not self.least <= self.value <= self.most:
            raise ValueError(
                f"value {self.value:.15g} is not in {self.least:g} to {self.most:g} {self.unit}"
            )
        return self


class WholeKnob(Knob):
    """A knob whose column of the table `tuning` is INT64."""

    value: int  # pyright: ignore[reportIncompatibleVariableOverride], a frozen field
