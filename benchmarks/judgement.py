"""How far estimates from the log of the selection lie from what other settings really earn.

`python -m benchmarks judgement` makes agencies whose captions have known rewards, chooses weeks
with the setting in force, evaluates other settings on that log, and compares with what those earn
when the same weeks are chosen with them. The model of rewards is wrong by a factor of its own for
each page and caption.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.evaluation.offpolicy import LoggedMessages, PolicyValue, policy_value
from eros_assets.evaluation.replay import Policy, Replays, TierPool, choose, replay
from eros_assets.tuning import Knobs
from eros_assets.weekly.policies import candidate_policies

REPLICATIONS = 60
PAGES, WEEKS, SIZE, PLACES, CATEGORIES = 12, 8, 150, 5, 6
CONTROL_SHARE = 0.1
REPLAYS = 8
SHIPPED = Knobs(
    {
        "posterior_sharpening": 32.0,
        "diversity_weight": 0.05,
        "draw_optimism": 0.25,
        "exploration_sharing": 1.0,
    }
)
PAIR_VARIANCE = 0.3
"""Of captions' rates from page to page, relative, as the sample agency's estimate."""

MISFIT = 0.3
"""Standard deviation of the logarithm of what a caption earns over what its rate says."""


@dataclass(frozen=True, slots=True, eq=False)
class PageWeek:
    """A page's pool of a week with the true reward of each caption, USD per 1,000 recipients."""

    page: int
    pool: TierPool
    reward: Floats  # (n,)

    @property
    def rate(self) -> Floats:
        """Posterior rates (n,)."""
        posterior = self.pool.prior + self.pool.evidence
        return posterior[0] / posterior.sum(axis=0)


def agency(rng: np.random.Generator, pages: int = PAGES, weeks: int = WEEKS) -> list[PageWeek]:
    """Pages whose captions' true rates are draws from their posteriors; levels differ by page."""
    found: list[PageWeek] = []
    for page in range(pages):
        level = 300 * np.exp(rng.normal(0, 0.7))
        trials = np.where(rng.random(SIZE) < 0.5, 0.0, rng.gamma(1.0, 150.0, SIZE))
        rate = rng.beta(1.2, 60, SIZE)
        evidence = np.stack((rng.binomial(trials.astype(np.int64), rate), trials)).astype(float)
        evidence[1] -= evidence[0]
        prior = np.stack((np.full(SIZE, 1.2), np.full(SIZE, 60.0)))
        misfit = np.exp(rng.normal(0, MISFIT, SIZE) - MISFIT**2 / 2)
        true_rate = rng.beta(*(prior + evidence))
        pool = TierPool(
            captions=np.ones(SIZE, dtype=np.int64),
            prior=prior,
            evidence=evidence,
            category=rng.integers(0, CATEGORIES, SIZE),
            is_urgent=rng.random(SIZE) < 0.1,
            relative_use=np.linspace(0, 1, CATEGORIES),
            category_room=np.full(CATEGORIES, 2),
            urgent_room=2,
            multiplier=1.0,
            places=PLACES,
            pages=np.full(SIZE, PAGES),
            pair_variance=PAIR_VARIANCE,
        )
        for _ in range(weeks):
            places = PLACES - int(rng.binomial(PLACES, CONTROL_SHARE))
            found.append(PageWeek(page, replace(pool, places=places), level * true_rate * misfit))
    return found


def value_of(policy: Policy, weeks: list[PageWeek], rng: np.random.Generator, draws: int) -> float:
    """Mean reward of what the policy chooses for these weeks (USD per 1,000 recipients)."""
    total = places = 0.0
    for week in weeks:
        for _ in range(draws):
            chosen = chosen_by(policy, week.pool, rng)
            total += float(week.reward[chosen].sum())
            places += chosen.size
    return total / places


