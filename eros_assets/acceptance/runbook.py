"""The commands that a document tells people to type, and what they need of the Makefile."""

import re
from collections.abc import Collection, Sequence

FENCED = re.compile(r"^```\n(.*?)^```$", re.M | re.S)
INLINE = re.compile(r"`(make [^`\n]+)`")
TARGET = re.compile(r"^([a-z]+):(?!=)[^\n]*\n((?:\t[^\n]*\n?)*)", re.M)
COMMAND = re.compile(r"-m eros_assets (\w+)")


def targets_named(document: str) -> list[str]:
    """The targets of the `make` lines of a document, in its code blocks and in its text."""
    lines = [line for block in FENCED.findall(document) for line in block.splitlines()]
    words = [line.split() for line in [*lines, *INLINE.findall(document)]]
    return list(dict.fromkeys(w[1] for w in words if len(w) > 1 and w[0] == "make"))


def wrong_targets(document: str, makefile: str, commands: Collection[str]) -> Sequence[str]:
    """What is wrong with the `make` lines of a document: targets and commands that don't exist."""
    recipes = dict(TARGET.findall(makefile))
    faults: list[str] = []
    for target in targets_named(document):
        if target not in recipes:
            faults.append(f"make {target}: the Makefile has no such target")
            continue
        faults += [
            f"make {target}: there is no command {command}"
            for command in COMMAND.findall(recipes[target])
            if command not in commands
        ]
    return faults
