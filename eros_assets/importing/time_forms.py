"""Rewrites times that have one reading, but no form that programs expect.

`2025-10-14 9:05 PM` becomes `2025-10-14 21:05`, and the date of a week, `2025-W42-2`, a date of
its month.
"""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import datetime as dt
import re

import pyarrow as pa
import pyarrow.compute as pc

from eros_assets.importing.masks import changed, true

RARE = r"(?i)^[0-9]{4}-?W[0-9]{2}|^[0-9]{4}[-/].*[ap]\.?m\b"
"""The forms that are rewritten, and some more, for RE2."""

WEEK = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])(?![\d-])")
HALF_DAY = re.compile(
    r"(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[T, ]+(?P<hour>\d{1,2})(?P<rest>(:\d{2}){1,2})\s*"
    r"(?P<half>[ap])\.?m\b\.?",
    re.IGNORECASE,
)


def usual_forms(text: pa.Array) -> pa.Array:
    """The times, those of rare forms in the usual one; what is no such time stays as it is."""
    return changed(text, true(pc.match_substring_regex(text, RARE)), usual_form)


def usual_form(text: str) -> str:
    """One time in the usual form; what is no time of a rare form stays as it is."""
    return HALF_DAY.sub(_whole_day, WEEK.sub(_of_month, text, count=1), count=1)


def _of_month(found: re.Match[str]) -> str:
    try:
        return dt.date.fromisocalendar(*map(int, found.groups())).isoformat()
    except ValueError:  # no such week
        return found[0]


def _whole_day(found: re.Match[str]) -> str:
    hour = int(found["hour"])
    if not 1 <= hour <= 12:
        return found[0]
    hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    return f"{found['date']} {hour:02}{found['rest']}"
