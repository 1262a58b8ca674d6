"""Audiences answer as the hidden truth's documentation says, in the past and from then on."""

import dataclasses
import datetime as dt
import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from eros_assets.calendar import la_instant
from eros_assets.demo import Agency, Truth, UnknownToTheTruthError
from eros_assets.demo.exposure import DAY, Sends, overload_pressure, wear
from eros_assets.demo.festivity import GIFT_EFFECT, HOLIDAY_EFFECT, festive_effects
from tests.demo.conftest import LAST_DAY

TUESDAY = LAST_DAY + dt.timedelta(days=9)


def message(
    truth: Truth,
    *,
    page: int = 0,
    caption: int = 0,
    day: dt.date = TUESDAY,
    hour: int = 20,
    price: float = 15.0,
    kind: str = "PPV",
) -> dict[str, object]:
    return {
        "page_name": truth.pages[page],
        "caption_id": truth.caption_ids[caption],
        "sending_time": pd.Timestamp(la_instant(day, hour)),
        "message_type": kind,
        "price": price if kind == "PPV" else np.nan,
    }


def week_of_messages(truth: Truth, count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        message(
            truth,
            page=int(rng.integers(len(truth.pages))),
            caption=int(rng.integers(truth.caption_ids.size)),
            day=LAST_DAY + dt.timedelta(days=int(rng.integers(1, 8))),
            hour=int(rng.integers(8, 23)),
            price=float(rng.integers(5, 45)),
            kind="PPV" if rng.random() < 0.6 else "Bump",
        )
        for _ in range(count)
    )


def test_appeal_is_beta_with_a_page_specific_part(full: Agency) -> None:
    appeal = full.truth.appeal
    for page in (0, 17):
        distance = stats.kstest(appeal[page], stats.beta(0.6, 214.4).cdf).statistic
        assert distance < 0.012
    between_pages = np.corrcoef(appeal[0], appeal[17])[0, 1]
    assert 0.5 < between_pages < 0.9


def test_draws_average_to_what_is_expected(small: Agency) -> None:
    truth = small.truth
    messages = week_of_messages(truth, 40)
    earlier = small.tables["mass_messages"]
    expected = truth.expected(messages, earlier)
    draws = [truth.draw_outcomes(messages, seed, earlier) for seed in range(200)]
    mean = sum(draws[1:], start=draws[0].astype(float)) / len(draws)
    views = expected["recipients"] * expected["view_rate"]
    purchases = views * expected["purchase_rate"]
    assert np.allclose(mean["sent_count"], expected["recipients"], rtol=0.02)
    assert np.allclose(mean["viewed_count"], views, rtol=0.03)
    spread = np.std([d["purchased_count"] for d in draws], axis=0) / np.sqrt(len(draws))
    assert (np.abs(mean["purchased_count"] - purchases) < 5 * spread + 0.02).all()
    prices = messages["price"].fillna(0)
    assert np.allclose(mean["earnings"], mean["purchased_count"] * prices, atol=0.01)


def test_sends_vary_more_than_a_binomial(small: Agency) -> None:
    truth = small.truth
    page = int(np.argmax(truth.audience))
    best = int(np.argmax(truth.appeal[page]))
    one = pd.DataFrame([message(truth, page=page, caption=best)])
    rates = []
    for seed in range(300):
        drawn = truth.draw_outcomes(one, seed).iloc[0]
        rates.append(drawn["purchased_count"] / drawn["viewed_count"])
    assert np.std(rates) / np.mean(rates) == pytest.approx(0.47, abs=0.12)


