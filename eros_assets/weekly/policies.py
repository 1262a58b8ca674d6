"""Evaluates other settings of the selection on the agency's own log."""

import datetime as dt
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.logged_chances import logged_chances

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.evaluation.intervals import Interval
    from eros_assets.evaluation.offpolicy import LoggedMessages, PolicyValue
    from eros_assets.evaluation.replay import Policy


CURRENT = "current"


def current_policy(knobs: Knobs) -> "Policy":
    """The setting in force."""
    from eros_assets.evaluation.replay import Policy  # imported here: it brings numpy

    return Policy(
        CURRENT,
        float(knobs["posterior_sharpening"]),
        float(knobs["diversity_weight"]),
        draw_optimism=float(knobs["draw_optimism"]),
        exploration_sharing=float(knobs["exploration_sharing"]),
    )


def candidate_policies(knobs: Knobs) -> tuple["Policy", ...]:
    """Variants of the setting in force, one knob changed at a time, and a uniform choice."""
    current = current_policy(knobs)
    sharpening = current.posterior_sharpening
    return (
        current,
        replace(current, name="sharpening_quartered", posterior_sharpening=sharpening / 4),
        replace(current, name="sharpening_fourfold", posterior_sharpening=sharpening * 4),
        replace(current, name="no_optimism", draw_optimism=0.0),
        replace(current, name="pages_explore_alone", exploration_sharing=0.0),
        replace(current, name="prior_halved", prior_weight=0.5),
        replace(current, name="prior_doubled", prior_weight=2.0),
        replace(current, name="no_diversity", diversity_weight=0.0),
        replace(current, name="uniform", is_uniform=True),
    )


def policy_rows(dataset: Dataset, as_of: dt.date) -> "pd.DataFrame":
    """The rows of `policy_evaluation` as of a Monday, stamps left out."""
    import pandas as pd

    knobs = read_knobs(dataset)
    log = logged_weeks(dataset, as_of, knobs)
    policies = candidate_policies(knobs)
    columns = [c.name for c in dataset.library["policy_evaluation"].columns]
    columns = columns[: columns.index("evaluated_at")]
    if log.empty:
        return pd.DataFrame(columns=columns)
    likely = logged_chances(dataset, log, policies, knobs)
    known = likely[likely["places"].notna() & (likely["treatment_places"] > 0)]
    log = log.loc[known.index]
    rows = [_row(as_of, policy, log, known) for policy in policies if len(log)]
    found = pd.DataFrame(rows, columns=columns)
    return found.astype({"weeks_until_detectable": "Int64"})


def logged_weeks(dataset: Dataset, as_of: dt.date, knobs: Knobs) -> "pd.DataFrame":
    """Chosen PPVs of the weeks before `as_of` that were sent, with their earnings."""
    window = {"as_of": as_of, "lookback_days": knobs["evaluation_lookback_days"]}
    sent = dataset.query("sent_by_arm", **window, attribution_days=knobs["attribution_days"])
    sent = sent[sent["row_id"].notna()]
    key = ["page_name", "week_start", "caption_id"]
    chosen = dataset.query("selection_log", **window)
    log = sent[[*key, "arm", "sent_count", "earnings"]].merge(chosen, on=key, how="inner")
    return log.drop_duplicates(key).reset_index(drop=True)


def _row(
    as_of: dt.date, policy: "Policy", log: "pd.DataFrame", likely: "pd.DataFrame"
) -> dict[str, object]:
    from eros_assets.evaluation.offpolicy import policy_value

    logged = messages_of(policy, log, likely)
    if policy.is_uniform:
        logged = logged.of_control((log["arm"] == "control").to_numpy())
    value = policy_value(logged)
    weeks = int(log["week_start"].nunique())
    logged_emv = float(logged.reward.mean())
    return {
        "as_of": as_of,
        **{("policy" if k == "name" else k): v for k, v in asdict(policy).items()},
        "messages": len(log),
        "weeks": weeks,
        "logged_emv": logged_emv,
        **_estimates(value),
        "weeks_until_detectable": value.weeks_until_detectable(weeks, logged_emv),
    }


def messages_of(policy: "Policy", log: "pd.DataFrame", likely: "pd.DataFrame") -> "LoggedMessages":
    """The log with one candidate's chances, per place."""
    import numpy as np
    import pandas as pd

    from eros_assets.evaluation.offpolicy import LoggedMessages

    both_arms = likely[f"chance {CURRENT}"] + likely["control"]
    posterior = log[["posterior_successes", "posterior_failures"]].to_numpy(dtype=np.float64)
    stratum = log.groupby(["page_name", "price_tier"], sort=True).ngroup()
    return LoggedMessages(
        reward=(1000 * log["earnings"] / log["sent_count"]).to_numpy(dtype=np.float64),
        logged=(both_arms / likely["places"]).to_numpy(dtype=np.float64),
        candidate=(likely[f"chance {policy.name}"] / likely["treatment_places"]).to_numpy(
            dtype=np.float64
        ),
        rate=posterior[:, 0] / posterior.sum(axis=1),
        expected_rate=likely[f"rate {policy.name}"].to_numpy(dtype=np.float64),
        stratum=np.asarray(stratum, dtype=np.int64),
        cluster=np.asarray(pd.factorize(log["page_name"])[0], dtype=np.int64),
    )


def _estimates(value: "PolicyValue") -> dict[str, object]:
    def bounds(name: str, interval: "Interval") -> dict[str, float]:
        stem = name.removesuffix("_emv")
        return {
            name: interval.estimate,
            f"{stem}_lower": interval.lower,
            f"{stem}_upper": interval.upper,
        }

    return {
        "effective_messages": value.effective_messages,
        "mean_weight": value.mean_weight,
        "greatest_weight": value.greatest_weight,
        "overlap": "enough" if value.overlap_is_enough else "thin",
        **bounds("ips_emv", value.inverse_propensity),
        **bounds("snips_emv", value.self_normalised),
        **bounds("dr_emv", value.doubly_robust),
        **bounds("gain", value.gain),
    }
