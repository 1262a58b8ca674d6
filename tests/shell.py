"""The shell that runs the tests has no say in what they read."""

import os

import pytest


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of EROS' variables is set; for the module, or the folder's conftest, that imports it."""
    for name in list(os.environ):
        if name.upper().startswith("EROS_"):
            monkeypatch.delenv(name)
