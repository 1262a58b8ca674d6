"""Commands, files, links, assets and rooms that the documents name exist."""

import re
from pathlib import Path

import click
import pytest

from docs.pictures import read_graph
from eros_assets.cli.planning import main
from tests.docs.commands import RUNBOOK, arguments_of_eros, commands_of, recipe
from tests.house.modules import REPOSITORY

README = REPOSITORY / "README.md"
DOCUMENTS = (README, *sorted((REPOSITORY / "docs").glob("*.md")))
MADE = [
    pytest.param(command, id=f"{document.stem}: {command}")
    for document in DOCUMENTS
    for command in dict.fromkeys(commands_of(document))
    if command.startswith("make ")
]
FOLDERS = ("eros_assets", "sql", "tests", "docs", "benchmarks", "deploy")


def parsed(arguments: list[str]) -> None:
    """Have click read the arguments of a command without running it."""
    command = main.commands[arguments[0]]
    command.make_context(arguments[0], arguments[1:])


def paths_in(text: str) -> list[str]:
    """Every path of the repository that the text names between backticks."""
    return re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./]*)`", text)


def broken_links(document: Path) -> list[str]:
    """Every relative link of the document to a file or heading that is not there."""
    text = document.read_text(encoding="utf-8")
    return [
        link
        for link in re.findall(r"\]\(([^)\s]+)\)", text)
        if not link.startswith("http") and not _leads_somewhere(document, link)
    ]


def _leads_somewhere(document: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (document.parent / name).resolve() if name else document
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_files_that_a_document_names_exist(document: Path) -> None:
    paths = paths_in(document.read_text(encoding="utf-8"))
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_of_a_document_lead_to_a_file_and_heading(document: Path) -> None:
    assert broken_links(document) == []


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "WRONG.md"
    document.write_text("# Big words\n[a](#big-words) [b](#small-words) [c](NONE.md) [d](WRONG.md)")
    assert broken_links(document) == ["#small-words", "NONE.md"]
    assert paths_in("`eros_assets/no_such_room/` and `make test`") == ["eros_assets/no_such_room/"]


def test_the_readme_lists_every_group_and_asset_but_the_routines() -> None:
    groups = read_graph().groups
    assets = {a.name for group, named in groups.items() if group != "routines" for a in named}
    text = README.read_text(encoding="utf-8")
    rows = "\n".join(line for line in text.splitlines() if line.startswith("| "))
    assert assets - set(re.findall(r"`(\w+)`", rows)) == set()
    assert groups.keys() - set(re.findall(r"^\| (\w+) \|", rows, re.M)) == set()


def test_the_readme_lists_every_room() -> None:
    text = README.read_text(encoding="utf-8")
    folders = [path for path in (REPOSITORY / "eros_assets").iterdir() if _is_package(path)]
    listed = set(re.findall(r"^ {2}(?:\w+/ )*(\w+)/ ", text, re.M))
    assert {folder.name for folder in folders} == listed


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()
