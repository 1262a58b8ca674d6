"""The command `explain`: why a message is there, or what a page's week is made of."""

import datetime as dt
from typing import TYPE_CHECKING

import click

from eros_assets.cli.terminal import (
    CONSOLE,
    as_json,
    refusing,
    require_tables,
    result_as_json,
    settings_or_exit,
)

if TYPE_CHECKING:
    from eros_assets.answers.answer import Answer


@click.command()
@click.argument("page")
@click.argument("number", required=False, type=click.IntRange(min=1))
@click.option(
    "--week",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Any date of the week; default: the week to plan, else the page's newest.",
)
@as_json
def explain(page: str, number: int | None, week: dt.datetime | None, as_json: bool) -> None:
    """Say why message NUMBER of PAGE is there; without a number, what its week is made of.

    Of a page's week that is its targets and messages, and what is known of the page: best, worn
    and new captions, best hours, exploration, an experiment to consider.

    Reads the tables of the week: schedule, selection, candidates, pools, targets, shortfalls, and
    statistics and facts; writes nothing and draws nothing. An unknown page, week or number ends
    with code 2 and the nearest names. With --json: the same with the values behind it.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        from eros_assets.answers import explained
        from eros_assets.calendar import monday_of
        from eros_assets.dataset import open_dataset

        with refusing():
            dataset = open_dataset(settings, asset="explain")
            require_tables(dataset)
            answer = explained(dataset, page, number, monday_of(week.date()) if week else None)
        say(answer)
        give({"title": answer.title, "sections": dict(answer.sections), **answer.values})


def say(answer: "Answer") -> None:
    """Print an answer: headings, and a line for each thing said."""
    CONSOLE.print(answer.title, style="bold")
    for heading, lines in answer.sections.items():
        CONSOLE.print(f"\n{heading}", style="bold")
        for line in lines:
            CONSOLE.print(f"  {line}")
