"""Treatment against control: against plain arithmetic, and by what it covers under simulation."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eros_assets.evaluation import arms
from eros_assets.evaluation.arms import ArmMessages, compare_arms, improvement_rows
from eros_assets.evaluation.intervals import student_quantile

MONDAY = dt.date(2025, 11, 10)


def reference(sent: pd.DataFrame) -> tuple[float, float]:
    """EMV of both arms over the strata that have both, one stratum at a time."""
    treated = control = total = 0.0
    for _, group in sent.groupby(["page_name", "price_tier"]):
        arms = dict(tuple(group.groupby("arm")))
        if len(arms) < 2:
            continue
        t, c = arms["treatment"], arms["control"]
        weight = len(t) * len(c) / (len(t) + len(c))
        treated += weight * 1000 * t["earnings"].sum() / t["sent_count"].sum()
        control += weight * 1000 * c["earnings"].sum() / c["sent_count"].sum()
        total += weight
    return (treated / total, control / total) if total else (math.nan, math.nan)


def log_error(row: dict[str, Any]) -> float:
    """The standard error of the logarithm of the ratio, from the row's bounds; 0: not known."""
    if not math.isfinite(row["relative_lower"] or math.nan):
        return 0.0
    low, high = math.log1p(row["relative_lower"]), math.log1p(row["relative_upper"])
    return (high - low) / 2 / student_quantile(0.975, row["clusters"] - 1)


def planned(seed: int, pages: int = 6, weeks: int = 5, each: int = 8) -> pd.DataFrame:
    """Planned PPVs, one in twelve never sent, an eighth of them control."""
    rng = np.random.default_rng(seed)
    n = pages * weeks * each
    page = np.repeat(np.arange(pages), weeks * each)
    frame = pd.DataFrame(
        {
            "page_name": [f"page_{p}" for p in page],
            "week_start": [MONDAY + dt.timedelta(days=7 * int(w)) for w in np.arange(n) % weeks],
            "price_tier": rng.choice(["budget", "mid", "premium"], n),
            "arm": np.where(rng.random(n) < 0.125, "control", "treatment"),
            "row_id": pd.array(np.arange(n), dtype="Int64"),
            "sent_count": rng.integers(100, 900, n).astype(float),
        }
    )
    frame["earnings"] = frame["sent_count"] * rng.gamma(0.5, 0.04, n)
    frame.loc[rng.random(n) < 1 / 12, "row_id"] = pd.NA
    return frame


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_row_is_what_plain_arithmetic_says(seed: int) -> None:
    given = planned(seed)
    rows = pd.DataFrame(improvement_rows(given))
    assert rows["scope"].iloc[0] == "overall"
    assert rows["scope"].value_counts().to_dict() == {
        "overall": 1,
        "week": 5,
        "page": 6,
        "page_week": 30,
    }
    for row in rows.to_dict("records"):
        part = given
        for column in ("page_name", "week_start"):
            if row[column] is not None:
                part = part[part[column] == row[column]]
        sent = part[part["row_id"].notna()]
        assert row["treatment_planned"] == (part["arm"] == "treatment").sum()
        assert row["control_messages"] == (sent["arm"] == "control").sum()
        treated, control = reference(sent)
        assert row["treatment_emv"] == pytest.approx(treated, rel=1e-12, nan_ok=True)
        assert row["control_emv"] == pytest.approx(control, rel=1e-12, nan_ok=True)
        assert row["difference"] == pytest.approx(treated - control, rel=1e-9, nan_ok=True)
        assert row["relative_improvement"] == pytest.approx(
            treated / control * math.exp(-(log_error(row) ** 2) / 2) - 1, rel=1e-9, nan_ok=True
        )


