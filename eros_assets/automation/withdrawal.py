"""The job that withdraws creators: schedules, reservations, files, rows of the sheet."""

from typing import Any

import dagster as dg
from pydantic import Field

from eros_assets.assets.phases import ORCHESTRATION, in_phase
from eros_assets.assets.realigning import realigned
from eros_assets.assets.reporting import DATASET_POOL
from eros_assets.automation.console import CONSOLE_LOGGER, console
from eros_assets.deployment.phases import clock
from eros_assets.resources import ExportBucket, SheetsResource, WarehouseResource
from eros_assets.weekly.withdrawal import withdraw_pages


class WithdrawalConfig(dg.Config):
    """Whom to withdraw."""

    pages: list[str] = Field(
        description="Pages, as page_name in the table creators: [amber_lens]. A page without a "
        "schedule in a week ahead ends the run before it writes anything."
    )


def withdrawal_run_config(*pages: str) -> dict[str, Any]:
    """Run config of `withdraw_creators`."""
    return {"ops": {"withdraw": {"config": {"pages": list(pages)}}}, **CONSOLE_LOGGER}


@dg.op(out=dg.Out(dg.Nothing), pool=DATASET_POOL)
def withdraw(
    context: dg.OpExecutionContext,
    config: WithdrawalConfig,
    warehouse: WarehouseResource,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> None:
    """Withdraw the pages from every week that has not begun, and from what people find of it.

    Their captions are free for others at the next build. Safe to repeat.
    """
    dataset = warehouse.dataset(context)
    found = withdraw_pages(dataset, config.pages, withdrawn_at=clock())
    for each in found:
        context.log.info(each.sentence)
    shown = realigned(context, dataset, sheets, bucket)
    context.add_output_metadata(
        {
            "withdrawn": dg.MetadataValue.json([each.sentence for each in found]),
            "shown": dg.MetadataValue.json([each.sentence for each in shown]),
        }
    )


@dg.job(
    logger_defs={"console": console},
    executor_def=dg.in_process_executor,
    tags=in_phase(ORCHESTRATION),
)
def withdraw_creators() -> None:
    """Withdraw creators from the weeks that have not begun: schedules, reservations, files, sheet.

    `pages` in the run config names them.
    """
    withdraw()
