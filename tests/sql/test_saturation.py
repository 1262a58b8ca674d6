"""analyze_saturation_status on pages whose tiredness was made by hand.

Each page sends a PPV and two Bumps a day to 1,000 fans, at a PPV EMV of 100 and a view rate of
0.4, for 76 dates; a test changes the last 14, so that each term of the score is known.
"""

import datetime as dt
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest

from tests.sql.dataset import Dataset, Row, days_before, fact

AS_OF = dt.date(2025, 10, 20)
LOOKBACK = 76
RECENT = 14
ANSWERS = {  # PPV x, bumps x, gap + minutes, cooling days
    "GREEN": (1, 1, 0, 0),
    "YELLOW": (0.75, 1.2, 30, 0),
    "RED": (0.5, 2, 60, 2),
}

Factor = Callable[[int], float]  # of a date, by how many days before AS_OF it lies


def recently(factor: float) -> Factor:
    return lambda ago: factor if ago <= RECENT else 1.0


def always(_: int) -> float:
    return 1.0


def page(
    name: str,
    emv: Factor = always,
    views: Factor = always,
    volume: Factor = always,
    days: Iterable[int] = range(1, LOOKBACK + 1),
    size: int = 1,
) -> list[Row]:
    """A page's facts; `size` PPVs a date with `size` times as many fans each."""
    rows: list[Row] = []
    for ago in days:
        common = {
            "page_name": name,
            "sent_count": 1000 * size,
            "viewed_count": round(400 * size * views(ago)),
            "purchased_count": 0,
            "send_date": days_before(AS_OF, ago),
        }
        ppv = {"earnings": 100.0 * size * emv(ago), "send_hour": 12}
        rows += [fact(0, **common, **ppv)] * round(volume(ago))
        rows += [fact(0, **common, earnings=0.0, message_type="Bump", price=None)] * 2
    return rows


def analysed(dataset: Dataset, *pages: list[Row], holidays: Iterable[int] = ()) -> pd.DataFrame:
    """The function's rows by page; `holidays` are dates by how many days before AS_OF they lie."""
    facts = [row for rows in pages for row in rows]
    dataset.put("message_facts", [row | {"row_id": n} for n, row in enumerate(facts)])
    dataset.put(
        "holiday_calendar",
        [
            {"holiday_date": days_before(AS_OF, n), "holiday_name": "Fair", "volume_factor": 1.1}
            for n in holidays
        ],
    )
    got = dataset.table_function("analyze_saturation_status", AS_OF, LOOKBACK)
    return got.set_index("page_name")


FRESH = page("others", size=20)


