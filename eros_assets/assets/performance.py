"""What the history says: message facts, quarantine, caption priors and statistics."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import (
    inline_picture,
    job_metadata,
    markdown_rows,
    table_metadata,
    table_spec,
)
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.installation import Installation
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.warehouse.protocol import Warehouse

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
        fits = fit_metadata(eros, warehouse, week_start, knobs)
        jobs = job_metadata(warehouse)
        for name in LEARNED:
            shown = table_metadata(warehouse, name, PREVIEWS[name])
            more = fits if name == "caption_priors" else {}
            yield dg.MaterializeResult(asset_key=name, metadata={**shown, **more, **jobs})

    return [sort_messages, learn_captions]


def fit_metadata(
    eros: Installation, warehouse: Warehouse, as_of: dt.date, knobs: Knobs
) -> dict[str, Any]:
    """The fits of each page's own captions with their uncertainty, as a table and a picture."""
    from eros_assets.evaluation.fits import fits_of  # imported here: it brings numpy
    from eros_assets.exporting.fits_picture import fits_picture

    sums = warehouse.query(
        eros.sql("fit_sums"), {"as_of": as_of, "lookback_days": knobs["stats_lookback_days"]}
    )
    fits = fits_of(sums)
    return {
        "fits": markdown_rows(
            ("page", "tier", "captions", "rate", "strength", "dispersion"),
            (
                (
                    *(fit.page_name, fit.price_tier, fit.captions),
                    *(
                        f"{i.estimate:.3g} ({i.lower:.3g} to {i.upper:.3g})"
                        for i in (fit.rate, fit.strength, fit.dispersion)
                    ),
                )
                for fit in fits
            ),
        ),
        "picture": dg.MetadataValue.md(inline_picture("fits", fits_picture(fits))),
    }
