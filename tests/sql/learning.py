"""What update_caption_performance must learn, worked out by numpy and scipy from a list of facts.

One row at a time and one formula at a time, as the method's sources have them; slow and plain.
"""

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tests.sql.dataset import TIERS, Row

MIN_CAPTIONS, MIN_DEGREES, MIN_STRENGTH, MAX_STRENGTH = 50, 30, 1.0, 10_000.0
MIN_PAIRS, MAX_RATE = 50, 0.95


@dataclass(frozen=True)
class Send:
    """One send as a trial of its caption."""

    page: str
    caption_id: int
    tier: str
    kind: str  # message type
    at: dt.datetime
    row_id: int
    trials: int
    successes: int
    recipients: int
    earnings: float
    emv: float
    freshness: float
    in_window: bool

    @property
    def pair(self) -> tuple[str, int]:
        return self.page, self.caption_id


@dataclass(frozen=True)
class Prior:
    alpha: float
    beta: float
    dispersion: float
    fitted_on: str
    captions: int
    dispersion_fitted_on: str

    @property
    def rate(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @property
    def variation(self) -> float:
        """Squared coefficient of variation of the captions' rates."""
        return float(stats.beta(self.alpha, self.beta).var()) / self.rate**2


def sends_of(
    facts: Sequence[Row],
    bank: Sequence[Row],
    as_of: dt.date,
    lookback_days: int,
    half_life_days: float = 0,
) -> list[Send]:
    """The sends before `as_of` that are trials of their captions, oldest first."""
    tiers = {row["caption_id"]: row["price_tier"] for row in bank}
    sold = {f["caption_id"] for f in facts if f["message_type"] == "PPV" and f["send_date"] < as_of}
    begin = as_of - dt.timedelta(days=lookback_days)
    sends: list[Send] = []
    for f in facts:
        caption_id = f["caption_id"]
        if caption_id is None or f["send_date"] >= as_of:
            continue
        tier = tiers.get(caption_id) or ("mid" if caption_id in sold else "bump")
        is_bump = f["message_type"] == "Bump"
        if is_bump != (tier == "bump"):
            continue
        sends.append(
            Send(
                page=f["page_name"],
                caption_id=caption_id,
                tier=tier,
                kind=f["message_type"],
                at=f["sending_time"],
                row_id=f["row_id"],
                trials=f["sent_count"] if is_bump else f["viewed_count"],
                successes=f["viewed_count"] if is_bump else f["purchased_count"],
                recipients=f["sent_count"],
                earnings=f["earnings"],
                emv=f["emv"],
                freshness=0.5 ** ((as_of - f["send_date"]).days / half_life_days)
                if half_life_days
                else 1.0,
                in_window=f["send_date"] >= begin,
            )
        )
    return sorted(sends, key=lambda s: (s.at, s.row_id))


def grouped(
    sends: Iterable[Send], key: Callable[[Send], tuple[str, int]]
) -> dict[tuple[str, int], list[Send]]:
    groups: dict[tuple[str, int], list[Send]] = defaultdict(list)
    for send in sends:
        groups[key(send)].append(send)
    return groups


def pearson(sends: Iterable[Send]) -> tuple[float, int]:
    """Chi-square of the captions' sends having one rate each, and its degrees of freedom."""
    square, degrees = 0.0, 0
    for group in grouped((s for s in sends if s.in_window and s.trials), lambda s: s.pair).values():
        won = np.array([s.successes for s in group])
        lost = np.array([s.trials for s in group]) - won
        if len(group) >= 2 and won.sum() and lost.sum():
            test = stats.chi2_contingency(np.vstack([won, lost]), correction=False)
            square, degrees = square + float(test.statistic), degrees + int(test.dof)
    return square, degrees


def method_of_moments(
    won: Sequence[int], trials: Sequence[int], dispersion: float
) -> tuple[float, float]:
    """Alpha and beta of captions' rates, from one send of each."""
    s, n = np.array(won, dtype=float), np.array(trials, dtype=float)
    p = s.sum() / n.sum()
    noise = dispersion * (len(n) - 1) * p * (1 - p)
    v = ((n * (s / n - p) ** 2).sum() - noise) / (n.sum() - (n**2).sum() / n.sum())
    strength = p * (1 - p) / v - 1 if v > 0 else MAX_STRENGTH
    strength = float(np.clip(strength, MIN_STRENGTH, MAX_STRENGTH))
    return p * strength, (1 - p) * strength


def prior_of(sends: Sequence[Send], page: str, tier: str) -> Prior:
    """Prior and dispersion of a page's tier, from the narrowest pool that is wide enough."""
    kind = "Bump" if tier == "bump" else "PPV"
    same_kind = [s for s in sends if s.kind == kind]
    pooled_square, pooled_degrees = pearson(same_kind)
    own_square, own_degrees = pearson(s for s in same_kind if s.page == page)
    pool_dispersion, where = 1.0, "default"
    if pooled_degrees >= MIN_DEGREES:
        pool_dispersion, where = max(1.0, pooled_square / pooled_degrees), "message_type"
    dispersion = pool_dispersion
    if own_degrees >= MIN_DEGREES:
        dispersion, where = max(1.0, own_square / own_degrees), "page"

    usable = [s for s in same_kind if s.trials]
    firsts = [group[0] for group in grouped(usable, lambda s: s.pair).values()]
    introduced = grouped(usable, lambda s: ("", s.caption_id))  # on any page
    firsts = [s for s in firsts if s.in_window]
    is_introduction = [s.at == introduced["", s.caption_id][0].at for s in firsts]
    counts = Counter(s.tier for s, new in zip(firsts, is_introduction, strict=True) if new)
    firsts = [
        s
        for s, new in zip(firsts, is_introduction, strict=True)
        if new or counts[s.tier] < MIN_CAPTIONS
    ]
    pools = [
        ("page", [s for s in firsts if s.tier == tier and s.page == page], MIN_CAPTIONS),
        ("tier", [s for s in firsts if s.tier == tier], MIN_CAPTIONS),
        ("message_type", firsts, 2),
    ]
    for name, pool, least in pools:
        won, trials = [s.successes for s in pool], [s.trials for s in pool]
        if len(pool) >= least and 0 < sum(won) < sum(trials):
            noise = dispersion if name == "page" else pool_dispersion
            alpha, beta = method_of_moments(won, trials, noise)
            return Prior(alpha, beta, dispersion, name, len(pool), where)
    return Prior(1.0, 1.0, dispersion, "default", 0, where)


def priors_of(sends: Sequence[Send], pages: Iterable[str]) -> dict[tuple[str, str], Prior]:
    return {(page, tier): prior_of(sends, page, tier) for page in pages for tier in TIERS}


def appeal_variances(
    sends: Sequence[Send],
    priors: Mapping[tuple[str, str], Prior],
    weight: float = 1.0,
    min_pairs: int = MIN_PAIRS,
) -> dict[str, float]:
    """By tier: what the first send on one page tells of the first send on a later one."""
    usable = [s for s in sends if s.trials]
    firsts = [group[0] for group in grouped(usable, lambda s: s.pair).values()]
    firsts = [s for s in firsts if s.in_window]
    told: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for group in grouped(firsts, lambda s: ("", s.caption_id)).values():
        for earlier in group:
            for later in group:
                if earlier.at < later.at:
                    (z, w), (z2, w2) = (
                        _excess(s, priors[s.page, s.tier]) for s in (earlier, later)
                    )
                    moments = (w2 * z2 * w * z, w2 * w**2 * z**2)
                    told[later.tier].append(moments)
                    told[later.kind].append(moments)
    found: dict[str, float] = {}
    for tier in TIERS:
        pool = told[tier]
        if len(pool) < min_pairs:
            pool = told["Bump" if tier == "bump" else "PPV"]
        products, squares = (
            (math.fsum(column) for column in zip(*pool, strict=True)) if pool else (0, 0)
        )
        enough = len(pool) >= min_pairs and squares > 0
        found[tier] = weight * max(products / squares, 0.0) if enough else 0.0
    return found


def _excess(send: Send, prior: Prior) -> tuple[float, float]:
    """A send's rate over the page's mean, less 1, and its precision."""
    expected = send.trials * prior.rate / prior.dispersion
    return send.successes / (send.trials * prior.rate) - 1, 1 / (prior.variation + 1 / expected)


@dataclass(frozen=True)
class Evidence:
    """What trials of a pair are worth: here, and (k and kx) for the caption on other pages."""

    successes: float
    trials: float
    shape: float
    exposure: float


def evidence_of(
    sends: Sequence[Send],
    priors: Mapping[tuple[str, str], Prior],
    variances: Mapping[str, float],
) -> dict[tuple[str, int], Evidence]:
    found: dict[tuple[str, int], Evidence] = {}
    for pair, group in grouped(sends, lambda s: s.pair).items():
        tier, prior = group[0].tier, priors[pair[0], group[0].tier]
        window = [s for s in group if s.in_window]
        won = math.fsum(s.freshness * s.successes / prior.dispersion for s in window)
        trials = math.fsum(s.freshness * s.trials / prior.dispersion for s in window)
        noise = 1 + trials * prior.rate * own_variance(prior, variances[tier])
        found[pair] = Evidence(won, trials, won / noise, trials * prior.rate / noise)
    return found


def own_variance(prior: Prior, variance: float) -> float:
    """B: what is left of a page's variation when captions' appeal is taken out."""
    return max(prior.variation - variance, 0.0) / (1 + variance)


def borrowed_prior(
    prior: Prior, variance: float, others: Sequence[Evidence]
) -> tuple[float, float]:
    """Alpha and beta on a page, given what the caption did on these others."""
    if not variance or not others:
        return prior.alpha, prior.beta
    shape = 1 / variance + math.fsum(e.shape for e in others)
    exposure = 1 / variance + math.fsum(e.exposure for e in others)
    rate = min(prior.rate * shape / exposure, MAX_RATE)
    variation = (1 + 1 / shape) * (1 + own_variance(prior, variance)) - 1
    variation = min(variation, prior.variation)
    strength = float(np.clip((1 - rate) / (variation * rate) - 1, MIN_STRENGTH, MAX_STRENGTH))
    return rate * strength, (1 - rate) * strength


def statistics_of(
    sends: Sequence[Send],
    priors: Mapping[tuple[str, str], Prior],
    variances: Mapping[str, float] | None = None,
) -> dict[tuple[str, int], Row]:
    """Every pair that was ever sent: what caption_bandit_stats says of it."""
    variances = variances if variances is not None else appeal_variances(sends, priors)
    evidence = evidence_of(sends, priors, variances)
    on_pages: dict[int, list[tuple[str, Evidence]]] = defaultdict(list)
    for (page, caption_id), each in evidence.items():
        if each.trials:
            on_pages[caption_id].append((page, each))
    found: dict[tuple[str, int], Row] = {}
    for pair, group in grouped(sends, lambda s: s.pair).items():
        window = [s for s in group if s.in_window]
        won, trials = sum(s.successes for s in window), sum(s.trials for s in window)
        revenue = math.fsum(s.earnings for s in window)
        recipients = sum(s.recipients for s in window)
        prior = priors[pair[0], group[0].tier]
        others = [e for page, e in on_pages[pair[1]] if page != pair[0]]
        alpha, beta = borrowed_prior(prior, variances[group[0].tier], others)
        here = evidence[pair]
        interval = (0.0, 1.0)
        if trials:
            ci = stats.binomtest(won, trials).proportion_ci(method="wilson")
            interval = (float(ci.low), float(ci.high))
        found[pair] = {
            "price_tier": group[0].tier,
            "send_count": len(window),
            "successes": won,
            "failures": trials - won,
            "total_observations": trials,
            "total_revenue": revenue,
            "avg_conversion_rate": won / trials if trials else math.nan,
            "avg_emv": 1000 * revenue / recipients if recipients else math.nan,
            "last_emv_observed": window[-1].emv if window else math.nan,
            "confidence_lower_bound": interval[0],
            "confidence_upper_bound": interval[1],
            "exploration_score": (trials + 1) ** -0.5,
            "prior_successes": alpha,
            "prior_failures": beta,
            "dispersion": prior.dispersion,
            "effective_successes": here.successes,
            "effective_failures": here.trials - here.successes,
            "last_used": group[-1].at,
            "posterior_mean": (alpha + here.successes) / (alpha + beta + here.trials),
        }
    _rank(found)
    return found


def _rank(found: Mapping[tuple[str, int], Row]) -> None:
    """Add performance_percentile: the share of the page's others of the tier that are worse."""
    for (page, _), row in found.items():
        peers = [
            other["posterior_mean"]
            for (p, _), other in found.items()
            if p == page and other["price_tier"] == row["price_tier"]
        ]
        worse = sum(mean < row["posterior_mean"] for mean in peers)
        share = worse / (len(peers) - 1) if len(peers) > 1 else 0.0
        row["performance_percentile"] = math.floor(100 * share + 0.5)
