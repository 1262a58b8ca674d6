"""Seasons: the audiences' chance is the same for all, and a season goes on where it stopped."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

from eros_assets.demo import Agency, Mood, Response, Truth, agency_of_shape, scaled_size
from eros_assets.simulation.answers import answers, price_list, priced
from eros_assets.simulation.policies import Eros, Exact, drawn_from
from eros_assets.simulation.report import (
    half_width,
    oracle_shares,
    page_shares,
    picture,
    summary,
    summary_lines,
)
from eros_assets.simulation.season import play
from tests.demo.conftest import LAST_DAY
from tests.simulation.conftest import FIRST_WEEK, fast_line, season

Tuning = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def week(small: Agency, tuning: Tuning) -> pd.DataFrame:
    """A planned week with prices."""
    schedule = fast_line(small, tuning).plan(FIRST_WEEK)
    return priced(schedule, price_list(small.tables))


def answered(agency: Agency, messages: pd.DataFrame, seed: int = 5) -> pd.DataFrame:
    return answers(agency.truth, messages, 3, seed, agency.tables["mass_messages"])


def test_answers_depend_on_the_seed_and_on_nothing_else(small: Agency, week: pd.DataFrame) -> None:
    drawn = answered(small, week)
    shuffled = answered(small, week.sample(frac=1, random_state=1)).reindex(drawn.index)
    assert_frame_equal(shuffled, drawn)
    others = answered(small, week, seed=6)
    assert (others["viewed_count"] != drawn["viewed_count"]).mean() > 0.9


def test_another_page_s_messages_do_not_change_the_answers(
    small: Agency, week: pd.DataFrame
) -> None:
    page = week["page_name"].iloc[0]
    alone = week[week["page_name"] == page]
    assert_frame_equal(answered(small, alone), answered(small, week).loc[alone.index])


def test_two_captions_in_one_place_meet_the_same_chance(small: Agency, week: pd.DataFrame) -> None:
    """So that what differs between policies is the captions' doing."""
    noise, other_noise = [], []
    for seed in range(20):
        swapped = week.assign(caption_id=week["caption_id"].iloc[::-1].to_numpy())
        first, second = answered(small, week, seed), answered(small, swapped, seed)
        noise.append(first["viewed_count"] / first["expected_sent"])
        other_noise.append(second["viewed_count"] / second["expected_sent"])
    correlations = [
        np.corrcoef(a, b)[0, 1]
        for a, b in zip(np.array(noise).T, np.array(other_noise).T, strict=True)
    ]
    assert np.median(correlations) > 0.8


def test_answers_average_to_what_was_expected(small: Agency, week: pd.DataFrame) -> None:
    draws = [answered(small, week, seed) for seed in range(20)]
    earned = np.array([d["earnings"].sum() for d in draws])
    expected = draws[0]["expected_earnings"].sum()
    assert abs(earned.mean() - expected) < 4 * earned.std() / np.sqrt(len(draws))
    sent = np.mean([d["sent_count"].sum() for d in draws])
    assert sent == pytest.approx(draws[0]["expected_sent"].sum(), rel=0.01)