class TestScore:
    def test_a_page_that_goes_on_as_before_is_green(self, dataset: Dataset) -> None:
        got = analysed(dataset, page("cook"), FRESH).loc["cook"]
        assert got["saturation_status"] == "GREEN"
        assert got["saturation_score"] == pytest.approx(0, abs=1e-12)
        deviations = ["emv_deviation", "view_rate_deviation", "platform_emv_deviation"]
        assert got[deviations].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
        assert got["recent_volume_ratio"] == pytest.approx(1, rel=1e-12)
        assert got["confidence"] == "HIGH"
        assert got["exclusion_reason"] is None

    @pytest.mark.parametrize(
        ("changes", "score", "status"),
        [
            # 0.40 * 0.10/0.40; 10 % under the baseline is no underperforming day
            ({"emv": recently(0.90)}, 0.10, "GREEN"),
            # 0.40 * 0.30/0.40 + 0.20 for 5 underperforming days or more
            ({"emv": recently(0.70)}, 0.50, "YELLOW"),
            # 0.40 in full below 40 %, + 0.20
            ({"emv": recently(0.50)}, 0.60, "RED"),
            # 0.30 * 0.20/0.40
            ({"views": recently(0.80)}, 0.15, "GREEN"),
            ({"views": recently(0.50)}, 0.30, "YELLOW"),
            # 0.10 * (1.5 - 1) needs whole PPVs: 3 instead of 2
            ({"volume": lambda ago: 3 if ago <= RECENT else 2}, 0.05, "GREEN"),
            ({"volume": recently(4)}, 0.10, "GREEN"),
            # everything at its worst
            ({"emv": recently(0.1), "views": recently(0.1), "volume": recently(2)}, 1.0, "RED"),
            # better than before takes nothing off
            ({"emv": recently(2.0), "views": recently(0.8)}, 0.15, "GREEN"),
            ({"volume": lambda ago: 1 if ago <= RECENT else 2}, 0.0, "GREEN"),
        ],
    )
    def test_is_the_sum_of_its_terms(
        self, dataset: Dataset, changes: dict[str, Factor], score: float, status: str
    ) -> None:
        got = analysed(dataset, page("cook", **changes), FRESH).loc["cook"]
        assert got["saturation_score"] == pytest.approx(score, abs=1e-9)
        assert got["saturation_status"] == status
        answer = ["ppv_multiplier", "bump_multiplier", "gap_extension_minutes", "cooling_days"]
        assert tuple(got[answer]) == ANSWERS[status]
        assert got["recommended_action"]

    def test_bumps_instead_of_ppvs_do_not_look_like_tiredness(self, dataset: Dataset) -> None:
        """They earn nothing; counting them would keep a page tired that was given more of them."""
        rows = page("cook")
        extra = [r for r in rows if r["message_type"] == "Bump" and r["earnings"] == 0]
        recent = [r for r in extra if r["send_date"] >= days_before(AS_OF, RECENT)]
        got = analysed(dataset, rows + recent * 3, FRESH).loc["cook"]
        assert got["saturation_score"] == pytest.approx(0, abs=1e-12)

    def test_what_befalls_all_pages_is_no_tiredness(self, dataset: Dataset) -> None:
        """Only what a page lost beyond all the others together counts."""
        fallen = page("others", emv=recently(0.75), views=recently(0.75), size=20)
        got = analysed(dataset, page("cook", emv=recently(0.65), views=recently(0.75)), fallen)
        row = got.loc["cook"]
        assert row["emv_deviation"] == pytest.approx(-0.35, rel=1e-9)
        assert row["platform_emv_deviation"] == pytest.approx(-0.25, rel=1e-9)
        assert row["saturation_score"] == pytest.approx(0.40 * 0.10 / 0.40 + 0.20, abs=1e-9)
        other = got.loc["others"]
        assert other["platform_emv_deviation"] == pytest.approx(-0.35, rel=1e-9)
        assert other["saturation_score"] == pytest.approx(0.20, abs=1e-9)

    def test_others_weigh_by_their_recipients(self, dataset: Dataset) -> None:
        """A small page in trouble says less about the platform than a large one that is well."""
        small = page("small", emv=recently(0.2))
        got = analysed(dataset, page("cook"), FRESH, small).loc["cook"]
        recent = (20 * 100 + 20) / 21
        assert got["platform_emv_deviation"] == pytest.approx(recent / 100 - 1, rel=1e-9)

    def test_a_page_without_recent_ppvs_did_not_fall_behind_the_others(
        self, dataset: Dataset
    ) -> None:
        """What it would have earned is unknown: the others' rise is no fall of its own."""
        paused = [r for r in page("cook", days=range(1, 15)) if r["message_type"] == "Bump"]
        rows = page("cook", days=range(15, LOOKBACK + 1)) + paused
        risen = page("others", emv=recently(1.5), size=20)
        got = analysed(dataset, rows, risen).loc["cook"]
        assert np.isnan(got["emv_deviation"])
        assert got["platform_emv_deviation"] == pytest.approx(0.5, rel=1e-9)
        assert got["confidence"] == "HIGH"
        assert got["saturation_score"] == pytest.approx(0, abs=1e-12)

    def test_an_only_page_is_compared_with_itself(self, dataset: Dataset) -> None:
        got = analysed(dataset, page("cook", emv=recently(0.70))).loc["cook"]
        assert np.isnan(got["platform_emv_deviation"])
        assert got["saturation_score"] == pytest.approx(0.50, abs=1e-9)


