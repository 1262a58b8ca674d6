"""Counts ripen: age and maturity of facts, the curve's fit, and comparisons of like with like."""

import datetime as dt

import pytest

from tests.sql.dataset import MONDAY, Dataset, Row, caption, creators, days_before, la, message

SENT = la(dt.date(2025, 10, 1))
COOK = creators("cook")

MEASURED = (  # from an age in hours on, per cent of recipients who have viewed
    *((0, 0.15), (1, 0.7), (12, 1.4), (24, 2.2), (36, 2.8), (48, 3.4), (72, 4.9), (120, 6.4)),
)
FINAL = 6.4


def share(age_hours: float) -> float:
    """Of its final views, what a message of a real export had at an age."""
    return next(views for age, views in reversed(MEASURED) if age_hours >= age) / FINAL


def read_at(row_id: int, hours: float, views: int = 400, **changes: object) -> Row:
    counted_at = changes.get("sending_time", SENT) + dt.timedelta(hours=hours)  # type: ignore[operator]
    return message(row_id, counted_at=counted_at, viewed_count=views, **changes)


def maturities(dataset: Dataset, rows: list[Row], loaded_at: dt.datetime) -> dict[int, float]:
    dataset.put("mass_messages", rows)
    dataset.refresh_facts(loaded_at)
    facts = dataset.rows("message_facts")
    return dict(zip(facts["row_id"], facts["maturity"], strict=True))


class TestAge:
    def test_it_is_that_of_the_reading_else_of_the_newest_load(self, dataset: Dataset) -> None:
        loaded_at = SENT + dt.timedelta(hours=30)
        rows = [read_at(1, 18), message(2), read_at(3, 24 * 90)]
        dataset.put("mass_messages", rows)
        dataset.refresh_facts(loaded_at)
        facts = dataset.rows("message_facts", "row_id")
        assert facts["age_hours"].tolist() == [18.0, 30.0, 720.0]
        assert facts["maturity"].tolist() == [0.22, 0.34, 1.0]

    @pytest.mark.parametrize(
        ("hours", "ages"),
        [
            (48, [96.0, 48.0]),  # the agency may have paused
            (49, [48.0, 0.0]),
            (24 * 90, [48.0, 0.0]),
        ],
    )
    def test_an_export_that_is_older_than_its_load_was_read_at_its_newest_message(
        self, dataset: Dataset, hours: int, ages: list[float]
    ) -> None:
        """What is scheduled and what is dated say nothing about when the others were read."""
        newest = SENT + dt.timedelta(hours=48)
        late = {"sending_time": newest + dt.timedelta(hours=1)}
        rows = [message(1), message(2, sending_time=newest), read_at(3, 1, **late)]
        rows.append(message(4, status="scheduled", **late))
        dataset.put("mass_messages", rows)
        dataset.refresh_facts(newest + dt.timedelta(hours=hours))
        facts = dataset.rows("message_facts", "row_id")
        assert facts["age_hours"].tolist() == [*ages, 1.0]
        assert dataset.rows("scheduled_messages")["row_id"].tolist() == [4]

    def test_maturity_grows_evenly_between_the_ages_of_the_curve(self, dataset: Dataset) -> None:
        hours = {0: 0.01, 0.5: 0.025, 24: 0.28, 45: 0.435, 102: 0.765, 144: 1.0, 400: 1.0}
        rows = [read_at(n, age) for n, age in enumerate(hours)]
        found = maturities(dataset, rows, SENT)
        assert [found[n] for n in range(len(hours))] == pytest.approx(list(hours.values()))

    @pytest.mark.parametrize("curve", [[], [(48.0, 0.5)], [(24.0, 0.2), (96.0, 0.9)]])
    def test_every_message_stays_a_fact_whatever_the_curve(
        self, dataset: Dataset, curve: list[tuple[float, float]]
    ) -> None:
        dataset.put("maturity_curve", [{"age_hours": a, "maturity": m} for a, m in curve])
        found = maturities(dataset, [read_at(n, n) for n in range(0, 200, 10)], SENT)
        assert len(found) == 20
        assert all(0 < maturity <= 1 for maturity in found.values())
        assert found[190] == (curve[-1][1] if curve else 1.0)


class TestFit:
    def repeated(self, count: int, views: dict[float, int]) -> list[Row]:
        return [read_at(n, age, seen) for n in range(count) for age, seen in views.items()]

    def test_repeated_exports_tell_how_counts_ripen(self, dataset: Dataset) -> None:
        views = {0.5: 40, 18: 120, 30: 200, 60: 300, 200: 400}
        rows = [*self.repeated(50, views), read_at(99, 18)]
        found = maturities(dataset, rows, SENT + dt.timedelta(days=20))
        assert found[0] == 1.0
        assert found[99] == pytest.approx(0.3)
        curve = dataset.rows("fitted_maturity", "age_hours")
        assert curve["maturity"].tolist() == pytest.approx([0.01, 0.1, 0.3, 0.5, 0.75, 1.0])
        assert curve["fitted_on"].tolist() == ["default", *["history"] * 4, "default"]
        assert curve["messages"].tolist() == [0, *[50] * 4, 0]

    def test_with_too_few_the_configured_curve_stays(self, dataset: Dataset) -> None:
        rows = [*self.repeated(49, {18: 120, 200: 400}), read_at(99, 18)]
        assert maturities(dataset, rows, SENT + dt.timedelta(days=20))[99] == 0.22

    def test_the_curve_never_falls(self, dataset: Dataset) -> None:
        rows = self.repeated(60, {18: 360, 200: 400})
        maturities(dataset, rows, SENT + dt.timedelta(days=20))
        curve = dataset.rows("fitted_maturity", "age_hours")["maturity"].tolist()
        assert curve == pytest.approx([0.01, 0.025, 0.9, 0.9, 0.9, 1.0])