@given(seed=st.integers(0, 2**31), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(small: Agency, seed: int, order: random.Random) -> None:
    messages = week_of_messages(small.truth, 12, seed=3)
    shuffled = messages.sample(frac=1, random_state=order.randrange(2**31))
    drawn = small.truth.draw_outcomes(messages, seed)
    again = small.truth.draw_outcomes(shuffled, seed)
    assert_frame_equal(again.sort_index(), drawn)


def test_outcomes_keep_every_rule_of_the_input(small: Agency) -> None:
    drawn = small.truth.draw_outcomes(week_of_messages(small.truth, 500), seed=1)
    assert (drawn["sent_count"] > 0).all()
    assert drawn["viewed_count"].between(0, drawn["sent_count"]).all()
    assert drawn["purchased_count"].between(0, drawn["viewed_count"]).all()
    assert (drawn["earnings"] >= 0).all()


def test_bumps_are_viewed_and_never_bought(small: Agency) -> None:
    drawn = small.truth.draw_outcomes(
        pd.DataFrame([message(small.truth, kind="Bump")]), seed=1
    ).iloc[0]
    assert drawn["viewed_count"] > 0
    assert drawn["purchased_count"] == drawn["earnings"] == 0


def test_price_lowers_purchases_by_the_pages_elasticity(small: Agency) -> None:
    truth = small.truth
    pair = pd.DataFrame([message(truth, price=15.0), message(truth, price=30.0, page=0)])
    dear = truth.expected(pair.iloc[[1]])["purchase_rate"].iloc[0]
    usual = truth.expected(pair.iloc[[0]])["purchase_rate"].iloc[0]
    assert dear / usual == pytest.approx(2 ** -truth.elasticity[0])


def test_hours_and_weekdays_are_los_angeles_ones(small: Agency) -> None:
    truth = small.truth
    both_sides = [dt.date(2026, 3, 6), dt.date(2026, 3, 13)]  # Fridays around a clock change
    rates = [
        truth.expected(pd.DataFrame([message(truth, day=day, hour=hour)]))["view_rate"].iloc[0]
        for day in both_sides
        for hour in (3, 20)
    ]
    ratio = truth.hour_view[0, 3] / truth.hour_view[0, 20]
    assert rates[0] / rates[1] == pytest.approx(ratio)
    assert rates[2] / rates[3] == pytest.approx(ratio)


def test_repeating_a_caption_wears_it_out_and_rest_restores_it(small: Agency) -> None:
    truth = small.truth
    new = pd.DataFrame([message(truth)])

    def rate(days_since: int) -> float:
        before = message(truth, day=TUESDAY - dt.timedelta(days=days_since))
        return truth.expected(new, pd.DataFrame([before]))["purchase_rate"].iloc[0]

    fresh = truth.expected(new)["purchase_rate"].iloc[0]
    assert rate(6) / fresh == pytest.approx(np.exp(-0.35 * np.exp(-0.1)))
    assert rate(1) < rate(30) < rate(365) <= fresh


def test_volume_tires_the_audience_of_that_page_only(small: Agency) -> None:
    truth = small.truth
    flood = pd.DataFrame(
        message(truth, page=0, caption=n, day=TUESDAY - dt.timedelta(days=1 + n % 10))
        for n in range(100, 300)
    )
    new = pd.DataFrame([message(truth, page=0), message(truth, page=1)])
    calm, tired = truth.expected(new), truth.expected(new, flood)
    overload = 200 / truth.sustainable[0] - 1
    assert tired["view_rate"].iloc[0] / calm["view_rate"].iloc[0] == pytest.approx(
        np.exp(-0.25 * overload)
    )
    assert tired["purchase_rate"].iloc[0] < calm["purchase_rate"].iloc[0]
    assert tired.iloc[1].equals(calm.iloc[1])


def test_earlier_rows_may_be_as_bad_as_the_history(small: Agency) -> None:
    bad = pd.DataFrame([message(small.truth), message(small.truth), message(small.truth)])
    bad["caption_id"] = pd.array([None, 5, small.truth.caption_ids[1]], dtype="Int64")
    bad["page_name"] = bad["page_name"].where([True, True, False], None)
    new = pd.DataFrame([message(small.truth)])
    assert small.truth.expected(new, bad).iloc[0].equals(small.truth.expected(new).iloc[0])


def test_presents_sell_on_gift_days() -> None:
    days = np.array(["2025-11-28", "2025-07-04", "2025-06-03"], dtype="datetime64[D]")
    views, purchases = festive_effects(days)
    assert list(zip(views, purchases, strict=True)) == [GIFT_EFFECT, HOLIDAY_EFFECT, (1, 1)]


def test_a_truth_can_be_varied(small: Agency) -> None:
    inelastic = dataclasses.replace(small.truth, elasticity=np.zeros(len(small.truth.pages)))
    dear = pd.DataFrame([message(small.truth, price=45.0)])
    assert (
        inelastic.expected(dear)["purchase_rate"].iloc[0]
        > small.truth.expected(dear)["purchase_rate"].iloc[0]
    )


@pytest.mark.parametrize(("column", "value"), [("page_name", "nobody"), ("caption_id", -1)])
def test_unknown_pages_and_captions_are_named(small: Agency, column: str, value: object) -> None:
    unknown = pd.DataFrame([message(small.truth) | {column: value}])
    with pytest.raises(UnknownToTheTruthError, match=f"{column} {value}"):
        small.truth.draw_outcomes(unknown, seed=1)


sends = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 40), st.booleans()),
    min_size=0,
    max_size=25,
)


@given(sends)
def test_pressure_and_wear_are_what_a_plain_loop_says(
    rows: list[tuple[int, int, int, bool]],
) -> None:
    columns = Sends(
        page=np.array([r[0] for r in rows], dtype=np.int64),
        caption=np.array([r[1] for r in rows], dtype=np.int64),
        time=np.array([r[2] * DAY // 2 for r in rows], dtype=np.int64),
        is_ppv=np.array([r[3] for r in rows], dtype=np.bool_),
        price=np.zeros(len(rows)),
    )
    pressure = [
        sum(
            1.0 if other[3] else 0.4
            for other in rows
            if other[0] == row[0] and 0 < row[2] - other[2] <= 28
        )
        for row in rows
    ]
    assert overload_pressure(columns, 14, 0.4) == pytest.approx(pressure)
    worn = wear(columns, 60)
    for i, row in enumerate(rows):
        same = [r for r in rows if r[:2] == row[:2]]
        before = sum(np.exp(-(row[2] - r[2]) / 120) for r in same if r[2] < row[2])
        at_once = sum(r[2] == row[2] for r in same)
        assert before - 1e-9 <= worn[i] <= before + at_once - 1 + 1e-9