class TestStreak:
    @pytest.mark.parametrize(
        ("bad_days", "streak"),
        [
            ({1, 2, 3}, 3),  # the last three
            ({2, 3, 4}, 0),  # ended yesterday
            ({1, 3, 4, 5}, 1),
            (set(range(1, 8)), 7),
            (set(range(1, 15)), 14),
            (set(), 0),
        ],
    )
    def test_counts_the_latest_bad_days_in_a_row(
        self, dataset: Dataset, bad_days: set[int], streak: int
    ) -> None:
        rows = page("cook", emv=lambda ago: 0.5 if ago in bad_days else 1.0)
        got = analysed(dataset, rows, FRESH).loc["cook"]
        assert got["consecutive_underperform_days"] == streak
        fall = 0.5 * len(bad_days) / RECENT
        expected = min(fall / 0.40, 1) * 0.40 + 0.20 * min(streak / 5, 1)
        assert got["saturation_score"] == pytest.approx(expected, abs=1e-9)

    def test_days_without_a_ppv_do_not_break_it(self, dataset: Dataset) -> None:
        days = [n for n in range(1, LOOKBACK + 1) if n not in (1, 3, 4)]
        rows = page("cook", emv=lambda ago: 0.5 if ago <= 6 else 1.0, days=days)
        bumps = [r for r in page("cook", days=(1, 3, 4)) if r["message_type"] == "Bump"]
        got = analysed(dataset, rows + bumps, FRESH).loc["cook"]
        assert got["consecutive_underperform_days"] == 3

    def test_80_percent_of_the_baseline_is_enough(self, dataset: Dataset) -> None:
        rows = page("cook", emv=lambda ago: {1: 0.799, 2: 0.799, 3: 0.801}.get(ago, 1.0))
        got = analysed(dataset, rows, FRESH).loc["cook"]
        assert got["consecutive_underperform_days"] == 2

    def test_a_day_is_judged_by_all_its_ppvs(self, dataset: Dataset) -> None:
        rows = page("cook", emv=lambda ago: 0.5 if ago == 1 else 1.0)
        good = [r | {"earnings": 200.0} for r in page("cook", days=[1]) if r["earnings"]]
        got = analysed(dataset, rows + good, FRESH).loc["cook"]
        assert got["consecutive_underperform_days"] == 0


class TestExclusions:
    WORST = page("cook", emv=recently(0.1), views=recently(0.1))

    @pytest.mark.parametrize(
        ("holidays", "reason", "status"),
        [
            ([1, 7, 14], "HOLIDAY", "YELLOW"),
            ([1, 7], None, "RED"),
            ([0, 15, 1, 7], None, "RED"),  # the day of planning and the baseline don't count
            ([1, 1, 7], None, "RED"),  # dates, not names
        ],
    )
    def test_three_recent_holidays_excuse_a_page(
        self, dataset: Dataset, holidays: list[int], reason: str | None, status: str
    ) -> None:
        got = analysed(dataset, self.WORST, FRESH, holidays=holidays).loc["cook"]
        assert got["exclusion_reason"] == reason
        assert got["saturation_status"] == status
        assert got["saturation_score"] > 0.6
        assert got["ppv_multiplier"] == ANSWERS[status][0]

    @pytest.mark.parametrize(
        ("platform", "reason", "status"),
        [(0.79, "PLATFORM_HEADWIND", "YELLOW"), (0.81, None, "RED")],
    )
    def test_a_headwind_for_all_excuses_a_page(
        self, dataset: Dataset, platform: float, reason: str | None, status: str
    ) -> None:
        others = page("others", emv=recently(platform), size=20)
        got = analysed(dataset, self.WORST, others).loc["cook"]
        assert got["exclusion_reason"] == reason
        assert got["saturation_status"] == status

    def test_an_excused_page_that_is_well_stays_green(self, dataset: Dataset) -> None:
        got = analysed(dataset, page("cook"), FRESH, holidays=[1, 2, 3]).loc["cook"]
        assert (got["exclusion_reason"], got["saturation_status"]) == ("HOLIDAY", "GREEN")


class TestThinData:
    def worst(self, recent: int, baseline: int) -> list[Row]:
        """A page in the worst state with so many PPVs recently and before, and no Bumps."""
        rows = page("cook", emv=recently(0.1), views=recently(0.1))
        ppvs = [row for row in rows if row["message_type"] == "PPV"]
        return ppvs[:recent] + ppvs[RECENT : RECENT + baseline]

    @pytest.mark.parametrize(
        ("recent", "baseline", "status", "confidence"),
        [
            (10, 30, "RED", "HIGH"),
            (9, 62, "GREEN", "LOW"),
            (14, 29, "GREEN", "LOW"),
            (0, 62, "GREEN", "LOW"),
            (14, 0, "GREEN", "LOW"),
        ],
    )
    def test_too_few_messages_say_nothing(
        self, dataset: Dataset, recent: int, baseline: int, status: str, confidence: str
    ) -> None:
        got = analysed(dataset, self.worst(recent, baseline), FRESH).loc["cook"]
        assert got["saturation_status"] == status
        assert got["confidence"] == confidence
        assert 0 <= got["saturation_score"] <= 1

    def test_a_page_without_messages_is_green(self, dataset: Dataset) -> None:
        dataset.put("creators", [{"page_name": "idle", "is_active": True}])
        got = analysed(dataset, FRESH).loc["idle"]
        assert (got["saturation_status"], got["confidence"]) == ("GREEN", "LOW")
        assert got["saturation_score"] == 0
        assert np.isnan(got["emv_deviation"])
