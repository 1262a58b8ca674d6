"""A page's saturation, weekly volume and slot values, as the table functions compute them.

`classify_account_size`, `get_creator_baseline`, `analyze_saturation_status` and
`calculate_engagement_rates`, for all pages at once; targets come from `planning.volume` itself.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.arrays import Floats
from eros_assets.calendar import DAYS_A_WEEK, week_dates
from eros_assets.planning.volume import PageOutlook, WeeklyTarget, weekly_target
from eros_assets.simulation.catalogue import Catalogue, Tables
from eros_assets.simulation.columns import rows_of, safe_divide, totals
from eros_assets.simulation.facts import Facts
from eros_assets.tuning import Knobs

MESSAGE_TYPES = ("PPV", "Bump")
HOURS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Saturation:
    """Score, whether it is known, and its cap; by page (g)."""

    score: Floats
    is_thin: NDArray[np.bool_]
    is_excluded: NDArray[np.bool_]


def day_number(day: dt.date) -> int:
    """Days since 1970."""
    return (day - dt.date(1970, 1, 1)).days


def week_targets(
    facts: Facts, catalogue: Catalogue, tuning: Tables, knobs: Knobs, week_start: dt.date
) -> dict[int, WeeklyTarget]:
    """The targets of every active creator, by index of its page."""
    as_of, lookback = day_number(week_start), int(knobs["account_lookback_days"])
    window = facts.between(as_of - lookback, as_of)
    pages = len(catalogue.pages)
    revenue = _by_page(window, window.earnings, pages) * 90.0 / lookback
    segments = _segments(window, pages, tuning["segment_rules"], knobs)
    saturation = saturations(window, pages, tuning, knobs, as_of)
    holidays = tuning["holiday_calendar"]
    by_date: Mapping[Any, float] = dict(
        zip(holidays["holiday_date"], holidays["volume_factor"], strict=True)
    )
    factors = [float(by_date.get(day, 1.0)) for day in week_dates(week_start)]
    return {
        int(page): weekly_target(
            _outlook(
                catalogue.pages[page],
                _last_at_most(tuning["account_size_tiers"], "min_revenue_90d", revenue[page]),
                segments[page],
                _response(tuning["saturation_responses"], saturation, int(page)),
                float(saturation.score[page]),
            ),
            week_start,
            factors,
        )
        for page in np.flatnonzero(catalogue.is_active)
    }


def saturations(window: Facts, pages: int, tuning: Tables, knobs: Knobs, as_of: int) -> Saturation:
    """Falls of EMV and view rate beyond those of all other pages, streaks, growth of volume."""
    recent_days, lookback = (
        int(knobs["saturation_recent_days"]),
        int(knobs["account_lookback_days"]),
    )
    recent = window.date >= as_of - recent_days
    ppv = window.is_ppv

    def sums(values: NDArray[Any], rows: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Of the recent rows and of the baseline's, by page."""
        part = values.astype(np.float64) * rows
        return _by_page(window, part * recent, pages), _by_page(window, part * ~recent, pages)

    everyone = np.ones(window.page.size, dtype=bool)
    messages = sums(np.ones(window.page.size), everyone)
    ppvs = sums(np.ones(window.page.size), ppv)
    emv = _excess(sums(window.earnings, ppv), sums(window.sent, ppv))
    views = _excess(sums(window.viewed, everyone), sums(window.sent, everyone))
    ppv_earnings, ppv_sent = sums(window.earnings, ppv), sums(window.sent, ppv)
    baseline_emv = safe_divide(ppv_earnings[1], ppv_sent[1])
    streak = _streaks(window, recent & ppv, baseline_emv, pages, float(knobs["underperform_share"]))
    volume = safe_divide(ppvs[0] / recent_days, ppvs[1] / (lookback - recent_days))
    ramp = float(knobs["saturation_ramp"])
    score = (
        knobs["saturation_emv_weight"] * np.clip(emv.lack / ramp, 0.0, 1.0)
        + knobs["saturation_view_weight"] * np.clip(views.lack / ramp, 0.0, 1.0)
        + knobs["saturation_streak_weight"]
        * np.minimum(streak / float(knobs["saturation_streak_days"]), 1.0)
        + knobs["saturation_volume_weight"]
        * np.clip(np.nan_to_num(volume, nan=0.0) - 1.0, 0.0, 1.0)
    )
    dates = pd.Index([day_number(day) for day in tuning["holiday_calendar"]["holiday_date"]])
    holidays = int(((dates >= as_of - recent_days) & (dates < as_of)).sum())
    return Saturation(
        score=np.minimum(score, 1.0),
        is_thin=(messages[0] < knobs["saturation_min_recent_messages"])
        | (messages[1] < knobs["saturation_min_baseline_messages"]),
        is_excluded=(emv.platform < knobs["platform_headwind"])
        | (holidays >= knobs["holiday_exclusion_dates"]),
    )


def slot_values(
    facts: Facts, catalogue: Catalogue, knobs: Knobs, week_start: dt.date
) -> dict[int, list[dict[str, Any]]]:
    """Rows of `slot_values.sql` by page: what an hour of the week is worth over the page's mean."""
    as_of = day_number(week_start)
    window = facts.between(as_of - int(knobs["account_lookback_days"]), as_of)
    cells = (len(catalogue.pages), DAYS_A_WEEK, HOURS, len(MESSAGE_TYPES))
    cell = np.ravel_multi_index(
        (window.page, window.day_of_week - 1, window.hour, (~window.is_ppv).astype(np.int64)), cells
    )

    def sums(values: NDArray[Any]) -> Floats:
        return totals(cell, values, int(np.prod(cells))).reshape(cells)

    count, sent = sums(np.ones(cell.size)), sums(window.sent)
    shrinkage = float(knobs["engagement_shrinkage"])
    emv = _slots(count, sent, 1000.0 * sums(window.earnings), shrinkage)
    views = _slots(count, sent, sums(window.viewed), shrinkage)
    value = np.nan_to_num(np.stack((emv[..., 0], views[..., 1]), axis=-1), nan=1.0)
    rows: dict[int, list[dict[str, Any]]] = {}
    for page, day, hour, kind in zip(*np.nonzero(count), strict=True):
        rows.setdefault(int(page), []).append(
            {
                "day_of_week": int(day) + 1,
                "send_hour": int(hour),
                "message_type": MESSAGE_TYPES[kind],
                "slot_value": float(value[page, day, hour, kind]),
            }
        )
    return rows


