"""Smoke tests that pass at once, where the gate's other conditions are what is tested.

They rehearse on the present and look at no schedule: seconds for each evaluation of the gate.
"""

import pytest

import eros_assets.gate as gate
from eros_assets.checks import gate as gate_checks
from eros_assets.gate.findings import Finding, counted
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.health import observations

PASSED: tuple[Finding, ...] = tuple(
    counted(name, meaning, ()) for name, meaning in SMOKE_TESTS.items()
)


def pass_at_once(patch: pytest.MonkeyPatch) -> None:
    """The gate, its checks and health find that the five passed."""
    for asking in (gate, gate_checks, observations):
        patch.setattr(asking, "smoke_findings", lambda *_, **__: PASSED)


@pytest.fixture
def swift_smoke_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one test."""
    pass_at_once(monkeypatch)
