"""A check says what it saw, what it allows and who broke it, also when it passes."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import pytest

from eros_assets.assets.gate_checks import SAMPLE
from eros_assets.checks.verdict import verdict

MEANING = "No two schedules use the same caption."


def metadata_of(result: dg.AssetCheckResult) -> dict[str, Any]:
    return {name: value.value for name, value in result.metadata.items()}


def given(offenders: Sequence[str], **more: Any) -> dg.AssetCheckResult:
    return verdict(offenders=offenders, meaning=MEANING, **more)


def test_nobody_broke_it() -> None:
    result = given([])
    assert result.passed is True
    assert result.description == MEANING
    assert metadata_of(result) == {"observed": 0, "threshold": 0, "offenders": []}


def test_somebody_broke_it() -> None:
    result = given(["caption 7 on cook and coach", "caption 9 on cook and coach"])
    assert result.passed is False
    assert result.description == f"{MEANING} Broken: caption 7 on cook and coach"
    assert metadata_of(result) == {
        "observed": 2,
        "threshold": 0,
        "offenders": ["caption 7 on cook and coach", "caption 9 on cook and coach"],
    }


def test_many_are_counted_in_full_and_shown_in_part() -> None:
    everyone = tuple(f"caption {n}" for n in range(SAMPLE + 15))
    metadata = metadata_of(given(everyone))
    assert metadata["observed"] == SAMPLE + 15
    assert metadata["offenders"] == list(everyone[:SAMPLE])


@pytest.mark.parametrize("observed", [0, 1.75, 2.5])
def test_what_was_measured_is_reported_beside_its_threshold(observed: float) -> None:
    offenders = [f"{observed} s"] if observed > 2 else []
    result = given(offenders, observed=observed, threshold=2)
    assert result.passed is (observed <= 2)
    assert metadata_of(result)["observed"] == observed
    assert metadata_of(result)["threshold"] == 2


def test_nothing_measured_is_not_taken_for_not_measured() -> None:
    assert metadata_of(given(["0 of 90"], observed=0, threshold=90))["observed"] == 0


@pytest.mark.parametrize("offenders", [[], ["caption 7"]])
def test_a_broken_rule_is_an_error_unless_it_is_a_warning(offenders: list[str]) -> None:
    assert given(offenders).severity is dg.AssetCheckSeverity.ERROR
    warned = given(offenders, severity=dg.AssetCheckSeverity.WARN)
    assert warned.severity is dg.AssetCheckSeverity.WARN


def test_dagster_takes_it_as_a_check_s_result() -> None:
    @dg.asset
    def schedules() -> None: ...

    @dg.asset_check(asset=schedules)
    def captions_once() -> dg.AssetCheckResult:
        return given(["caption 7"])

    result = dg.materialize([schedules, captions_once], raise_on_error=False)
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.metadata["offenders"].value == ["caption 7"]
