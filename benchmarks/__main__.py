"""Print every measurement: `make bench`, or `python -m benchmarks NAME ...` for some of them.

Those that take long run only when they are named.
"""

import click
from rich.console import Console

from benchmarks import bandit, imports, planner, policies, routines, settings, sheets, slots, week

BENCHMARKS = {
    "imports": imports.measure,
    "routines": routines.measure,
    "planner": planner.measure,
    "sheets": sheets.measure,
    "week": week.measure,
}
LONG = {
    "bandit": bandit.measure,
    "policies": policies.measure,
    "settings": settings.measure,
    "slots": slots.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted({**BENCHMARKS, **LONG})))
def main(names: tuple[str, ...]) -> None:
    """Run the named benchmarks, or all but the long ones."""
    console = Console(highlight=False)
    for name in names or tuple(BENCHMARKS):
        console.rule(name)
        for line in {**BENCHMARKS, **LONG}[name]():
            console.print(line)


if __name__ == "__main__":
    main()
