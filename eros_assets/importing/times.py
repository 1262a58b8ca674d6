"""Gives times their instant.

A text with a zone is an instant. A local time becomes one by the zone that the mapping names; an
hour that a clock shows twice, or never, is refused until the mapping decides. Dates in numbers are
taken year first; other orders need a `time_format`.
"""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.dates import as_number, two_orders
from eros_assets.importing.mapping import Formats
from eros_assets.importing.time_forms import usual_forms
from eros_assets.importing.zones import split_zone, two_clocks, unknown_zone, zone_of

Report = Callable[[NDArray[np.bool_], str, Callable[[int], str] | None], None]
"""Takes which rows are wrong, the rule that they break, and what to say of a row."""

INSTANTS = pa.timestamp("us", tz="UTC")
ZONED = r"^[0-9]{4}-[0-9]{1,2}-.*[0-9]{1,2}:[0-9]{2}.*([zZ]| ?UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"
LOCAL = r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?$"
DATE = r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}$"
NAMED_MONTH = r"(?i)(^|[^a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
ZONED_GROUP = ZONED.replace("(", "(?:")
DAYS = ("%b %d %Y", "%d %b %Y", "%B %d %Y", "%d %B %Y", "%Y %b %d", "%d %b %y", "%d %B %y")
CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%H:%M:%S %z", "%H:%M %z")
MOST_UNREADABLE = 20
"""Texts with the name of a month that may fit no format before the others are not tried either."""

NAMED_MONTH_FORMS = (
    (r"(?i)^(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", ""),
    (r"(?i)\s+at\s+|,\s*|\.\s+", " "),
    (r"(?i)(\d)(st|nd|rd|th)\b", r"\1"),
    (r"(?i)(\d)\s*([ap])\.?m\.?$", r"\1 \2m"),
    (r"(?i)\bsept\b", "Sep"),
    (r"(\d)[-./]([A-Za-z]{3,})[-./](\d)", r"\1 \2 \3"),
    (r"\s+", " "),
)
HAS_CLOCK = re.compile(r"%[HIXcT]")
UNITS = {"unix": 1, "unix_ms": 1000}
EXCEL_EPOCH = np.datetime64("1899-12-30")

ZONE_RULE = "has no time zone"
ZONE_SAID = (
    "has no time zone: end it with Z or an offset such as -08:00, or name the zone in "
    'eros_import.toml, under [formats], such as time_zone = "America/Los_Angeles"'
)
ZONE_NAME_RULE = "ends with the name of a zone that has several readings"
TIME_RULE = "is not a time that can be read"
TIME_SAID = (
    "is not an ISO 8601 time between the years 1678 and 2262: write it such as "
    "2025-10-03T17:00:00Z, or give its time_format in eros_import.toml"
)
DATE_RULE = "is a date without a time of day"
DATE_SAID = (
    "is a date without a time of day: write in eros_import.toml, under [formats], such as "
    'time_of_day = "12:00", or map a column with the time: columns = ["Date", "Time"]'
)


def times_from_text(
    text: pa.Array, formats: Formats, report: Report, *, date_suffices: bool
) -> pa.Array:
    """The instants that trimmed texts are; NULL where one is reported."""
    text = usual_forms(text)
    left = text.is_valid().to_numpy(zero_copy_only=False)
    if formats.time_format:
        reader = _Instants(text.to_pandas(), formats, report, date_suffices=date_suffices)
        # An ISO time with a zone has one reading, whatever the others have.
        instants = left & _zoned_rows(text)
        left = reader.take("zoned", instants) | (left & ~instants)
        for pattern in formats.time_format:
            left = reader.take(pattern, left)
        reader.refuse(reader.take_with_zone(left))
        return reader.result()
    zoned = left & _zoned_rows(text)
    if zoned.sum() == left.sum():
        return _zoned(text, zoned, report)
    result = _zoned(text, zoned, report) if zoned.any() else pa.nulls(len(text), INSTANTS)
    reader = _Instants(text.to_pandas(), formats, report, date_suffices=date_suffices)
    left &= ~zoned
    local = left & _matches(text, LOCAL)
    left = reader.take("iso", local) | (left & ~local)
    dates = left & _matches(text, DATE)
    left = reader.take("date", dates) | (left & ~dates)
    left = reader.take_named_months(left & _matches(text, NAMED_MONTH)) | (
        left & ~_matches(text, NAMED_MONTH)
    )
    reader.refuse(reader.take_with_zone(left))
    return pc.coalesce(result, reader.result())


