"""Reads dates in numbers, whose order nobody can tell from one of them."""

import datetime as dt
import re

NUMBERED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})\b(.*)")


def two_orders(value: str) -> str | None:
    """The readings of a date in numbers, day or month first, and the format of each."""
    readings = [
        f'{date.day} {date:%B %Y} with time_format = "{pattern}"'
        for pattern, date in readings_of(value).items()
    ]
    if not readings:
        return None
    return f"is {' or '.join(readings)}: write it in eros_import.toml, under [formats]"


def readings_of(value: str) -> dict[str, dt.date]:
    """The dates that a date in numbers can be, by their format, month first before day first."""
    found = NUMBERED.match(value.strip())
    if found is None:
        return {}
    first, mark, second, year, rest = found.groups()
    readings: dict[str, dt.date] = {}
    for order, month, day in (("m d", first, second), ("d m", second, first)):
        full = int(year) if len(year) == 4 else 2000 + int(year)
        try:
            date = dt.date(full, int(month), int(day))
        except ValueError:
            continue
        years = "%Y" if len(year) == 4 else "%y"
        days = mark.join(f"%{part}" for part in order.split())
        readings[f"{days}{mark}{years}{_clock_of(rest)}"] = date
    return readings


def _clock_of(rest: str) -> str:
    """The pattern of what follows a date."""
    clock = re.match(r"([T, ]+)\d{1,2}:\d{2}(:\d{2})?(\s*[AaPp][Mm])?", rest)
    if clock is None:
        return ""
    hours = "%I:%M" if clock[3] else "%H:%M"
    seconds = ":%S" if clock[2] else ""
    half = (" " if clock[3].startswith(" ") else "") + "%p" if clock[3] else ""
    return f"{clock[1]}{hours}{seconds}{half}"


def as_number(value: str) -> str | None:
    """What to write for a number that may be a time; None when it can't be one."""
    if not re.fullmatch(r"\d+(\.\d+)?", value):
        return None
    number = float(value)
    for name, low, high in (("unix", 1e9, 1e10), ("unix_ms", 1e12, 1e13), ("excel", 2e4, 8e4)):
        if low <= number < high:
            return f'is a number: write time_format = "{name}" in eros_import.toml, under [formats]'
    return None
