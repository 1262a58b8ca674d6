"""The lines of the acceptance table, and the table as text, Markdown and JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["PASS", "FAIL", "NOT YET KNOWN"]
STATUSES: tuple[Status, ...] = ("PASS", "FAIL", "NOT YET KNOWN")

SHOWN = 3
"""Faults that a line names; the rest are counted."""

LONGEST_FAULT = 240


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a criterion is met, and what shows it: a number, a time, a name."""

    status: Status
    evidence: str


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion with its answer; `source` is the command or asset that gives the evidence."""

    phase: str
    criterion: str
    status: Status
    evidence: str
    source: str


def passed(evidence: str) -> Answer:
    """The criterion is met."""
    return Answer("PASS", evidence)


def failed(evidence: str) -> Answer:
    """The criterion is not met."""
    return Answer("FAIL", evidence)


def unknown(evidence: str) -> Answer:
    """It can't be told yet; the evidence says what makes it known."""
    return Answer("NOT YET KNOWN", evidence)


def none_of(faults: Sequence[str], evidence: str) -> Answer:
    """Passed on this evidence when there are no faults; else failed, naming the first of them."""
    if not faults:
        return passed(evidence)
    more = len(faults) - SHOWN
    named = "; ".join(" ".join(fault.split())[:LONGEST_FAULT] for fault in faults[:SHOWN])
    return failed(named + (f"; {more} more" if more > 0 else ""))


def counted(lines: Sequence[Line]) -> str:
    """How many lines have each status, in one line."""
    numbers = Counter(line.status for line in lines)
    return ", ".join(f"{numbers[status]} {status}" for status in STATUSES)


def verdict_of(lines: Sequence[Line]) -> Status:
    """FAIL when one line fails; else NOT YET KNOWN when one is not known; else PASS."""
    found = {line.status for line in lines}
    if "FAIL" in found:
        return "FAIL"
    return "NOT YET KNOWN" if "NOT YET KNOWN" in found else "PASS"


def as_json(lines: Sequence[Line]) -> str:
    """The table for scripts: the verdict, then one object per line."""
    table = {"status": verdict_of(lines), "lines": [asdict(line) for line in lines]}
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def as_markdown(lines: Sequence[Line]) -> str:
    """The table for people."""
    rows = [
        "| " + " | ".join(_cell(text) for text in asdict(line).values()) + " |" for line in lines
    ]
    head = ["| phase | criterion | | evidence | from |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])


def _cell(text: str) -> str:
    plain = " ".join(text.split()).replace("|", "\\|")
    return plain.replace("<", "&lt;")
