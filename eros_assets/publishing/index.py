"""The content of a week's page, `index.html`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import smaller_picture
from eros_assets.exporting.schedule_csv import excel_name
from eros_assets.exporting.week_index import IndexFile, IndexPage, WeekIndex
from eros_assets.weekly.messages import creator_names, messages_by_page
from eros_assets.weekly.shortfalls import week_shortfalls

if TYPE_CHECKING:
    import pandas as pd


INDEX_FILE = "index.html"


def week_index(dataset: Dataset, week_start: dt.date, rows: "pd.DataFrame") -> WeekIndex:
    """The week's active schedules, of whichever run, with the files that exist.

    `rows` are the messages of these schedules.
    """
    folder = dataset.week_folder(week_start)
    pages = messages_by_page(rows, creator_names(dataset))
    targets = dataset.query("week_targets", week_start=week_start, pages=list(pages))
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
                picture=_picture(folder / f"{page}.png"),
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
        ],
        shortfalls=[each.sentence for each in week_shortfalls(dataset, week_start)],
        sheet=dataset.settings.sheet_address,
    )


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


def _picture(path: Path) -> bytes | None:
    return smaller_picture(path.read_bytes()) if path.is_file() else None
