"""Estimates from a log of the selection, against what other settings earn of the same weeks."""

import numpy as np
import pytest

from benchmarks.judgement import SHIPPED, agency, logged, value_of
from eros_assets.weekly.policies import candidate_policies


def test_estimates_are_finite_and_right_where_the_overlap_says_enough() -> None:
    """Six agencies; the benchmark has sixty."""
    policies = [p for p in candidate_policies(SHIPPED) if p.name in ("current", "no_optimism")]
    errors: list[float] = []
    covered: list[bool] = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        weeks = agency(rng, pages=8, weeks=6)
        log = logged(weeks, tuple(policies), rng)
        for policy in policies:
            value, truth = log.evaluate(policy), value_of(policy, weeks, rng, 20)
            for estimate in (
                *(value.inverse_propensity, value.self_normalised, value.doubly_robust),
                value.gain,
            ):
                assert np.isfinite([estimate.estimate, estimate.lower, estimate.upper]).all()
            if value.overlap_is_enough:
                errors.append(value.doubly_robust.estimate / truth - 1)
                covered.append(value.doubly_robust.lower <= truth <= value.doubly_robust.upper)
    assert len(errors) >= 8
    spread = float(np.std(errors)) / len(errors) ** 0.5
    assert abs(np.mean(errors)) < 0.05 + 2 * spread
    assert np.mean(covered) >= 0.8


def test_chance_is_judged_by_the_control_arm_alone() -> None:
    rng = np.random.default_rng(1)
    weeks = agency(rng, pages=4, weeks=4)
    uniform = next(p for p in candidate_policies(SHIPPED) if p.is_uniform)
    log = logged(weeks, (candidate_policies(SHIPPED)[0], uniform), rng)
    value = log.evaluate(uniform)
    control = log.is_control > 0
    mean = float(np.mean(log.messages.reward[control]))
    assert value.self_normalised.estimate == pytest.approx(mean, rel=1e-12)
    assert value.effective_messages == pytest.approx(int(control.sum()))
    assert not value.overlap_is_enough
