"""Everything that tunes the decisions, in one folder: CSV files with units, read into tables.

- `tuning.csv`: every knob that is a single number, with its range and unit; what each one does is
  said at its column in `sql/tables/tuning.sql`.
- `account_size_tiers.csv`, `saturation_responses.csv`, `segment_rules.csv`: volume and spacing.
- `commercial_days.csv`, `holiday_volume.csv`: what holidays do to a week's volume.

An agency's own files, in the folder that `EROS_TUNING_DIR` names, replace these by name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.settings import Settings
from eros_assets.tuning.days import COMMERCIAL_COLUMNS, VOLUME_COLUMNS, holiday_calendar
from eros_assets.tuning.days import YEARS as HOLIDAY_YEARS
from eros_assets.tuning.rows import Row, TuningError, read_rows
from eros_assets.tuning.rules import RULES
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import SqlObject

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HOLIDAY_YEARS", "TuningError"]

PLAIN_TABLES = tuple(RULES)
CONFIGURATION_TABLES = (*PLAIN_TABLES, "tuning", "holiday_calendar")

KNOB_COLUMNS = ("knob", "value", "least", "most", "unit")
ORDERED_KNOBS = (
    ("first_send_hour", "last_send_hour"),
    ("prior_min_strength", "prior_max_strength"),
    ("saturation_recent_days", "account_lookback_days"),
)
SHIPPED_KNOBS = Path(__file__).parent / "tuning.csv"


class Knobs(dict[str, int | float]):
    """The tuning in force, by knob; one that the table lacks is a TuningError."""

    def __missing__(self, knob: str) -> int | float:
        """Say what to do."""
        raise TuningError(
            f"table tuning lacks the knob {knob}: it was loaded by an earlier version of EROS; run "
            "the job set_up, or materialize table_definitions and tuning"
        )


def configuration_tables(settings: Settings, library: SqlLibrary) -> dict[str, "pd.DataFrame"]:
    """The configuration tables by name, with the columns and types that `sql/tables` declares.

    Raises:
        TuningError: a file is missing a column, or has a value outside its type or range.
    """
    tables = {
        name: _plain_table(settings.tuning_file(f"{name}.csv"), library[name])
        for name in PLAIN_TABLES
    }
    tables["tuning"] = _knob_row(settings.tuning_file("tuning.csv"), library["tuning"])
    tables["holiday_calendar"] = holiday_calendar(
        read_rows(settings.tuning_file("holiday_volume.csv"), VOLUME_COLUMNS),
        read_rows(settings.tuning_file("commercial_days.csv"), COMMERCIAL_COLUMNS),
    )
    return tables


def read_knobs(dataset: Dataset) -> Knobs:
    """The one row of the table `tuning`, by knob; knobs without a value are left out."""
    import pandas as pd

    row = dataset.warehouse.query("SELECT * FROM `${dataset}.tuning`").to_dict("records")
    if len(row) != 1:
        raise TuningError(f"table tuning has {len(row)} rows, not 1; load the configuration again")
    return Knobs({str(knob): value for knob, value in row[0].items() if pd.notna(value)})


def _plain_table(path: Path, table: SqlObject) -> "pd.DataFrame":
    import pandas as pd

    kinds = {column.name: column.type for column in table.columns}
    rows = read_rows(path, tuple(kinds))
    if not rows:
        raise TuningError(f"{path.name}: has no rows")
    seen: set[str] = set()
    values = [_typed(row, kinds, seen, table.name) for row in rows]
    return pd.DataFrame(values, columns=list(kinds))


def _typed(
    row: Row, kinds: Mapping[str, str], seen: set[str], table: str
) -> dict[str, str | int | float | None]:
    rules = RULES[table]
    row.distinct(rules.key, seen)
    values: dict[str, str | int | float | None] = {}
    for column, kind in kinds.items():
        if kind == "STRING":
            values[column] = row[column]
        elif row[column] == "" and column in rules.optional:
            values[column] = None
        else:
            values[column] = row.number(column, *rules.ranges[column], is_whole=kind == "INT64")
    rules.check(row)
    return values


def _knob_row(path: Path, table: SqlObject) -> "pd.DataFrame":
    import pandas as pd

    kinds = {column.name: column.type for column in table.columns}
    values: dict[str, int | float] = {}
    ranges = {row["knob"]: _range(row) for row in read_rows(SHIPPED_KNOBS, KNOB_COLUMNS)}
    for row in read_rows(path, KNOB_COLUMNS):
        knob = row["knob"]
        if knob not in kinds:
            raise row.wrong(f"there is no knob {knob!r}")
        if knob in values:
            raise row.wrong(f"knob {knob!r} stands there twice")
        (least, most), (lowest, highest) = _range(row), ranges[knob]
        if least < lowest or most > highest:
            raise row.wrong(
                f"{knob}: its range is {lowest:g} to {highest:g}; a file of your own may narrow "
                "it, not widen it"
            )
        values[knob] = row.number(
            "value",
            least,
            most,
            is_whole=kinds[knob] == "INT64",
            unit=row["unit"],
            called=knob,
        )
    if missing := [knob for knob in kinds if knob not in values]:
        raise TuningError(f"{path.name}: lacks {', '.join(missing)}")
    for low, high in ORDERED_KNOBS:
        if values[low] > values[high]:
            raise TuningError(
                f"{path.name}: {low} {values[low]:g} is more than {high} {values[high]:g}"
            )
    return pd.DataFrame([values], columns=list(kinds))


def _range(row: Row) -> tuple[int | float, int | float]:
    knob = row["knob"]
    return (
        row.number("least", called=f"{knob}: least"),
        row.number("most", called=f"{knob}: most"),
    )
