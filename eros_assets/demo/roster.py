"""Draws the sample agency's creators: what each earns and charges, and how often it sends.

Drawn once per agency; `population.py` makes the hidden truth from it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eros_assets.demo.wording import read_wording

SampleSize = Literal["full", "small"]
PriceTier = Literal["budget", "mid", "premium", "bump"]

PPV_TIERS: tuple[PriceTier, ...] = ("budget", "mid", "premium")
PRICE_TIERS: tuple[PriceTier, ...] = (*PPV_TIERS, "bump")
PRICE_RANGES = {"budget": (5, 12), "mid": (12, 20), "premium": (20, 45)}
"""USD, whole dollars."""


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Creators of one account size: revenue of 90 days (USD, from, to), messages a week."""

    name: str
    revenue: tuple[float, float]
    weekly_ppv: float
    weekly_bumps: float


@dataclass(frozen=True, slots=True)
class Pricing:
    """Where in each tier's range a page prices (0 low, 1 high), and its mix of PPV tiers."""

    level: float
    mix: tuple[float, float, float]


MICRO = SizeClass("MICRO", (1_700, 3_300), 6, 4)
SMALL = SizeClass("SMALL", (8_500, 16_000), 8.5, 6)
MEDIUM = SizeClass("MEDIUM", (37_000, 68_000), 12, 8.5)
LARGE = SizeClass("LARGE", (160_000, 320_000), 16, 12)
MEGA = SizeClass("MEGA", (750_000, 1_200_000), 21.5, 16)

LOW = Pricing(0.12, (0.60, 0.30, 0.10))
MIDDLE = Pricing(0.50, (0.30, 0.45, 0.25))
HIGH = Pricing(0.55, (0.15, 0.35, 0.50))
TOP = Pricing(0.88, (0.03, 0.07, 0.90))


@dataclass(frozen=True, slots=True)
class AgencySize:
    """How much of everything a sample agency has. `messages` includes the bad rows."""

    days: int
    captions: int
    messages: int
    creators: tuple[SizeClass, ...]
    bad_rows: int
    night_messages: int
    near_duplicates: int


SIZES: dict[SampleSize, AgencySize] = {
    "full": AgencySize(
        days=548,
        captions=44_651,
        messages=63_411,
        creators=(MICRO,) * 6 + (SMALL,) * 9 + (MEDIUM,) * 11 + (LARGE,) * 8 + (MEGA,) * 4,
        bad_rows=190,
        night_messages=48,
        near_duplicates=6,
    ),
    "small": AgencySize(
        days=120,
        captions=900,
        messages=2_500,
        creators=(MICRO, MICRO, SMALL, SMALL, MEDIUM, LARGE, MEGA),
        bad_rows=18,
        night_messages=4,
        near_duplicates=2,
    ),
}

SMALLEST_AGENCY = 5
CAPTIONS_A_CREATOR = 500
HISTORY_DAYS = 365


def scaled_size(creators: int, captions: int | None = None, days: int = HISTORY_DAYS) -> AgencySize:
    """An agency of `creators` with the full one's mix of account sizes and its usual volumes.

    Raises:
        ValueError: fewer than five creators, or more than have a name.
    """
    full = SIZES["full"]
    if not SMALLEST_AGENCY <= creators <= len(full.creators):
        raise ValueError(
            f"{creators} creators: give {SMALLEST_AGENCY} to {len(full.creators)} of them"
        )
    classes = [MICRO, SMALL, MEDIUM, LARGE, MEGA]
    places = np.linspace(0, len(full.creators) - 1, creators - len(classes))
    classes += [full.creators[round(place)] for place in places.tolist()]
    weekly = sum(c.weekly_ppv + c.weekly_bumps for c in classes)
    messages = round(weekly * days / 7)
    return AgencySize(
        days=days,
        captions=captions or CAPTIONS_A_CREATOR * creators,
        messages=messages,
        creators=tuple(classes),
        bad_rows=max(10, messages * full.bad_rows // full.messages),
        night_messages=max(1, messages * full.night_messages // full.messages),
        near_duplicates=2,
    )


@dataclass(frozen=True, slots=True)
class Creator:
    """One creator. Days count from the history's first (0); the page sends in [first, last].

    `overload` is by how much the page's latest `OVERSENT_DAYS` exceed its usual volume (1: not).
    """

    page_name: str
    display_name: str
    craft: str
    size: SizeClass
    pricing: Pricing
    is_active: bool
    first_day: int
    last_day: int
    overload: float = 1.0


OVERSENT_DAYS = 26
NEW_CREATOR_DAYS = 5
DEPARTED_DAYS = 45
LATE_SHARE = 0.25


def draw_roster(size: AgencySize, rng: np.random.Generator) -> tuple[Creator, ...]:
    """The agency's creators, by page name.

    One creator is new (its history is `NEW_CREATOR_DAYS` long), one left `DEPARTED_DAYS` ago, two
    have been sent too much lately; a quarter of the others joined during the history.
    """
    people = read_wording().creators[: len(size.creators)]
    classes = [size.creators[int(i)] for i in rng.permutation(len(size.creators))]
    pricings = _pricings(classes, rng)
    new = classes.index(MICRO)
    departed = classes.index(SMALL)
    worn = classes.index(LARGE)
    tired = classes.index(MEDIUM)
    creators: list[Creator] = []
    for i, (page, name, craft) in enumerate(people):
        joined_late = rng.random() < LATE_SHARE and i not in (departed, worn, tired)
        first = int(rng.uniform(0.1, 0.5) * size.days) if joined_late else 0
        creators.append(
            Creator(
                page_name=page,
                display_name=name,
                craft=craft,
                size=classes[i],
                pricing=pricings[i],
                is_active=i != departed,
                first_day=size.days - NEW_CREATOR_DAYS if i == new else first,
                last_day=size.days - 1 - (DEPARTED_DAYS if i == departed else 0),
                overload={worn: 2.6, tired: 1.75}.get(i, 1.0),
            )
        )
    return tuple(sorted(creators, key=lambda c: c.page_name))


def _pricings(classes: list[SizeClass], rng: np.random.Generator) -> list[Pricing]:
    """Small accounts price low more often; the largest are spread over all kinds."""
    every = (LOW, MIDDLE, HIGH, TOP)
    shares = {
        "MICRO": (0.5, 0.4, 0.1, 0.0),
        "SMALL": (0.3, 0.5, 0.2, 0.0),
        "MEDIUM": (0.15, 0.45, 0.3, 0.1),
        "LARGE": (0.1, 0.4, 0.4, 0.1),
        "MEGA": (0.0, 0.4, 0.4, 0.2),
    }
    return [every[int(rng.choice(len(every), p=shares[c.name]))] for c in classes]
