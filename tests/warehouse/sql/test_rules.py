"""What breaks a rule of `sql/` is named with its line; what only looks like it is not."""

from pathlib import Path

import pytest

from eros_assets.settings import REPOSITORY
from eros_assets.warehouse.sql.rules import rule_violations
from eros_assets.warehouse.sql.syntax import ScriptError

SQL = sorted((REPOSITORY / "sql").rglob("*.sql"))


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_every_file_of_the_repository_keeps_the_rules(path: Path) -> None:
    found = rule_violations(path.read_text(encoding="utf-8"))
    assert (found.settings, found.divisions, found.destructive) == ([], [], [])


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE `${dataset}.creators`;",
        "SELECT 1;\nDROP VIEW `${dataset}.offers`;",
        "TRUNCATE TABLE `${dataset}.creators`;",
        "ALTER TABLE `${dataset}.creators` DROP COLUMN page_name;",
        "CREATE OR REPLACE TABLE `${dataset}.creators` AS SELECT 1 AS n;",
        "CREATE TABLE `${dataset}.creators` (page_name STRING);",
        "CREATE VIEW `${dataset}.offers` AS SELECT 1 AS n;",
        "DELETE FROM `${dataset}.creators`;",
        "DELETE FROM `${dataset}.creators` WHERE TRUE;",
        "DELETE FROM `${dataset}.creators` WHERE 1 = 1;",
        "UPDATE `${dataset}.creators` SET n = (SELECT 1 AS n FROM t WHERE a = 1);",
        "CREATE OR REPLACE PROCEDURE `${dataset}.p`() BEGIN DELETE FROM `${dataset}.t`; END;",
        "IF TRUE THEN DROP TABLE `${dataset}.t`; END IF;",
    ],
)
def test_a_statement_that_loses_something_is_named(text: str) -> None:
    found = rule_violations(text)
    line = text.count("\n") + 1
    assert [fault.split(":")[0] for fault in found.destructive] == [f"line {line}"]
    assert (found.settings, found.divisions) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "-- DROP TABLE creators; 1 / 2; SET @@x = 1\nSELECT 'DROP TABLE a; 1 / 2' AS `drop`;",
        "CREATE TEMP TABLE picked AS SELECT 1 AS n; DROP TABLE picked;",
        "CREATE TABLE IF NOT EXISTS `${dataset}.t` (n INT64);",
        "CREATE OR REPLACE TABLE FUNCTION `${dataset}.f`(p_n INT64) AS SELECT p_n AS n;",
        "DELETE FROM `${dataset}.t` WHERE week_start = @week;",
        "MERGE `${dataset}.t` AS t USING s ON t.n = s.n WHEN MATCHED THEN UPDATE SET n = s.n;",
        "MERGE `${dataset}.t` AS t USING s ON t.n = s.n WHEN NOT MATCHED BY SOURCE THEN DELETE;",
        "SELECT SAFE_DIVIDE(a, b) AS share, @week AS week FROM t;",
    ],
)
def test_what_is_allowed_breaks_no_rule(text: str) -> None:
    found = rule_violations(text)
    assert (found.settings, found.divisions, found.destructive) == ([], [], [])


def test_session_settings_and_divisions_are_named_with_their_lines() -> None:
    found = rule_violations("SET @@time_zone = 'UTC';\nSELECT a / b AS c,\n@@dataset_id AS d;")
    assert [fault.split(":")[:2] for fault in found.settings] == [
        ["line 1", " @@time_zone"],
        ["line 3", " @@dataset_id"],
    ]
    assert [fault.split(":")[0] for fault in found.divisions] == ["line 2"]


def test_a_text_that_can_not_be_read_is_an_error() -> None:
    with pytest.raises(ScriptError):
        rule_violations("SELECT 'open")
