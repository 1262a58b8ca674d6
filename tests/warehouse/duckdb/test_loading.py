"""Loads: what fits its table arrives whole, what doesn't is named and changes nothing."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.protocol import Typed, WarehouseError

ALL = "SELECT * FROM `${dataset}.songs` ORDER BY song_id"
BIG = 7512345678901234567


def whole() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tags": [["a", "b"], [], None],
            "song_id": pd.array([BIG, 2, None], dtype="Int64"),
            "band": ["cooks", None, "é 😀"],
            "rating": [1.5, float("nan"), 2.0],
            "is_live": [True, False, None],
            "released": [dt.date(2024, 2, 29), None, dt.date(2025, 1, 1)],
            "played_at": pd.to_datetime(
                ["2024-03-10T09:30:00.123456Z", None, "2025-01-01T00:00:00.5Z"]
            ),
        }
    )


def ids(warehouse: DuckDBWarehouse) -> list[Any]:
    return warehouse.query(ALL)["song_id"].tolist()


@pytest.mark.parametrize("as_file", [False, True])
def test_every_type_arrives(songs: DuckDBWarehouse, tmp_path: Path, as_file: bool) -> None:
    file = tmp_path / "songs.parquet"
    whole().to_parquet(file)
    assert songs.load("songs", file if as_file else whole()).rows == 3
    found = songs.query(ALL)
    assert found["song_id"].tolist() == [pd.NA, 2, BIG]
    assert found["band"].tolist() == ["é 😀", None, "cooks"]
    assert found["is_live"].tolist() == [pd.NA, False, True]
    assert found["released"].tolist() == [dt.date(2025, 1, 1), None, dt.date(2024, 2, 29)]
    assert found["played_at"][2] == pd.Timestamp("2024-03-10T09:30:00.123456Z")
    assert found["tags"][2] == ["a", "b"]
    nulls = songs.query("SELECT COUNT(*) AS n FROM `${dataset}.songs` AS s WHERE s.rating IS NULL")
    assert nulls["n"][0] == 1


def test_results_have_the_promised_types(songs: DuckDBWarehouse) -> None:
    for rows in (whole(), whole().head(0)):
        songs.load("songs", rows)
        types = {name: str(kind) for name, kind in songs.query(ALL).dtypes.items()}
        assert types == {
            "song_id": "Int64",
            "band": "object",
            "rating": "float64",
            "is_live": "boolean",
            "released": "object",
            "played_at": "datetime64[us, UTC]",
            "tags": "object",
        }


def test_columns_that_are_absent_are_null(songs: DuckDBWarehouse) -> None:
    songs.load("songs", pd.DataFrame({"SONG_ID": [1]}))
    row = songs.query(ALL).iloc[0]
    assert row["song_id"] == 1
    assert row["band"] is None


def test_counts_may_arrive_as_floats(songs: DuckDBWarehouse) -> None:
    songs.load("songs", pd.DataFrame({"song_id": [3.0, np.nan]}))
    assert ids(songs) == [pd.NA, 3]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("song_id", [1.0, 2.5], r"row 2, column song_id: 2\.5"),
        ("song_id", ["1", "one"], "row 2, column song_id: 'one'"),
        ("band", ["a", 1], "row 2, column band: 1"),
        ("is_live", [1, 5], "row 2, column is_live: 5"),
        ("is_live", [1.0, 0.5], r"row 2, column is_live: 0\.5"),
        ("released", ["2024-01-01", "2024-13-01"], "row 2, column released: '2024-13-01'"),
        ("released", pd.to_datetime(["2024-01-01 05:00"]), "row 1, column released"),
        ("played_at", pd.to_datetime(["2024-01-01 05:00"]), "without a zone"),
        ("played_at", [dt.date(2024, 1, 1)], "without a zone"),
        ("tags", ["a"], "a text is no array"),
        ("lost", [1], "the table has no column lost; it has song_id"),
    ],
)
def test_what_doesn_t_fit_is_named_and_changes_nothing(
    songs: DuckDBWarehouse, column: str, values: Any, message: str
) -> None:
    songs.load("songs", pd.DataFrame({"song_id": [7]}))
    with pytest.raises(WarehouseError, match=message) as raised:
        songs.load("songs", pd.DataFrame({column: values}))
    assert "load into songs" in str(raised.value)
    assert ids(songs) == [7]


def test_names_that_differ_in_case_alone_are_one(songs: DuckDBWarehouse) -> None:
    with pytest.raises(WarehouseError, match="two columns of the data have the same name"):
        songs.load("songs", pd.DataFrame({"band": ["a"], "BAND": ["b"]}))


def test_an_unreadable_file_is_named(songs: DuckDBWarehouse, tmp_path: Path) -> None:
    file = tmp_path / "bad.parquet"
    file.write_text("no parquet")
    with pytest.raises(WarehouseError, match=r"bad\.parquet is no readable Parquet"):
        songs.load("songs", file)


def test_an_unknown_table_is_named(songs: DuckDBWarehouse) -> None:
    with pytest.raises(WarehouseError, match="load into lost: the table is not deployed"):
        songs.load("lost", pd.DataFrame({"a": [1]}))


class TestReplacing:
    """Which rows a load takes out first."""

    @pytest.fixture
    def filled(self, songs: DuckDBWarehouse) -> DuckDBWarehouse:
        day = [dt.date(2024, 1, 1), dt.date(2024, 1, 8)]
        songs.load(
            "songs",
            pd.DataFrame(
                {
                    "song_id": [1, 2, 3, 4],
                    "band": ["a", "b", "a", None],
                    "released": [day[0], day[0], day[1], day[1]],
                }
            ),
        )
        return songs

    @pytest.mark.parametrize(
        ("replacing", "left"),
        [
            (None, []),
            ({"released": dt.date(2024, 1, 1)}, [3, 4]),
            ({"released": dt.date(2024, 1, 1), "band": ["a", "c"]}, [2, 3, 4]),
            ({"band": "a"}, [2, 4]),
            ({"band": None}, [1, 2, 3]),
            ({"band": Typed([], "ARRAY<STRING>")}, [1, 2, 3, 4]),
            ({"band": []}, [1, 2, 3, 4]),
            ({"song_id": [1, 4]}, [2, 3]),
        ],
    )
    def test_by_equality(self, filled: DuckDBWarehouse, replacing: Any, left: list[int]) -> None:
        job = filled.load("songs", pd.DataFrame({"song_id": [9]}), replacing=replacing)
        assert job.rows == 1
        assert ids(filled) == [*left, 9]

    @pytest.mark.parametrize(
        ("replacing", "message"),
        [({}, "names no column"), ({"lost": 1}, "no column lost"), ({"song_id": "x"}, "songs")],
    )
    def test_by_what_can_t_be_is_an_error(
        self, filled: DuckDBWarehouse, replacing: Any, message: str
    ) -> None:
        with pytest.raises(WarehouseError, match=message):
            filled.load("songs", pd.DataFrame({"song_id": [9]}), replacing=replacing)
        assert ids(filled) == [1, 2, 3, 4]
