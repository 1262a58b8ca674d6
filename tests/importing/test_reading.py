"""What is right in files arrives as it is, exactly."""

import csv
import datetime as dt
import gzip
import json
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from eros_assets.demo import sample_agency
from eros_assets.importing.inputs import read_inputs
from tests.importing.conftest import BANK, MESSAGES, Spoil

LISTS = ("restricted_categories", "restricted_price_tiers", "blocked_patterns")


def test_csv_arrives_with_the_contracts_types(folder: Path) -> None:
    tables = read_inputs(folder).tables
    assert tables["mass_messages"].dtypes.astype(str).to_dict() == {
        "row_id": "Int64",
        "page_name": "object",
        "message": "object",
        "sending_time": "datetime64[us, UTC]",
        "price": "float64",
        "sent_count": "Int64",
        "viewed_count": "Int64",
        "purchased_count": "Int64",
        "earnings": "float64",
        "message_type": "object",
        "caption_id": "Int64",
        "status": "object",
        "counted_at": "datetime64[us, UTC]",
        "text_id": "object",
    }
    assert tables["caption_bank"].dtypes.astype(str).to_dict() == {
        "caption_id": "int64",
        "caption_text": "object",
        "content_category": "object",
        "price_tier": "object",
        "has_urgency": "bool",
        "page_name": "object",
        "is_active": "bool",
        "created_at": "datetime64[us, UTC]",
        "text_id": "object",
    }
    assert tables["creators"]["is_active"].dtype == bool


def test_ids_counts_and_texts_survive_exactly(folder: Path) -> None:
    messages = read_inputs(folder).tables["mass_messages"]
    assert messages["caption_id"].tolist() == [7512345678901234567, -2141578500986492765, pd.NA]
    assert messages["sent_count"].tolist() == [280, 280, 100]
    assert messages["message"].tolist()[1] == 'She said "yes",\ntwice'
    assert messages["price"].isna().tolist() == [False, True, False]


def test_times_of_every_zone_arrive_in_utc(folder: Path) -> None:
    times = read_inputs(folder).tables["mass_messages"]["sending_time"]
    expected = [
        dt.datetime(2025, 10, 1, 17, tzinfo=dt.UTC),
        dt.datetime(2025, 10, 2, 17, 30, tzinfo=dt.UTC),
        dt.datetime(2025, 10, 3, 17, tzinfo=dt.UTC),
    ]
    assert times.tolist() == expected


def test_empty_cells_are_null(folder: Path) -> None:
    tables = read_inputs(folder).tables
    assert tables["creators"]["display_name"].tolist() == ["Clay & Kiln", None]
    assert tables["caption_bank"]["page_name"].tolist() == [None, "clay_and_kiln", None]
    assert pd.isna(tables["caption_bank"]["created_at"].iloc[1])


def test_words_that_mean_null_elsewhere_are_words(spoil: Spoil) -> None:
    folder = spoil("caption_bank.csv", "Soup", "NA")
    assert read_inputs(folder).tables["caption_bank"]["caption_text"].iloc[2] == "NA"


def test_lists_are_json_or_separated_by_semicolons(folder: Path) -> None:
    rules = read_inputs(folder).tables["creator_caption_restrictions"]
    assert rules["restricted_categories"].tolist() == [["recipe", "story_time"], ["tutorial"]]
    assert rules["restricted_price_tiers"].tolist() == [[], ["bump"]]
    assert rules["blocked_patterns"].tolist() == [["(?i)a;b", "[xy]$"], []]


def test_without_creators_each_page_is_one(folder: Path) -> None:
    (folder / "creators.csv").unlink()
    creators = read_inputs(folder).tables["creators"]
    assert creators.to_dict("list") == {
        "page_name": ["clay_and_kiln", "maya_cooks"],
        "display_name": ["Clay And Kiln", "Maya Cooks"],
        "is_active": [True, True],
    }


def test_without_restrictions_there_are_none(folder: Path) -> None:
    (folder / "creator_caption_restrictions.csv").unlink()
    rules = read_inputs(folder).tables["creator_caption_restrictions"]
    assert rules.empty
    assert rules.columns.tolist() == ["page_name", *LISTS, "is_active"]


def test_an_empty_history_is_a_history(folder: Path) -> None:
    (folder / "mass_messages.csv").write_text(MESSAGES.splitlines()[0] + "\n")
    (folder / "creators.csv").unlink()
    tables = read_inputs(folder).tables
    assert tables["mass_messages"].empty
    assert str(tables["mass_messages"]["sending_time"].dtype) == "datetime64[us, UTC]"
    assert tables["creators"].empty


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1,clay_and_kiln", "1,"),
        ("2025-10-01T17:00:00Z", ""),
        (",280,140,", ",0,0,"),
        (",280,140,", ",100,140,"),
        (",140,2,", ",140,-2,"),
        ("25.0,PPV", "-25.0,PPV"),
        ("25.0,PPV", "25.0,ppv"),
        ("25.0,PPV", "25.0,"),
        ("3,maya_cooks", "1,maya_cooks"),
        ("1,clay_and_kiln", ",clay_and_kiln"),
        ("1,clay_and_kiln", "1,Clay and Kiln"),
    ],
)
def test_rows_that_break_a_business_rule_pass(spoil: Spoil, old: str, new: str) -> None:
    folder = spoil("mass_messages.csv", old, new)
    assert len(read_inputs(folder).tables["mass_messages"]) == 3


