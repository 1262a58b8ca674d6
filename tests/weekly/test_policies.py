"""Chances of the chosen and what other settings would have earned, through the real selection."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import copytree

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from eros_assets.assets.policies import policy_evaluation
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import resources_of
from eros_assets.evaluation.pools import chances
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables, read_knobs
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.weekly.policies import current_policy, policy_rows
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions, with_chances
from tests.shipped import give_translated_sql

MONDAY = dt.date(2025, 11, 3)
PER_PAGE = 60
DRAWS = {"control_share": 0.2, "posterior_sharpening": 32.0, "draw_optimism": 0.25}


def pages_of(count: int) -> list[str]:
    return [f"page_{n:03}" for n in range(count)]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with empty tables, only to be copied."""
    home = tmp_path_factory.mktemp("deployed")
    give_translated_sql(home)
    dataset = installation(home)
    with kept_open(home):
        for sql_object in dataset.library.deploy_order():
            dataset.warehouse.deploy(sql_object)
    return home


@pytest.fixture(scope="module")
def home(deployed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Six pages with captions of their own; five PPVs a week."""
    with with_captions_of_their_own(deployed, tmp_path_factory.mktemp("few"), 6) as home:
        yield home


@pytest.fixture(scope="module")
def many(deployed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """120 such pages: the draws of each are independent of the others'."""
    with with_captions_of_their_own(deployed, tmp_path_factory.mktemp("many"), 120) as home:
        yield home


@pytest.fixture(scope="module")
def drawn(many: Path) -> pd.DataFrame:
    """What is chosen for many pages, with its chances."""
    return chosen(many)


@contextmanager
def with_captions_of_their_own(deployed: Path, folder: Path, count: int) -> Iterator[Path]:
    """No page can take what another one could."""
    pages = pages_of(count)
    ids = np.arange(count * PER_PAGE)
    bank = pd.DataFrame({"caption_id": ids, "page_name": np.repeat(pages, PER_PAGE)})
    bank["content_category"] = [f"category {n % 12}" for n in ids]
    home = Path(copytree(deployed, folder / "home"))
    with kept_open(home):
        furnish(home, bank.assign(has_urgency=False), bank["page_name"])
        yield home


@pytest.fixture(scope="module")
def shared(deployed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Fifteen agencies in one: six pages each that want the same sixty captions.

    A third of these are urgent; they are of four categories, which other agencies' pages must not
    use. A page takes one urgent caption at most, and two of a category.
    """
    agencies = [pages_of(90)[first : first + 6] for first in range(0, 90, 6)]
    wanted: list[pd.DataFrame] = []
    restrictions: list[Mapping[str, object]] = []
    for number, pages in enumerate(agencies):
        ids = np.arange(PER_PAGE)
        bank = pd.DataFrame({"caption_id": number * PER_PAGE + ids, "has_urgency": ids % 3 == 0})
        bank["content_category"] = [f"category {n % 4} of {number}" for n in ids]
        wanted += [bank.assign(wanted_by=page) for page in pages]
        elsewhere = [n for n in range(len(agencies)) if n != number]
        restricted = [f"category {n} of {other}" for other in elsewhere for n in range(4)]
        restrictions += [{"page_name": page, "restricted_categories": restricted} for page in pages]
    pairs = pd.concat(wanted, ignore_index=True).assign(page_name=None)
    home = Path(copytree(deployed, tmp_path_factory.mktemp("shared") / "home"))
    with kept_open(home):
        furnish(
            home,
            pairs.drop(columns="wanted_by"),
            pairs["wanted_by"],
            max_urgent_captions=1,
            max_category_share=0.4,
            control_share=0.0,
            individual_draws=len(pairs),  # as in a bank of sixty captions, each draws by itself
        )
        nothing = pd.Series([[]] * len(restrictions))
        installation(home).warehouse.load(
            "creator_caption_restrictions",
            pd.DataFrame(restrictions).assign(
                restricted_price_tiers=nothing, blocked_patterns=nothing, is_active=True
            ),
        )
        yield home


def kept_open(home: Path) -> AbstractContextManager[object]:
    """Keep the file open: many statements, each a transaction, would open it each."""
    return storage_of(installation(home).settings.warehouse_file).opened()


def furnish(home: Path, pairs: pd.DataFrame, wanted_by: pd.Series, **knobs: float) -> None:
    """Pages know what `pairs` (with the bank's columns) are worth to them."""
    dataset = installation(home)
    warehouse = dataset.warehouse
    for name, frame in configuration_tables(dataset.settings, dataset.library).items():
        changed = frame.assign(**{**DRAWS, **knobs}) if name == "tuning" else frame
        warehouse.load(name, changed)
    bank = pairs.assign(price_tier="mid")
    captions = bank.drop_duplicates("caption_id").assign(is_active=True)
    captions["caption_text"] = [f"Text {n}" for n in captions["caption_id"]]
    warehouse.load("caption_bank", captions)
    pages = wanted_by.unique()
    warehouse.load(
        "creators", pd.DataFrame({"page_name": pages, "display_name": pages, "is_active": True})
    )
    rng = np.random.default_rng(1)
    warehouse.load(
        "caption_bandit_stats",
        bank[["caption_id", "price_tier"]].assign(
            page_name=wanted_by.to_numpy(),
            prior_successes=1.0,
            prior_failures=60.0,
            effective_successes=rng.uniform(0, 10, len(bank)),
            effective_failures=rng.uniform(100, 300, len(bank)),
        ),
    )
    targets = pd.DataFrame({"page_name": pages, "week_start": MONDAY, "num_mid": 5})
    for tier in ("budget", "premium", "bump"):
        targets[f"num_{tier}"] = 0
    warehouse.load("weekly_volume_targets", targets.assign(behavioral_segment="STANDARD"))


def installation(home: Path) -> Dataset:
    return open_dataset(load_settings({"env": "local", "home": home, "today": "2025-11-02"}))


def chosen(home: Path) -> pd.DataFrame:
    dataset = installation(home)
    scope = week_plan_scope(dataset, MONDAY)
    return with_chances(dataset, scope, select_captions(dataset, scope))


def test_chances_are_how_often_the_selection_chooses(many: Path, drawn: pd.DataFrame) -> None:
    """Over 120 pages of the real procedure, of all captions, chosen or not."""
    every = chances_and_choices(many, drawn)
    assert_calibrated(
        every, {(0.9, 1.0): 0.03, (0.5, 0.9): 0.08, (0.1, 0.5): 0.05, (0.0, 0.1): 0.005}
    )


def test_the_number_of_control_places_is_drawn(drawn: pd.DataFrame) -> None:
    """About a fifth of five."""
    control = drawn["control_probability"] * PER_PAGE
    assert float(control.mean()) == pytest.approx(1.0, abs=0.35)
    assert set(control.round(6)) <= {0.0, 1.0, 2.0}


def test_what_others_got_and_what_the_limits_leave_is_counted(shared: Path) -> None:
    """Over 15 agencies whose pages want one bank: of each page's rest, who is chosen how often."""
    every = chances_and_choices(shared, chosen(shared))
    assert_calibrated(every, {(0.8, 1.0): 0.04, (0.2, 0.8): 0.06, (0.0, 0.2): 0.01})
    found = every.loc[every["is_chosen"], "chance current"]
    assert float(found.min()) > 1e-4
    assert float((found < 0.01).mean()) < 0.05


def chances_and_choices(home: Path, week: pd.DataFrame) -> pd.DataFrame:
    """What each page could choose in this week, with its chance and whether it did."""
    treated = week[week["arm"] == "treatment"]
    every = chances_in(home, week)
    choices = pd.MultiIndex.from_frame(treated[["page_name", "caption_id"]])
    pairs = pd.MultiIndex.from_frame(every[["page_name", "caption_id"]])
    return every.assign(is_chosen=pairs.isin(choices))


def assert_calibrated(every: pd.DataFrame, bands: Mapping[tuple[float, float], float]) -> None:
    """Within each band of chances as many are chosen as the chances say, within a slack."""
    assert float(every["chance current"].sum()) == pytest.approx(
        float(every["is_chosen"].sum()), rel=0.04
    )
    for (low, high), slack in bands.items():
        between = every[every["chance current"].between(low, high, inclusive="right")]
        assert len(between) > 100
        often = float(between["is_chosen"].mean())
        assert often == pytest.approx(float(between["chance current"].mean()), abs=slack)


def chances_in(home: Path, week: pd.DataFrame) -> pd.DataFrame:
    """How likely all were in the week just chosen that no other page got, by page."""
    dataset = installation(home)
    pools = dataset.query("pool_log", first_week=MONDAY, last_week=MONDAY, pages=[])
    everyone = dataset.warehouse.query(
        "SELECT s.*, b.content_category, b.has_urgency FROM `${dataset}.caption_bandit_stats` AS s "
        "INNER JOIN `${dataset}.caption_bank` AS b ON s.caption_id = b.caption_id"
    ).assign(week_start=MONDAY)
    owner = everyone["caption_id"].map(week.set_index("caption_id")["page_name"])
    left = everyone[owner.isna() | (owner == everyone["page_name"])].reset_index(drop=True)
    left["posterior_successes"] = left["prior_successes"] + left["effective_successes"]
    left["posterior_failures"] = left["prior_failures"] + left["effective_failures"]
    policy = current_policy(read_knobs(dataset))
    return left.join(chances(pools, left, [policy], replays=20, seed="test"))


def test_the_table_has_what_was_returned(home: Path) -> None:
    returned = chosen(home).sort_values("caption_id", ignore_index=True)
    written = installation(home).warehouse.query(
        "SELECT * FROM `${dataset}.caption_selections` ORDER BY caption_id"
    )
    pd.testing.assert_frame_equal(returned, written, check_exact=True, check_dtype=False)
    assert written["selection_probability"].notna().all()
    again = chosen(home).sort_values("caption_id", ignore_index=True)
    pd.testing.assert_series_equal(
        again["selection_probability"], returned["selection_probability"], check_exact=True
    )


def test_candidates_are_judged_by_what_was_sent_of_the_log(home: Path) -> None:
    """A caption that sells more earns more here: chance must lose, and thin overlap be said."""
    dataset = installation(home)
    warehouse = dataset.warehouse
    selections = chosen(home)
    plans = selections[["page_name", "week_start", "caption_id", "price_tier", "arm"]].assign(
        schedule_id="sched", message_type="PPV", send_date=MONDAY, status="active"
    )
    plans["message_number"] = range(len(plans))
    warehouse.load("schedule_recommendations", plans)
    facts = plans[["page_name", "caption_id", "message_type", "send_date"]].copy()
    posterior = selections[["posterior_successes", "posterior_failures"]].to_numpy(dtype=float)
    rate = posterior[:, 0] / posterior.sum(axis=1)
    facts = facts.assign(row_id=range(len(facts)), sent_count=1000, earnings=2000 * rate)
    warehouse.load("message_facts", facts)
    as_of = MONDAY + dt.timedelta(days=7)
    rows = policy_rows(dataset, as_of).set_index("policy")
    assert (rows["messages"] == len(facts)).all()
    assert rows.loc["current", "mean_weight"] == pytest.approx(1, abs=0.3)
    # The reward is the model's own: doubly robust estimates are exact.
    assert rows.loc["uniform", "dr_emv"] < 0.8 * rows.loc["current", "dr_emv"]
    assert set(rows["overlap"]) == {"thin"}  # thirty messages tell nothing
    control = selections["arm"].eq("control").to_numpy()
    assert rows.loc["uniform", "snips_emv"] == pytest.approx(2000 * rate[control].mean())
    assert rows.loc["uniform", "effective_messages"] == pytest.approx(control.sum())
    assert (rows["weeks_until_detectable"].dropna() > 0).all()
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [policy_evaluation],
            instance=instance,
            resources=resources_of(dataset.settings.model_copy(update={"week": as_of})),
        )
        [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["too_thin_to_tell"].value == sorted(rows.index)
    written = warehouse.query("SELECT * FROM `${dataset}.policy_evaluation`")
    assert set(written["policy"]) == set(rows.index)


def test_without_a_log_nothing_is_claimed(home: Path) -> None:
    dataset = installation(home)
    assert policy_rows(dataset, dt.date(2025, 1, 6)).empty


def test_of_a_log_without_pools_nothing_is_claimed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages of weeks whose pools were not logged, or are of no place: an empty table, whole."""
    dataset = installation(home)
    unknown = pd.DataFrame({"week_start": [MONDAY], "page_name": ["page_0"], "caption_id": [1]})
    more = ("price_tier", "content_category", "has_urgency", "sent_count", "earnings")
    counts = ("prior_successes", "prior_failures", "posterior_successes", "posterior_failures")
    unknown = unknown.assign(**dict.fromkeys((*more, *counts), 1)).assign(price_tier="premium")
    monkeypatch.setattr("eros_assets.weekly.policies.logged_weeks", lambda *_: unknown)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [policy_evaluation],
            instance=instance,
            resources=resources_of(dataset.settings.model_copy(update={"week": MONDAY})),
        )
        [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["too_thin_to_tell"].value == []
