"""Tells what stands below the data of a report: totals, averages, and who made it."""

import re
from collections.abc import Sequence

TOTAL = re.compile(
    r"\W*((grand|sub|report|page|over-?all)[ -]?)?(totals?|sum|averages?|avg|mean|median)\b", re.I
)
FOOTER = re.compile(
    r"\W*(generated|exported|created|downloaded|printed|produced|report|source|end of|page \d"
    r"|copyright|notes?|last updated|updated|as of|powered by|https?:|www\."
    r"|\d[\d,. ]* (rows|messages|records|results|entries))\b|\W*©",
    re.I,
)
WORD = re.compile(r"[^\W\d_]{4}")
"""More letters than a currency has."""

NOTHING = ("", "-", "–", "—")


def may_be_footer(cells: Sequence[str]) -> bool:
    """Whether a row begins as totals and footers do."""
    first = next((cell for cell in cells if cell.strip()), "")
    return is_footer_line(first)


def footer(cells: Sequence[str], complete: Sequence[bool]) -> str | None:
    """What a last row that `may_be_footer` is, in words; None where it is data after all.

    A total has numbers beside its name, and nothing in a column that is `complete`: that has a
    value in every row above. A footer is one cell.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    lacking = any(full and not cell.strip() for cell, full in zip(cells, complete, strict=False))
    if TOTAL.match(filled[0]) and lacking and all(map(_is_number, filled[1:])):
        return "a total"
    if FOOTER.match(filled[0]) and len(filled) == 1 and sum(complete) > 1:
        return "a footer"
    return None


def _is_number(text: str) -> bool:
    """Whether a text is a number, in one reading or in two."""
    return text in NOTHING or (any(c.isdigit() for c in text) and not WORD.search(text))


def is_footer_line(text: str) -> bool:
    """Whether a last line that has fewer columns than the header is no row of data."""
    return bool(TOTAL.match(text) or FOOTER.match(text))
