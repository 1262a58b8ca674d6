"""`python -m eros_assets simulate`: a study with a progress bar, a table and a picture."""

import datetime as dt
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from eros_assets.atomic_write import atomic_write
from eros_assets.calendar import monday_after
from eros_assets.dataset import open_dataset
from eros_assets.settings import Settings
from eros_assets.simulation.graph import RunGraph
from eros_assets.simulation.policies import POLICIES
from eros_assets.simulation.report import picture, summary, summary_lines
from eros_assets.simulation.study import (
    Study,
    agency_size,
    imported_agency,
    players_named,
    sample_agencies,
)

FIRST_WEEK = dt.date(2025, 11, 3)
"""Of sample agencies, unless EROS_WEEK or EROS_TODAY say otherwise: the same numbers every day."""

COLUMNS = ("policy", "EMV, USD per 1,000", "% of the oracle's", "revenue, USD")


def run_study(
    settings: Settings,
    console: Console,
    weeks: int,
    creators: int,
    seeds: Sequence[int],
    policies: Sequence[str],
    *,
    fast: bool,
    run_graph: RunGraph,
    text_effect: float = 0.0,
) -> None:
    """Play the policies (none: all) and leave a picture and a file in the export folder.

    On sample agencies of `creators` each, or, where inputs are imported, on the agency of theirs.
    In the sample agencies words sell as `text_effect` says, see `with_text_effect`.

    Raises:
        ValueError: a number of creators that no agency can be made of.
        ErosError: a week that could not be planned.
    """
    dataset = open_dataset(settings)
    folder = settings.out_dir / "simulation"
    names = list(dict.fromkeys(policies)) or list(POLICIES)
    if settings.inputs == "files":
        agencies, first_week, label = imported_agency(dataset)
        who = f"the agency of {settings.import_dir}"
    else:
        first_week = settings.week or (
            monday_after(settings.today) if settings.today else FIRST_WEEK
        )
        agencies = sample_agencies(agency_size(creators), first_week, text_effect=text_effect)
        label = {"creators": creators, "text_effect": text_effect}
        who = f"{creators} creators"
        if text_effect > 0:
            who += f", text effect {text_effect:g}"
    study = Study(
        dataset=dataset,
        agencies=agencies,
        label=label,
        first_week=first_week,
        weeks=weeks,
        seeds=seeds,
        players=players_named(names, through_graph=not fast),
        records=folder / "seasons",
        run_graph=run_graph,
    )
    with Progress(
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("weeks"),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("", total=weeks * len(seeds) * len(names))
        results = study.run(lambda what: progress.update(task, advance=1, description=what))
    found = summary(results)
    title = (
        f"{who}, {weeks} weeks from {first_week}, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
    )
    table = Table(title=title, box=None)
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == "policy" else "right")
    for line in summary_lines(found):
        table.add_row(*line)
    console.print(table)
    name = f"{weeks}-weeks-from-{first_week}"
    if label.get("text_effect"):
        name += f"-text-{text_effect:g}"
    atomic_write(folder / f"{name}.png", picture(results, title))
    atomic_write(folder / f"{name}.csv", results.to_csv(index=False).encode())
    console.print(f"\n  Picture    {folder / f'{name}.png'}\n  Every week {folder / f'{name}.csv'}")