def chosen_by(policy: Policy, pool: TierPool, rng: np.random.Generator) -> Ints:
    """The captions of one draw."""
    if policy.is_uniform:
        return rng.choice(pool.size, pool.places, replace=False)
    return choose(pool, policy, rng)


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Sent messages with the replays of each page's week, by policy."""

    messages: LoggedMessages
    is_control: Floats
    candidates: dict[str, Floats]
    expected: dict[str, Floats]

    def evaluate(self, policy: Policy) -> PolicyValue:
        """The estimates of one policy."""
        log = replace(
            self.messages,
            candidate=self.candidates[policy.name],
            expected_rate=self.expected[policy.name],
        )
        return policy_value(log.of_control(self.is_control > 0) if policy.is_uniform else log)


def logged(weeks: list[PageWeek], policies: tuple[Policy, ...], rng: np.random.Generator) -> Log:
    """Weeks chosen by the first policy and a control arm, with noise in every reward."""
    rows: list[Floats] = []
    for week in weeks:
        chosen = chosen_by(policies[0], week.pool, rng)
        left = np.setdiff1d(np.arange(week.pool.size), chosen)
        control = rng.choice(left, PLACES - week.pool.places, replace=False)
        both = np.concatenate((chosen, control))
        replays: list[Replays] = [replay(week.pool, policy, REPLAYS, rng) for policy in policies]
        chances = [
            found.probabilities(
                week.pool.prior[:, both],
                week.pool.evidence[:, both],
                week.pool.category[both],
                week.pool.is_urgent[both],
            )
            for found in replays
        ]
        by_control = (PLACES - week.pool.places) / week.pool.size
        reward = week.reward[both]
        rows.append(
            np.stack(
                (
                    rng.gamma(0.7, reward / 0.7),
                    (chances[0] + by_control) / PLACES,
                    week.rate[both],
                    np.full(both.size, float(week.page)),
                    np.isin(both, control).astype(np.float64),
                    *(chance / max(week.pool.places, 1) for chance in chances),
                    *(np.full(both.size, found.mean_rate) for found in replays),
                )
            )
        )
    table = np.concatenate(rows, axis=1)
    page = table[3].astype(np.int64)
    names = [policy.name for policy in policies]
    size = len(names)
    return Log(
        LoggedMessages(table[0], table[1], table[5], table[2], table[5 + size], page, page),
        table[4],
        dict(zip(names, table[5 : 5 + size], strict=True)),
        dict(zip(names, table[5 + size :], strict=True)),
    )


def measure(replications: int = REPLICATIONS) -> Iterator[str]:
    """Bias and coverage of each candidate's doubly robust estimate."""
    policies = candidate_policies(SHIPPED)
    yield f"{replications} agencies of {PAGES} pages, {WEEKS} weeks of {PLACES} places each"
    yield f"{'policy':<22}{'enough':>8}{'bias, % ± s.e.':>18}{'coverage':>10}{'all finite':>12}"
    rows = _judged(policies, replications)
    for policy in policies:
        found = [row for name, row in rows if name == policy.name]
        enough = [row for row in found if row[0].overlap_is_enough]
        finite = all(np.isfinite(value.doubly_robust.estimate) for value, _ in found)
        line = f"{policy.name:<22}{len(enough):>5}/{len(found)}"
        if len(enough) > 1:
            errors = np.array([100 * (v.doubly_robust.estimate / t - 1) for v, t in enough])
            covered = np.mean(
                [v.doubly_robust.lower <= t <= v.doubly_robust.upper for v, t in enough]
            )
            error = float(errors.std(ddof=1)) / len(errors) ** 0.5
            line += f"{errors.mean():>+11.1f} ± {error:.1f}{100 * covered:>8.0f} %"
        else:
            line += f"{'too few':>18}{'':>10}"
        yield f"{line}{finite!s:>12}"


def _judged(
    policies: tuple[Policy, ...], replications: int
) -> list[tuple[str, tuple[PolicyValue, float]]]:
    rows: list[tuple[str, tuple[PolicyValue, float]]] = []
    for seed in range(replications):
        rng = np.random.default_rng(seed)
        weeks = agency(rng)
        log = logged(weeks, policies, rng)
        rows.extend(
            (policy.name, (log.evaluate(policy), value_of(policy, weeks, rng, 20)))
            for policy in policies
        )
    return rows
