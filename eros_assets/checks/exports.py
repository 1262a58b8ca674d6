"""Files that were written can be read back, and say what the schedule says."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.assets.messages import active_messages
from eros_assets.assets.week import partition_week
from eros_assets.checks.verdict import verdict
from eros_assets.errors import ErosError
from eros_assets.exporting.schedule_csv import read_schedule_csv
from eros_assets.installation import Installation


def export_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """`csv_is_well_formed`."""

    @dg.asset_check(
        asset="schedule_csv",
        description="Each file has the columns, types and LA offsets of the contract, and the "
        "very messages of the active schedule.",
    )
    def csv_is_well_formed(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        week_start = partition_week(context)
        warehouse = eros.warehouse(asset="schedule_csv", run=context.run.run_id)
        expected = active_messages(eros, warehouse, week_start)
        folder = eros.week_folder(week_start)
        wrong: list[str] = []
        for page, rows in expected.groupby("page_name", sort=True):
            path = folder / f"{page}.csv"
            try:
                written = read_schedule_csv(path)
            except ErosError as error:
                wrong.append(str(error))
                continue
            if [r.caption_id for r in written] != list(rows["caption_id"]):
                wrong.append(f"{path}: its captions are not those of {rows['schedule_id'].iloc[0]}")
        return verdict(
            offenders=wrong,
            meaning=f"Files of {expected['page_name'].nunique()} pages that are malformed.",
        )

    return [csv_is_well_formed]
