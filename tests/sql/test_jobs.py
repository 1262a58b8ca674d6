"""How many jobs, and tables read, a script or procedure is on BigQuery: limits that stay."""

import pytest

from benchmarks.bills import Bill, columns_of, script_bill, tables_of
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.shipped import shipped_library

MOST = {
    "select_captions_for_creator": Bill(9, 44),
    "update_caption_performance": Bill(13, 38),
    "lock_caption_assignments": Bill(7, 17),
    "analyze_creator_performance": Bill(4, 10),
    "refresh_message_facts": Bill(15, 43),
}
"""What each is at most, one statement and its tables a job; the call is a job too."""


@pytest.fixture(scope="module")
def library() -> SqlLibrary:
    return shipped_library()


@pytest.mark.parametrize("name", MOST)
def test_a_script_is_no_more_jobs_and_reads_no_more_tables_than_it_did(
    library: SqlLibrary, name: str
) -> None:
    bill, most = script_bill(library, library[name].text), MOST[name]
    assert bill.jobs <= most.jobs
    assert bill.tables <= most.tables


def test_each_statement_that_reads_or_writes_is_a_job_beside_the_script(
    library: SqlLibrary,
) -> None:
    script = """
        DECLARE v_pages INT64;
        SET v_pages = (SELECT COUNT(*) FROM `${dataset}.creators` AS c);
        IF v_pages > 0 THEN
          BEGIN TRANSACTION;
          CREATE OR REPLACE TEMP TABLE mine AS SELECT t.* FROM `${dataset}.tuning` AS t;
          INSERT INTO `${dataset}.creators` (page_name) SELECT 'a' AS page_name FROM mine;
          COMMIT TRANSACTION;
        END IF;
    """
    # The script, and three statements, which read a table each.
    assert script_bill(library, script) == Bill(4, 3)


def test_what_is_changed_is_billed_and_what_is_only_written_is_not(library: SqlLibrary) -> None:
    """The documentation of DML: UPDATE, DELETE and MERGE are q + t, INSERT is q."""
    made = "CREATE TEMP TABLE mine AS WITH a AS (SELECT 1 AS x FROM other) SELECT a.x FROM a"
    assert tables_of(library, made) == {"other"}
    assert tables_of(library, "CREATE TEMP TABLE mine (x INT64)") == frozenset()
    added = "INSERT INTO mine (x) SELECT o.x FROM other AS o"
    assert tables_of(library, added) == {"other"}
    assert tables_of(library, added.replace("other", "mine")) == {"mine"}
    assert tables_of(library, "DELETE FROM mine AS m WHERE m.x = 1") == {"mine"}
    merged = "MERGE INTO mine AS m USING other AS o ON m.x = o.x WHEN MATCHED THEN DELETE"
    assert tables_of(library, merged) == {"mine", "other"}


def test_a_table_that_is_made_from_nothing_is_a_job_without_a_table(library: SqlLibrary) -> None:
    script = "CREATE TEMP TABLE a (x INT64); CREATE TEMP TABLE b (x INT64);"
    assert script_bill(library, script) == Bill(3, 0)


def test_a_single_query_is_one_job(library: SqlLibrary) -> None:
    query = "SELECT c.page_name FROM `${dataset}.creators` AS c"
    assert script_bill(library, query) == Bill(1, 1)


def test_tables_below_views_and_table_functions_count_each_once(library: SqlLibrary) -> None:
    assert tables_of(library, "SELECT u.page_name FROM `${dataset}.usable_creators` AS u") == {
        "creators"
    }
    report = "SELECT a.* FROM `${dataset}.detect_anomalies`(NULL, @as_of, 90) AS a"
    assert "message_facts" in tables_of(library, report)
    again = "WITH a AS (SELECT 1 AS x FROM mine) SELECT b.x FROM a AS b CROSS JOIN a"
    assert tables_of(library, again) == {"mine"}


def test_columns_are_those_that_the_statement_and_its_views_mention(library: SqlLibrary) -> None:
    query = "SELECT f.page_name FROM `${dataset}.message_facts` AS f WHERE f.send_date > @since"
    assert columns_of(library, query) == {"message_facts": {"page_name", "send_date"}}
    whole = columns_of(library, "SELECT c.* FROM `${dataset}.creators` AS c")
    assert whole == {"creators": {column.name for column in library["creators"].columns}}
    given = columns_of(library, "SELECT m.a FROM mine AS m", {"mine": ["a", "b"], "other": ["a"]})
    assert given == {"mine": {"a"}}
