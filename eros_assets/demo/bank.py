"""Draws the sample agency's caption bank and the pages' restrictions."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.calendar import la_instant
from eros_assets.demo.roster import PRICE_TIERS, AgencySize, Creator
from eros_assets.demo.wording import CaptionBrief, compose, read_wording

TIER_SHARES = (0.30, 0.27, 0.21, 0.22)
"""Of budget, mid, premium and bump captions."""

PAGE_OWNED_SHARE = 0.15
URGENT_SHARE = 0.15
INACTIVE_SHARE = 0.01
FIRST_ID = 1_000_001
LONG_ID = 7_512_345_678_901_000_000
"""Captions of the last `LONG_ID_SHARE` come from a newer tool, whose ids pass 2^53."""

LONG_ID_SHARE = 0.04
OLD_SHARE = 0.60
"""Captions that were there before the history began; the others came evenly during it."""

OLDEST_DAYS = 240


def draw_bank(
    size: AgencySize, creators: Sequence[Creator], first_day: dt.date, rng: np.random.Generator
) -> pd.DataFrame:
    """`caption_bank`, by ascending caption_id, which is also the order of writing."""
    n = size.captions
    categories = read_wording().categories
    category = rng.integers(len(categories), size=n)
    tier = rng.choice(len(PRICE_TIERS), size=n, p=TIER_SHARES)
    urgent = rng.random(n) < URGENT_SHARE
    volume = np.array([c.size.weekly_ppv + c.size.weekly_bumps for c in creators])
    owner = np.where(
        rng.random(n) < PAGE_OWNED_SHARE,
        rng.choice(len(creators), size=n, p=volume / volume.sum()),
        -1,
    )
    briefs = [
        CaptionBrief(
            category=categories[int(category[i])],
            price_tier=PRICE_TIERS[int(tier[i])],
            has_urgency=bool(urgent[i]),
            craft=creators[int(owner[i])].craft if owner[i] >= 0 else None,
        )
        for i in range(n)
    ]
    texts = _with_near_duplicates(compose(briefs, rng), size.near_duplicates, rng)
    pages = np.array([*(c.page_name for c in creators), None], dtype=object)
    return pd.DataFrame(
        {
            "caption_id": _ids(n),
            "caption_text": texts,
            "content_category": np.array(categories, dtype=object)[category],
            "price_tier": np.array(PRICE_TIERS, dtype=object)[tier],
            "has_urgency": urgent,
            "page_name": pages[owner],
            "is_active": rng.random(n) >= INACTIVE_SHARE,
            "created_at": _creation(n, size.days, first_day, rng),
        }
    )


def draw_restrictions(creators: Sequence[Creator], rng: np.random.Generator) -> pd.DataFrame:
    """`creator_caption_restrictions`: a fifth of the pages, one of them with a row not in force.

    They were made lately: the history was sent without them.
    """
    rules: list[tuple[list[str], list[str], list[str], bool]] = [
        (["giveaway", "print_sale"], [], [], True),
        ([], ["premium"], [r"(?i)\bonly until midnight\b"], True),
        (["recipe"], [], [r"(?i)\b(last chance|final call)\b", r"^\+1 "], True),
        ([], [], [r"[🎉💃🙌]\s*$"], True),
        (["live_session"], [], [r"(?i)\bgluten\b"], True),
        (["playlist", "challenge"], [], [r"(?i)cr[eè]me\s+br[uû]l[eé]e"], True),
        (["morning_ritual"], [], [], True),
        (["tutorial"], ["bump"], [r"(?i)grandmother"], False),
    ]
    free = [i for i, c in enumerate(creators) if c.is_active and c.overload == 1.0]
    chosen = rng.permutation(free)[: max(2, round(len(creators) / 5))]
    rows = [(creators[int(i)].page_name, *rules[n % len(rules)]) for n, i in enumerate(chosen)]
    if rows[-1][-1]:
        rows.append((rows[-1][0], *rules[-1]))
    columns = [
        "page_name",
        "restricted_categories",
        "restricted_price_tiers",
        "blocked_patterns",
        "is_active",
    ]
    return pd.DataFrame(sorted(rows), columns=columns)


def _ids(n: int) -> NDArray[np.int64]:
    ids = np.arange(FIRST_ID, FIRST_ID + n, dtype=np.int64)
    newer = n - max(1, round(n * LONG_ID_SHARE))
    ids[newer:] = LONG_ID + np.arange(n - newer, dtype=np.int64) * 613
    return ids


def _creation(n: int, days: int, first_day: dt.date, rng: np.random.Generator) -> pd.DatetimeIndex:
    """Instants of writing, ascending: the old ones before the history, the others during it."""
    old = round(n * OLD_SHARE)
    before = rng.uniform(-OLDEST_DAYS, -1, old)
    during = rng.uniform(0, days - 1, n - old)
    seconds = (np.sort(np.concatenate((before, during))) * 86_400).astype(np.int64)
    start = pd.Timestamp(la_instant(first_day)).as_unit("us")
    return start + pd.to_timedelta(seconds, unit="s").as_unit("us")


def _with_near_duplicates(texts: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """Some captions say what another says, but for case and punctuation, as in any real bank."""
    for original, copy in rng.choice(len(texts), size=(count, 2), replace=False):
        texts[int(copy)] = texts[int(original)].upper().replace(".", "!")
    return texts
