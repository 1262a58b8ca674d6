"""What the texts of captions say of their rates, before anybody has tried them."""

from typing import Any

import dagster as dg

from eros_assets.assets.reporting import job_metadata, markdown_rows, table_asset, table_metadata
from eros_assets.assets.unchanged import MadeFrom
from eros_assets.assets.week import CONFIGURED, HANDED_OUT, REPLACING, SCOPE, refuse_plan
from eros_assets.resources import WarehouseResource, WeekScope
from eros_assets.tuning import read_knobs
from eros_assets.weekly.shortfalls import reason_of
from eros_assets.weekly.statistics import kept_statistics, statistics_of
from eros_assets.weekly.text_priors import (
    MESSAGE_TYPES,
    TABLE,
    TextPriors,
    refresh_text_priors,
)


@table_asset(
    TABLE,
    group_name="performance",
    runs=("caption_first_rates",),
    deps=["tuning", "statistics_date", "usable_captions", *SCOPE, *CONFIGURED, *REPLACING],
    earlier=("caption_priors", *HANDED_OUT, "schedule_review"),
)
def caption_text_priors(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """Fit texts to first rates as of the week's Monday, unless statistics are later."""
    dataset = warehouse.dataset(context)
    refuse_plan(context, dataset, week_scope)
    week_start = dataset.default_week()
    kept = kept_statistics(statistics_of(dataset, week_start), force=week_scope.force)
    made_from = MadeFrom(context, dataset, "caption_first_rates", [TABLE], as_of=week_start)
    version: dg.DataVersion | None = None
    if kept:
        shown: dict[str, Any] = {"kept": kept}
        context.log.warning(kept)
    elif standing := None if week_scope.force else made_from.standing():
        context.log.info(f"{TABLE} stays: what it is made from is unchanged")
        [result] = standing.results(job_metadata(dataset))
        return result
    else:
        try:
            fitted = refresh_text_priors(dataset, week_start, read_knobs(dataset))
        except Exception as error:  # the week is planned on the priors that are known
            shown = {"failed": reason_of(error)}
            context.log.error(
                f"no text was fitted, {TABLE} stays as it was, and untried captions start from "
                f"what it has: {shown['failed']}"
            )
        else:
            context.log.info(fitted.outcome)
            shown = {"stats_as_of": week_start.isoformat(), **_metadata(fitted)}
            version = made_from.version()
    return dg.MaterializeResult(
        metadata={**table_metadata(dataset, TABLE), **shown, **job_metadata(dataset)},
        data_version=version,
    )


def _metadata(fitted: TextPriors) -> dict[str, Any]:
    judged = zip(MESSAGE_TYPES, fitted.judgements, strict=True)
    return {
        "outcome": fitted.outcome,
        "captions": fitted.captions,
        "judged_on_later_weeks": markdown_rows(
            (
                "type",
                "captions",
                "held out",
                "correlation",
                "slope",
                "weight",
                "explained variance",
            ),
            (
                (
                    *(name, f"{of.captions:,}", f"{of.held_out:,}", f"{of.correlation:.2f}"),
                    *(f"{of.slope:.2f} ± {of.slope_error:.2f}", f"{of.weight:.2f}"),
                    f"{of.explained_variance:.3f}",
                )
                for name, of in judged
            ),
        ),
        "words": markdown_rows(
            ("word", "captions", "moves the rate by"),
            ((word.text, f"{word.captions:,}", f"{word.effect:+.1%}") for word in fitted.words),
        ),
    }
