"""The runbook is followed from top to bottom, on an agency of its own."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree

import pytest

from tests.docs.commands import (
    NOT_MADE,
    RUNBOOK,
    commands_of,
    failed_lines,
    mentioned_in,
)
from tests.docs.forked import forking
from tests.house.modules import REPOSITORY
from tests.processes import end_group

STARTING_SECONDS = 120

SAID = {
    "demo": r"\d+ schedules, \d+ messages\.",
    "status": r"In force: .+\nStates that can be restored: .+",
    "health": r"Health \d+\.\d of 100: \w+\. Decision: \w+\.",
    "smoke": r"smoke_exporter +holds",
    "backup": r"b\d{4}",
    "week": r"\d+ schedules, \d+ messages\.",
    "preflight": r"Every check passed\.",
    "deploy": r"d\d{4}_\w+",
    "rollback": r"r\d{4}",
    "acceptance": r"\d+ PASS, \d+ FAIL, \d+ NOT YET KNOWN\.",
}
"""What each target says at least when it did its work."""


@dataclass(frozen=True)
class House:
    """An installation that is operated by `make` alone."""

    folder: Path
    python: str = sys.executable

    @property
    def environment(self) -> dict[str, str]:
        """Of the shell in which the commands are typed."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("EROS_", "DAGSTER_"))}
        return {
            **kept,
            "EROS_HOME": str(self.folder / "home"),
            "EROS_OUT_DIR": str(self.folder / "out"),
            "EROS_SAMPLE": "small",
            "EROS_PAGES": "basil_and_thyme,cello_nights",
            "EROS_TODAY": "2025-11-02",
            "COLUMNS": "200",
        }

    def words(self, command: str) -> list[str]:
        """The line as this machine can run it: the environment of the tests is the one it has."""
        make, *rest = shlex.split(command)
        assert make == "make"
        return [make, *NOT_MADE, f"RUN={self.python}", *rest]

    def run(self, command: str) -> tuple[int, str]:
        """How a line ends, and what it says."""
        done = subprocess.run(
            self.words(command),
            cwd=REPOSITORY,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def type(self, command: str) -> str:
        """What a line says; it must end well."""
        code, said = self.run(command)
        assert code == 0, f"{command} ended with {code}:\n{said}"
        return said

    def page(self) -> str:
        """A page of the agency, as the files of the week name it."""
        return min((self.folder / "out").glob("20*/*.svg")).stem

    def state_to_go_back_to(self) -> str:
        """The newest state that `make status` lists as kept."""
        kept = re.search(r"States that can be restored: (\w+)", self.type("make status"))
        assert kept
        return kept[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Each of its commands is an interpreter of its own."""
    return House(tmp_path_factory.mktemp("runbook"))


@pytest.fixture(scope="module")
def busy(house: House) -> Iterator[House]:
    """The same, where many commands are typed: each is a fork."""
    with forking(house.environment) as python:
        yield replace(house, python=python)


@dataclass(frozen=True)
class Recovery:
    """What the commands say of a damaged file, and when it is out of the way."""

    code: int
    said: str
    demo: str


@pytest.fixture(scope="module")
def recovery(house: House, busy: House, planned: Path) -> Recovery:
    """The house's first file is damaged and moved away: its agency is planned after that.

    `sql/` was read and translated before, as in a home that was in use.
    """
    warehouse = house.folder / "home" / "warehouse.duckdb"
    copytree(planned / "home" / "cache", warehouse.parent / "cache")
    warehouse.write_bytes(b"not a database" * 1000)
    code, said = house.run("make status")
    warehouse.rename(warehouse.with_suffix(".damaged"))
    return Recovery(code, said, busy.type("make demo"))


def test_a_damaged_warehouse_is_named_and_made_again(recovery: Recovery) -> None:
    assert recovery.code != 0
    assert "warehouse.duckdb" in "".join(recovery.said.split())
    assert re.search(SAID["demo"], recovery.demo)


def test_every_command_does_what_the_runbook_says(busy: House, recovery: Recovery) -> None:
    commands = commands_of(RUNBOOK)
    deployed = False
    for command in commands:
        line = command.replace("PAGE=basil_and_thyme", f"PAGE={busy.page()}")
        if "<id>" in line:
            line = line.replace("<id>", busy.state_to_go_back_to())
        target = shlex.split(line)[1]
        if target == "acceptance":
            _, said = busy.run(line)
            assert failed_lines(said) == {"health > 90"}, "most pages of the agency aren't planned"
        else:
            said = busy.type(line)
        assert re.search(SAID[target], said), f"{line} said:\n{said}"
        if target == "status" and deployed:
            assert "In force: d" in said, said
        deployed = deployed or target == "deploy"
    rollbacks = [len(shlex.split(c)) for c in commands if shlex.split(c)[1] == "rollback"]
    assert {2, 3} <= set(rollbacks), "with and without a deployment"
    assert {shlex.split(c)[1] for c in commands} == SAID.keys() - {"demo"}


def test_the_text_between_names_no_other_command() -> None:
    targets = {shlex.split(command)[1] for command in mentioned_in(RUNBOOK)}
    assert targets <= SAID.keys() | {"dev"}


def test_the_interface_is_served(house: House) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = house.folder / "dev.log"
    with log.open("wb") as out:
        served = subprocess.Popen(
            house.words(f"make dev PORT={port}"),
            cwd=REPOSITORY,
            env=house.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert _answers(f"http://127.0.0.1:{port}/server_info", served), log.read_text()
    finally:
        end_group(served)


def _answers(address: str, served: subprocess.Popen[bytes]) -> bool:
    latest = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < latest and served.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return b"dagster_version" in answer.read()
        except OSError:
            time.sleep(0.5)
    return False
