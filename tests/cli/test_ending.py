"""A command's own words are the last ones on the error stream."""

import subprocess
import sys

LATE = """
import os, runpy, sys

class Late:
    def __del__(self, write=os.write):
        write(2, b"late")

sys.late = Late()
sys.argv = ["eros", *sys.argv[1:]]
runpy.run_module("eros_assets", run_name="__main__")
"""
"""Runs a command in an interpreter in which a package's C code speaks while it is taken apart."""


def test_nothing_follows_what_a_command_says() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE, "week", "--replace", "7"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.endswith("give the page with --page\n")


def test_without_a_command_that_would_be_heard() -> None:
    alone = LATE.partition("sys.argv = ")[0]
    done = subprocess.run(
        [sys.executable, "-c", alone], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == "late"
