"""Makes what people find that which is in force, from a run that changed what is in force."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.dataset import Dataset
from eros_assets.publishing.channels import BucketChannel, Channel, FilesChannel, SheetChannel
from eros_assets.publishing.realignment import Realigned, realign
from eros_assets.resources import ExportBucket, SheetsResource

LOCKED = dg.AssetKey("active_caption_assignments")
"""The asset whose weeks the sensor `new_schedule` has exported."""


def realigned(
    context: dg.OpExecutionContext | dg.AssetExecutionContext,
    dataset: Dataset,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> Sequence[Realigned]:
    """Realign every channel that is configured.

    A week that could not be published has an event that no run stands behind: the sensor
    `new_schedule` has it exported. It is stored at once, so that a run which is killed now has
    left it.
    """
    found = realign(dataset, _channels(context, dataset, sheets, bucket), run_id=context.run_id)
    for each in found:
        (context.log.info if each.result == "as in force" else context.log.warning)(each.sentence)
    for week_start in sorted({each.week_start for each in found if each.result == "failed"}):
        context.instance.report_runless_asset_event(
            dg.AssetMaterialization(
                LOCKED,
                partition=week_start.isoformat(),
                description=f"The week is to be exported again: run {context.run_id} changed what "
                "is in force and could not publish it.",
            )
        )
    return found


def _channels(
    context: dg.OpExecutionContext | dg.AssetExecutionContext,
    dataset: Dataset,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> list[Channel]:
    run_id = context.run_id
    files = FilesChannel(dataset, run_id, context.log.info)
    channels: list[Channel] = [files]
    if sheets.spreadsheet_id is not None:
        channels.append(
            SheetChannel(
                dataset, sheets.spreadsheet, sheets.address, run_id, report=context.log.warning
            )
        )
    if bucket.location is not None:
        channels.append(BucketChannel(files, bucket.location, bucket.connect))
    return channels
