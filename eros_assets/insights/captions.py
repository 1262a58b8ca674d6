"""Which captions of a page are believed best, which are worn, and what is known of new ones."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

from eros_assets.captions.evidence import Posterior
from eros_assets.insights.known import Known, Said, date_of, shown_caption

SHOWN = 3
"""Captions of a kind that are named."""
WORN_SHARE = 0.8
"""A caption is worn that sells less than this share of what it would unworn."""
NEW_DAYS = 28
"""A caption is new for so long after its first trial."""

BETTER, WORSE, EARLY = "better", "worse", "too early"


def best(known: Known) -> Said:
    """The captions of which a message is expected to earn most, with 95 % intervals."""
    rows = [row for row in known.of("believed_captions") if row["best_rank"] is not None]
    if not rows:
        return Said(["None yet: the page has no caption with a trial that sells something."])
    found = [_valued(row) for row in sorted(rows, key=lambda row: row["best_rank"])]
    return Said([_best_line(each) for each in found], found)


def worn(known: Known) -> Said:
    """The captions that repeats have worn, those first that lost most."""
    rows = [row for row in known.of("believed_captions") if row["worn_rank"] is not None]
    if not rows:
        return Said([f"None sells less than {WORN_SHARE:.0%} of what it would unworn."])
    found = [_valued(row) for row in sorted(rows, key=lambda row: row["worn_rank"])]
    return Said([_worn_line(each) for each in found], found)


def new(known: Known) -> Said:
    """The first verdicts on what the page sent for the first time in the last NEW_DAYS."""
    since = known.week_start - dt.timedelta(days=NEW_DAYS)
    rows = [row for row in known.of("new_captions") if row["first_sent"] >= since]
    if not rows:
        return Said([f"None was sent for the first time in the last {NEW_DAYS} days."])
    found = [judged(row) for row in rows]
    counts = Counter(each["verdict"] for each in found)
    summary = (
        f"Of {len(found)} sent for the first time in the last {NEW_DAYS} days {counts[BETTER]} are "
        f"better than the page's mean of the tier, {counts[WORSE]} worse; of {counts[EARLY]} it is "
        "too early to tell."
    )
    ranked = sorted(found, key=_by_lift)
    worse = [each for each in ranked if each["verdict"] == WORSE]
    told = [
        *[each for each in ranked if each["verdict"] == BETTER][:SHOWN],
        *sorted(worse, key=lambda each: (_is_bump(each), each["rate"] / each["page_rate"]))[:1],
    ]
    lines = [
        f"{each['verdict'].capitalize()}: {shown_caption(each)}: {rate_text(each)}, the page's "
        f"mean is {each['page_rate']:.2%}."
        for each in told
    ]
    return Said([summary, *lines], {"new": len(found), **counts, "shown": told})


def _by_lift(each: Mapping[str, Any]) -> tuple[bool, float, int]:
    """PPVs before bumps, then by what the rate is over the page's mean, the best first."""
    return _is_bump(each), -each["rate"] / each["page_rate"], each["caption_id"]


def _is_bump(each: Mapping[str, Any]) -> bool:
    return each["price_tier"] == "bump"


def judged(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `new_captions` with its rate, 95 % interval and verdict against the page's mean."""
    belief = Posterior.of(row["posterior_successes"], row["posterior_failures"])
    verdict = EARLY
    if belief.lower > row["page_rate"]:
        verdict = BETTER
    elif belief.upper < row["page_rate"]:
        verdict = WORSE
    return {
        **_named(row),
        "first_sent": date_of(row["first_sent"]),
        "send_count": int(row["send_count"]),
        "rate": belief.mean,
        "interval": [belief.lower, belief.upper],
        "page_rate": row["page_rate"],
        "chosen_rate": row["chosen_rate"],
        "is_explored": bool(row["is_explored"]),
        "verdict": verdict,
    }


def rate_text(valued: Mapping[str, Any]) -> str:
    """A rate with its interval, and what it is of."""
    lower, upper = valued["interval"]
    of = "recipients view" if valued["price_tier"] == "bump" else "viewers buy"
    return f"{valued['rate']:.2%} of {of} ({lower:.2%} to {upper:.2%})"


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "caption_id": int(row["caption_id"]),
        "price_tier": row["price_tier"],
        "caption_text": row["caption_text"],
    }


def _valued(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `believed_captions` with rate and expected earnings, each with its interval."""
    belief = Posterior.of(row["posterior_successes"], row["posterior_failures"])
    value, share = row["earnings_at_rate_one"], float(row["unworn_share"])
    earnings = None if value is None else [value * belief.lower, value * belief.upper]
    return {
        **_named(row),
        "send_count": int(row["send_count"]),
        "last_used": None if row["last_used"] is None else date_of(row["last_used"]),
        "rate": belief.mean,
        "interval": [belief.lower, belief.upper],
        "unworn_share": share,
        "expected_value": None if value is None else value * belief.mean,
        "expected_interval": earnings,
        "lost_value": None if value is None else value * belief.mean * (1 / share - 1),
    }


def _best_line(each: Mapping[str, Any]) -> str:
    lower, upper = each["expected_interval"]
    return (
        f"{shown_caption(each)}: ${each['expected_value']:,.0f} a message (${lower:,.0f} to "
        f"${upper:,.0f}), as {rate_text(each)}; sent {_times(each)}."
    )


def _worn_line(each: Mapping[str, Any]) -> str:
    lost = f", ${each['lost_value']:,.0f} a message less" if each["lost_value"] else ""
    last = f", last on {each['last_used']}" if each["last_used"] else ""
    return (
        f"{shown_caption(each)}: sells {each['unworn_share']:.0%} of what it would unworn{lost}; "
        f"sent {_times(each)}{last}."
    )


def _times(each: Mapping[str, Any]) -> str:
    return "once" if each["send_count"] == 1 else f"{each['send_count']} times"
