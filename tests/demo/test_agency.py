"""The sample agency has the shape, the size and the flaws that the rest is developed against."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pandas.testing import assert_frame_equal

from eros_assets.demo import Agency, sample_agency
from eros_assets.demo.wording import letters_and_digits
from tests.demo.conftest import LAST_DAY
from tests.demo.rules import broken_rules, valid_messages

COLUMNS = {
    "mass_messages": {
        "row_id": "int64",
        "page_name": "object",
        "message": "object",
        "sending_time": "datetime64[us, UTC]",
        "price": "float64",
        "sent_count": "int64",
        "viewed_count": "int64",
        "purchased_count": "int64",
        "earnings": "float64",
        "message_type": "object",
        "caption_id": "Int64",
        "status": "object",
        "counted_at": "datetime64[us, UTC]",
        "text_id": "object",
    },
    "caption_bank": {
        "caption_id": "int64",
        "caption_text": "object",
        "content_category": "object",
        "price_tier": "object",
        "has_urgency": "bool",
        "page_name": "object",
        "is_active": "bool",
        "created_at": "datetime64[us, UTC]",
        "text_id": "object",
    },
    "creators": {"page_name": "object", "display_name": "object", "is_active": "bool"},
    "creator_caption_restrictions": {
        "page_name": "object",
        "restricted_categories": "object",
        "restricted_price_tiers": "object",
        "blocked_patterns": "object",
        "is_active": "bool",
    },
}
TIER_FROM = {"MICRO": 0, "SMALL": 5_000, "MEDIUM": 25_000, "LARGE": 100_000, "MEGA": 500_000}


def revenue_of_90_days(agency: Agency) -> "pd.Series[float]":
    valid = valid_messages(agency.tables["mass_messages"])
    recent = valid[valid["date"] > LAST_DAY - dt.timedelta(days=90)]
    return recent.groupby("page_name")["earnings"].sum()


@pytest.mark.parametrize("table", COLUMNS)
def test_tables_have_the_contracts_columns_and_types(small: Agency, table: str) -> None:
    types = small.tables[table].dtypes.astype(str).to_dict()
    assert types == COLUMNS[table]


def test_the_same_seed_size_and_day_give_the_same_agency(small: Agency) -> None:
    again = sample_agency("small", seed=7, last_day=LAST_DAY)
    for name, table in small.tables.items():
        assert_frame_equal(table, again.tables[name])
    assert np.array_equal(small.truth.appeal, again.truth.appeal)


def test_another_seed_gives_another_agency(small: Agency) -> None:
    other = sample_agency("small", seed=8, last_day=LAST_DAY)
    assert not small.tables["mass_messages"].equals(other.tables["mass_messages"])


@pytest.mark.parametrize("last_day", [dt.date(2026, 3, 8), dt.date(2025, 12, 31)])
def test_history_ends_on_the_last_day(last_day: dt.date) -> None:
    valid = valid_messages(sample_agency("small", 1, last_day).tables["mass_messages"])
    assert valid["date"].max() == last_day
    assert valid["date"].min() >= last_day - dt.timedelta(days=119)


def test_full_agency_has_the_size_of_a_real_one(full: Agency) -> None:
    bank, messages = full.tables["caption_bank"], full.tables["mass_messages"]
    assert (len(full.tables["creators"]), len(bank), len(messages)) == (38, 44_651, 63_411)
    assert bank["content_category"].nunique() == 15
    assert set(bank["price_tier"]) == {"budget", "mid", "premium", "bump"}
    assert bank["page_name"].isna().mean() == pytest.approx(0.85, abs=0.01)
    assert bank["has_urgency"].mean() == pytest.approx(0.15, abs=0.01)
    assert 0 < (~bank["is_active"]).sum() < 0.02 * len(bank)
    assert (~full.tables["creators"]["is_active"]).sum() == 1
    assert (bank["caption_id"] > 2**53).any()


def test_revenue_of_the_last_90_days_lands_in_all_five_tiers(full: Agency) -> None:
    revenue = revenue_of_90_days(full)
    tier = pd.cut(revenue, [*TIER_FROM.values(), np.inf], right=False, labels=list(TIER_FROM))
    counts = tier.value_counts()
    assert counts.min() >= 3, counts
    meant = {creator.page_name: creator.size.name for creator in full.creators}
    as_meant = [meant[page] == name for page, name in tier.items()]
    assert np.mean(as_meant) > 0.85


def test_small_agency_has_every_tier_too(small: Agency) -> None:
    revenue = revenue_of_90_days(small)
    tier = pd.cut(revenue, [*TIER_FROM.values(), np.inf], right=False, labels=list(TIER_FROM))
    assert set(tier) == set(TIER_FROM)


def test_most_captions_have_no_purchase(full: Agency) -> None:
    valid = valid_messages(full.tables["mass_messages"])
    bought = valid.loc[valid["purchased_count"] > 0, "caption_id"].nunique()
    assert 1 - bought / len(full.tables["caption_bank"]) == pytest.approx(0.63, abs=0.02)


@pytest.mark.parametrize(("name", "share"), [("full", 0.003), ("small", 0.0072)])
def test_each_quarantine_rule_is_broken(
    name: str, share: float, request: pytest.FixtureRequest
) -> None:
    agency: Agency = request.getfixturevalue(name)
    messages = agency.tables["mass_messages"]
    broken = pd.concat(broken_rules(messages), axis=1)
    assert (broken.sum() > 0).all(), broken.sum()
    assert broken.any(axis=1).mean() == pytest.approx(share, rel=0.05)


@pytest.mark.parametrize("name", ["full", "small"])
def test_messages_keep_to_human_hours(name: str, request: pytest.FixtureRequest) -> None:
    agency: Agency = request.getfixturevalue(name)
    valid = valid_messages(agency.tables["mass_messages"])
    night = ~valid["hour"].between(8, 22)
    assert 0 < night.sum() < 60
    day = valid[~night].sort_values(["page_name", "sending_time"])
    gaps = day.groupby(["page_name", "date"])["sending_time"].diff().dropna()
    assert gaps.min() >= pd.Timedelta(minutes=45)


def test_prices_fit_the_captions_tier(full: Agency) -> None:
    valid = valid_messages(full.tables["mass_messages"])
    known = valid.merge(full.tables["caption_bank"], on="caption_id")
    ranges = known[known["price_tier"] != "bump"].groupby("price_tier")["price"].agg(["min", "max"])
    assert ranges.loc["mid"].between(12, 20).all()
    assert ranges.loc["premium"].between(20, 45).all()
    assert ranges.loc["budget"].between(5, 12).all()
    bumps = known[known["price_tier"] == "bump"]
    assert (bumps["message_type"] == "Bump").all()
    assert bumps["price"].isna().all()
    assert (bumps["earnings"] == 0).all()


def test_no_message_precedes_its_caption_or_uses_another_pages(full: Agency) -> None:
    valid = valid_messages(full.tables["mass_messages"])
    known = valid.merge(full.tables["caption_bank"], on="caption_id", suffixes=("", "_owner"))
    assert (known["sending_time"] >= known["created_at"]).all()
    owned = known[known["page_name_owner"].notna()]
    assert (owned["page_name"] == owned["page_name_owner"]).all()


def test_messages_without_caption_can_be_traced_by_their_text(full: Agency) -> None:
    messages, bank = full.tables["mass_messages"], full.tables["caption_bank"]
    unlabelled = messages.loc[messages["caption_id"].isna(), "message"]
    assert 0.03 < len(unlabelled) / len(messages) < 0.05
    keys = set(bank["caption_text"].map(letters_and_digits))
    assert 0.95 < unlabelled.map(letters_and_digits).isin(keys).mean() < 1
    assert unlabelled.isin(set(bank["caption_text"])).mean() < 0.3


@pytest.mark.parametrize(("name", "pairs"), [("full", 6), ("small", 2)])
def test_captions_differ_but_for_a_few_near_duplicates(
    name: str, pairs: int, request: pytest.FixtureRequest
) -> None:
    agency: Agency = request.getfixturevalue(name)
    text = agency.tables["caption_bank"]["caption_text"]
    assert not text.duplicated().any()
    assert text.map(letters_and_digits).duplicated().sum() == pairs


@pytest.mark.parametrize("mark", [",", "\n", '"', "’", "…", "❤️", "î|û|é", r"^\+"])
def test_captions_have_what_files_stumble_over(full: Agency, mark: str) -> None:
    assert full.tables["caption_bank"]["caption_text"].str.contains(mark).any()


def test_blocked_patterns_are_re2_and_block_something(full: Agency) -> None:
    restrictions = full.tables["creator_caption_restrictions"]
    texts = pa.array(full.tables["caption_bank"]["caption_text"])
    patterns = set(restrictions["blocked_patterns"].explode().dropna())
    assert len(patterns) >= 3
    for pattern in patterns:
        blocked = pc.sum(pc.match_substring_regex(texts, pattern)).as_py()
        assert 0 < blocked < len(texts) / 2, pattern
    assert set(restrictions["restricted_price_tiers"].explode().dropna()) <= {"premium", "bump"}
    assert not restrictions["is_active"].all()


def test_an_oversent_page_has_tired_and_a_new_one_has_hardly_begun(full: Agency) -> None:
    valid = valid_messages(full.tables["mass_messages"])
    worn = max(full.creators, key=lambda c: c.overload).page_name
    page = valid[valid["page_name"] == worn]
    recent = page["date"] > LAST_DAY - dt.timedelta(days=14)
    base = (page["date"] > LAST_DAY - dt.timedelta(days=90)) & ~recent
    assert recent.sum() / 14 > 1.7 * base.sum() / 76

    def view_rate(rows: "pd.Series[bool]") -> float:
        return page.loc[rows, "viewed_count"].sum() / page.loc[rows, "sent_count"].sum()

    assert view_rate(recent) < 0.85 * view_rate(base)
    assert 1 <= valid["page_name"].value_counts().min() <= 15
