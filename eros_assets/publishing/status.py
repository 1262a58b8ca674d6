"""Says from the tables what is in force for a week and what people were given."""

import datetime as dt
from collections.abc import Mapping, Sequence

from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.weekly.shortfalls import week_shortfalls

DESTINATIONS = {"csv": "files", "sheets": "Google Sheet", "bucket": "bucket"}


def week_status(dataset: Dataset, week_start: dt.date) -> Sequence[str]:
    """Lines for people: schedules in force, drafts, the newest publication of each kind.

    Last the pages that the newest publication has withheld, with the reasons.
    """
    if dataset.freshness("schedule_recommendations") is None:
        return [f"Week of {week_start}: no schedule was ever made in this warehouse."]
    row = dataset.query("week_in_force", week_start=week_start).iloc[0]
    in_force = (
        f"{row['schedules']} schedules with {row['messages']} messages are in force"
        if row["schedules"]
        else "no schedule is in force"
    )
    drafts = f", {row['drafts']} drafts are not locked" if row["drafts"] else ""
    lines = [f"Week of {week_start}: {in_force}{drafts}."]
    publications = dataset.query("week_publications", week_start=week_start).to_dict("records")
    for found in publications:
        when = f"{found['exported_at'].astimezone(ZONE):%Y-%m-%d %H:%M} Los Angeles"
        destination = DESTINATIONS[found["destination"]]
        if found["is_withdrawn"]:
            lines.append(f"Withdrawn ({destination}, {when}): people find no schedule there.")
            continue
        outdated = int(found["schedules"]) - int(found["in_force"])
        missing = int(row["schedules"]) - int(found["in_force"])
        held = f"{found['schedules']} schedules" + (
            f", {outdated} of them no longer in force" if outdated else ""
        )
        lacking = f"; {missing} schedules in force are not among them" if missing else ""
        lines.append(f"Published ({destination}, {when}): {held}{lacking}.")
    if not publications:
        lines.append("Nothing was published for this week.")
    withheld = withheld_at_last(dataset, week_start)
    return [*lines, *(f"Withheld: {page}: {reason}." for page, reason in withheld.items())]


def withheld_at_last(dataset: Dataset, week_start: dt.date) -> Mapping[str, str]:
    """The pages that the newest publication of a week has withheld, with the reasons it gave."""
    found = week_shortfalls(dataset, week_start, ["files"])
    return {shortfall.page_name: shortfall.reason for shortfall in found}
