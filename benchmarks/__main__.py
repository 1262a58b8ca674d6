"""Print every measurement: `make bench`, or `python -m benchmarks NAME ...` for some of them."""

import click
from rich.console import Console

from benchmarks import imports, planner, routines, week

BENCHMARKS = {
    "imports": imports.measure,
    "routines": routines.measure,
    "planner": planner.measure,
    "week": week.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(BENCHMARKS)))
def main(names: tuple[str, ...]) -> None:
    """Run the named benchmarks, or all of them."""
    console = Console(highlight=False)
    for name in names or tuple(BENCHMARKS):
        console.rule(name)
        for line in BENCHMARKS[name]():
            console.print(line)


if __name__ == "__main__":
    main()
