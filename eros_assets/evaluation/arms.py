"""Measures the improvement of treatment over control, from a randomised arm.

Every PPV place of a page's week is control with the same chance, and takes the same kind of slot,
so that within a page and price tier the arms differ by how their captions were chosen and by
nothing else. The difference is taken within such strata s and averaged over them:

    emv_a = sum_s w_s * 1000 * earnings_sa / recipients_sa / sum_s w_s,  w = n_T * n_C / (n_T + n_C)

where n counts messages: strata are weighted by their information, and no page's audience outweighs
the others. Messages of one creator share audience and mood, so intervals delete one cluster
(creator) at a time. The relative improvement gets its interval on the scale of logarithms. Its
estimate is exp(l - e^2 / 2) - 1, of the logarithm l of the ratio and its standard error e: exp(l)
alone is too high on average, by a tenth to a half where a few unequal pages have few control
messages.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.evaluation.intervals import (
    Interval,
    excess_variance,
    jackknife_interval,
    units_until_detectable,
)

if TYPE_CHECKING:
    import pandas as pd

Scope = Literal["overall", "week", "page", "page_week", "before"]

TARGET = 0.10
"""The relative improvement that must be detectable: what EROS promises."""

TREATMENT, CONTROL = 1, 0


@dataclass(frozen=True, slots=True)
class ArmMessages:
    """Sent messages of both arms; arrays by message, strata and clusters numbered from 0."""

    stratum: Ints
    cluster: Ints
    arm: Ints
    recipients: Floats
    earnings: Floats


@dataclass(frozen=True, slots=True)
class ArmComparison:
    """EMV of both arms, USD per 1,000 recipients; NaN without a stratum that has both."""

    treatment_emv: float
    control_emv: float
    difference: Interval
    log_ratio: Interval
    strata: int
    clusters: int


def compare_arms(messages: ArmMessages) -> ArmComparison:
    """The arms' EMV over the strata that have both, with intervals."""
    shape = (
        int(messages.cluster.max(initial=-1)) + 1,
        int(messages.stratum.max(initial=-1)) + 1,
        2,
    )
    at = (messages.cluster, messages.stratum, messages.arm)
    sums = np.zeros((3, *shape))  # messages, recipients, earnings
    for total, values in zip(
        sums, (np.ones(messages.arm.size), messages.recipients, messages.earnings), strict=True
    ):
        np.add.at(total, at, values)
    shared = (sums[0].sum(axis=0) > 0).all(axis=-1)
    sums = sums[:, :, shared]
    sums = sums[:, sums[0].sum(axis=(1, 2)) > 0]  # clusters that take part
    whole = sums.sum(axis=1, keepdims=True)
    emv = _arm_emv(np.concatenate((whole, whole - sums), axis=1))
    difference = emv[:, TREATMENT] - emv[:, CONTROL]
    log_ratio = _log(emv[:, TREATMENT]) - _log(emv[:, CONTROL])
    return ArmComparison(
        treatment_emv=float(emv[0, TREATMENT]),
        control_emv=float(emv[0, CONTROL]),
        difference=jackknife_interval(float(difference[0]), difference[1:]),
        log_ratio=jackknife_interval(float(log_ratio[0]), log_ratio[1:]),
        strata=int(shared.sum()),
        clusters=sums.shape[1],
    )


def _arm_emv(sums: Floats) -> Floats:
    """Standardised EMV (set, arm) of sums (measure, set, stratum, arm); NaN where no stratum is."""
    counts, recipients, earnings = sums
    usable = (counts > 0.5).all(axis=-1)
    smaller = np.where(usable, counts.prod(axis=-1) / np.maximum(counts.sum(axis=-1), 1), 0.0)
    means = 1000 * earnings / np.where(usable[..., None], recipients, 1.0)
    total = smaller.sum(axis=-1, keepdims=True)
    weighted = np.einsum("gs,gsa->ga", smaller, np.where(usable[..., None], means, 0.0))
    return weighted / np.where(total > 0, total, np.nan)


def _log(values: Floats) -> Floats:
    """Logarithms; NaN of what isn't positive."""
    return np.log(np.where(values > 0, values, np.nan))


