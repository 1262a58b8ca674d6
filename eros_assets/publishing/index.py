"""Makes the contents of a week's page, `index.html`."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import smaller_picture
from eros_assets.exporting.schedule_csv import excel_name
from eros_assets.exporting.week_index import IndexFile, IndexPage, WeekIndex
from eros_assets.tuning import read_knobs
from eros_assets.weekly.import_report import ImportLimits, import_report
from eros_assets.weekly.messages import creator_names, messages_by_page
from eros_assets.weekly.shortfalls import week_shortfalls

if TYPE_CHECKING:
    import pandas as pd


INDEX_FILE = "index.html"
SCHEDULE_SHOWN = re.compile(rb">(sched_\d{8}_[a-z0-9_]+_[0-9a-f]{8})</p>")
"""How the page shows the schedule of a creator; captions are escaped and can't hold it."""


def week_index(
    dataset: Dataset, week_start: dt.date, rows: "pd.DataFrame", folder: Path
) -> WeekIndex:
    """The week's active schedules, of whichever run, with the files that exist.

    `rows` are the messages of these schedules, `folder` is where the files are.
    """
    pages = messages_by_page(rows, creator_names(dataset))
    targets = dataset.query("week_targets", week_start=week_start, pages=list(pages))
    inputs = import_report(dataset, ImportLimits.of(read_knobs(dataset)))
    target_of = {row["page_name"]: row for row in targets.to_dict("records")}
    return WeekIndex(
        week_start=week_start,
        pages=[
            IndexPage(
                page_name=page,
                display_name=messages[0].display_name,
                schedule_id=messages[0].schedule_id,
                messages=messages,
                facts=_facts(target_of.get(page)),
                picture=smaller_picture(png.read_bytes()) if png.is_file() else None,
                files=[
                    file
                    for file in (
                        IndexFile(f"{page}.csv", "CSV"),
                        IndexFile(excel_name(page), "CSV for Excel"),
                        IndexFile(f"{page}.png", "Picture"),
                    )
                    if (folder / file.name).is_file()
                ],
            )
            for page, messages in pages.items()
            for png in [folder / f"{page}.png"]
        ],
        shortfalls=[each.sentence for each in week_shortfalls(dataset, week_start)],
        sheet=dataset.settings.sheet_address,
        inputs=[*inputs.lines, *inputs.doubts],
    )


def wrong_index(
    rows: "pd.DataFrame", folder: Path, in_force: "pd.DataFrame | None" = None
) -> list[str]:
    """How the schedules that the page in `folder` shows differ from these, one line each.

    It may show others that are in force too; without `in_force` only those of `rows` are.
    """
    path = folder / INDEX_FILE
    if not path.is_file():
        return [f"{path}: no such file"]
    shown = {found.decode("ascii") for found in SCHEDULE_SHOWN.findall(path.read_bytes())}
    wanted = {str(schedule) for schedule in rows["schedule_id"]}
    known = wanted if in_force is None else {str(each) for each in in_force["schedule_id"]}
    return [
        *(f"{path}: {schedule} is missing" for schedule in sorted(wanted - shown)),
        *(f"{path}: {schedule} is not in force" for schedule in sorted(shown - known)),
    ]


def _facts(target: Mapping[Any, Any] | None) -> Sequence[str]:
    if target is None:
        return ()
    cooling = int(target["cooling_days"])
    facts = (
        f"{target['size_tier']} account",
        f"{target['behavioral_segment']} prices",
        f"saturation {target['saturation_status']}",
        f"{cooling} cooling days" if cooling else "",
    )
    return tuple(fact for fact in facts if fact)
