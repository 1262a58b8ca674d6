"""Reads the zone that stands behind a time: `EST`, `PT`, `GMT+2`, `(UTC)`.

`EST` is five hours behind UTC. In summer, people who write it mean the clocks of New York, which
show EDT then: such a time has two readings, and the mapping decides. So it does for names that
several zones have, such as CET or IST.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

WITH_ZONE = re.compile(
    r"(?P<time>.*\d(\s*[AaPp]\.?[Mm]\.?)?)\s*\(?(?P<zone>(?!AM|PM)[A-Z]{2,5}"
    r"(?P<offset>\s*[+-]\d{1,2}(:?\d{2})?)?)\)?"
)
OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?")
NAMES_OF_UTC = ("UTC", "GMT")
CLOCKS = {
    "E": "America/New_York",
    "C": "America/Chicago",
    "M": "America/Denver",
    "P": "America/Los_Angeles",
}
NAMED = {
    f"{letter}{half}T": (zone, dt.timedelta(hours=hours + (half == "D")))
    for (letter, zone), hours in zip(CLOCKS.items(), (-5, -6, -7, -8), strict=True)
    for half in "SD"
}
"""The zone that each name is of, and how far it is from UTC."""


@dataclass(frozen=True, slots=True)
class Zone:
    """What a name says: a distance from UTC, the clocks of a zone, or both."""

    offset: dt.timedelta | None = None
    clocks: str | None = None


def split_zone(text: str) -> tuple[str, str] | None:
    """A time without the zone behind it, and the zone; None where it has none."""
    found = WITH_ZONE.fullmatch(text)
    if found is None or (found["offset"] and found["zone"][:3] not in NAMES_OF_UTC):
        return None
    return found["time"], re.sub(r"\s", "", found["zone"])


def zone_of(name: str, given: Mapping[str, str]) -> Zone | None:
    """What the name of a zone says, first by the mapping; None where nobody can tell."""
    if name in given:
        offset = offset_of(given[name])
        return Zone(clocks=given[name]) if offset is None else Zone(offset)
    if name[:3] in NAMES_OF_UTC:
        offset = dt.timedelta() if len(name) == 3 else offset_of(name[3:])
        return None if offset is None else Zone(offset)
    if name in NAMED:
        zone, offset = NAMED[name]
        return Zone(offset, zone)
    if name.endswith("T") and name[:-1] in CLOCKS:
        return Zone(clocks=CLOCKS[name[:-1]])
    return None


def offset_of(text: str) -> dt.timedelta | None:
    """The distance from UTC that `+02:00`, `-5` or `+0530` is; None where it is none."""
    found = OFFSET.fullmatch(text)
    if found is None:
        return None
    distance = dt.timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if distance > dt.timedelta(hours=14):
        return None
    return -distance if found[1] == "-" else distance


def two_clocks(time: dt.datetime, name: str) -> str:
    """What to say of a local time whose zone has another name then."""
    zone, offset = NAMED[name]
    literal = time.replace(tzinfo=dt.timezone(offset)).isoformat()
    clocks = time.replace(tzinfo=ZoneInfo(zone)).isoformat()
    return (
        f"is {literal}, or {clocks} where {name} means the clocks of {zone}: write in "
        f'eros_import.toml, under [formats], zones = {{ {name} = "{zone}" }}, or '
        f'zones = {{ {name} = "{literal[-6:]}" }}'
    )


def unknown_zone(name: str) -> str:
    """What to say of a zone that nobody can tell."""
    return (
        f"ends with {name}, which may be several time zones: write in eros_import.toml, under "
        f'[formats], which one, such as zones = {{ {json.dumps(name)} = "Europe/Paris" }}'
    )