def _slots(count: Floats, sent: Floats, gained: Floats, shrinkage: float) -> Floats:
    """Shrunk rate of each slot over the page's and type's; NaN where that is unknown."""
    page = safe_divide(gained.sum(axis=(1, 2), keepdims=True), sent.sum(axis=(1, 2), keepdims=True))
    shrunk = (count * safe_divide(gained, sent) + shrinkage * page) / (count + shrinkage)
    return safe_divide(shrunk, np.broadcast_to(page, shrunk.shape))


@dataclass(frozen=True, slots=True, eq=False)
class _Fall:
    """By page: how much more its rate fell than all others' together, and theirs; NaN: unknown."""

    lack: Floats
    platform: Floats


def _excess(gained: Sequence[Floats], sent: Sequence[Floats]) -> _Fall:
    own = safe_divide(safe_divide(gained[0], sent[0]), safe_divide(gained[1], sent[1])) - 1.0
    others = [[values.sum() - values for values in pair] for pair in (gained, sent)]
    platform = (
        safe_divide(
            safe_divide(others[0][0], others[1][0]), safe_divide(others[0][1], others[1][1])
        )
        - 1.0
    )
    lack = np.nan_to_num(np.nan_to_num(platform, nan=0.0) - own, nan=0.0)
    return _Fall(lack, platform)


def _streaks(
    window: Facts, rows: NDArray[np.bool_], baseline: Floats, pages: int, share: float
) -> Floats:
    """Latest dates with PPVs in a row that earn under this share of the baseline, by page."""
    streaks = np.zeros(pages)
    for page in range(pages):
        mine = window.where(rows & (window.page == page))
        dates, which = np.unique(mine.date, return_inverse=True)
        earned = totals(which, mine.earnings, dates.size)
        sent = totals(which, mine.sent, dates.size)
        good = np.flatnonzero(~(safe_divide(earned, sent) < share * baseline[page]))
        streaks[page] = dates.size - 1 - good[-1] if good.size else dates.size
    return streaks


def _segments(
    window: Facts, pages: int, rules: pd.DataFrame, knobs: Knobs
) -> list[Mapping[str, Any]]:
    priced = window.where(window.is_ppv & (window.price > 0))
    count = _by_page(priced, np.ones(priced.page.size), pages)
    mean = safe_divide(_by_page(priced, priced.price, pages), count)
    exploratory = rows_of(rules[rules["behavioral_segment"] == "EXPLORATORY"])[0]
    return [
        exploratory
        if count[page] < knobs["segment_min_ppvs"]
        else _last_at_most(rules, "min_avg_price", float(mean[page]))
        for page in range(pages)
    ]


def _response(responses: pd.DataFrame, saturation: Saturation, page: int) -> Mapping[str, Any]:
    found = _last_at_most(responses, "min_score", float(saturation.score[page]))
    name = found["saturation_status"]
    if saturation.is_thin[page]:
        name = "GREEN"
    elif name == "RED" and saturation.is_excluded[page]:
        name = "YELLOW"
    at = list(responses["saturation_status"]).index(name)
    return {str(column): responses[column].iat[at] for column in responses.columns}


def _last_at_most(table: pd.DataFrame, column: str, value: float) -> Mapping[str, Any]:
    """The row with the greatest `column` that is at most `value`."""
    bounds = table[column].to_numpy(dtype=np.float64)
    best = int(np.argmax(np.where(bounds <= value, bounds, -np.inf)))
    return {str(name): table[name].iat[best] for name in table.columns}


def _outlook(
    page_name: str,
    tier: Mapping[str, Any],
    segment: Mapping[str, Any],
    response: Mapping[str, Any],
    score: float,
) -> PageOutlook:
    return PageOutlook(
        page_name=page_name,
        size_tier=tier["size_tier"],
        behavioral_segment=segment["behavioral_segment"],
        saturation_status=response["saturation_status"],
        saturation_score=score,
        weekly_ppv_base=(int(tier["weekly_ppv_min"]) + int(tier["weekly_ppv_max"]) + 1) // 2,
        weekly_bump_base=(int(tier["weekly_bump_min"]) + int(tier["weekly_bump_max"]) + 1) // 2,
        weekly_ppv_max=int(tier["weekly_ppv_max"]),
        weekly_bump_max=int(tier["weekly_bump_max"]),
        ppv_multiplier=float(response["ppv_multiplier"]),
        bump_multiplier=float(response["bump_multiplier"]),
        min_gap_minutes=int(tier["min_gap_minutes"]),
        gap_extension_minutes=int(response["gap_extension_minutes"]),
        max_messages_per_day=int(tier["max_messages_per_day"]),
        cooling_days=int(response["cooling_days"]),
        budget_share=float(segment["budget_share"]),
        mid_share=float(segment["mid_share"]),
        premium_share=float(segment["premium_share"]),
    )


def _by_page(window: Facts, values: NDArray[Any], pages: int) -> Floats:
    return totals(window.page, values, pages)
