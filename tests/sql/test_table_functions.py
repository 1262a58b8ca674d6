"""The table functions against pandas, numpy and scipy on one random history.

analyze_saturation_status has a file of its own.
"""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eros_assets.warehouse.protocol import RaisedError
from tests.sql.dataset import Dataset, Row, creators, days_before, fact

AS_OF = dt.date(2025, 11, 10)
LOOKBACK = 60
PAGES = ("band", "coach", "cook", "idle")

FUNCTIONS = {
    "classify_account_size": ["page_name"],
    "analyze_saturation_status": ["page_name"],
    "calculate_performance_metrics": ["page_name"],
    "get_recent_performance_window": ["page_name", "send_date"],
    "detect_anomalies": ["page_name", "send_date", "metric"],
    "calculate_engagement_rates": ["page_name", "day_of_week", "send_hour", "message_type"],
    "get_creator_baseline": ["page_name"],
}


def random_facts() -> list[Row]:
    """Three pages, 90 days before AS_OF and a few after, days without messages among them."""
    rng = np.random.default_rng(21)
    rows: list[Row] = []
    for page, a_day, audience in (("cook", 5, 4000), ("coach", 2, 900), ("band", 0.3, 300)):
        for ago in range(-3, 90):
            for _ in range(rng.poisson(a_day)):
                sent = int(rng.integers(audience // 2, audience))
                viewed = int(rng.binomial(sent, rng.beta(8, 14))) if rng.random() < 0.97 else 0
                is_bump = rng.random() < 0.4
                bought = 0 if is_bump else int(rng.binomial(viewed, rng.beta(2, 60)))
                price = float(rng.choice([0, 8, 12.5, 30])) if rng.random() < 0.9 else None
                odd_day = 25 if ago in (7, 31) else 1
                rows.append(
                    fact(
                        len(rows) + 1,
                        page_name=page,
                        message_type="Bump" if is_bump else "PPV",
                        price=None if is_bump else price,
                        send_date=days_before(AS_OF, ago),
                        send_hour=int(rng.choice([0, 9, 13, 21, 23])),
                        sent_count=sent,
                        viewed_count=viewed,
                        purchased_count=bought,
                        earnings=round(odd_day * bought * float(rng.uniform(5, 30)), 2),
                    )
                )
    return rows


@pytest.fixture(scope="module")
def history(shared: Dataset) -> pd.DataFrame:
    """The facts of the window, in a dataset that knows one more page."""
    rows = random_facts()
    shared.put("creators", creators("cook", "coach", "idle"))
    shared.put("message_facts", rows)
    facts = pd.DataFrame(rows)
    begin = days_before(AS_OF, LOOKBACK)
    return facts[(facts["send_date"] >= begin) & (facts["send_date"] < AS_OF)]


def by(frame: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return frame.set_index(list(keys)).sort_index()


def assert_numbers(got: pd.Series, expected: pd.Series) -> None:
    """Equal to 1e-12, unknown where the other is."""
    np.testing.assert_allclose(
        got.to_numpy(float), expected.reindex(got.index).to_numpy(float), rtol=1e-12, atol=1e-12
    )


def totals(facts: pd.DataFrame, *keys: str) -> pd.DataFrame:
    """Sums and rates of groups, as the contracts define them."""
    sums = facts.groupby(list(keys)).agg(
        message_count=("row_id", "size"),
        ppv_count=("message_type", lambda t: (t == "PPV").sum()),
        bump_count=("message_type", lambda t: (t == "Bump").sum()),
        recipients=("sent_count", "sum"),
        views=("viewed_count", "sum"),
        purchases=("purchased_count", "sum"),
        revenue=("earnings", "sum"),
    )
    views = sums["views"].where(sums["views"] > 0)
    return sums.assign(
        view_rate=sums["views"] / sums["recipients"],
        purchase_rate=sums["purchases"] / views,
        emv=1000 * sums["revenue"] / sums["recipients"],
    )


@pytest.mark.parametrize(("function", "keys"), FUNCTIONS.items())
class TestAny:
    def test_a_pages_rows_are_those_of_all_pages(
        self, shared: Dataset, history: pd.DataFrame, function: str, keys: list[str]
    ) -> None:
        together = shared.table_function(function, AS_OF, LOOKBACK).sort_values(keys)
        assert not together.empty
        assert not together.duplicated(keys).any()
        assert together.columns[0] == "page_name"
        for page in PAGES:
            alone = shared.table_function(function, AS_OF, LOOKBACK, page).sort_values(keys)
            pd.testing.assert_frame_equal(
                alone.reset_index(drop=True),
                together[together["page_name"] == page].reset_index(drop=True),
                check_exact=True,
            )

    def test_an_unknown_page_has_no_rows(
        self, shared: Dataset, history: pd.DataFrame, function: str, keys: list[str]
    ) -> None:
        assert shared.table_function(function, AS_OF, LOOKBACK, "nobody").empty

    @pytest.mark.parametrize("lookback", [0, -1, None])
    def test_a_window_without_a_date_is_an_error(
        self,
        shared: Dataset,
        history: pd.DataFrame,
        function: str,
        keys: list[str],
        lookback: int | None,
    ) -> None:
        with pytest.raises(RaisedError, match="p_lookback_days must be 1 or more"):
            shared.table_function(function, AS_OF, lookback)


class TestAccountSize:
    TIERS = (
        ("MICRO", 0, 6, 4, 180, 8),
        ("SMALL", 5_000, 9, 6, 150, 10),
        ("MEDIUM", 25_000, 12, 9, 120, 15),
        ("LARGE", 100_000, 16, 12, 90, 20),
        ("MEGA", 500_000, 22, 16, 75, 25),
    )

    def test_each_tier_begins_at_its_revenue(self, dataset: Dataset) -> None:
        """And comes with the volume and spacing of the contract, midpoints rounded half up."""
        facts = []
        for n, (_, revenue, *_rest) in enumerate(self.TIERS):
            for m, (page, earnings) in enumerate(
                [(f"at_{n}", float(revenue)), (f"under_{n}", revenue - 0.01)]
            ):
                if earnings >= 0:
                    day = days_before(AS_OF, 1 + n)
                    facts.append(fact(10 * n + m, page_name=page, send_date=day, earnings=earnings))
        dataset.put("message_facts", facts)
        got = by(dataset.table_function("classify_account_size", AS_OF, 90), "page_name")
        for n, (name, _, *contract) in enumerate(self.TIERS):
            row = got.loc[f"at_{n}"]
            assert row["size_tier"] == name
            columns = ["weekly_ppv_base", "weekly_bump_base", "min_gap_minutes"]
            assert row[[*columns, "max_messages_per_day"]].tolist() == contract
            if n:
                assert got.loc[f"under_{n}", "size_tier"] == self.TIERS[n - 1][0]

    def test_other_windows_are_scaled_to_90_days(self, dataset: Dataset) -> None:
        day = days_before(AS_OF, 2)
        dataset.put("message_facts", [fact(1, send_date=day, earnings=2000.0)])
        got = [
            dataset.table_function("classify_account_size", AS_OF, days).iloc[0]
            for days in (30, 36, 37, 180)
        ]
        assert [row["revenue_90d"] for row in got] == pytest.approx(
            [6000, 5000, 180_000 / 37, 1000], rel=1e-12
        )
        assert [row["size_tier"] for row in got] == ["SMALL", "SMALL", "MICRO", "MICRO"]
        assert {row["total_revenue"] for row in got} == {2000.0}

    def test_numbers_are_pandas(self, shared: Dataset, history: pd.DataFrame) -> None:
        got = by(shared.table_function("classify_account_size", AS_OF, LOOKBACK), "page_name")
        assert got.index.tolist() == list(PAGES)
        pages = history.groupby("page_name")
        revenue = pages["earnings"].sum().reindex(PAGES, fill_value=0.0)
        assert_numbers(got["total_revenue"], revenue)
        assert_numbers(got["revenue_90d"], revenue * 90 / LOOKBACK)
        assert_numbers(got["daily_revenue_avg"], revenue / LOOKBACK)
        assert_numbers(got["message_count"], pages.size().reindex(PAGES, fill_value=0))
        assert_numbers(
            got["active_days"], pages["send_date"].nunique().reindex(PAGES, fill_value=0)
        )
        assert_numbers(got["median_audience"], pages["sent_count"].median())


class TestBaseline:
    def test_numbers_are_pandas(self, shared: Dataset, history: pd.DataFrame) -> None:
        got = by(shared.table_function("get_creator_baseline", AS_OF, LOOKBACK), "page_name")
        assert got.index.tolist() == list(PAGES)
        pages = history.groupby("page_name")
        for column, quantile in (("emv_p25", 0.25), ("median_emv", 0.5), ("emv_p75", 0.75)):
            assert_numbers(got[column], pages["emv"].quantile(quantile))
        priced = history[(history["message_type"] == "PPV") & (history["price"] > 0)]
        assert_numbers(got["avg_price"], priced.groupby("page_name")["price"].mean())
        for column, kind in (("weekly_ppv_avg", "PPV"), ("weekly_bump_avg", "Bump")):
            count = (history["message_type"] == kind).groupby(history["page_name"]).sum()
            assert_numbers(got[column], count.reindex(PAGES, fill_value=0) * 7 / LOOKBACK)
        for column, pick in (("first_send_date", "min"), ("last_send_date", "max")):
            dates = pages["send_date"].agg(pick).reindex(PAGES)
            assert got[column].iloc[:3].tolist() == dates.iloc[:3].tolist()
            assert got[column].iloc[3] is None
        assert got.loc["idle", ["behavioral_segment", "message_count"]].tolist() == [
            "EXPLORATORY",
            0,
        ]

    def test_each_segment_begins_at_its_mean_price(self, dataset: Dataset) -> None:
        prices = [11.99, 12.0, 19.99, 20.0, 34.99, 35.0, 90.0]
        facts = [
            fact(
                100 * n + k, page_name=f"p{n}", send_date=days_before(AS_OF, 5), price=price + step
            )
            for n, price in enumerate(prices)
            for k, step in enumerate([-1.0, 1.0] * 10)  # 20 PPVs around the mean
        ]
        dataset.put("message_facts", facts)
        got = by(dataset.table_function("get_creator_baseline", AS_OF, 90), "page_name")
        assert got["behavioral_segment"].tolist() == [
            "BUDGET",
            *["STANDARD"] * 2,
            *["PREMIUM"] * 2,
            *["LUXURY"] * 2,
        ]

    def test_under_20_priced_ppvs_a_page_is_exploratory(self, dataset: Dataset) -> None:
        """Bumps, free PPVs and PPVs without a price are no priced PPVs."""
        day = {"send_date": days_before(AS_OF, 5)}
        others: list[dict[str, Any]] = [
            {"price": None},
            {"price": 0.0},
            {"price": 50.0, "message_type": "Bump"},
        ]
        facts = [fact(n, page_name="enough", price=14.0, **day) for n in range(20)]
        facts += [fact(50 + n, page_name="few", price=14.0, **day) for n in range(19)]
        facts += [
            fact(90 + n, page_name="few", **changes, **day) for n, changes in enumerate(others)
        ]
        dataset.put("message_facts", facts)
        got = by(dataset.table_function("get_creator_baseline", AS_OF, 90), "page_name")
        assert got["behavioral_segment"].to_dict() == {"enough": "STANDARD", "few": "EXPLORATORY"}
        assert got["avg_price"].tolist() == [14.0, 14.0]


class TestEngagement:
    KEYS = ("page_name", "day_of_week", "send_hour", "message_type")

    def test_numbers_are_pandas(self, shared: Dataset, history: pd.DataFrame) -> None:
        got = by(shared.table_function("calculate_engagement_rates", AS_OF, LOOKBACK), *self.KEYS)
        slots = totals(history, *self.KEYS)
        assert got.index.tolist() == slots.index.tolist()
        page = totals(history, "page_name", "message_type")
        assert {"HIGH", "MEDIUM", "LOW"} == set(got["confidence"])
        for key, row in got.iterrows():
            slot, mean = slots.loc[key], page.loc[(key[0], key[3])]
            n = slot["message_count"]
            assert row["message_count"] == n
            expected = {
                "view_rate": slot["view_rate"],
                "purchase_rate": slot["purchase_rate"],
                "emv": slot["emv"],
                "shrunk_emv": (n * slot["emv"] + 10 * mean["emv"]) / (n + 10),
                "shrunk_view_rate": (n * slot["view_rate"] + 10 * mean["view_rate"]) / (n + 10),
                "page_emv": mean["emv"],
                "page_view_rate": mean["view_rate"],
            }
            for name, value in expected.items():
                assert row[name] == pytest.approx(value, rel=1e-12, nan_ok=True), (key, name)
            assert row["confidence"] == ("HIGH" if n >= 10 else "MEDIUM" if n >= 5 else "LOW")


class TestPerformance:
    def test_metrics_are_pandas(self, shared: Dataset, history: pd.DataFrame) -> None:
        got = by(
            shared.table_function("calculate_performance_metrics", AS_OF, LOOKBACK), "page_name"
        )
        assert got.index.tolist() == list(PAGES)
        expected = totals(history, "page_name").rename(columns={"emv": "avg_emv"})
        sums = ["message_count", "ppv_count", "bump_count", "recipients", "views", "purchases"]
        for name in (*sums, "revenue"):
            assert_numbers(got[name], expected[name].reindex(PAGES, fill_value=0))
        for name in ("view_rate", "purchase_rate", "avg_emv"):
            assert_numbers(got[name], expected[name])
        emv = history.groupby("page_name")["emv"]
        assert_numbers(got["median_emv"], emv.median())
        assert_numbers(got["stddev_emv"], emv.std(ddof=1))
        assert_numbers(got["revenue_per_message"], expected["revenue"] / expected["message_count"])
        for page, row in expected.iterrows():
            interval = stats.binomtest(int(row["purchases"]), int(row["views"])).proportion_ci(
                method="wilson"
            )
            bounds = got.loc[page, ["purchase_rate_lower", "purchase_rate_upper"]].tolist()
            assert bounds == pytest.approx([interval.low, interval.high], abs=1e-12)
        assert got.loc["idle", ["purchase_rate_lower", "purchase_rate_upper"]].tolist() == [0, 1]

    def test_days_are_pandas(self, shared: Dataset, history: pd.DataFrame) -> None:
        keys = ("page_name", "send_date")
        got = by(shared.table_function("get_recent_performance_window", AS_OF, LOOKBACK), *keys)
        expected = totals(history, *keys)
        assert got.index.tolist() == expected.index.tolist()
        for name in expected:
            assert_numbers(got[name], expected[name])
        gaps = 0
        for page, day in got.index:
            days = expected.loc[page]
            week = days[(days.index > days_before(day, 7)) & (days.index <= day)]
            gaps += len(week) < 7
            emv = 1000 * week["revenue"].sum() / week["recipients"].sum()
            assert got.loc[(page, day), "emv_7d"] == pytest.approx(emv, rel=1e-12)
        assert gaps > 10  # dates without a message are no rows, but are dates

    def test_anomalies_are_scipys(self, shared: Dataset, history: pd.DataFrame) -> None:
        days = totals(history, "page_name", "send_date")
        expected: dict[tuple[str, dt.date, str], tuple[float, float, float]] = {}
        for page, group in days.groupby(level=0):
            for metric in ("view_rate", "purchase_rate", "emv", "revenue"):
                values = group[metric].dropna().droplevel(0)
                median = values.median()
                mad = stats.median_abs_deviation(values)
                if mad > 0:
                    for day, value in values.items():
                        z = 0.6745 * (value - median) / mad
                        if abs(z) >= 3.5:
                            expected[page, day, metric] = (value, median, z)
        got = shared.table_function("detect_anomalies", AS_OF, LOOKBACK)
        assert {tuple(k) for k in got[["page_name", "send_date", "metric"]].values} == set(expected)
        assert {"WARN", "CRITICAL"} == set(got["severity"])
        assert {"HIGH", "LOW"} == set(got["direction"])
        for row in got.to_dict("records"):
            value, median, z = expected[row["page_name"], row["send_date"], row["metric"]]
            numbers = (row["value"], row["expected"], row["robust_z"])
            assert numbers == pytest.approx((value, median, z), rel=1e-9)
            assert row["direction"] == ("HIGH" if z > 0 else "LOW")
            assert row["severity"] == ("CRITICAL" if abs(z) >= 6 else "WARN")

    def test_days_that_do_not_differ_have_no_anomalies(self, dataset: Dataset) -> None:
        """The median deviation is 0 then, and nothing can be measured by it."""
        facts = [
            fact(n, send_date=days_before(AS_OF, n), earnings=9000.0 if n == 3 else 200.0)
            for n in range(1, 30)
        ]
        dataset.put("message_facts", facts)
        assert dataset.table_function("detect_anomalies", AS_OF, 30).empty
        assert math.isclose(facts[2]["emv"], 9000)
