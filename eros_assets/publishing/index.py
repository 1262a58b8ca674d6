"""Makes the contents of a week's page, `index.html`."""

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import CalendarWeek
from eros_assets.exporting.schedule_csv import excel_name
from eros_assets.exporting.week_index import IndexFile, IndexPage, Missing, WeekIndex
from eros_assets.insights.page_insights import insights_of
from eros_assets.publishing.files import csv_name, events_name, picture_name
from eros_assets.publishing.folders import weeks_on_disk
from eros_assets.publishing.record import changed_file, read_record
from eros_assets.settings import Settings
from eros_assets.tuning import read_knobs
from eros_assets.weekly.decision_notes import decided, decisions_without_effect
from eros_assets.weekly.import_report import ImportLimits, import_report
from eros_assets.weekly.messages import creator_names, messages_by_page
from eros_assets.weekly.shortfalls import week_shortfalls

if TYPE_CHECKING:
    import pandas as pd


INDEX_FILE = "index.html"
WEEKS_FILE = "weeks.html"
"""The page that links to all weeks; it lies above their folders."""
SCHEDULE_SHOWN = re.compile(rb">(sched_\d{8}_[a-z0-9_]+_[0-9a-f]{8})</p>")
"""How the page shows the schedule of a creator; captions are escaped and can't hold it."""


def week_index(
    dataset: Dataset,
    week_start: dt.date,
    rows: "pd.DataFrame",
    calendars: Sequence[CalendarWeek] = (),
) -> WeekIndex:
    """The week's active schedules, of whichever run; their files are beside the page.

    `rows` are the messages of these schedules, `calendars` their pictures' contents.
    """
    import pandas as pd

    pages = messages_by_page(rows, creator_names(dataset))
    names = {page: messages[0].display_name for page, messages in pages.items()}
    known = insights_of(dataset, week_start, names)
    origins = dataset.query("target_origins", week_start=week_start, pages=list(pages))
    origin_of = {
        row["page_name"]: {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in origins.to_dict("records")
    }
    calendar_of = {calendar.page_name: calendar for calendar in calendars}
    inputs = import_report(dataset, ImportLimits.of(read_knobs(dataset)))
    earlier, later = _neighbours(dataset.settings, week_start)
    return WeekIndex(
        week_start=week_start,
        pages=[
            IndexPage(
                page_name=page,
                display_name=messages[0].display_name,
                schedule_id=messages[0].schedule_id,
                messages=messages,
                facts=dict(target_facts(origin_of.get(page))),
                calendar=calendar_of.get(page),
                files=[
                    IndexFile(csv_name(page), "CSV"),
                    IndexFile(excel_name(page), "CSV for Excel"),
                    IndexFile(events_name(page), "Events"),
                    IndexFile(picture_name(page), "Picture"),
                ],
                known=known[page].sections,
            )
            for page, messages in pages.items()
        ],
        missing=[
            Missing(each.page_name, each.sentence, each.remedy)
            for each in week_shortfalls(dataset, week_start)
        ],
        decisions=decisions_without_effect(dataset, week_start, pages.keys()),
        sheet=dataset.settings.sheet_address,
        inputs=[*inputs.lines, *inputs.doubts],
        earlier=earlier,
        later=later,
    )


def published_weeks(settings: Settings) -> list[dt.date]:
    """The Mondays of the weeks that have a page in the export folder, in order."""
    found = weeks_on_disk(settings)
    page_of = {week: settings.out_dir / week.isoformat() / INDEX_FILE for week in found}
    # A folder that somebody has closed to EROS has none; Path.is_file would raise.
    return sorted(week for week, page in page_of.items() if os.path.isfile(page))  # noqa: PTH113


def wrong_index(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """How the page in `folder` differs from what was published of these schedules, a line each."""
    path = folder / INDEX_FILE
    if not path.is_file():
        return [f"{path}: no such file"]
    shown = {found.decode("ascii") for found in SCHEDULE_SHOWN.findall(path.read_bytes())}
    wanted = {str(schedule) for schedule in rows["schedule_id"]}
    return [
        *(f"{path}: {schedule} is missing" for schedule in sorted(wanted - shown)),
        *(f"{path}: {schedule} is not to be published" for schedule in sorted(shown - wanted)),
        *changed_file(path, read_record(folder)),
    ]


def _neighbours(settings: Settings, week_start: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The published weeks next before and next after a week."""
    weeks = published_weeks(settings)
    return (
        max((week for week in weeks if week < week_start), default=None),
        min((week for week in weeks if week > week_start), default=None),
    )


def target_facts(origin: Mapping[Any, Any] | None) -> Iterator[tuple[str, str]]:
    """Headings with a sentence each: targets, where they come from, decisions, saturation."""
    if origin is None:
        return
    targets = (
        f"{origin['ppv_count']} PPV ({origin['num_budget']} budget, {origin['num_mid']} mid, "
        f"{origin['num_premium']} premium to plan) and {origin['bump_count']} bumps; PPVs "
        f"{origin['min_gap_minutes']} minutes apart, at most {origin['max_messages_per_day']} "
        "messages a day."
    )
    yield "Targets", targets
    parts = [f"{origin['size_tier']} account"]
    if origin["revenue"] is not None:
        parts[0] += f" (${origin['revenue']:,.0f} with {origin['message_count']:,} messages)"
    if origin["weekly_ppv_min"] is not None:
        parts.append(
            f"{origin['weekly_ppv_min']} to {origin['weekly_ppv_max']} PPV and "
            f"{origin['weekly_bump_min']} to {origin['weekly_bump_max']} bumps a week"
        )
    parts.append(f"{origin['behavioral_segment']} prices")
    if origin["ppv_multiplier"] is not None:
        parts.append(
            f"saturation × {origin['ppv_multiplier']:g} PPV, × {origin['bump_multiplier']:g} bumps"
        )
    parts.append(f"holidays × {origin['holiday_factor']:.2f}")
    yield "From", "; ".join(parts) + "."
    if (said := decided(origin)) is not None:
        yield "Decided by people", said
    saturation = f"{origin['saturation_status']}, {origin['saturation_score']:.2f} of 1"
    if origin["recommended_action"] is not None:
        saturation += f": {origin['recommended_action']}"
    if cooling := int(origin["cooling_days"]):
        saturation += f"; no PPV on the first {cooling} days"
    yield "Saturation", saturation + "."
