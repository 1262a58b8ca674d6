"""The fast path chooses what the SQL chooses, and plans the same weeks, week after week."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from eros_assets.cli.simulating import run_graph
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.demo import Agency
from eros_assets.demo.agency import agency_of_shape
from eros_assets.demo.roster import PRICE_TIERS, SIZES
from eros_assets.settings import load_settings
from eros_assets.simulation.draws import wilson_draws
from eros_assets.simulation.fast import FastLine
from eros_assets.simulation.graph import GraphLine
from eros_assets.simulation.learning import learned
from eros_assets.simulation.outlook import day_number
from eros_assets.simulation.season import play
from eros_assets.simulation.selection import ARMS
from eros_assets.tuning import Knobs
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.weekly.text_priors import refresh_text_priors
from tests.demo.conftest import LAST_DAY
from tests.simulation.conftest import FIRST_WEEK, fast_line, season
from tests.sql.draws import beta_draw

SECOND_WEEK = FIRST_WEEK + dt.timedelta(weeks=1)


@dataclass(frozen=True)
class BothPlayed:
    """Two weeks by the graph; the fast line has played the first and is to choose the second."""

    graph: pd.DataFrame
    records: Path
    dataset: Dataset
    fast: FastLine

    def query(self, sql: str) -> pd.DataFrame:
        return self.dataset.warehouse.query(sql, {"week": SECOND_WEEK})


@pytest.fixture(scope="module", params=[0.0, 1.0], ids=["words tell nothing", "words sell"])
def agency(request: pytest.FixtureRequest) -> Agency:
    return agency_of_shape(SIZES["small"], 2, LAST_DAY, text_effect=request.param)


@pytest.fixture(scope="module")
def both(
    agency: Agency,
    tuning: dict[str, pd.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BothPlayed]:
    folder = tmp_path_factory.mktemp("graph")
    settings = load_settings({"env": "local", "home": folder / "home"})
    with storage_of(settings.warehouse_file).opened():  # opened once, not by each statement
        line = GraphLine(folder, agency.tables, "eros", None, run_graph)
        by_graph = play(season(agency, 2), line, folder / "records")
        fast = fast_line(agency, tuning)
        play(season(agency, 1), fast)
        yield BothPlayed(by_graph, folder / "records", open_dataset(settings), fast)


def test_text_priors_are_the_same(both: BothPlayed, agency: Agency) -> None:
    """And there are some only where words sell."""
    catalogue, knobs = both.fast.catalogue, both.fast.knobs
    known = learned(both.fast.facts, catalogue, knobs, day_number(SECOND_WEEK), both.fast.texts)
    assert known.text is not None
    rows = both.query("SELECT * FROM `${dataset}.caption_text_priors` ORDER BY caption_id")
    at = catalogue.caption_index(rows["caption_id"].astype("Int64"))
    assert np.array_equal(known.text.multiplier[at], rows["multiplier"])
    assert np.isnan(np.delete(known.text.multiplier, at)).all()
    tier = pd.Index(PRICE_TIERS).get_indexer(pd.Index(rows["price_tier"]))
    explained = rows["explained_variance"].to_numpy(dtype=float)
    np.testing.assert_allclose(known.text.explained_variance[tier], explained, rtol=1e-9)
    words_sell = not np.array_equal(agency.truth.appeal, _without_words().truth.appeal)
    assert (len(rows) > 100) == words_sell


def _without_words() -> Agency:
    return agency_of_shape(SIZES["small"], 2, LAST_DAY)


@pytest.mark.parametrize("lookback_days", [540, 60])
def test_what_was_learned_is_the_same(both: BothPlayed, lookback_days: int) -> None:
    """Also from a window shorter than the history: older first sends count as such all the same."""
    catalogue = both.fast.catalogue
    knobs = Knobs({**both.fast.knobs, "stats_lookback_days": lookback_days})
    refresh_text_priors(both.dataset, SECOND_WEEK, knobs)
    both.dataset.call(
        "update_caption_performance", p_as_of=SECOND_WEEK, p_lookback_days=lookback_days
    )
    known = learned(both.fast.facts, catalogue, knobs, day_number(SECOND_WEEK), both.fast.texts)
    priors = both.query("SELECT * FROM `${dataset}.caption_priors`")
    page = pd.Index(catalogue.pages).get_indexer(pd.Index(priors["page_name"]))
    tier = pd.Index(PRICE_TIERS).get_indexer(pd.Index(priors["price_tier"]))
    flat = known.flat
    for ours, column in (
        (flat.successes[page, tier], "prior_successes"),
        (flat.failures[page, tier], "prior_failures"),
        (flat.dispersion[page, tier], "dispersion"),
        (known.noise[(tier == 3).astype(int)], "send_noise"),
        (known.wear.effect[(tier == 3).astype(int)], "wear_effect"),
        (known.wear.days[(tier == 3).astype(int)], "wear_days"),
        (known.appeal.variance[tier], "appeal_variance"),
        (known.appeal.pair_variance[page, tier], "pair_variance"),
    ):
        np.testing.assert_allclose(ours, priors[column].to_numpy(dtype=float), rtol=1e-11)
    stats = both.query("SELECT * FROM `${dataset}.caption_bandit_stats`")
    page = pd.Index(catalogue.pages).get_indexer(pd.Index(stats["page_name"]))
    caption = catalogue.caption_index(stats["caption_id"].astype("Int64"))
    for name in ("successes", "failures"):
        counts = getattr(known, name)
        assert (counts[page, caption] == stats[name]).all()
        assert counts.sum() == stats[name].sum()
    liked = both.query("SELECT * FROM `${dataset}.page_tastes`")
    page_at = pd.Index(catalogue.pages).get_indexer(pd.Index(liked["page_name"]))
    kind_at = pd.Index(catalogue.categories).get_indexer(pd.Index(liked["content_category"]))
    by_sql = np.ones_like(known.tastes.multiplier)
    by_sql[page_at, kind_at] = liked["taste"].to_numpy(dtype=float)
    np.testing.assert_allclose(known.tastes.multiplier, by_sql, rtol=1e-9)
    assert set(liked["variance"]) <= {known.tastes.variance}
    assert set(liked["half_life_days"]) <= {known.tastes.half_life_days}
    effect = priors.set_index(["page_name", "price_tier"])["wear_effect"]
    for row in range(0, len(stats), 7):
        a, b = known.posterior(page[row], catalogue.tier[caption[row]], caption[row : row + 1])
        by_sql = stats.iloc[row]
        successes = by_sql["prior_successes"] + by_sql["effective_successes"]
        trials = successes + by_sql["prior_failures"] + by_sql["effective_failures"]
        unworn = np.exp(-effect[by_sql["page_name"], by_sql["price_tier"]] * by_sql["wear"])
        taste = known.taste[page[row], caption[row]]
        assert a[0] == pytest.approx(successes, rel=1e-11)
        assert a[0] + b[0] * taste == pytest.approx(trials / unworn, rel=1e-11)


def test_targets_captions_arms_and_scores_are_the_same(both: BothPlayed) -> None:
    week = both.fast.decide(SECOND_WEEK)
    catalogue = both.fast.catalogue
    targets = both.query(
        "SELECT * EXCEPT (computed_at, run_id) FROM `${dataset}.weekly_volume_targets` "
        "WHERE week_start = @week ORDER BY page_name"
    )
    ours = pd.DataFrame([week.targets[page] for page in sorted(week.targets)])
    assert_frame_equal(ours[targets.columns], targets, check_dtype=False, rtol=1e-12)
    chosen = week.selections
    found = pd.DataFrame(
        {
            "page_name": np.array(catalogue.pages, dtype=object)[chosen.page],
            "caption_id": catalogue.caption_ids[chosen.caption],
            "price_tier": np.array(PRICE_TIERS, dtype=object)[chosen.tier],
            "arm": np.array(ARMS, dtype=object)[chosen.arm],
            "thompson_score": chosen.draw,
            "final_score": chosen.final_score,
        }
    ).sort_values(["page_name", "caption_id"], ignore_index=True)
    by_sql = both.query(
        "SELECT page_name, caption_id, price_tier, arm, thompson_score, final_score "
        "FROM `${dataset}.caption_selections` WHERE week_start = @week "
        "ORDER BY page_name, caption_id"
    )
    assert "control" in set(by_sql["arm"])
    assert_frame_equal(found, by_sql, check_dtype=False, rtol=1e-12, atol=1e-12)


def test_schedules_have_the_same_ids_and_messages(both: BothPlayed) -> None:
    fast = both.fast.plan(SECOND_WEEK)
    by_graph = pd.read_parquet(both.records / f"week-{SECOND_WEEK}.parquet")
    columns = list(fast.columns)
    order = ["page_name", "message_number"]
    assert_frame_equal(
        fast.sort_values(order, ignore_index=True),
        by_graph[columns].sort_values(order, ignore_index=True),
        check_dtype=False,
    )


def test_draws_are_those_of_the_published_formula() -> None:
    a, b = np.array([0.6, 1.0, 4.0, 300.0]), np.array([465.0, 1.0, 300.0, 2e4])
    names = np.array([1, 22, 7_512_345_678_901_234_567, 4])
    drawn = wilson_draws(a, b, "seed|2026-02-09|page|", names)
    expected = [
        beta_draw(x, y, f"seed|2026-02-09|page|{name}")
        for x, y, name in zip(a, b, names, strict=True)
    ]
    np.testing.assert_allclose(drawn, expected, rtol=1e-12)
