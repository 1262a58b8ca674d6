"""What the history says: message facts, quarantine, caption priors and statistics."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import job_metadata, table_metadata, table_spec
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs

PREVIEWS = {
    "message_facts": """
        SELECT * FROM `${dataset}.message_facts` ORDER BY sending_time DESC, row_id LIMIT 10
    """,
    "quarantined_messages": """
        SELECT reason, COUNT(*) AS input_rows, MIN(row_id) AS first_row_id
        FROM `${dataset}.quarantined_messages` GROUP BY reason ORDER BY input_rows DESC, reason
    """,
    "caption_priors": """
        SELECT * FROM `${dataset}.caption_priors` ORDER BY page_name, price_tier LIMIT 10
    """,
    "caption_appeal": """
        SELECT * FROM `${dataset}.caption_appeal` ORDER BY appeal DESC, caption_id LIMIT 10
    """,
    "caption_bandit_stats": """
        SELECT * FROM `${dataset}.caption_bandit_stats`
        ORDER BY total_revenue DESC, page_name, caption_id LIMIT 10
    """,
}

LEARNED = ("caption_priors", "caption_appeal", "caption_bandit_stats")


def performance_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """Facts and quarantine from one script; priors and statistics from one procedure."""
    refresh = eros.library["refresh_message_facts"]
    update = eros.library["update_caption_performance"]

    @dg.multi_asset(
        name="sort_messages",
        specs=[
            table_spec(
                eros,
                name,
                group="performance",
                deps=["mass_messages", "caption_bank"],
                partitions_def=WEEKLY,
                code_version=refresh.fingerprint,
            )
            for name in ("message_facts", "quarantined_messages")
        ],
    )
    def sort_messages(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = eros.warehouse(asset="message_facts", run=context.run_id)
        warehouse.run(refresh.text)
        jobs = job_metadata(warehouse)
        for name in ("message_facts", "quarantined_messages"):
            yield dg.MaterializeResult(
                asset_key=name, metadata={**table_metadata(warehouse, name, PREVIEWS[name]), **jobs}
            )

    @dg.multi_asset(
        name="learn_captions",
        specs=[
            table_spec(
                eros,
                name,
                group="performance",
                deps=["message_facts", "caption_bank", "creators", "tuning", update.name],
                partitions_def=WEEKLY,
                code_version=update.fingerprint,
            )
            for name in LEARNED
        ],
    )
    def learn_captions(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="caption_bandit_stats", run=context.run_id, week=week_start.isoformat()
        )
        knobs = read_knobs(warehouse)
        warehouse.call(
            update.name,
            {"p_as_of": week_start, "p_lookback_days": knobs["stats_lookback_days"]},
        )
        jobs = job_metadata(warehouse)
        for name in LEARNED:
            yield dg.MaterializeResult(
                asset_key=name, metadata={**table_metadata(warehouse, name, PREVIEWS[name]), **jobs}
            )

    return [sort_messages, learn_captions]