def times_from_numbers(values: NDArray[np.float64], formats: Formats, report: Report) -> pa.Array:
    """The instants that numbers are, by the format that the mapping names."""
    reader = _Instants(pd.Series(values), formats, report, date_suffices=True)
    left = ~np.isnan(values)
    for pattern in formats.time_format:
        if pattern in (*UNITS, "excel"):
            left = reader.take(pattern, left)
    reader.refuse(left)
    return reader.result()


def times_from_local(
    values: "pd.Series[Any]",
    formats: Formats,
    report: Report,
    *,
    days: bool = False,
    suffices: bool = False,
) -> pa.Array:
    """The instants of local times that are stored as such; with `days` they are dates."""
    reader = _Instants(values, formats, report, date_suffices=suffices)
    known = values.notna().to_numpy(dtype=np.bool_)
    (reader.dates if days else reader.localise)(known, values[known])
    return reader.result()


class _Instants:
    """Fills a column of instants, some rows by one format, some by another."""

    def __init__(
        self, values: "pd.Series[Any]", formats: Formats, report: Report, *, date_suffices: bool
    ) -> None:
        self.values = values.reset_index(drop=True)
        self.formats = formats
        self.report = report
        self.date_suffices = date_suffices
        self.found = np.full(len(values), "NaT", dtype="datetime64[us]")

    def result(self) -> pa.Array:
        """The instants so far, NULL elsewhere."""
        return pa.array(self.found, type=pa.timestamp("us")).cast(INSTANTS)

    def take(self, pattern: str, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Read these rows by a format; gives back those that it does not fit."""
        if not rows.any():
            return rows
        chosen = self.values[rows]
        if pattern == "iso" and (day := chosen.str.fullmatch(DATE.strip("^$"))).any():
            alone = rows.copy()
            alone[rows] = day.to_numpy(dtype=np.bool_)
            left = self.take("date", alone)
            return left | self.take("iso", rows & ~alone)
        if pattern == "iso" and (zoned := chosen.str.contains(ZONED_GROUP, regex=True)).any():
            with_zone = rows.copy()
            with_zone[rows] = zoned.to_numpy(dtype=np.bool_)
            left = self.take("zoned", with_zone)
            return left | self.take("iso", rows & ~with_zone)
        if pattern in (*UNITS, "excel"):
            times = _from_numbers(chosen, pattern)
        elif pattern == "iso":
            plain = chosen.str.replace("/", "-", regex=False).str.replace(",", ".", regex=False)
            plain = plain.str.replace(r"\s+", " ", regex=True)
            times = pd.to_datetime(plain, format="ISO8601", errors="coerce")
        elif pattern == "zoned":
            zulu = chosen.str.replace(r" ?UTC$", "Z", regex=True)
            times = pd.to_datetime(zulu, utc=True, format="ISO8601", errors="coerce")
        elif pattern == "date":
            plain = chosen.str.replace("/", "-", regex=False)
            times = pd.to_datetime(plain, format="%Y-%m-%d", errors="coerce")
        else:
            times = _by_pattern(chosen, pattern)
        fits = rows.copy()
        fits[rows] = times.notna().to_numpy(dtype=np.bool_)
        times = times[times.notna()]
        days = pattern == "date" or (not HAS_CLOCK.search(pattern) and "%" in pattern)
        if pattern == "excel":  # whole numbers alone
            days = bool((times == times.dt.normalize()).all())
        if times.dt.tz is not None:
            self._set(fits, times)
        elif days:
            self.dates(fits, times)
        else:
            self.localise(fits, times)
        return rows & ~fits

    def take_named_months(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Read texts with the name of a month, in any usual order."""
        if not rows.any():
            return rows
        given = self.values
        plain = pa.array(given[rows], pa.string())
        for pattern, replacement in NAMED_MONTH_FORMS:
            plain = pc.replace_substring_regex(plain, pattern, replacement)
        plain = pc.utf8_trim_whitespace(plain)
        self.values = given.copy()
        self.values[rows] = plain.to_pylist()
        patterns = [f"{day} {clock}" for day in DAYS for clock in CLOCKS] + list(DAYS)
        unreadable = np.zeros_like(rows)
        while rows.any() and unreadable.sum() < MOST_UNREADABLE:
            # The first text left shows which format to read all by, so that few are tried.
            first = int(np.argmax(rows))
            text = self.values[[first]]
            fitting = (p for p in patterns if _by_pattern(text, p).notna().all())
            pattern = next(fitting, None)
            if pattern is None:
                unreadable[first], rows[first] = True, False
            else:
                patterns.remove(pattern)
                rows = self.take(pattern, rows)
        self.values = given
        return rows | unreadable

    def take_with_zone(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Read texts with the name of a zone behind the time; gives back the others."""
        if not rows.any():
            return rows
        given = self.values[rows]
        parts = {value: split_zone(value) for value in given.drop_duplicates()}
        with_zone = np.array([parts[value] is not None for value in given])
        if not with_zone.any():
            return rows
        found = rows.copy()
        found[rows] = with_zone
        split = [part for value in given if (part := parts[value]) is not None]
        plain = self.formats.model_copy(update={"time_zone": "UTC"})
        times = times_from_text(
            pa.array([time for time, _ in split]), plain, _silent, date_suffices=False
        )
        local = pd.Series(times.cast(pa.timestamp("us")).to_pandas(), np.flatnonzero(found))
        names = pd.Series([name for _, name in split], local.index)
        local = local[local.notna()]
        for name in names[local.index].drop_duplicates():
            self._take_named_zone(name, local[names[local.index] == name])
        left = rows.copy()
        left[local.index] = False
        return left

    def _take_named_zone(self, name: str, local: "pd.Series[Any]") -> None:
        """Set the instants of local times, by their rows, that are in the zone of a name."""
        rows = np.zeros(len(self.values), dtype=np.bool_)
        rows[local.index] = True
        zone = zone_of(name, self.formats.zones)
        if zone is None:
            self.report(rows, ZONE_NAME_RULE, lambda _row: unknown_zone(name))
        elif zone.offset is None:
            self.localise(rows, local, zone=zone.clocks)
        else:
            instants = (local - pd.Timedelta(zone.offset)).dt.tz_localize("UTC")
            if zone.clocks is not None:
                shown = instants.dt.tz_convert(zone.clocks).dt.tz_localize(None)
                other = (shown != local).to_numpy(dtype=np.bool_)
                wrong = np.zeros_like(rows)
                wrong[local.index[other]] = True
                times = {int(row): time.to_pydatetime() for row, time in local[other].items()}
                self.report(wrong, ZONE_NAME_RULE, lambda row: two_clocks(times[row], name))
                rows, instants = rows & ~wrong, instants[~other]
            self._set(rows, instants)

    def dates(self, rows: NDArray[np.bool_], days: "pd.Series[Any]") -> None:
        """Set the instants of dates, by the time of day that the mapping names."""
        if self.formats.time_of_day:
            hour, minute = map(int, self.formats.time_of_day.split(":"))
            self.localise(rows, days + pd.Timedelta(hours=hour, minutes=minute))
        elif self.date_suffices:
            self.localise(rows, days, zone=self.formats.time_zone or "UTC")
        else:
            self.report(rows, DATE_RULE, lambda _row: DATE_SAID)

    def localise(
        self, rows: NDArray[np.bool_], times: "pd.Series[Any]", zone: str | None = None
    ) -> None:
        """Set the instants of local times; those that have none or two are reported."""
        formats = self.formats
        zone = zone or formats.time_zone
        if zone is None:
            self.report(rows, ZONE_RULE, lambda _row: ZONE_SAID)
            return
        times = times[times.notna()].dt.as_unit("us")
        placed = np.flatnonzero(rows)
        repeated: Any = "NaT"
        if formats.repeated_hour != "refuse":
            repeated = np.full(len(times), formats.repeated_hour == "earlier")
        shift: Any = pd.Timedelta(hours=1 if formats.skipped_hour == "later" else -1)
        skipped: Any = "NaT" if formats.skipped_hour == "refuse" else shift
        instants = times.dt.tz_localize(zone, ambiguous=repeated, nonexistent=skipped)
        undecided = instants.isna().to_numpy(dtype=np.bool_)
        if undecided.any():
            kinds = {
                int(index): _undecided(time.to_pydatetime(), zone)
                for index, time in zip(placed[undecided], times[undecided], strict=True)
            }
            for rule in dict.fromkeys(rule for rule, _ in kinds.values()):
                mask = np.zeros(len(self.values), dtype=np.bool_)
                mask[[index for index, (broken, _) in kinds.items() if broken == rule]] = True
                self.report(mask, rule, lambda row: kinds[row][1])
        self._set(rows, instants)

    def _set(self, rows: NDArray[np.bool_], instants: "pd.Series[Any]") -> None:
        naive = instants.dt.tz_convert("UTC").dt.tz_localize(None)
        self.found[rows] = naive.to_numpy(dtype="datetime64[us]")

    def refuse(self, rows: NDArray[np.bool_]) -> None:
        """Report rows that no format fits."""
        if rows.any():
            self.report(rows, TIME_RULE, self._unreadable)

    def _unreadable(self, row: int) -> str:
        value = str(self.values[row])
        if self.formats.time_format:
            wanted = " or ".join(map(repr, self.formats.time_format))
            return f"is not written as {wanted} (time_format in eros_import.toml)"
        return two_orders(value) or as_number(value) or TIME_SAID


def _silent(
    wrong: NDArray[np.bool_], rule: str, explain: Callable[[int], str] | None = None
) -> None:
    """Report nothing: the whole text is reported."""
    del wrong, rule, explain


def _from_numbers(values: "pd.Series[Any]", pattern: str) -> "pd.Series[Any]":
    numbers = pd.to_numeric(values, errors="coerce")
    if pattern == "excel":
        days = numbers.where((numbers > 1) & (numbers < 130_000))
        seconds = (days * 86_400).round(0)
        return pd.to_timedelta(seconds, unit="s") + pd.Timestamp(EXCEL_EPOCH)
    seconds = numbers / UNITS[pattern]
    micros = (seconds.where((seconds > 0) & (seconds < 7e9)) * 1e6).round(0)
    return pd.to_datetime(micros, unit="us", utc=True, errors="coerce")


def _by_pattern(values: "pd.Series[Any]", pattern: str) -> "pd.Series[Any]":
    utc = "%z" in pattern
    return pd.to_datetime(values, format=pattern, errors="coerce", utc=utc)


def _zoned(text: pa.Array, zoned: NDArray[np.bool_], report: Report) -> pa.Array:
    chosen = pc.if_else(pa.array(zoned), text, pa.scalar(None, text.type))
    zulu = pc.replace_substring_regex(chosen, r" ?UTC$", "Z")
    values = pd.Series(zulu.to_pandas(), dtype=object)
    times = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce")
    report(
        zoned & times.isna().to_numpy(dtype=np.bool_),
        TIME_RULE,
        lambda row: two_orders(str(text[row])) or TIME_SAID,
    )
    return pa.array(times.dt.as_unit("us"), type=INSTANTS, from_pandas=True)


def _undecided(time: dt.datetime, zone: str) -> tuple[str, str]:
    """The rule, and both readings, of a local time that a clock shows twice or never."""
    first, second = (time.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.astimezone(dt.UTC) < second.astimezone(dt.UTC):
        return (
            "comes twice",
            (
                f"comes twice in {zone}: it is {first.isoformat()} or {second.isoformat()}; write "
                'in eros_import.toml, under [formats], repeated_hour = "earlier" or "later"'
            ),
        )
    instants = [each.astimezone(dt.UTC).astimezone(ZoneInfo(zone)) for each in (second, first)]
    return (
        "does not exist",
        (
            f"does not exist in {zone}, where clocks skip that hour: it is "
            f"{instants[0].isoformat()} or {instants[1].isoformat()}; write in eros_import.toml, "
            'under [formats], skipped_hour = "earlier" or "later"'
        ),
    )


def _zoned_rows(text: pa.Array) -> NDArray[np.bool_]:
    """Texts with a zone as ISO 8601 has it; `UTC+02` is not."""
    return _matches(text, ZONED) & ~_matches(text, r"(UTC|GMT) ?[+-]")


def _matches(text: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found = pc.match_substring_regex(text, pattern)
    return pc.fill_null(found, fill_value=False).to_numpy(zero_copy_only=False)
