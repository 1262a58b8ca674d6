"""The commands in a document's code blocks, and what `make` makes of them."""

import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.house.modules import REPOSITORY

RUNBOOK = REPOSITORY / "docs" / "RUNBOOK.md"
PLACEHOLDERS = {"<page>": "basil_and_thyme", "<id>": "d0001_c4ac3a00"}
NOT_MADE = ("-o", ".venv/run", "-o", ".venv/dev")
"""The environment is there: `make` is asked for the recipe alone."""


def commands_of(document: Path) -> list[str]:
    """Every line of a code block without a language, its comment taken off, in order."""
    blocks = re.findall(r"^```\n(.*?)^```$", document.read_text(encoding="utf-8"), re.M | re.S)
    lines = [line.split("#", 1)[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def mentioned_in(document: Path) -> list[str]:
    """Every `make` line that the text names outside of its code blocks, in order."""
    return re.findall(r"`(make [^`\n]+)`", document.read_text(encoding="utf-8"))


def recipe(command: str) -> list[list[str]]:
    """What `make` would run for a line `make target VARIABLE=value`, each as its words."""
    for placeholder, value in PLACEHOLDERS.items():
        command = command.replace(placeholder, value)
    done = subprocess.run(
        ["make", "-n", *NOT_MADE, *shlex.split(command)[1:]],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.replace("\\\n", " ").splitlines()  # a recipe may go on over lines
    return [shlex.split(line) for line in lines]


def failed_lines(said: str) -> set[str]:
    """The criteria that `make acceptance` says are not met."""
    return set(re.findall(r"^ +FAIL +([^:]+): ", said, re.M))


def arguments_of_eros(recipe_lines: Sequence[Sequence[str]]) -> list[list[str]]:
    """The arguments of `python -m eros_assets` among what would be run."""
    return [list(words[3:]) for words in recipe_lines if list(words[1:3]) == ["-m", "eros_assets"]]
