"""Every command that a document names exists and takes what it is given."""

from pathlib import Path

import click
import pytest

from eros_assets.cli.planning import main
from tests.docs.commands import RUNBOOK, arguments_of_eros, commands_of, recipe
from tests.house.modules import REPOSITORY

DOCUMENTS = (RUNBOOK, REPOSITORY / "docs" / "DEPLOY.md", REPOSITORY / "README.md")
MADE = [
    pytest.param(command, id=f"{document.stem}: {command}")
    for document in DOCUMENTS
    for command in dict.fromkeys(commands_of(document))
    if command.startswith("make ")
]


def parsed(arguments: list[str]) -> None:
    """Have click read the arguments of a command without running it."""
    command = main.commands[arguments[0]]
    command.make_context(arguments[0], arguments[1:])


@pytest.mark.parametrize("command", MADE)
def test_a_make_target_leads_to_a_command_that_takes_its_arguments(command: str) -> None:
    lines = recipe(command)
    assert lines
    for arguments in arguments_of_eros(lines):
        parsed(arguments)


def test_the_runbook_names_every_command_of_those_who_operate() -> None:
    named = {
        arguments[0]
        for command in commands_of(RUNBOOK)
        if command.startswith("make ")
        for arguments in arguments_of_eros(recipe(command))
    }
    assert {"preflight", "deploy", "backup", "rollback", "status", "smoke", "week"} <= named


def test_a_document_s_wrong_command_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "WRONG.md"
    document.write_text("```\nmake week PAGE=<page>  # one page\n```\n```yaml\nmake: 1\n```\n")
    assert commands_of(document) == ["make week PAGE=<page>"]
    with pytest.raises(click.ClickException):
        parsed(["week", "--no-such-option"])
    with pytest.raises(KeyError):
        parsed(["no-such-command"])
