"""The acceptance table: every criterion, phase by phase, answered for one installation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from eros_assets.acceptance import objects, operations, orchestration, preparation, success
from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.installation import Installation
from eros_assets.acceptance.lines import (
    Answer,
    Line,
    as_json,
    as_markdown,
    counted,
    failed,
    unknown,
)
from eros_assets.atomic_write import atomic_write

PHASES: Mapping[str, Sequence[Criterion]] = {
    "0 preparation": preparation.PREPARATION,
    "1 file inventory": preparation.INVENTORY,
    "2A warehouse": objects.OBJECTS,
    "2B orchestration": orchestration.ORCHESTRATION,
    "3 validation gate": orchestration.GATE,
    "4 idempotent operations": operations.IDEMPOTENCE,
    "5 deployment": operations.DEPLOYMENT,
    "success, at once": success.AT_ONCE,
    "success, week 1": success.WEEK_1,
    "success, week 4": success.WEEK_4,
}


def acceptance_lines(installation: Installation) -> list[Line]:
    """Every line of the table, in the order of the phases."""
    return [
        _line(phase, criterion, criterion.answer(installation))
        for phase, criteria in PHASES.items()
        for criterion in criteria
    ]


def lines_without_settings(error: str) -> list[Line]:
    """The table of an installation whose settings can't be used: the first line says why."""
    lines = [
        _line(phase, criterion, unknown("the settings can't be used; see the first line"))
        for phase, criteria in PHASES.items()
        for criterion in criteria
    ]
    [(phase, criteria), *_] = PHASES.items()
    return [_line(phase, criteria[0], failed("; ".join(error.splitlines()))), *lines[1:]]


def write_acceptance(lines: Sequence[Line], folder: Path) -> Path:
    """Keep the table beside a deployment's summary, as `acceptance.md` and `acceptance.json`.

    Returns the path of the former.
    """
    atomic_write(folder / "acceptance.json", as_json(lines).encode(), len(lines))
    text = f"# Acceptance: {counted(lines)}\n\n{as_markdown(lines)}\n"
    return atomic_write(folder / "acceptance.md", text.encode(), len(lines)).path


def _line(phase: str, criterion: Criterion, answer: Answer) -> Line:
    return Line(phase, criterion.text, answer.status, answer.evidence, criterion.source)