def steady(as_of: dt.date, days: int = 90) -> list[Row]:
    """A page that earns the same with every message, as an export at `as_of` midnight has it."""
    exported = la(as_of, 0)
    rows: list[Row] = []
    for ago in range(1, days + 1):
        for hour in (9, 13, 19):
            sent = la(days_before(as_of, ago), hour)
            ripe = share((exported - sent).total_seconds() / 3600)
            ppv = {
                "sending_time": sent,
                "counted_at": exported,
                "sent_count": 100_000,
                "viewed_count": round(6_400 * ripe),
                "purchased_count": round(64 * ripe),
                "earnings": 1_000.0 * ripe,
            }
            rows.append(message(len(rows), **ppv))
            bump = ppv | {"message_type": "Bump", "price": None, "earnings": 0.0}
            rows.append(message(len(rows), **bump | {"purchased_count": 0}))
    return rows


class TestSteadyPage:
    @pytest.mark.parametrize("weekday", range(7))
    def test_it_is_green_on_every_day_of_the_week(self, dataset: Dataset, weekday: int) -> None:
        as_of = MONDAY + dt.timedelta(days=weekday)
        dataset.put("creators", COOK)
        dataset.put("mass_messages", steady(as_of))
        dataset.refresh_facts(la(as_of, 0))
        [found] = dataset.table_function("analyze_saturation_status", as_of, 90).to_dict("records")
        assert found["confidence"] == "HIGH"
        assert found["saturation_status"] == "GREEN"
        assert found["saturation_score"] < 0.1
        assert abs(found["view_rate_deviation"]) < 0.05
        assert abs(found["emv_deviation"]) < 0.05
        assert dataset.table_function("detect_anomalies", as_of, 90).empty

    def test_read_as_final_it_looks_saturated(self, dataset: Dataset) -> None:
        """What maturity is for: the same counts without their age."""
        dataset.put("creators", COOK)
        late = la(MONDAY + dt.timedelta(days=60))
        dataset.put("mass_messages", [r | {"counted_at": late} for r in steady(MONDAY)])
        dataset.refresh_facts()
        [found] = dataset.table_function("analyze_saturation_status", MONDAY, 90).to_dict("records")
        assert found["emv_deviation"] < -0.15
        assert found["saturation_score"] > 0.2

    def test_an_old_export_that_does_not_say_when_it_was_read_leaves_it_green(
        self, dataset: Dataset
    ) -> None:
        dataset.put("creators", COOK)
        dataset.put("mass_messages", [r | {"counted_at": None} for r in steady(MONDAY)])
        dataset.refresh_facts(la(MONDAY + dt.timedelta(days=60)))
        [found] = dataset.table_function("analyze_saturation_status", MONDAY, 90).to_dict("records")
        assert found["saturation_status"] == "GREEN"
        assert abs(found["emv_deviation"]) < 0.1

    def test_emv_and_view_rates_are_those_of_final_counts(self, dataset: Dataset) -> None:
        dataset.put("creators", COOK)
        dataset.put("mass_messages", steady(MONDAY, days=20))
        dataset.refresh_facts(la(MONDAY, 0))
        for name in ("calculate_performance_metrics", "get_recent_performance_window"):
            rates = dataset.table_function(name, MONDAY, 20).dropna(subset="view_rate")
            assert rates["view_rate"].to_numpy() == pytest.approx(0.064, rel=0.25)
        [baseline] = dataset.table_function("get_creator_baseline", MONDAY, 20).to_dict("records")
        assert baseline["emv_p75"] == pytest.approx(10.0, rel=0.1)


class TestStatistics:
    def test_what_is_not_ripe_is_no_trial_yet_but_rests(self, dataset: Dataset) -> None:
        dataset.put("creators", COOK)
        dataset.put("caption_bank", [caption(1), caption(2, price_tier="bump")])
        old, new = la(days_before(MONDAY, 20)), la(days_before(MONDAY, 1))
        rows = [
            read_at(1, 24 * 15, 400, caption_id=1, sending_time=old),
            read_at(2, 12, 4, purchased_count=0, earnings=0, caption_id=1, sending_time=new),
        ]
        rows += [
            read_at(
                3,
                60,
                100,
                purchased_count=0,
                caption_id=2,
                sending_time=la(days_before(MONDAY, 4)),
                message_type="Bump",
                price=None,
            )
        ]
        dataset.put("mass_messages", rows)
        dataset.refresh_facts(la(MONDAY, 0))
        dataset.update_performance(MONDAY)
        stats = dataset.rows("caption_bandit_stats", "caption_id").to_dict("records")
        assert [row["total_observations"] for row in stats] == [400, 530]
        assert [row["successes"] for row in stats] == [20, 100]
        assert stats[0]["send_count"] == 2
        assert stats[0]["last_used"].to_pydatetime() == new
        assert stats[0]["last_emv_observed"] == stats[0]["avg_emv"] == 200.0
        assert dataset.select("cook", counts={"budget": 1}).empty, "it was sent a day ago"
