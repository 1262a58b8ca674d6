"""Reads the tuning of all decisions, CSV files with units, into tables.

- `tuning.csv`: every knob that is a single number, with its range and unit; each is described at
  its column in `sql/tables/tuning.sql`.
- `account_size_tiers.csv`, `saturation_responses.csv`, `segment_rules.csv`: volume and spacing.
- `maturity_curve.csv`: how the counts of a message ripen.
- `commercial_days.csv`, `holiday_volume.csv`: the effect of holidays on a week's volume.

An agency's own files, in the folder that `EROS_TUNING_DIR` names, replace these by name.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.settings import Settings
from eros_assets.tuning.days import YEARS as HOLIDAY_YEARS
from eros_assets.tuning.days import holiday_calendar
from eros_assets.tuning.rows import CsvLine, TuningError, TuningRow, read_lines
from eros_assets.tuning.rules import PLAIN_TABLES, Knob, WholeKnob
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import SqlObject

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HOLIDAY_YEARS", "PLAIN_TABLES", "TuningError"]

CONFIGURATION_TABLES = (*PLAIN_TABLES, "tuning", "holiday_calendar")

ORDERED_KNOBS = (
    ("first_send_hour", "last_send_hour"),
    ("prior_min_strength", "prior_max_strength"),
    ("saturation_recent_days", "account_lookback_days"),
    ("evaluation_lookback_days", "selection_log_days"),
)
SHIPPED_KNOBS = Path(__file__).parent / "tuning.csv"


class Knobs(dict[str, int | float]):
    """The tuning in force, by knob; one that the table lacks is a TuningError."""

    def __missing__(self, knob: str) -> int | float:
        """Raise an error that names the fix."""
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
        name: _plain_table(settings.tuning_file(f"{name}.csv"), model)
        for name, model in PLAIN_TABLES.items()
    }
    tables["tuning"] = _knob_row(settings.tuning_file("tuning.csv"), library["tuning"])
    tables["holiday_calendar"] = holiday_calendar(
        settings.tuning_file("holiday_volume.csv"), settings.tuning_file("commercial_days.csv")
    )
    return tables


_KNOWN: dict[tuple[object, ...], Knobs] = {}
_REMEMBERED = 8


def read_knobs(dataset: Dataset) -> Knobs:
    """The one row of the table `tuning`, by knob; knobs without a value are left out.

    Steps read it again and again: it is a query only where the table has changed since.
    """
    settings, freshness = dataset.settings, dataset.freshness("tuning")
    state = (settings.home, settings.dataset_name, freshness)
    known = _KNOWN.get(state) if freshness is not None else None
    if known is None:
        known = _read_knobs(dataset)
        if len(_KNOWN) >= _REMEMBERED:
            _KNOWN.clear()
        _KNOWN[state] = known
    return Knobs(known)


def _read_knobs(dataset: Dataset) -> Knobs:
    import pandas as pd

    row = dataset.warehouse.query("SELECT * FROM `${dataset}.tuning`").to_dict("records")
    if len(row) != 1:
        raise TuningError(
            f"table tuning has {len(row)} rows, not 1; load the tuning files again: run the job "
            "load_tuning, or `make week`, which runs it first"
        )
    return Knobs({str(knob): value for knob, value in row[0].items() if pd.notna(value)})


def _plain_table(path: Path, model: type[TuningRow]) -> "pd.DataFrame":
    import pandas as pd

    columns = list(model.model_fields)
    rows = [line.parse(model) for line in read_lines(path, model, key=columns[0])]
    if not rows:
        raise TuningError(f"{path.name}: has no rows")
    return pd.DataFrame([row.model_dump() for row in rows], columns=columns)


def _knob_row(path: Path, table: SqlObject) -> "pd.DataFrame":
    import pandas as pd

    models = {c.name: WholeKnob if c.type == "INT64" else Knob for c in table.columns}
    shipped = {knob.knob: knob for _, knob in _knobs(SHIPPED_KNOBS, models)}
    values: dict[str, int | float] = {}
    for line, knob in _knobs(path, models):
        limits = shipped[knob.knob]
        if knob.least < limits.least or knob.most > limits.most:
            raise line.wrong(
                f"{knob.knob}: its range is {limits.least:g} to {limits.most:g}; a file of your "
                "own may narrow it, not widen it"
            )
        values[knob.knob] = knob.value
    if missing := [knob for knob in models if knob not in values]:
        raise TuningError(f"{path.name}: lacks {', '.join(missing)}")
    for low, high in ORDERED_KNOBS:
        if values[low] > values[high]:
            raise TuningError(
                f"{path.name}: {low} {values[low]:g} is more than {high} {values[high]:g}"
            )
    return pd.DataFrame([values], columns=list(models))


def _knobs(path: Path, models: Mapping[str, type[Knob]]) -> Iterator[tuple[CsvLine, Knob]]:
    for line in read_lines(path, Knob, key="knob"):
        name = line.cells["knob"]
        if name not in models:
            raise line.wrong(f"there is no knob {name!r}")
        yield line, line.parse(models[name], f"{name}: ")
