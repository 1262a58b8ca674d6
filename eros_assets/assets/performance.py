"""What the history says: message facts, quarantine, caption priors and statistics.

They are one state of the dataset, not one a week, so they have no partitions.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from eros_assets.assets.reporting import (
    DATASET_POOL,
    fingerprint,
    inline_picture,
    job_metadata,
    lineage_metadata,
    markdown_rows,
    report_metadata,
    table_metadata,
    table_spec,
)
from eros_assets.assets.unchanged import MadeFrom
from eros_assets.assets.week import CONFIGURED, HANDED_OUT, REPLACING, SCOPE, refuse_plan
from eros_assets.dataset import Dataset
from eros_assets.resources import WarehouseResource, WeekScope
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.facts import loaded_at, refresh_facts
from eros_assets.weekly.import_report import (
    ImportLimits,
    import_report,
    quarantine_reasons,
    require_no_doubts,
)
from eros_assets.weekly.inputs import require_deployed, require_inputs
from eros_assets.weekly.statistics import kept_statistics, statistics_of
from eros_assets.weekly.weeks import note_history_span

GROUP = "performance"
SORTED = (
    *("message_facts", "scheduled_messages", "quarantined_messages", "fitted_maturity"),
    "message_days",
)
LEARNED = ("caption_priors", "caption_appeal", "caption_bandit_stats", "page_tastes")


class FactsConfig(dg.Config):
    """How much of the history is sorted again."""

    recent: bool = Field(
        default=False,
        description="true: compare only the days from facts_recent_days before the last refresh on "
        "with what the facts were made from, as daily_caption_update does. false, as by default: "
        "compare every day. Days that differ are sorted again either way.",
    )
    anew: bool = Field(
        default=False,
        description="true: compare nothing and sort the whole history again. The tables end up the "
        "same, unless people have changed rows of them.",
    )


@dg.multi_asset(
    pool=DATASET_POOL,
    specs=[
        table_spec(
            name,
            group_name=GROUP,
            runs=["refresh_message_facts"],
            deps=[
                *("loaded_inputs", "history_span", "import_totals", "import_reasons"),
                *("tuning", *SCOPE, *CONFIGURED),
                *REPLACING,
            ],
            earlier=(*SORTED, *HANDED_OUT, "schedule_review"),
            code_version=fingerprint("refresh_message_facts"),
        )
        for name in SORTED
    ],
)
def message_facts(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    week_scope: WeekScope,
    config: FactsConfig,
) -> Iterator[dg.MaterializeResult[Any]]:
    """Sort what has changed of the history into facts, scheduled messages and quarantine."""
    dataset = warehouse.dataset(context)
    refuse_plan(context, dataset, week_scope)
    require_deployed(dataset)
    require_inputs(dataset)
    note_history_span(dataset)
    made_from = MadeFrom(
        *(context, dataset, "refresh_message_facts", SORTED),
        loaded_at=loaded_at(dataset),
        recent=config.recent,  # what such a run did not look at, the next whole one must
    )
    standing = None if week_scope.force or config.anew else made_from.standing()
    if not standing:
        is_anew = config.anew or week_scope.force or made_from.are_others()
        refresh_facts(dataset, "anew" if is_anew else "recent" if config.recent else "whole")
    report = import_report(dataset, ImportLimits.of(read_knobs(dataset)))
    if week_scope.stop_at_doubts:
        require_no_doubts(report, again="run the command again with --accept")
    read = {
        "inputs": report_metadata(report),
        "messages_read": report.messages,
        "messages_quarantined": report.quarantined,
        "messages_unmatched": report.unmatched,
    }
    for doubt in report.doubts:
        context.log.warning(doubt)
    if standing:
        context.log.info(f"{', '.join(SORTED)} stay: what they are made from is unchanged")
        yield from standing.results(read | job_metadata(dataset))
        return
    jobs, version = job_metadata(dataset), made_from.version()
    reasons = quarantine_reasons(dataset)
    for name in SORTED:
        shown = table_metadata(dataset, name, reasons if name == "quarantined_messages" else None)
        sources = lineage_metadata("refresh_message_facts", name)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={**shown, **sources, **read, **jobs},
            data_version=version,
        )


@dg.multi_asset(
    pool=DATASET_POOL,
    specs=[
        table_spec(
            name,
            group_name=GROUP,
            runs=["update_caption_performance", "fit_sums"],
            deps=["tuning", "statistics_date", *SCOPE, *CONFIGURED, *REPLACING],
            earlier=(*LEARNED, *HANDED_OUT, "schedule_review"),
            code_version=fingerprint("update_caption_performance"),
        )
        for name in LEARNED
    ],
)
def caption_bandit_stats(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> Iterator[dg.MaterializeResult[Any]]:
    """Fit priors and statistics as of the Monday of the week to plan, in one procedure.

    Those of a later date stay as they are, unless forced.
    """
    dataset = warehouse.dataset(context)
    refuse_plan(context, dataset, week_scope)
    week_start = dataset.default_week()
    knobs = read_knobs(dataset)
    before = statistics_of(dataset, week_start)
    kept = kept_statistics(before, force=week_scope.force)
    lookback_days = knobs["stats_lookback_days"]
    made_from = MadeFrom(
        *(context, dataset, "update_caption_performance", LEARNED),
        as_of=week_start,
        lookback_days=lookback_days,
    )
    if kept:
        context.log.warning(kept)
    else:
        if not week_scope.force and (standing := made_from.standing()):
            context.log.info(f"{', '.join(LEARNED)} stay: what they are made from is unchanged")
            yield from standing.results(job_metadata(dataset))
            return
        if before.are_later:
            context.log.warning(
                f"the caption statistics go back from {before.as_of} to {week_start}: forced"
            )
        dataset.call(
            "update_caption_performance", p_as_of=week_start, p_lookback_days=lookback_days
        )
    version = None if kept else made_from.version()
    as_of = before.as_of if kept and before.as_of else week_start
    fits = fit_metadata(dataset, as_of, knobs)
    jobs = job_metadata(dataset) | {"stats_as_of": as_of.isoformat()}
    if kept:
        jobs["kept"] = kept
    for name in LEARNED:
        shown = table_metadata(dataset, name)
        more = fits if name == "caption_priors" else {}
        sources = lineage_metadata("update_caption_performance", name)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={**shown, **more, **sources, **jobs},
            data_version=version,
        )


def fit_metadata(dataset: Dataset, as_of: dt.date, knobs: Knobs) -> dict[str, Any]:
    """The fits of each page's own captions with their uncertainty, as a table and a picture."""
    from eros_assets.evaluation.fits import fits_of  # imported here: it brings numpy
    from eros_assets.exporting.fits_picture import fits_picture

    sums = dataset.query("fit_sums", as_of=as_of, lookback_days=knobs["stats_lookback_days"])
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
