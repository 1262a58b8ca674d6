"""What a table holds after a step: how many rows of the week, and the first of them in order.

A run may write nothing, or a few pages' rows of a week; the Dagster UI shows the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import markdown_table
from eros_assets.dataset import FIRST_ROWS, Dataset
from eros_assets.warehouse.protocol import Value

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Preview:
    """The columns of a table that people look at, and the order in which they read its rows."""

    columns: tuple[str, ...]
    order: tuple[str, ...]


_WEEK = ("page_name", "scheduled_send_time", "message_type", "price_tier", "caption_id")

PREVIEWS: Mapping[str, Preview] = {
    "caption_selections": Preview(
        (
            *("page_name", "price_tier", "tier_rank", "caption_id", "content_category", "arm"),
            *("thompson_score", "final_score", "selection_probability"),
        ),
        ("page_name", "price_tier", "tier_rank", "caption_id"),
    ),
    "creator_anomalies": Preview(
        ("send_date", "page_name", "metric", "value", "expected", "robust_z", "severity"),
        ("send_date DESC", "page_name", "metric"),
    ),
    "creator_performance": Preview(
        (
            *("page_name", "account_size", "saturation_status", "recommended_action"),
            *("recommended_ppv", "recommended_bump", "message_count", "revenue", "avg_emv"),
            "anomalies",
        ),
        ("saturation_score DESC", "revenue DESC", "page_name"),
    ),
    "emv_improvement": Preview(
        (
            *("scope", "page_name", "week_start", "relative_improvement", "relative_lower"),
            *("relative_upper", "treatment_messages", "control_messages"),
        ),
        ("scope", "week_start", "page_name"),
    ),
    "policy_evaluation": Preview(
        (
            *("policy", "gain", "gain_lower", "gain_upper", "dr_emv", "logged_emv"),
            *("effective_messages", "overlap"),
        ),
        ("gain DESC", "policy"),
    ),
    "schedule_recommendations": Preview(
        (*_WEEK, "arm", "performance_score", "slot_value", "status", "schedule_id"),
        ("page_name", "scheduled_send_time", "status", "message_number"),
    ),
    "schedule_review": Preview(
        ("page_name", "message_number", "caption_id", "decision", "note", "schedule_id"),
        ("page_name", "schedule_id", "message_number"),
    ),
    "sheet_decisions": Preview(
        ("tab", "tab_row", "page_name", "fault", "payload", "note"),
        ("tab", "tab_row", "payload"),
    ),
    "system_health": Preview(
        (
            *("checked_at", "health_score", "health_status", "decision", "integrity_score"),
            *("performance_score", "error_score", "emv_score", "availability_score"),
        ),
        ("checked_at DESC",),
    ),
    "weekly_volume_targets": Preview(
        (
            *("page_name", "size_tier", "behavioral_segment", "saturation_status"),
            *("ppv_count", "bump_count", "num_budget", "num_mid", "num_premium", "num_bump"),
            *("min_gap_minutes", "max_messages_per_day"),
        ),
        ("page_name",),
    ),
}


def stored_metadata(
    dataset: Dataset, table: str, **equal: Value
) -> dict[str, int | dg.MetadataValue[Any]]:
    """The rows of a table as they are now: their number, and the first ones as people read them.

    Args:
        dataset: a handle; its ledger has the job that looks.
        table: one of `PREVIEWS`.
        equal: what columns of the rows equal; all rows without any.
    """
    first = dataset.first_rows(table, PREVIEWS[table].order, **equal)
    return _metadata(table, first.rows, first.count)


def rows_metadata(table: str, rows: "pd.DataFrame") -> dict[str, int | dg.MetadataValue[Any]]:
    """The same of rows that a step has at hand: all that the table has of a week.

    They are put in order here, as the warehouse orders them: NULL is less than any value.

    Args:
        table: one of `PREVIEWS`.
        rows: its rows.
    """
    ordered = rows
    for column in reversed(PREVIEWS[table].order):
        name, _, direction = column.partition(" ")
        ascending = direction != "DESC"
        ordered = ordered.sort_values(
            name,
            ascending=ascending,
            na_position="first" if ascending else "last",
            kind="stable",
        )
    return _metadata(table, ordered.head(FIRST_ROWS), len(rows))


def _metadata(
    table: str, first: "pd.DataFrame", count: int
) -> dict[str, int | dg.MetadataValue[Any]]:
    shown: Any = first[list(PREVIEWS[table].columns)]
    shown = shown.dropna(axis="columns", how="all")
    return {"dagster/row_count": count, "preview": markdown_table(shown)}