def test_the_interval_deletes_one_creator_at_a_time() -> None:
    given = planned(4)
    row = improvement_rows(given)[0]
    sent = given[given["row_id"].notna()]
    whole = np.diff(reference(sent)[::-1])[0]
    without = [
        np.diff(reference(sent[sent["page_name"] != page])[::-1])[0]
        for page in sorted(set(sent["page_name"]))
    ]
    error = math.sqrt(5 / 6 * sum((w - whole) ** 2 for w in without))
    assert row["clusters"] == 6
    assert row["difference_upper"] == pytest.approx(whole + 2.570581836 * error, rel=1e-8)
    assert row["difference_lower"] == pytest.approx(whole - 2.570581836 * error, rel=1e-8)


def test_a_page_that_is_rich_in_one_arm_does_not_pass_for_an_improvement() -> None:
    """Arms are compared within page and tier: what pages earn differs a hundredfold."""
    rows = [
        {"page_name": page, "arm": arm, "earnings": level, "sent_count": 1000.0}
        for page, level, treated, control in (("rich", 500.0, 9, 1), ("poor", 5.0, 5, 5))
        for arm, count in (("treatment", treated), ("control", control))
        for _ in range(count)
    ]
    frame = pd.DataFrame(rows).assign(price_tier="mid", week_start=MONDAY)
    frame["row_id"] = range(len(frame))
    row = improvement_rows(frame)[0]
    assert row["difference"] == pytest.approx(0, abs=1e-9)
    assert row["relative_improvement"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kept", ["none", "unsent", "treatment", "apart"])
def test_without_a_stratum_that_has_both_arms_nothing_is_claimed(kept: str) -> None:
    given = planned(5)
    match kept:
        case "none":
            given = given.iloc[:0]
        case "unsent":
            given["row_id"] = pd.array([pd.NA] * len(given), dtype="Int64")
        case "treatment":
            given["arm"] = "treatment"
        case _:
            given["arm"] = np.where(given["price_tier"] == "mid", "control", "treatment")
    row = improvement_rows(given)[0]
    assert row["strata"] == 0
    unknown = ("difference", "difference_lower", "relative_improvement", "relative_upper")
    assert [row[name] for name in unknown] == [None] * 4
    assert row["weeks_until_detectable"] is None


def test_intervals_cover_the_truth_where_creators_differ() -> None:
    """38 creators of unequal volume, heavy tails, a tenth control, gains of their own: 95 %."""
    rng = np.random.default_rng(6)
    studies, covered, gain = 400, 0, math.log(1.15)
    for _ in range(studies):
        page = np.repeat(np.arange(38), rng.integers(20, 80, 38))
        arm = (rng.random(page.size) > 0.1).astype(np.int64)
        tier = rng.integers(0, 3, page.size)
        level = np.exp(rng.normal(2, 0.6, (38, 3)))
        # Creators' own gains average to `gain` on the scale that is estimated.
        gains = np.exp(rng.normal(gain - 0.15**2 / 2, 0.15, 38))
        mean = level[page, tier] * np.where(arm == 1, gains[page], 1.0)
        recipients = rng.integers(500, 2_000, page.size).astype(np.float64)
        earnings = mean * rng.gamma(0.5, 2.0, page.size) * recipients / 1000
        found = compare_arms(ArmMessages(3 * page + tier, page, arm, recipients, earnings))
        covered += found.log_ratio.lower <= gain <= found.log_ratio.upper
    assert 0.915 <= covered / studies <= 0.985


def unequal_pages(rng: np.random.Generator) -> tuple[pd.DataFrame, float]:
    """Eight weeks of seven pages whose audiences and levels differ several times, and the truth.

    A tenth is control; what a caption earns varies by a lognormal factor, and treatment earns half
    as much again, more or less by page.
    """
    pages, weeks = 7, 8
    places = np.maximum(1, np.round(np.exp(rng.normal(0.5, 0.7, pages)))).astype(int)
    level, gain = np.exp(rng.normal(0, 1, pages)), 1.5 * np.exp(rng.normal(0, 0.3, pages))
    audience = np.exp(rng.normal(6, 1, pages))
    page = np.repeat(np.arange(pages), places * 3 * weeks)
    tier, week = np.arange(page.size) % 3, rng.integers(0, weeks, page.size)
    treated = rng.random(page.size) > 0.1
    mean = level[page] * np.where(treated, gain[page], 1.0) * np.exp(rng.normal(-0.5, 1, page.size))
    recipients = np.round(audience[page] * rng.uniform(0.8, 1.2, page.size)) + 1
    sent = pd.DataFrame(
        {
            "page_name": [f"page_{p}" for p in page],
            "week_start": [MONDAY + dt.timedelta(days=7 * int(w)) for w in week],
            "price_tier": np.array(["budget", "mid", "premium"])[tier],
            "arm": np.where(treated, "treatment", "control"),
            "row_id": range(page.size),
            "sent_count": recipients,
            "earnings": 10.0 * rng.poisson(0.005 * mean * recipients),
        }
    )
    return sent, float((places * level * gain).sum() / (places * level).sum() - 1)


def overall_row(sent: pd.DataFrame) -> dict[str, Any]:
    """The first of `improvement_rows` alone: the others take most of the time."""
    overall = next(arms._groups(sent))
    return arms._row(*overall)


def test_the_improvement_of_few_unequal_pages_is_right_on_average_and_covered() -> None:
    """The plain ratio is 15 points or more too high there."""
    rng = np.random.default_rng(8)
    assert overall_row(sent := unequal_pages(rng)[0]) == improvement_rows(sent)[0]
    error, plain, covered = [], [], []
    for _ in range(250):
        sent, truth = unequal_pages(rng)
        row = overall_row(sent)
        if row["relative_lower"] is None:
            continue
        assert isinstance(row["relative_improvement"], float)
        error.append(row["relative_improvement"] - truth)
        plain.append(row["treatment_emv"] / row["control_emv"] - 1 - truth)
        covered.append(row["relative_lower"] <= truth <= row["relative_upper"])
    assert len(error) > 200
    assert abs(np.mean(error)) < 0.10
    assert np.mean(plain) > 0.15
    assert 0.90 <= np.mean(covered) <= 0.99


def test_the_control_arm_that_is_needed_falls_as_the_answer_is_known() -> None:
    """Four times the messages: a quarter of the share; without an answer nobody knows."""
    few, many = planned(9), pd.concat([planned(seed) for seed in range(9, 13)])
    first, later = improvement_rows(few)[0], improvement_rows(many)[0]
    for row, given in ((first, few), (later, many)):
        sent = given[given["row_id"].notna()]
        needed = math.log1p(0.10) / (1.959963985 + 0.841621234)
        share = (sent["arm"] == "control").mean() * (log_error(row) / needed) ** 2
        assert row["control_share_needed"] == pytest.approx(min(share, 1), rel=1e-6)
    assert improvement_rows(few.iloc[:0])[0]["control_share_needed"] is None


def test_what_pages_earned_before_is_compared_within_page_and_tier() -> None:
    given = planned(10)
    before = given[["page_name", "week_start", "price_tier", "row_id", "sent_count"]].dropna()
    before["earnings"] = 0.01 * before["sent_count"]
    row = improvement_rows(given, before)[-1]
    assert row["scope"] == "before"
    assert (row["control_messages"], row["control_planned"]) == (len(before), len(before))
    assert row["control_emv"] == pytest.approx(10.0)
    treated = given[(given["arm"] == "treatment") & given["row_id"].notna()]
    both = pd.concat([treated, before.assign(arm="control")])
    assert row["treatment_emv"] == pytest.approx(reference(both)[0])
    assert [r["scope"] for r in improvement_rows(given, before.iloc[:0])].count("before") == 0


def test_the_order_of_messages_does_not_matter() -> None:
    given = planned(7)
    shuffled = given.sample(frac=1, random_state=1)
    first, second = pd.DataFrame(improvement_rows(given)), pd.DataFrame(improvement_rows(shuffled))
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)
