"""Reads one number as people write it.

Thousands and decimals are told apart by what the text itself shows: `1,234.50` and `1.234,50` have
one reading each. `1,234` has two, and is refused until the mapping says what separates decimals.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from eros_assets.importing.mapping import Formats

SYMBOLS = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "C$": "CAD", "A$": "AUD"}
UNIT = r"US\$|C\$|A\$|[$€£¥]|[A-Za-z]{3}"
SHORT = {"k": "e3", "K": "e3", "M": "e6"}
SPACES = " \u00a0\u202f\u2009"
WRITTEN = re.compile(
    rf"(?P<open>\()?(?P<sign>[+−-])?[{SPACES}]*(?P<before>{UNIT})?[{SPACES}]*(?P<inner>[+−-])?"
    rf"(?P<digits>[0-9.,'’{SPACES}]*[0-9][0-9.,]*?)(?P<exponent>[eE][+-]?[0-9]+|[kKM])?"
    rf"[{SPACES}]*(?P<percent>%)?[{SPACES}]*(?P<after>{UNIT})?(?P<close>\))?"
)
PLAIN = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
SPACED = re.compile(rf"[0-9]{{1,3}}([{SPACES}'’][0-9]{{3}})+([.,][0-9]*)?")
COMMAS = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]*)?")
DOTS = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?")
DECIMAL_COMMA = re.compile(r"[0-9]*,[0-9]*")
ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is not taken: `rule` is the same for all texts of the kind, `said` is for this."""

    rule: str
    said: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was read. `comma`: its text shows that commas separate its decimals."""

    value: Decimal
    comma: bool = False
    percent: bool = False
    code: str | None = None


def read_number(text: str, formats: Formats, *, whole: bool = False) -> Number | Fault:
    """The number that the text is; of a whole number `1,234` has one reading only."""
    written = WRITTEN.fullmatch(text)
    if written is None or bool(written["open"]) != bool(written["close"]):
        return _no_number(text)
    units = [unit for unit in (written["before"], written["after"]) if unit]
    codes = {SYMBOLS.get(unit, unit.upper()) for unit in units}
    if len(codes) > 1 or (written["sign"] and written["inner"]):
        return _no_number(text)
    digits = written["digits"].strip(SPACES)
    spaced = any(c in digits for c in SPACES + "'’")
    if spaced and not SPACED.fullmatch(digits):
        return _no_number(text)
    bare = re.sub(rf"[{SPACES}'’]", "", digits)
    read = _told_apart(bare, formats.decimal, whole=whole, spaced=spaced)
    if read is None:
        return _no_number(text)
    if isinstance(read, Fault):
        return read
    plain, comma = read
    try:
        exponent = written["exponent"] or ""
        value = Decimal(plain + SHORT.get(exponent, exponent))
    except InvalidOperation:
        return _no_number(text)
    if written["percent"]:
        value /= 100
    if written["open"] or "-" in (written["sign"], written["inner"]) or "−" in text:
        value = -value
    return Number(value, comma, bool(written["percent"]), next(iter(codes), None))


def _told_apart(
    digits: str, decimal: str | None, *, whole: bool, spaced: bool
) -> tuple[str, bool] | Fault | None:
    """The digits with a decimal point, and whether a comma stood there; None: no number."""
    if decimal == ",":
        if DOTS.fullmatch(digits) or DECIMAL_COMMA.fullmatch(digits) or digits.isdigit():
            return digits.replace(".", "").replace(",", "."), True
        return None
    if decimal == ".":
        if COMMAS.fullmatch(digits) or PLAIN.fullmatch(digits):
            return digits.replace(",", ""), False
        return None
    if PLAIN.fullmatch(digits):
        return digits, False
    if "," in digits and ONE_GROUP.fullmatch(digits) and not whole and not spaced:
        left, right = digits.split(",")
        return ambiguous(digits, f"{left}{right}", f"{left}.{right}")
    if COMMAS.fullmatch(digits):
        return digits.replace(",", ""), False
    if DOTS.fullmatch(digits):
        return digits.replace(".", "").replace(",", "."), True
    if DECIMAL_COMMA.fullmatch(digits):
        return digits.replace(",", "."), True
    return None


def ambiguous(digits: str, as_thousands: str, as_decimals: str) -> Fault:
    """A number with two readings."""
    comma = "," in digits
    point, other = (".", ",") if comma else (",", ".")
    return Fault(
        "has two readings",
        f"is {as_thousands} or {as_decimals}: write in eros_import.toml, under [formats], "
        f'decimal = "{point}" for {as_thousands} or decimal = "{other}" for {as_decimals}',
    )


def _no_number(text: str) -> Fault:
    lost = any(c.isdigit() for c in text)
    example = "write it such as 1234.50" if lost else "write a number such as 12.50, or nothing"
    return Fault("is not a finite number", f"is not a finite number: {example}")
