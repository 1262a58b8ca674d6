"""The command `report`: what became of a week, and the digest of it."""

import datetime as dt
import sys
from typing import TYPE_CHECKING, Any

import click

from eros_assets.cli.terminal import (
    CONSOLE,
    FAILED,
    REFUSED,
    as_json,
    refusing,
    require_tables,
    result_as_json,
    settings_or_exit,
)

if TYPE_CHECKING:
    from eros_assets.evaluation.week_results import Sums


@click.command()
@click.argument("week", required=False, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--send", is_flag=True, help="Send the digest by Slack and e-mail too.")
@as_json
def report(week: dt.datetime | None, send: bool, as_json: bool) -> None:
    """Report what WEEK planned, sent and earned; by default the last week that is over.

    WEEK is any date of it. Reads schedules, messages and statistics; writes reports/<Monday> in
    EROS_OUT_DIR: a page, and CSV files of creators, captions and messages. A week of which nothing
    is known, or --send without a channel, ends with code 2. With --json: the sums, and the three
    things to look at.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        from eros_assets.alerts import channels
        from eros_assets.answers.digest import digest_of
        from eros_assets.answers.report import last_week, week_report, written
        from eros_assets.calendar import monday_of
        from eros_assets.dataset import open_dataset
        from eros_assets.publishing.folders import ExportFolderError

        if send and not channels(settings):
            CONSOLE.print(
                "There is no channel to send by: set those of Slack or of e-mail "
                "(docs/SETTINGS.md).",
                style="red",
            )
            sys.exit(REFUSED)
        with refusing():
            dataset = open_dataset(settings, asset="week_report")
            require_tables(dataset)
            monday = monday_of(week.date()) if week else last_week(dataset)
            found = week_report(dataset, monday)
        digest = digest_of(dataset, found)
        try:
            made = written(dataset, found)
        except ExportFolderError as error:
            CONSOLE.print(str(error), style="red")
            sys.exit(FAILED)
        for sentence in found.sentences:
            CONSOLE.print(sentence)
        CONSOLE.print("\nTo look at", style="bold")
        for line in digest.lines or ["Nothing stands out."]:
            CONSOLE.print(f"  {line}")
        CONSOLE.print(f"\n  Look       {made.page}\n  Files      {made.folder}")
        give(
            {
                "week": monday.isoformat(),
                "page": str(made.page),
                "left_out": list(found.left_out),
                "total": _sums(found.total),
                "creators": [_sums(creator.sums) for creator in found.creators],
                "to_look_at": [
                    {"kind": each.kind, "worth": each.worth, "sentence": each.sentence}
                    for each in digest.things
                ],
            }
        )
        if send:
            from eros_assets.alerts import tell

            with refusing(FAILED):
                CONSOLE.print(tell(settings, digest.alert(str(made.page))).sentence)


def _sums(sums: "Sums") -> dict[str, Any]:
    return {
        "name": sums.name,
        "planned": sums.planned,
        "sent": sums.sent,
        "counts": dict(sums.counts),
        "unripe": sums.unripe,
        "expected_planned": sums.expected_planned,
        "expected": sums.expected,
        "earned": sums.earned,
        "earned_all": sums.earned_all,
        "ratio": sums.ratio.value,
        "ratio_lower": sums.ratio.lower,
        "ratio_upper": sums.ratio.upper,
        "verdict": sums.ratio.verdict,
    }