def test_blank_lines_byte_order_mark_and_windows_line_ends_do_no_harm(folder: Path) -> None:
    text = "\ufeff" + BANK.replace("\n", "\r\n") + "\r\n\r\n"
    (folder / "caption_bank.csv").write_bytes(text.encode())
    bank = read_inputs(folder).tables["caption_bank"]
    assert bank["caption_id"].tolist() == [7512345678901234567, -2141578500986492765, 3]


def test_gzip_and_parquet_give_the_same_tables(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = read_inputs(folder)
    other = tmp_path_factory.mktemp("other")
    (other / "mass_messages.csv.gz").write_bytes(gzip.compress(MESSAGES.encode()))
    for name in ("caption_bank", "creators", "creator_caption_restrictions"):
        plain.tables[name].to_parquet(other / f"{name}.parquet")
    again = read_inputs(other)
    for name, table in plain.tables.items():
        assert_frame_equal(again.tables[name], table)
    assert [file.name for file in again.files["mass_messages"]] == ["mass_messages.csv.gz"]


def test_parquet_of_other_writers_is_taken(folder: Path) -> None:
    (folder / "mass_messages.csv").unlink()
    table = pa.table(
        {
            "row_id": pa.array([1, 2], pa.int32()),
            "page_name": pa.array(["maya_cooks", None]).dictionary_encode(),
            "message": pa.array(["a", "b"], pa.large_string()),
            "sending_time": pa.array([1759338000000, None], pa.timestamp("ms", "America/New_York")),
            "price": pa.array([9, None], pa.int64()),
            "sent_count": pa.array([280.0, float("nan")]),
            "viewed_count": pa.array([1, 2], pa.uint16()),
            "purchased_count": pa.array([None, None], pa.null()),
            "earnings": pa.array([1, 2], pa.decimal128(10, 2)),
            "message_type": ["PPV", "Bump"],
            "caption_id": pa.array([2**62 + 1, None], pa.uint64()),
        }
    )
    pq.write_table(table, folder / "mass_messages.parquet")
    messages = read_inputs(folder).tables["mass_messages"]
    assert messages["caption_id"].tolist() == [2**62 + 1, pd.NA]
    assert messages["sent_count"].tolist() == [280, pd.NA]
    assert messages["sending_time"].iloc[0] == dt.datetime(2025, 10, 1, 17, tzinfo=dt.UTC)
    assert messages["page_name"].tolist() == ["maya_cooks", None]
    assert messages["earnings"].tolist() == [1.0, 2.0]


def test_the_fingerprint_tells_contents_apart(folder: Path, spoil: Spoil) -> None:
    before = read_inputs(folder).fingerprint
    assert read_inputs(folder).fingerprint == before
    assert len(before) == 64
    assert read_inputs(spoil("creators.csv", "Clay & Kiln", "Kiln & Clay")).fingerprint != before


def test_the_sample_agency_survives_a_round_trip_through_csv(tmp_path: Path) -> None:
    agency = sample_agency("small", seed=3, last_day=dt.date(2026, 1, 31))
    for name, table in agency.tables.items():
        lists = [c for c in LISTS if c in table]
        table.assign(**{c: table[c].map(json.dumps) for c in lists}).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
    imported = read_inputs(tmp_path)
    for name, table in agency.tables.items():
        found = imported.tables[name]
        assert found.drop(columns=list(table.columns)).isna().all(axis=None)
        # A second copy of a row, counted at the same time, tells nothing.
        once = table.drop_duplicates("row_id", keep="last") if "row_id" in table else table
        assert_frame_equal(found[table.columns], once.reset_index(drop=True), check_dtype=False)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(2**63), 2**63 - 1),
            st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).filter(
                lambda text: not text.startswith("\ufeff")
            ),
        ),
        unique_by=lambda row: row[0],
        max_size=6,
    )
)
def test_any_id_and_text_survive(rows: list[tuple[int, str]]) -> None:
    bank = pd.DataFrame(rows, columns=["caption_id", "caption_text"]).assign(
        content_category="recipe",
        price_tier="mid",
        has_urgency=True,
        page_name=None,
        is_active=True,
        created_at=None,
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mass_messages.csv").write_text(MESSAGES)
        bank.to_csv(folder / "caption_bank.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
        read = read_inputs(folder).tables["caption_bank"]
    assert read["caption_id"].tolist() == [row[0] for row in rows]
    assert read["caption_text"].tolist() == [row[1] for row in rows]
