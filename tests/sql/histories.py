"""Small message histories by hypothesis, as rows of the tables that table functions read.

Counts and money are whole quarters, so that their sums are exact in whatever order an engine adds.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from eros_assets.calendar import ZONE, la_instant

PAGES = ("amber_bakes", "cello_by_ines", "fern_fotos")
# The clocks go back, the clocks go forth, a leap day, the turn of an ISO year.
ENDS = (
    dt.date(2025, 11, 9),
    dt.date(2026, 3, 16),
    dt.date(2024, 3, 4),
    dt.date(2027, 1, 4),
)
HOURS = (0, 1, 2, 9, 13, 21, 23)
PRICES = (None, 0.0, 8.0, 12.0, 15.5, 20.0, 35.0, 60.0)

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class History:
    """Facts and holidays before `as_of`, and the arguments to ask about them with."""

    facts: Rows
    creators: Rows
    holidays: Rows
    page_name: str | None
    as_of: dt.date
    lookback_days: int


@st.composite
def histories(draw: st.DrawFn, rows: int = 90, ends: Sequence[dt.date] = ENDS) -> History:
    """Histories of up to `rows` messages, none and one among them, on one to three pages."""
    as_of = draw(st.sampled_from(ends))
    pages = PAGES[: draw(st.integers(1, len(PAGES)))]
    count = draw(st.sampled_from((0, 1, 12, rows // 2, rows, rows)))
    chance = Random(draw(st.integers(0, 10_000)))
    span = draw(st.sampled_from((3, 30, 60, 100)))
    tired = draw(st.sampled_from((1.0, 1.0, 0.25)))
    steady = draw(st.booleans())
    facts = [_fact(chance, i, pages, as_of, span, tired, steady) for i in range(count)]
    holidays: Rows = [
        {
            "holiday_date": as_of - dt.timedelta(days=n),
            "holiday_name": f"day {n}",
            "volume_factor": 1.25,
        }
        for n in range(1, draw(st.sampled_from((1, 1, 5))))
    ]
    return History(
        facts=facts,
        creators=[{"page_name": page, "display_name": page, "is_active": True} for page in PAGES],
        holidays=holidays,
        page_name=draw(st.sampled_from((None, None, PAGES[0], "nobody"))),
        as_of=as_of - dt.timedelta(days=draw(st.sampled_from((0, 0, 1, 8)))),
        lookback_days=draw(st.sampled_from((1, 14, 28, 90, 90))),
    )


def _fact(
    chance: Random,
    i: int,
    pages: Sequence[str],
    as_of: dt.date,
    span: int,
    tired: float,
    steady: bool,
) -> dict[str, object]:
    # The most recent dates get as many messages as all before them: both halves have enough.
    days = chance.randint(1, 14) if i % 3 == 0 else chance.randint(1, span)
    day = as_of - dt.timedelta(days=days)
    instant = la_instant(day, chance.choice(HOURS), chance.choice((0, 15, 30)))
    if chance.random() < 0.1:  # the second 01:30 of the day on which the clocks go back
        instant += dt.timedelta(hours=1)
    local = instant.astimezone(ZONE)
    ppv = chance.random() < 0.7
    if steady:
        sent, viewed = 400, chance.choice((196, 200, 204))
        purchased, price = (chance.choice((19, 20, 21)), 12.0) if ppv else (0, None)
    else:
        sent = chance.choice((1, 40, 400, 4_000, 12_345))
        viewed = chance.choice((0, sent, sent // 2, chance.randint(0, sent)))
        purchased = chance.choice((0, viewed // 8, chance.randint(0, viewed))) if ppv else 0
        price = chance.choice(PRICES) if ppv else None
    earnings = purchased * (price or 0.0) * (tired if days <= 14 else 1.0)
    if i % 17 == 0:  # a day unlike the others
        earnings *= 64.0
    return {
        "row_id": 2**53 + i,
        "page_name": chance.choice(pages),
        "caption_id": chance.choice((None, 1, 2, 2**53 + 1)),
        "message_type": "PPV" if ppv else "Bump",
        "sending_time": instant,
        "send_date": local.date(),
        "send_hour": local.hour,
        "day_of_week": local.isoweekday(),
        "price": price,
        "sent_count": sent,
        "viewed_count": viewed,
        "purchased_count": purchased,
        "earnings": earnings,
        "view_rate": viewed / sent,
        "purchase_rate": purchased / viewed if viewed else None,
        "emv": 1000 * earnings / sent,
    }
