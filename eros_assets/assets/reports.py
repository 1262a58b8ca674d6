"""What became of a week: planned against sent against earned. A past week is what it is for."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import (
    DATASET_POOL,
    dependencies,
    job_metadata,
    markdown_rows,
)
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.resources import WarehouseResource

if TYPE_CHECKING:
    from eros_assets.answers.report import WrittenReport

READS = ("report_plans", "report_sends", "creator_names", "newest_message", "history_span")
"""Files of `sql/` that a report is made from, beside the tuning."""


@dg.asset(
    group_name="reports",
    kinds={"html"},
    deps=dependencies(*READS, "tuning"),
    partitions_def=WEEKLY,
    pool=DATASET_POOL,
)
def week_report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """What a week planned, sent and earned, by creator, caption and message, with intervals.

    A page and CSV files in the folder reports of the exports. Of a past week, or of one under way:
    then with what is known by now. Grain: one folder per week.
    """
    from eros_assets.answers import report  # imported here: it brings numpy

    dataset, week_start = warehouse.dataset(context), partition_week(context)
    made = report.written(dataset, report.week_report(dataset, week_start))
    return dg.MaterializeResult(metadata={**report_metadata_of(made), **job_metadata(dataset)})


def report_metadata_of(made: "WrittenReport") -> dict[str, Any]:
    """What the Dagster UI shows of a report that was written."""
    from eros_assets.exporting.week_report import money, ratio_text

    found = made.report
    total = found.total
    lines = "\n".join(f"- {sentence}" for sentence in (*found.sentences, *found.left_out))
    return {
        "page": dg.MetadataValue.path(made.page),
        "in_short": dg.MetadataValue.md(lines),
        "dagster/row_count": sum(len(creator.messages) for creator in found.creators),
        "planned": total.planned,
        "sent": total.sent,
        "earned_until_counted": round(total.earned_all, 2),
        **({} if total.ratio.value is None else {"earned_over_expected": total.ratio.value}),
        "creators": markdown_rows(
            ("creator", "verdict", "earned over expected", "expected", "earned", "not sent"),
            (
                (
                    *(each.display_name, each.sums.ratio.verdict, ratio_text(each.sums.ratio)),
                    *(money(each.sums.expected), money(each.sums.earned)),
                    each.sums.counts["not sent"],
                )
                for each in found.creators
            ),
        ),
        "bytes": sum(made.files.values()),
    }
