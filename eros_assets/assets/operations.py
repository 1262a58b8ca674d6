"""How the system is doing: read what health rests on, score it, decide, and show it."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.gate_checks import JUDGED
from eros_assets.assets.reporting import (
    inline_picture,
    job_metadata,
    markdown_rows,
    markdown_table,
    table_asset,
)
from eros_assets.assets.stored import PREVIEWS
from eros_assets.calendar import la_date
from eros_assets.dataset import Dataset
from eros_assets.exporting.health_picture import HealthBar, HealthPoint, health_picture
from eros_assets.health.checkup import Health, check_system, health_row
from eros_assets.health.observations import newest_observations
from eros_assets.health.scores import Component
from eros_assets.health.success import Figure
from eros_assets.health.work import SlowStatement
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.drafting import Record

if TYPE_CHECKING:
    import pandas as pd

SHOWN_DAYS = 7


@table_asset(
    "system_health",
    group_name="operations",
    runs=["newest_improvement", "supply", "creators_without_schedule", "creators_to_watch"],
    deps=["recent_health", "newest_message", "scheduled_messages"],
    after=JUDGED,
    pool=None,
)
def system_health(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """Score the system, decide, and say which creators to watch."""
    dataset = warehouse.dataset(context, purpose="health")
    checked_at = dt.datetime.now(dt.UTC)
    planned_at = dataset.planning_instant()
    recent = _recent(dataset, la_date(checked_at))
    health = check_system(
        dataset,
        now=checked_at,
        planned_at=planned_at,
        remembered=newest_observations(recent[0] if recent else None),
    )
    row = health_row(health, checked_at, run_id=context.run_id)
    dataset.add("system_health", row)
    recent = [*_records(row), *recent]
    freshness = dataset.freshness("system_health")
    watched = health.seen.watched
    for reason in health.decision.reasons:
        context.log.warning(reason)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": freshness.row_count if freshness else 1,
            "preview": _preview(recent),
            "health_score": round(health.score, 1),
            "health_status": health.status,
            "decision": health.decision.verdict,
            "reasons": dg.MetadataValue.json(list(health.decision.reasons)),
            "components": component_table(health.components),
            "success_figures": _figure_table(health.figures),
            "slowest_statements": _slow_table(health.work.slowest),
            "picture": _picture(health, recent),
            "creators_to_watch": markdown_rows(
                ("page_name", "trouble"),
                ((each["page_name"], each["trouble"]) for each in watched),
            ),
            "watched": dg.MetadataValue.json(
                [f"{each['page_name']}: {each['trouble']}" for each in watched]
            ),
            "creators_in_trouble": len(watched),
            "query_cost_usd_24h": health.work.cost_usd,
            "operations_24h": health.work.operations,
            "failures_24h": len(health.work.failures),
            **{f"score_{c.name}": c.score for c in health.components if c.score is not None},
            **job_metadata(dataset),
        }
    )


def component_table(components: Sequence[Component]) -> dg.MetadataValue[Any]:
    """Scores and evidence for people, as a Markdown table."""
    return markdown_rows(
        ("component", "score of 20", "evidence"),
        (
            (
                c.name,
                "not applicable" if c.score is None else f"{c.score:.1f}",
                "; ".join(c.evidence),
            )
            for c in components
        ),
    )


def _figure_table(figures: Sequence[Figure]) -> dg.MetadataValue[Any]:
    words = {True: "holds", False: "does not hold", None: "not known yet"}
    return markdown_rows(
        ("success figure", "target", "seen", ""),
        ((f.name, f.target, f.seen, words[f.holds]) for f in figures),
    )


def _slow_table(slowest: Sequence[SlowStatement]) -> dg.MetadataValue[Any]:
    return markdown_rows(
        ("asset", "statement", "runs", "seconds", "usually"),
        (
            (
                *(slow.asset, slow.statement, slow.runs, f"{slow.seconds:.2f}"),
                "new" if slow.usual_seconds is None else f"{slow.usual_seconds:.2f}",
            )
            for slow in slowest
        ),
    )


def _recent(dataset: Dataset, day: dt.date) -> list[Record]:
    """The checks of the last days, newest first."""
    since = day - dt.timedelta(days=SHOWN_DAYS)
    return _records(dataset.query("recent_health", since=since))


def _records(rows: "pd.DataFrame") -> list[Record]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def _preview(recent: Sequence[Record]) -> dg.MetadataValue[Any]:
    """The newest checks, newest first."""
    import pandas as pd

    shown = pd.DataFrame(recent)[list(PREVIEWS["system_health"].columns)]
    return markdown_table(shown.dropna(axis="columns", how="all"))


def _picture(health: Health, recent: Sequence[Record]) -> dg.MetadataValue[Any]:
    picture = health_picture(
        [HealthBar(component.name, component.score) for component in health.components],
        [
            HealthPoint(row["checked_at"].to_pydatetime(), row["health_score"], row["decision"])
            for row in reversed(recent)
        ],
        f"Health {health.score:.0f} of 100: {health.status}, {health.decision.verdict}",
    )
    return dg.MetadataValue.md(inline_picture("health", picture))