def improvement_rows(
    planned: "pd.DataFrame", before: "pd.DataFrame | None" = None
) -> "list[dict[str, object]]":
    """Rows of `emv_improvement` without as_of and stamps, overall first.

    `planned` has one row per planned PPV, as `sent_by_arm` gives them. Intervals of the overall
    row and of weeks are robust over creators, those of a page over weeks, those of a page's week
    over messages. `before`, as `sent_before` gives it, is what the pages sent before: the last row
    compares the treatment arm with it in place of the control arm.
    """
    rows = [
        _row(scope, page, week, group, clustered_by)
        for scope, page, week, group, clustered_by in _groups(planned)
    ]
    if before is not None and len(before):
        rows.append(_row("before", None, None, _against(planned, before), "page_name"))
    return rows


def _against(planned: "pd.DataFrame", before: "pd.DataFrame") -> "pd.DataFrame":
    """Treatment as planned and sent, and, for a control arm, what was sent before."""
    import pandas as pd

    treated = planned[planned["arm"] == "treatment"]
    return pd.concat([treated, before.assign(arm="control")], ignore_index=True)


def _groups(
    planned: "pd.DataFrame",
) -> "Iterator[tuple[Scope, object, object, pd.DataFrame, str | None]]":
    yield "overall", None, None, planned, "page_name"
    for week, group in planned.groupby("week_start", sort=True):
        yield "week", None, week, group, "page_name"
    for page, group in planned.groupby("page_name", sort=True):
        yield "page", page, None, group, "week_start"
        for week, part in group.groupby("week_start", sort=True):
            yield "page_week", page, week, part, None


def _row(
    scope: Scope, page: object, week: object, planned: "pd.DataFrame", clustered_by: str | None
) -> dict[str, object]:
    sent = planned[planned["row_id"].notna()]
    is_treated = sent["arm"] == "treatment"
    comparison = compare_arms(_messages(sent, clustered_by))
    weeks = set(sent.loc[is_treated, "week_start"]) & set(sent.loc[~is_treated, "week_start"])
    treated = int((planned["arm"] == "treatment").sum())
    ratio = comparison.log_ratio
    return {
        "scope": scope,
        "page_name": page,
        "week_start": week,
        "treatment_planned": treated,
        "control_planned": len(planned) - treated,
        "treatment_messages": int(is_treated.sum()),
        "control_messages": int((~is_treated).sum()),
        "treatment_emv": _known(comparison.treatment_emv),
        "control_emv": _known(comparison.control_emv),
        "difference": _known(comparison.difference.estimate),
        "difference_lower": _known(comparison.difference.lower),
        "difference_upper": _known(comparison.difference.upper),
        "relative_improvement": _known(_excess(_mean_log(ratio))),
        "relative_lower": _known(_excess(ratio.lower)),
        "relative_upper": _known(_excess(ratio.upper)),
        "strata": comparison.strata,
        "clusters": comparison.clusters,
        "weeks_measured": len(weeks),
        "weeks_until_detectable": units_until_detectable(
            ratio.standard_error, len(weeks), math.log1p(TARGET)
        )
        if scope == "overall"
        else None,
        "control_share_needed": _needed_share(sent, ratio.standard_error)
        if scope == "overall"
        else None,
    }


def _needed_share(sent: "pd.DataFrame", standard_error: float) -> float | None:
    """The share of control PPVs that would have been enough to see TARGET, at most 1.

    The variance is taken to fall as that share grows: the control arm is the small one.
    """
    if not math.isfinite(standard_error):
        return None
    share = float((sent["arm"] == "control").mean())
    return min(share * excess_variance(standard_error, math.log1p(TARGET)), 1.0)


def _messages(sent: "pd.DataFrame", clustered_by: str | None) -> ArmMessages:
    import pandas as pd

    stratum = sent.groupby(["page_name", "price_tier"], sort=True).ngroup()
    cluster = np.arange(len(sent)) if clustered_by is None else pd.factorize(sent[clustered_by])[0]
    return ArmMessages(
        stratum=np.asarray(stratum, dtype=np.int64),
        cluster=np.asarray(cluster, dtype=np.int64),
        arm=np.where(sent["arm"] == "treatment", TREATMENT, CONTROL).astype(np.int64),
        recipients=sent["sent_count"].to_numpy(dtype=np.float64),
        earnings=sent["earnings"].to_numpy(dtype=np.float64),
    )


def _mean_log(log_ratio: Interval) -> float:
    """The logarithm of the expected ratio, as far as the error of its logarithm is known."""
    error = log_ratio.standard_error
    return log_ratio.estimate - (error**2 / 2 if math.isfinite(error) else 0.0)


def _excess(log_ratio: float) -> float:
    return math.expm1(min(log_ratio, 700.0))


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
