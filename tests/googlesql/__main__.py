"""`python -m tests.googlesql [file …]`: analyse `sql/`, print what was found, exit 1 on errors."""

import sys
import time
from collections import Counter
from pathlib import Path

import click

from tests.googlesql.analysis import KINDS, SQL, File, analyse_all
from tests.googlesql.statements import printed


def main(arguments: list[str], root: Path = SQL) -> int:
    """Print the findings and a table by kind."""
    began = time.perf_counter()
    _, files = analyse_all(root)
    if arguments:
        wanted = {Path(argument).resolve() for argument in arguments}
        files = [file for file in files if file.path.resolve() in wanted]
    for file in files:
        for finding in file.findings:
            click.echo(finding)
        if file.parameters:
            declared = ", ".join(f"@{name} {of}" for name, of in sorted(file.parameters.items()))
            click.echo(f"{printed(file.path)}: parameters {declared}")
    counts = Counter(file.folder for file in files)
    click.echo(f"{'kind':<16}{'objects':>8}{'statements':>12}{'errors':>8}{'seconds':>9}")
    for folder in KINDS:
        of_kind = [file for file in files if file.folder == folder]
        if of_kind:
            _row(folder, counts[folder], of_kind)
    _row("all", len(files), files)
    analysis, now = sum(file.seconds for file in files), time.perf_counter() - began
    click.echo(f"{analysis:.1f} s of analysis, {now:.1f} s now: unchanged files are remembered")
    return int(any(file.findings for file in files))


def _row(name: str, objects: int, files: list[File]) -> None:
    statements = sum(file.statements for file in files)
    errors = sum(len(file.findings) for file in files)
    seconds = sum(file.seconds for file in files)
    click.echo(f"{name:<16}{objects:>8}{statements:>12}{errors:>8}{seconds:>9.2f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