def test_a_season_broken_off_goes_on_where_it_stopped(
    small: Agency, tuning: Tuning, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = play(season(small, 3), fast_line(small, tuning))
    folder = tmp_path_factory.mktemp("records")
    weeks_played = 0

    def break_off() -> None:
        nonlocal weeks_played
        weeks_played += 1
        if weeks_played == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(season(small, 3), fast_line(small, tuning), folder, break_off)
    kept = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(kept) == 2
    again = play(season(small, 3), fast_line(small, tuning), folder)
    assert_frame_equal(again, whole)
    assert {n: (folder / n).stat().st_mtime_ns for n in kept} == kept, "a week was played twice"


def test_who_knows_more_earns_more(small: Agency, tuning: Tuning) -> None:
    """The oracle knows the truth, greed the history, chance nothing."""
    earned = {
        policy: play(season(small, 2), fast_line(small, tuning, policy, control_share=0.0))[
            "expected_earnings"
        ].sum()
        for policy in ("uniform", "incumbent", "greedy", "eros", "oracle")
    }
    assert earned["oracle"] > 1.2 * max(earned["eros"], earned["greedy"])
    assert min(earned["eros"], earned["greedy"]) > 1.2 * earned["incumbent"]
    assert earned["eros"] > 1.5 * earned["uniform"]


def test_draws_are_those_of_the_posteriors_by_our_formula_and_by_numpys(
    small: Agency, tuning: Tuning
) -> None:
    """Where each draw lies in its Beta distribution is uniform (Kolmogorov and Smirnov)."""
    situation = fast_line(small, tuning).situation(FIRST_WEEK)
    for policy in (Eros(), Exact()):
        places: list[np.ndarray] = []
        for page in range(len(situation.catalogue.pages)):
            captions = np.flatnonzero(situation.catalogue.tier == 1)
            a, b = drawn_from(situation, page, 1, captions)
            wide = np.minimum(a, b) > 20  # our formula is an approximation of narrow counts
            draws = policy.scores(situation, page, 1, captions)
            places.append(stats.beta.cdf(draws, a, b)[wide])
        both = np.concatenate(places)
        assert both.size > 500
        assert stats.kstest(both, "uniform").pvalue > 0.001, policy.name


def test_weeks_keep_the_rules_between_them(small: Agency, tuning: Tuning, tmp_path_factory) -> None:
    """A caption sent by any page rests a week on all of them."""
    folder = tmp_path_factory.mktemp("weeks")
    play(season(small, 3), fast_line(small, tuning, "greedy"), folder)
    weeks = [set(pd.read_parquet(path)["caption_id"]) for path in sorted(folder.iterdir())]
    assert all(len(captions) > 100 for captions in weeks)
    assert not weeks[0] & weeks[1]
    assert not weeks[1] & weeks[2]


def test_an_agency_of_any_number_of_creators_can_be_played(tuning: Tuning) -> None:
    agency = agency_of_shape(scaled_size(5, captions=300, days=60), 1, LAST_DAY)
    assert len(agency.creators) == 5
    played = play(season(agency, 1), fast_line(agency, tuning))
    assert played["messages"].sum() > 40
    assert set(played["page_name"]) <= {creator.page_name for creator in agency.creators}


def test_audiences_tire_and_drift_as_they_are_told() -> None:
    """So that remedies can be measured against more of either than the sample agency has."""
    shape = scaled_size(5, captions=300, days=60)
    usual = agency_of_shape(shape, 1, LAST_DAY).truth
    stirred = agency_of_shape(shape, 1, LAST_DAY, Response(wear_effect=1.5), Mood(0.8, 0.9)).truth
    assert stirred.taste.std() == pytest.approx(4 * usual.taste.std(), rel=0.25)
    first = {
        "page_name": usual.pages[0],
        "caption_id": usual.caption_ids[0],
        "message_type": "PPV",
        "price": 15.0,
    }
    monday = pd.Timestamp(FIRST_WEEK, tz="UTC")
    twice = pd.DataFrame([{**first, "sending_time": monday + pd.Timedelta(days=d)} for d in (1, 8)])
    alone = twice.iloc[1:]

    def worn(truth: Truth) -> float:
        again = truth.expected(twice)["purchase_rate"].iloc[1]
        return float(again / truth.expected(alone)["purchase_rate"].iloc[0])

    assert worn(usual) == pytest.approx(np.exp(-0.35 * np.exp(-7 / 60)))
    assert worn(stirred) == pytest.approx(np.exp(-1.5 * np.exp(-7 / 60)))


def results() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "policy": policy,
            "seed": seed,
            "week_start": FIRST_WEEK + pd.Timedelta(weeks=week).to_pytimedelta(),
            "recipients": 1000,
            "earnings": rng.normal(level, 1),
            "expected_recipients": 1000.0,
            "expected_earnings": level,
        }
        for policy, level in (("eros", 40.0), ("oracle", 50.0))
        for seed in (1, 2, 3)
        for week in range(4)
    )


def test_the_summary_says_emv_and_share_with_their_intervals() -> None:
    found = summary(results())
    assert list(found["policy"]) == ["oracle", "eros"]
    eros = found.iloc[1]
    assert eros["share"] == pytest.approx(0.8)
    assert eros["share_half_width"] == pytest.approx(0)
    by_seed = results().query("policy == 'eros'").groupby("seed")["earnings"].mean()
    assert eros["emv"] == pytest.approx(by_seed.mean())
    assert eros["emv_half_width"] == pytest.approx(4.303 * by_seed.std() / np.sqrt(3))
    assert summary_lines(found)[1][2] == "80.0 ± 0.0 %"


def test_pages_are_compared_with_what_they_have_themselves_under_the_oracle() -> None:
    """A page of half the oracle's and one of all of it, whatever their size."""
    rows = [
        {"policy": policy, "seed": 1, "page_name": page, "week_start": FIRST_WEEK}
        | {"expected_recipients": size, "expected_earnings": size * level}
        for page, size, own in (("small", 10.0, 0.5), ("large", 1000.0, 1.0))
        for policy, level in (("eros", own), ("oracle", 1.0))
    ]
    shares = page_shares(pd.DataFrame(rows))
    assert shares.loc["eros"].to_dict() == {(1, "large"): 1.0, (1, "small"): 0.5}
    assert oracle_shares(pd.DataFrame(rows)).loc["eros", 1] == pytest.approx(1005 / 1010)


def test_one_seed_has_no_interval() -> None:
    assert np.isnan(half_width(np.array([1.0])))
    alone = summary(results().query("seed == 1 and policy == 'eros'"))
    assert [line[1:3] for line in summary_lines(alone)] == [(f"{alone['emv'].iloc[0]:.2f}", "–")]


def test_the_picture_is_a_png_and_the_same_for_the_same_results() -> None:
    png = picture(results(), "title")
    assert png.startswith(b"\x89PNG")
    assert png == picture(results(), "title")
