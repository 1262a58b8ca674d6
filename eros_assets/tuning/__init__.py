"""Everything that tunes the decisions, in one folder: CSV files with units, read into tables.

- `tuning.csv`: every knob that is a single number, with its range and unit; what each one does is
  said at its column in `sql/tables/tuning.sql`.
- `account_size_tiers.csv`, `saturation_responses.csv`, `segment_rules.csv`: volume and spacing.
- `commercial_days.csv`, `holiday_volume.csv`: what holidays do to a week's volume.

An agency's own files, in the folder that `EROS_TUNING_DIR` names, replace these by name.
"""

import datetime as dt
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.errors import ErosError
from eros_assets.settings import Settings
from eros_assets.warehouse.library import SqlLibrary, SqlObject
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HOLIDAY_YEARS = range(2015, 2041)
PLAIN_TABLES = ("account_size_tiers", "saturation_responses", "segment_rules")
CONFIGURATION_TABLES = (*PLAIN_TABLES, "tuning", "holiday_calendar")

Knobs = Mapping[str, int | float]


class TuningError(ErosError):
    """A tuning file that can't be used; names file, line, column and rule."""


def configuration_tables(settings: Settings, library: SqlLibrary) -> dict[str, "pd.DataFrame"]:
    """The configuration tables by name, with the columns and types that `sql/tables` declares.

    Raises:
        TuningError: a file is missing a column, or has a value outside its type or range.
    """
    tables = {
        name: _typed(settings.tuning_file(f"{name}.csv"), library[name]) for name in PLAIN_TABLES
    }
    tables["tuning"] = _knob_row(settings.tuning_file("tuning.csv"), library["tuning"])
    tables["holiday_calendar"] = holiday_calendar(
        _rows(settings.tuning_file("holiday_volume.csv"), ("holiday_name", "volume_factor")),
        _rows(
            settings.tuning_file("commercial_days.csv"),
            (
                *("holiday_name", "month", "day", "anchor_holiday", "days_after_anchor"),
                "volume_factor",
            ),
        ),
    )
    return tables


def read_knobs(warehouse: Warehouse) -> Knobs:
    """The one row of the table `tuning`, by knob."""
    row = warehouse.query("SELECT * FROM `${dataset}.tuning`").to_dict("records")
    if len(row) != 1:
        raise TuningError(f"table tuning has {len(row)} rows, not 1; load the configuration again")
    return {str(knob): value for knob, value in row[0].items()}


def holiday_calendar(volume: "pd.DataFrame", commercial: "pd.DataFrame") -> "pd.DataFrame":
    """US public holidays and the commercial days; one row per date, the strongest factor of each.

    `volume` has the factor of public holidays by name, `*` for all others. `commercial` has days
    on a fixed date (month, day) or some days after a public holiday (anchor_holiday).
    """
    import holidays
    import pandas as pd

    factors = {str(r["holiday_name"]): float(r["volume_factor"]) for r in _records(volume)}
    other = factors.get("*", 1.0)
    public = holidays.country_holidays("US", years=HOLIDAY_YEARS)
    days = [(day, name, factors.get(name, other)) for day, name in sorted(public.items())]
    for rule in _records(commercial):
        name, factor = str(rule["holiday_name"]), float(rule["volume_factor"])
        if rule["anchor_holiday"]:
            offset = dt.timedelta(days=int(rule["days_after_anchor"]))
            anchors = [day for day, holiday, _ in days if holiday == rule["anchor_holiday"]]
            if not anchors:
                raise TuningError(
                    f"commercial_days.csv: anchor_holiday {rule['anchor_holiday']!r} of {name!r} "
                    "is not a US public holiday"
                )
            days += [(day + offset, name, factor) for day in anchors]
        else:
            month, day = int(rule["month"]), int(rule["day"])
            days += [(dt.date(year, month, day), name, factor) for year in HOLIDAY_YEARS]
    strongest = pd.DataFrame(days, columns=["holiday_date", "holiday_name", "volume_factor"])
    return (
        strongest.sort_values(
            ["holiday_date", "volume_factor", "holiday_name"], ascending=[True, False, True]
        )
        .drop_duplicates("holiday_date")
        .reset_index(drop=True)
    )


def _records(frame: "pd.DataFrame") -> list[dict[str, str]]:
    return [{str(k): str(v) for k, v in row.items()} for row in frame.to_dict("records")]


def _rows(path: Path, columns: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise TuningError(f"{path}: can't be read: {error}") from error
    if set(frame.columns) != set(columns):
        raise TuningError(
            f"{path.name}: columns are {', '.join(frame.columns)}, not {', '.join(columns)}"
        )
    return frame


def _number(path: Path, line: int, column: str, text: str, kind: str) -> int | float:
    try:
        value = int(text) if kind == "INT64" else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        wanted = "a whole number" if kind == "INT64" else "a number"
        raise TuningError(f"{path.name} line {line}: {column} {text!r} is not {wanted}")
    return value


def _typed(path: Path, table: SqlObject) -> "pd.DataFrame":
    import pandas as pd

    kinds = {column.name: column.type for column in table.columns}
    rows = _records(_rows(path, tuple(kinds)))
    if not rows:
        raise TuningError(f"{path.name}: has no rows")
    typed = [
        {
            name: text
            if kinds[name] == "STRING"
            else None
            if text == ""
            else _number(path, line, name, text, kinds[name])
            for name, text in row.items()
        }
        for line, row in enumerate(rows, start=2)
    ]
    return pd.DataFrame(typed, columns=list(kinds))


def _knob_row(path: Path, table: SqlObject) -> "pd.DataFrame":
    import pandas as pd

    kinds = {column.name: column.type for column in table.columns}
    values: dict[str, int | float] = {}
    for line, row in enumerate(
        _records(_rows(path, ("knob", "value", "least", "most", "unit"))), start=2
    ):
        knob = row["knob"]
        if knob not in kinds:
            raise TuningError(f"{path.name} line {line}: there is no knob {knob!r}")
        if knob in values:
            raise TuningError(f"{path.name} line {line}: knob {knob!r} stands there twice")
        value = _number(path, line, knob, row["value"], kinds[knob])
        if not float(row["least"]) <= value <= float(row["most"]):
            raise TuningError(
                f"{path.name} line {line}: {knob} {value} is not in {row['least']} to "
                f"{row['most']} {row['unit']}"
            )
        values[knob] = value
    if missing := [knob for knob in kinds if knob not in values]:
        raise TuningError(f"{path.name}: lacks {', '.join(missing)}")
    return pd.DataFrame([values], columns=list(kinds))
