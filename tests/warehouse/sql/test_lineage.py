"""The columns that a column is computed from are read in the parsed SQL."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from eros_assets.warehouse.sql import lineage_reading
from eros_assets.warehouse.sql.library import load_library
from eros_assets.warehouse.sql.lineage import column_lineage

HEADER = "-- {}.\n-- Columns:\n"
FILES = {
    "tables/sends.sql": """-- Sends.
CREATE TABLE IF NOT EXISTS `${dataset}.sends` (
  page STRING, caption INT64, sent INT64, earned FLOAT64, category STRING
)""",
    "tables/totals.sql": """-- Totals.
CREATE TABLE IF NOT EXISTS `${dataset}.totals` (
  page STRING, emv FLOAT64, rank INT64, made_at TIMESTAMP
)""",
    "views/pages.sql": """-- Pages.
-- Columns:
--   page (STRING): page.
--   emv (FLOAT64): EMV.
--   share (FLOAT64): share.
CREATE OR REPLACE VIEW `${dataset}.pages` AS
WITH sums AS (
  SELECT page, SUM(earned) AS earned, SUM(sent) AS sent FROM `${dataset}.sends` GROUP BY page
)
SELECT
  s.page,
  SAFE_DIVIDE(1000 * s.earned, s.sent) AS emv,
  (SELECT MAX(e.category) FROM `${dataset}.sends` AS e WHERE e.page = s.page) AS share
FROM sums AS s""",
    "table_functions/recent.sql": """-- Recent.
-- Columns:
--   page (STRING): page.
--   earned (FLOAT64): USD.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.recent`(p_page STRING) AS (
  SELECT s.page, s.earned FROM `${dataset}.sends` AS s WHERE s.page = p_page
  UNION ALL
  SELECT p.page, p.emv FROM `${dataset}.pages` AS p
)""",
    "procedures/refresh.sql": """-- Refresh.
-- Parameters:
--   p_page: page.
CREATE OR REPLACE PROCEDURE `${dataset}.refresh`(IN p_page STRING)
BEGIN
  DECLARE v_one INT64 DEFAULT 1;
  CREATE OR REPLACE TEMP TABLE fresh AS
  SELECT w.*, v_one AS one
  FROM (
    SELECT r.page, SUM(r.earned) AS earned FROM `${dataset}.recent`(p_page) AS r GROUP BY r.page
  ) AS w;
  MERGE INTO `${dataset}.totals` AS t
  USING fresh AS f
  ON t.page = f.page
  WHEN MATCHED THEN UPDATE SET emv = f.earned + f.one, made_at = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN INSERT (page, rank, made_at) VALUES (f.page, f.one, CURRENT_TIMESTAMP());
  UPDATE `${dataset}.totals` AS t
  SET rank = COALESCE(t.rank, s.caption)
  FROM `${dataset}.sends` AS s
  WHERE t.page = s.page;
END""",
    "operations/per_page.sql": """-- Per page.
-- Parameters:
--   week (DATE): Monday.
SELECT t.page, @week AS week, t.emv FROM `${dataset}.totals` AS t WHERE t.page = 'a'""",
    "operations/tidy.sql": "-- Tidy.\nDELETE FROM `${dataset}.totals` WHERE emv IS NULL",
}

SOURCES: Mapping[str, object] = {
    "pages": {
        "pages": {
            "page": [("sends", "page")],
            "emv": [("sends", "earned"), ("sends", "sent")],
            "share": [("sends", "category")],
        }
    },
    "recent": {
        "recent": {
            "page": [("pages", "page"), ("sends", "page")],
            "earned": [("pages", "emv"), ("sends", "earned")],
        }
    },
    "refresh": {
        "totals": {
            "page": [("recent", "page")],
            "emv": [("recent", "earned")],
            "rank": [("sends", "caption")],
        }
    },
    "per_page": {"per_page": {"page": [("totals", "page")], "emv": [("totals", "emv")]}},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / "sql" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sql" / name).write_text(text + ";\n", encoding="utf-8")
    return tmp_path / "sql"


def test_columns_are_followed_through_views_functions_temporary_tables_and_merges(
    root: Path,
) -> None:
    """What a table takes from itself, constants, variables and the time are no sources."""
    assert column_lineage(load_library(root)) == SOURCES


def test_what_was_read_is_kept_until_the_sql_changes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    reading = lineage_reading.lineage_of
    monkeypatch.setattr(
        lineage_reading,
        "lineage_of",
        lambda o, columns: (read.append(o.name), reading(o, columns))[1],
    )
    cache = tmp_path / "cache"
    assert column_lineage(load_library(root), cache) == SOURCES
    assert len(read) == len(FILES)
    assert column_lineage(load_library(root), cache) == SOURCES
    assert len(read) == len(FILES)
    operation = root / "operations" / "per_page.sql"
    operation.write_text(operation.read_text("utf-8").replace("t.emv", "t.rank"), "utf-8")
    assert column_lineage(load_library(root), cache)["per_page"] == {
        "per_page": {"page": [("totals", "page")], "rank": [("totals", "rank")]}
    }
    assert len(read) == 2 * len(FILES)


def test_a_damaged_file_of_results_is_made_again(root: Path, tmp_path: Path) -> None:
    assert column_lineage(load_library(root), tmp_path) == SOURCES
    [file] = tmp_path.glob("sql_lineage.json")
    file.write_text(json.dumps({"version": "0"}), encoding="utf-8")
    assert column_lineage(load_library(root), tmp_path) == SOURCES
