"""Which hours of a page are worth most."""

from collections.abc import Mapping
from typing import Any

from eros_assets.insights.known import Known, Said

SHOWN = 3
"""Hours of a message type that are named."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TYPES = {"PPV": "earnings", "Bump": "views"}
"""Message types, and what their hours are compared by."""


def best(known: Known) -> Said:
    """The best hours of each message type among those in which messages may go out."""
    first, last = int(known.knobs["first_send_hour"]), int(known.knobs["last_send_hour"])
    rows = [row for row in known.of("slot_values") if first <= row["send_hour"] <= last]
    found = {kind: _best_of(rows, kind) for kind in TYPES}
    lines = [
        f"{kind}, by {what}: "
        + ", ".join(
            f"{DAYS[each['day_of_week'] - 1]} {each['send_hour']:02d}:00 × {each['slot_value']:.2f}"
            for each in hours
        )
        + " the mean."
        for kind, what in TYPES.items()
        if (hours := found[kind])
    ]
    return Said(lines or ["No hour of the week is known yet to be worth more."], found)


def _best_of(rows: list[dict[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    better = [row for row in rows if row["message_type"] == kind and row["slot_value"] > 1.005]
    better.sort(key=lambda row: (-row["slot_value"], row["day_of_week"], row["send_hour"]))
    return [
        {
            "day_of_week": int(row["day_of_week"]),
            "send_hour": int(row["send_hour"]),
            "slot_value": float(row["slot_value"]),
        }
        for row in better[:SHOWN]
    ]
