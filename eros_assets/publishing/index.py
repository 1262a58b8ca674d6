"""The content of a week's page, `index.html`."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import smaller_picture
from eros_assets.exporting.schedule_csv import excel_name
from eros_assets.exporting.week_index import IndexFile, IndexMessage, IndexPage, WeekIndex
from eros_assets.weekly.shortfalls import week_shortfalls

if TYPE_CHECKING:
    import pandas as pd


INDEX_FILE = "index.html"
SCHEDULE_SHOWN = re.compile(rb">(sched_\d{8}_[a-z0-9_]+_[0-9a-f]{8})</p>")
"""How the page shows the schedule of a creator; captions are escaped and can't hold it."""


def week_index(dataset: Dataset, week_start: dt.date, messages: "pd.DataFrame") -> WeekIndex:
    """The week's active schedules, whichever run made them, with the files that are there.

    `messages` are those of the schedules.
    """
    pages = sorted(set(messages["page_name"]))
    targets = dataset.query("week_targets", week_start=week_start, pages=pages)
    names = dataset.query("creator_names")
    return WeekIndex(
        week_start=week_start,
        pages=_pages(
            messages,
            names=dict(zip(names["page_name"], names["display_name"], strict=True)),
            targets={row["page_name"]: row for row in targets.to_dict("records")},
            folder=dataset.week_folder(week_start),
        ),
        shortfalls=[each.sentence for each in week_shortfalls(dataset, week_start)],
        sheet=dataset.settings.sheet_address,
    )


def wrong_index(messages: "pd.DataFrame", folder: Path) -> list[str]:
    """How the schedules that the page in `folder` shows differ from these, one line each."""
    path = folder / INDEX_FILE
    if not path.is_file():
        return [f"{path}: no such file"]
    shown = {found.decode("ascii") for found in SCHEDULE_SHOWN.findall(path.read_bytes())}
    wanted = {str(schedule) for schedule in messages["schedule_id"]}
    return [
        *(f"{path}: {schedule} is missing" for schedule in sorted(wanted - shown)),
        *(f"{path}: {schedule} is not in force" for schedule in sorted(shown - wanted)),
    ]


def _pages(
    messages: "pd.DataFrame",
    *,
    names: Mapping[str, str],
    targets: Mapping[str, Mapping[Any, Any]],
    folder: Path,
) -> list[IndexPage]:
    return [
        IndexPage(
            page_name=str(page),
            display_name=names.get(str(page), str(page)),
            schedule_id=rows["schedule_id"].iloc[0],
            messages=[
                IndexMessage(
                    row["scheduled_send_time"].to_pydatetime(),
                    row["price_tier"],
                    row["content_category"],
                    row["caption_text"] or "",
                )
                for row in rows.to_dict("records")
            ],
            facts=_facts(targets.get(str(page))),
            picture=_picture(folder / f"{page}.png"),
            files=[
                file
                for file in (
                    IndexFile(f"{page}.csv", "CSV"),
                    IndexFile(excel_name(str(page)), "CSV for Excel"),
                    IndexFile(f"{page}.png", "Picture"),
                )
                if (folder / file.name).is_file()
            ],
        )
        for page, rows in messages.groupby("page_name", sort=True)
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


def _picture(path: Path) -> bytes | None:
    return smaller_picture(path.read_bytes()) if path.is_file() else None
