"""Bytes per row of the tables that grow, as BigQuery sizes them, from the small sample's week.

BigQuery counts 8 bytes a number, date or time, 1 a BOOL, 2 and its UTF-8 bytes a STRING, the
elements of an array, and nothing for NULL. The lines go into `docs/scale.toml`, from which
`docs/scale.py` computes `docs/SCALE.md`.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.small_agency import unhurried_tuning
from benchmarks.small_home import deploy, plan_week, small_dataset
from eros_assets.dataset import Dataset
from eros_assets.gate.rehearsal import WRITTEN
from eros_assets.settings import load_settings
from eros_assets.warehouse.protocol import Parameters, Typed
from eros_assets.warehouse.sql.rehearsal import rehearsal_script
from eros_assets.weekly.facts import made_by

TODAY = dt.date(2025, 11, 3)
TABLES = (
    *("mass_messages", "message_facts", "scheduled_messages", "quarantined_messages"),
    "message_days",
    *("caption_bank", "caption_bandit_stats", "caption_appeal", "caption_priors", "creators"),
    *("selection_candidates", "selection_pools", "caption_selections", "weekly_volume_targets"),
    *("schedule_recommendations", "active_caption_assignments"),
)
LEARNED = ("caption_priors", "caption_appeal", "caption_bandit_stats", "page_tastes")
TEMPORARY: Mapping[str, Sequence[str]] = {
    "refresh_message_facts": ("compared_days", "judged_messages"),
    "update_caption_performance": (
        *("tried_sends", "caption_sends", "page_tiers", "beliefs", "wear_effects", "fresh_priors"),
        "pair_evidence",
    ),
    "select_captions_for_creator": ("bank", "tier_places", "drawn"),
}
"""Temporary tables of a script and of procedures."""


def measure() -> Iterator[str]:
    """The measured part of `docs/scale.toml`."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        dataset = small_dataset(
            load_settings(
                {
                    "home": home / "home",
                    "out_dir": home / "out",
                    "sample": "small",
                    "today": TODAY,
                    "tuning_dir": unhurried_tuning(home),
                }
            )
        )
        deploy(dataset, "1" * 64)
        plan_week(dataset, TODAY)
        yield from lines_of(dataset)


def lines_of(dataset: Dataset) -> Iterator[str]:
    """The lines for an agency whose week is planned."""
    yield "[columns]"
    for table in TABLES:
        yield _line(table, dataset.rows(table))
    yield "[temporary]"
    for script, tables in TEMPORARY.items():
        for table in tables:
            yield _line(table, _temporary(dataset, script, table))


def _line(table: str, rows: pd.DataFrame) -> str:
    sizes = {str(name): column_bytes(rows[name]) for name in rows.columns}
    listed = ", ".join(f"{name} = {size:.1f}" for name, size in sizes.items())
    return f"{table} = {{ {listed} }}"


def column_bytes(column: "pd.Series[Any]") -> float:
    """The mean bytes of a column's values, as BigQuery sizes them."""
    return sum(value_bytes(value) for value in column.tolist()) / max(len(column), 1)


def value_bytes(value: object) -> int:
    """The bytes of a value, as BigQuery sizes it."""
    if isinstance(value, str):
        return 2 + len(value.encode())
    if isinstance(value, bool):
        return 1
    if isinstance(value, Mapping):
        return sum(value_bytes(part) for part in value.values())
    if hasattr(value, "tolist") and hasattr(value, "__len__"):
        return sum(value_bytes(part) for part in list(value))  # pyright: ignore[reportArgumentType]
    if isinstance(value, list | tuple):
        return sum(value_bytes(part) for part in value)
    return 0 if pd.isna(value) else 8  # pyright: ignore[reportArgumentType, reportCallIssue]


def _temporary(dataset: Dataset, procedure: str, table: str) -> pd.DataFrame:
    """Rows of a temporary table as the procedure leaves it."""
    found = dataset.library[procedure]
    if found.kind == "procedure":
        writing = WRITTEN if procedure.startswith("select") else LEARNED
        script = rehearsal_script(dataset.library, found, writing)
    else:
        script = f"{found.text.partition('BEGIN TRANSACTION;')[0]}\nEND IF;"
    counting = "SELECT t.* FROM " + table + " AS t LIMIT 2000;"
    learning: Parameters = {"p_as_of": TODAY, "p_lookback_days": 180}
    selecting: Parameters = {
        "p_page_name": Typed(None, "STRING"),
        "p_week_start": TODAY,
        **{f"p_num_{tier}": Typed(None, "INT64") for tier in ("budget", "mid", "premium", "bump")},
        "p_seed": "scale",
    }
    loaded: Parameters = {
        "loaded_at": dt.datetime(2025, 11, 3, 8, tzinfo=dt.UTC),
        "made_by": made_by(dataset.library),
        "is_whole": True,
        "is_anew": True,
    }
    arguments = {"s": selecting, "u": learning, "r": loaded}[procedure[0]]
    return dataset.warehouse.rehearse(found, f"{script}\n{counting}", arguments)
