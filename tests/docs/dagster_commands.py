"""Command lines of Dagster, read by Dagster's own parser without running them."""

from collections.abc import Sequence
from typing import Any

import click

from tests.house.modules import REPOSITORY

WORKSPACE = str(REPOSITORY / "deploy" / "vm" / "workspace.yaml")
"""Dagster's parser wants the file to be there."""


def parsed_by_dagster(words: Sequence[str]) -> dict[str, Any]:
    """The parameters of the innermost command of a line.

    Raises:
        KeyError: there is no such command.
        click.ClickException: an option or argument that the command doesn't take.
    """
    command = _programs()[words[0]]
    rest = [WORKSPACE if word == "/srv/dagster/workspace.yaml" else word for word in words[1:]]
    name = words[0]
    while isinstance(command, click.Group):
        name = rest.pop(0)
        command = command.commands[name]
    return command.make_context(name, rest).params


def _programs() -> dict[str, click.Command]:
    from dagster._cli import create_dagster_cli
    from dagster._daemon.cli import create_dagster_daemon_cli
    from dagster_webserver.cli import dagster_webserver

    return {
        "dagster": create_dagster_cli(),
        "dagster-daemon": create_dagster_daemon_cli(),
        "dagster-webserver": dagster_webserver,
    }
