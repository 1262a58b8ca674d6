"""The guide to the systems names each of them, and only what is there."""

import re
from pathlib import Path

import pytest

from eros_assets.acceptance.contents import Contents, contents_of
from eros_assets.acceptance.objects import ROUTINES, SCHEDULES, VIEW
from eros_assets.acceptance.orchestration import ROLES
from eros_assets.acceptance.runbook import TARGET
from eros_assets.cli.contents import code_location, commands
from tests.docs.test_documents import broken_links
from tests.house.modules import REPOSITORY

GUIDE = REPOSITORY / "docs" / "SYSTEMS.md"
ROLE_COLUMNS = ("role", "assets", "checks", "automation", "command", "read")
SYSTEM_COLUMNS = ("#", "system", *ROLE_COLUMNS[1:])

SYSTEMS = (
    *("scalar functions", "table functions", "procedures", "view", "routine count", "schedules"),
    *("performance tables", "caption selections", "weekly schedules", "exports", "orchestrator"),
    *("real-time monitor", "smoke tests and gate", "health score", "preflight"),
    *("file inventory", "deploy", "rollback", "rollback decision matrix", "runbook"),
    *("deployment summary and notice", "success figures"),
)


REVIEWING = ("review_changes", "rejected_messages")
"""Sensors of an installation with a spreadsheet."""


def table(document: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of the table of a document that has so many columns."""
    lines = document.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    rows = [row for row in cells if len(row) == len(columns)][2:]
    return [dict(zip(columns, row, strict=True)) for row in rows]


def named(cell: str) -> list[str]:
    """What a cell names between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def faults(rows: list[dict[str, str]], there: Contents, targets: set[str]) -> list[str]:
    """Every name of the rows that does not exist, with its column."""
    known = {
        "assets": set(there.assets),
        "checks": set(there.checks),
        "automation": {*there.jobs, *there.schedules, *there.sensors, *REVIEWING},
        "command": {f"make {target}" for target in targets},
    }
    return [
        f"{column}: {name}"
        for row in rows
        for column, names in known.items()
        for name in named(row[column])
        if name not in names
    ]


@pytest.fixture(scope="module")
def there() -> Contents:
    return contents_of({"commands": commands(), **code_location()})


TARGETS = {name for name, _ in TARGET.findall((REPOSITORY / "Makefile").read_text("utf-8"))}


def test_every_system_and_role_has_its_row() -> None:
    systems = table(GUIDE, SYSTEM_COLUMNS)
    assert [(row["#"], row["system"]) for row in systems] == [
        (str(number), name) for number, name in enumerate(SYSTEMS, start=1)
    ]
    assert len(SYSTEMS) == 22
    assert [row["role"] for row in table(GUIDE, ROLE_COLUMNS)] == list(ROLES)


def test_every_name_and_link_of_the_guide_exists(there: Contents) -> None:
    rows = [*table(GUIDE, SYSTEM_COLUMNS), *table(GUIDE, ROLE_COLUMNS)]
    assert faults(rows, there, TARGETS) == []
    assert broken_links(GUIDE) == []
    for row in rows:
        assert named(row["command"]), row
        assert "](" in row["read"], row


def test_a_name_that_does_not_exist_is_noticed(there: Contents) -> None:
    [row, *_] = table(GUIDE, SYSTEM_COLUMNS)
    wrong = {
        "assets": "`no_asset`",
        "checks": "`no_check`",
        "automation": "`no_job`",
        "command": "`make coffee`",
    }
    assert len(faults([{**row, **wrong}], there, TARGETS)) == len(wrong)


def test_the_guide_names_the_same_as_the_acceptance() -> None:
    systems = {row["system"]: row for row in table(GUIDE, SYSTEM_COLUMNS)}
    for kind, system in (
        ("FUNCTION", "scalar functions"),
        ("TABLE FUNCTION", "table functions"),
        ("PROCEDURE", "procedures"),
    ):
        assert sorted(named(systems[system]["assets"])) == sorted(ROUTINES[kind])
    assert named(systems["view"]["assets"]) == [VIEW]
    assert sorted(named(systems["schedules"]["automation"])) == sorted(SCHEDULES)
    roles = {row["role"]: row for row in table(GUIDE, ROLE_COLUMNS)}
    for role, parts in ROLES.items():
        told = {*named(roles[role]["assets"]), *named(roles[role]["automation"])}
        assert {name for names in parts.values() for name in names} <= told


def test_every_command_of_the_command_line_starts(there: Contents) -> None:
    assert there.commands
    assert {name: fault for name, fault in there.commands.items() if fault} == {}
