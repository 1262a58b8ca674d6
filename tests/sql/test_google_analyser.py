"""What BigQuery would refuse, and what the repository forbids, is caught offline where it stands.

Google's own analyser reads all of `sql/`. The second half of this file proves that it looks: copies
of each kind that are wrong on purpose are caught, with line and column.
"""

from pathlib import Path

import pytest

from tests.googlesql.__main__ import main
from tests.googlesql.analysis import KINDS, SQL, Session, analyse_all
from tests.googlesql.source import Source
from tests.googlesql.syntax import Node

MENTIONING = ("table_functions", "views", "procedures")  # their bodies name columns of tables
HERE = "«"  # where the finding must point; taken out before the text is analysed


@pytest.fixture(scope="module")
def session() -> Session:
    """Everything in sql/ is known to it, and a procedure that counts."""
    known = analyse_all()[0]
    counted = "CREATE OR REPLACE PROCEDURE `${dataset}.counted`(OUT p_n INT64) BEGIN SELECT 1; END"
    assert not known.analyse(SQL / "procedures" / "counted.sql", counted).findings
    return known


def test_all_of_sql_is_googlesql_that_keeps_the_rules() -> None:
    _, files = analyse_all()
    assert len(files) == len(list(SQL.rglob("*.sql")))
    findings = [str(finding) for file in files for finding in file.findings]
    assert not findings, "\n".join(findings)


def test_every_object_is_in_a_file_of_its_name_in_the_folder_of_its_kind() -> None:
    _, files = analyse_all()
    assert {file.folder for file in files} <= set(KINDS)
    for file in files:
        if KINDS[file.folder] is not None:
            assert file.entry is not None
            assert file.entry.name == file.path.stem


def test_procedure_bodies_are_walked_to_the_last_statement() -> None:
    _, files = analyse_all()
    procedures = [file for file in files if file.folder == "procedures"]
    assert procedures
    for file in procedures:
        script = Source(file.path.read_text()).tree
        in_lists = sum(
            node.parent is not None and node.parent.kind == "StatementList"
            for node in script.walk()
        )
        blocks = sum(node.kind == "BeginEndBlock" for node in script.walk())
        assert file.statements == in_lists > blocks


def test_the_command_prints_a_table_and_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert "procedures" in printed
    assert " s of analysis" in printed


def test_the_command_ends_with_one_on_a_finding(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "wrong.sql").write_text("SELECT\n  no_such_column;\n")
    assert main([], tmp_path) == 1
    assert "checks/wrong.sql:2:3: Unrecognized name: no_such_column" in capsys.readouterr().out


def test_what_an_object_needs_is_analysed_before_it(tmp_path: Path) -> None:
    for name, needed in (("aa", "bb"), ("bb", "cc")):
        (tmp_path / "views").mkdir(exist_ok=True)
        (tmp_path / "views" / f"{name}.sql").write_text(
            f"CREATE OR REPLACE VIEW `${{dataset}}.{name}` AS SELECT n FROM `${{dataset}}.{needed}`"
        )
    (tmp_path / "tables").mkdir()
    table = "CREATE TABLE IF NOT EXISTS `${dataset}.cc` (n INT64)"
    (tmp_path / "tables" / "cc.sql").write_text(table)
    _, files = analyse_all(tmp_path)
    assert [file.path.stem for file in files] == ["cc", "bb", "aa"]
    assert not any(file.findings for file in files)
    (tmp_path / "tables" / "cc.sql").write_text(table.replace("n INT64", "m INT64"))
    _, files = analyse_all(tmp_path)
    assert [bool(file.findings) for file in files] == [False, True, True]


@pytest.mark.parametrize(
    "path",
    [path for kind in MENTIONING for path in sorted((SQL / kind).glob("*.sql"))],
    ids=lambda path: path.stem,
)
def test_a_column_misspelt_in_a_copy_of_a_file_is_found_where_it_stands(
    session: Session, path: Path
) -> None:
    content = path.read_text()
    source = Source(content)
    aliases = {
        node.children["identifier"].path[0] for node in source.tree.walk() if node.kind == "Alias"
    }

    def is_column(node: Node) -> bool:
        role = node.parent
        assert role is not None
        named_elsewhere = (
            role.kind in ("TablePathExpression", "TVF") or role.one("function") is node
        )
        return len(node.path) == 2 and node.path[0] in aliases and not named_elsewhere

    columns = [
        node
        for node in source.tree.walk()
        if node.kind == "PathExpression" and node.parent is not None and is_column(node)
    ]
    last = columns[-1]
    name = last.many("names")[-1]
    line, column = source.place(name.start)
    lines = content.split("\n")
    rest = lines[line - 1][column - 1 :]
    assert rest.startswith(name.path[0])
    lines[line - 1] = lines[line - 1][: column - 1] + "no_such" + rest[len(name.path[0]) :]
    file = session.analyse(path.with_name("copy.sql"), "\n".join(lines))
    assert (line, True) in [(f.line, "no_such" in f.message) for f in file.findings]


def procedure(body: str, parameters: str = "") -> str:
    return f"CREATE OR REPLACE PROCEDURE `${{dataset}}.wrong`({parameters})\nBEGIN\n{body}\nEND;\n"


FACTS = "FROM `${dataset}.message_facts` AS f"

WRONG = {
    # What Google's analyser says.
    "unknown column": (
        "views",
        f"CREATE OR REPLACE VIEW `${{dataset}}.wrong` AS\nSELECT\n  f.«no_such\n{FACTS};\n",
        "Name no_such not found inside f",
    ),
    "unknown column of a statement in a procedure": (
        "procedures",
        procedure(f"  IF TRUE THEN\n    SELECT f.«no_such {FACTS};\n  END IF;"),
        "Name no_such not found inside f",
    ),
    "unknown table": (
        "operations",
        "SELECT 1 AS one FROM «`${dataset}.no_such`;\n",
        "Table not found: `of-scheduler-proj`.eros_scheduling_brain.no_such",
    ),
    "unknown type of a column": (
        "tables",
        "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (\n  n «INTEGRAL\n);\n",
        "Type not found: INTEGRAL",
    ),
    "unknown option of a column": (
        "tables",
        'CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64 OPTIONS («explanation = "n"));\n',
        "Unknown option: explanation",
    ),
    "partition by a missing column": (
        "tables",
        "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64)\nPARTITION BY «d;\n",
        "Unrecognized name: d",
    ),
    "partition by a column that is no date": (
        "tables",
        "CREATE TABLE IF NOT EXISTS «`${dataset}.wrong` (n INT64)\nPARTITION BY n;\n",
        "PARTITION BY a column that is no DATE",
    ),
    "cluster by a column that BigQuery doesn't cluster by": (
        "tables",
        "CREATE TABLE IF NOT EXISTS «`${dataset}.wrong` (x BYTES)\nCLUSTER BY x;\n",
        "CLUSTER BY a column whose type",
    ),
    "wrong type of an operand": (
        "operations",
        f"SELECT «f.page_name + 1 AS n {FACTS};\n",
        "No matching signature for operator +",
    ),
    "wrong type of a result": (
        "functions",
        "CREATE OR REPLACE FUNCTION `${dataset}.wrong`(n INT64) RETURNS INT64 AS («'n');\n",
        "type STRING",
    ),
    "wrong type of a parameter": (
        "table_functions",
        (
            "CREATE OR REPLACE TABLE FUNCTION `${dataset}.wrong`(p_as_of DATE) AS\n"
            f"SELECT f.page_name {FACTS} WHERE «f.row_id > p_as_of;\n"
        ),
        "No matching signature for operator >",
    ),
    "wrong type set to a variable": (
        "procedures",
        procedure("  DECLARE v_n INT64;\n  SET v_n = «'many';"),
        "STRING",
    ),
    "wrong type of a variable's default": (
        "procedures",
        procedure("  DECLARE v_n DATE DEFAULT «1;"),
        "INT64",
    ),
    "wrong type set to an OUT parameter": (
        "procedures",
        procedure("  SET p_n = «p_day;", "IN p_day DATE, OUT p_n INT64"),
        "DATE",
    ),
    "wrong type of one of several": (
        "procedures",
        procedure("  DECLARE v_n INT64;\n  DECLARE v_d DATE;\n  SET (v_n, v_d) = «(1, TRUE);"),
        "BOOL",
    ),
    "condition that is no BOOL": (
        "procedures",
        procedure("  DECLARE v_n INT64;\n  IF «v_n THEN\n    SELECT 1 AS n;\n  END IF;"),
        "INT64",
    ),
    "condition of an ELSEIF that is no BOOL": (
        "procedures",
        procedure("  IF TRUE THEN\n    SELECT 1 AS n;\n  ELSEIF «'no' THEN SELECT 2;\n  END IF;"),
        "STRING",
    ),
    "message that is no STRING": (
        "procedures",
        procedure("  RAISE USING MESSAGE = «DATE '2025-11-03';"),
        "DATE",
    ),
    "wrong type inserted": (
        "procedures",
        procedure(
            "  INSERT INTO `${dataset}.creators` (page_name, is_active)\n  «SELECT 'a', 'yes';"
        ),
        "is_active",
    ),
    "undeclared variable": (
        "procedures",
        procedure("  SET «v_n = 1;"),
        "undeclared variable: v_n",
    ),
    "variable out of its block": (
        "procedures",
        procedure("  BEGIN\n    DECLARE v_n INT64;\n  END;\n  SET «v_n = 1;"),
        "undeclared variable: v_n",
    ),
    "column of a temporary table": (
        "procedures",
        procedure(
            "  CREATE OR REPLACE TEMP TABLE few AS SELECT 1 AS n;\n  SELECT few.«m FROM few;"
        ),
        "Name m not found inside few",
    ),
    "too few arguments of a function": (
        "operations",
        "SELECT «`${dataset}.wilson_score_bounds`(1.0) AS bounds;\n",
        "No matching signature",
    ),
    "unknown field of a function's result": (
        "operations",
        "SELECT `${dataset}.wilson_score_bounds`(1.0, 2.0).«middle AS middle;\n",
        "middle",
    ),
    "too many arguments of a table function": (
        "operations",
        "SELECT * FROM «`${dataset}.get_creator_baseline`(NULL, DATE '2025-11-03', 90, 1);\n",
        "get_creator_baseline",
    ),
    "column that a table function doesn't give": (
        "operations",
        (
            "SELECT b.«no_such\n"
            "FROM `${dataset}.get_creator_baseline`(NULL, DATE '2025-11-03', 90) AS b;\n"
        ),
        "Name no_such not found inside b",
    ),
    "too few arguments of a procedure": (
        "operations",
        "CALL «`${dataset}.update_caption_performance`(DATE '2025-11-03');\n",
        "update_caption_performance",
    ),
    "OUT argument that is no variable": (
        "operations",
        "CALL `${dataset}.counted`(«1);\n",
        "argument p_n is OUT: it needs a variable",
    ),
    "function that GoogleSQL lacks": (
        "operations",
        "SELECT «DATE_PART('year', DATE '2025-11-03') AS y;\n",
        "Function not found: DATE_PART",
    ),
    "function of Google's that BigQuery lacks": (
        "operations",
        "SELECT «PI() AS pi;\n",
        "Function not found: PI",
    ),
    "lambda, which BigQuery lacks": (
        "operations",
        "SELECT ARRAY_FILTER([1, 2], «e -> e > 1) AS few;\n",
        "",
    ),
    "missing comma": (
        "operations",
        "SELECT\n  1 AS a\n  «2 AS b;\n",
        "Syntax error",
    ),
    "parameter of two types": (
        "operations",
        "SELECT DATE '2025-11-03' = @d AS n;\nSELECT «@d > 1.5 AS n;\n",
        "@d is DATE in one place and FLOAT64 in another",
    ),
    "unknown placeholder": (
        "operations",
        "SELECT 1 AS n FROM `«${project}.creators`;\n",
        "unknown placeholder ${project}",
    ),
    # The repository's rules.
    "file of two statements": (
        "views",
        "«CREATE OR REPLACE VIEW `${dataset}.wrong` AS SELECT 1 AS n;\nSELECT 1 AS n;\n",
        "holds one CreateViewStatement",
    ),
    "object of another kind": (
        "views",
        "«CREATE OR REPLACE FUNCTION `${dataset}.wrong`(n INT64) AS (n);\n",
        "holds one CreateViewStatement",
    ),
    "object of another name": (
        "views",
        "«CREATE OR REPLACE VIEW `${dataset}.wronger` AS SELECT 1 AS n;\n",
        "name it wronger.sql",
    ),
    "object made by an operation": (
        "operations",
        "«CREATE TABLE IF NOT EXISTS `${dataset}.wrong` (n INT64);\n",
        "a file of its own",
    ),
    "DROP": ("operations", "«DROP TABLE `${dataset}.creators`;\n", "DROP of a persistent object"),
    "DROP of a routine": (
        "procedures",
        procedure("  «DROP TABLE FUNCTION `${dataset}.get_creator_baseline`;"),
        "DROP of a persistent object",
    ),
    "DROP of a column": (
        "operations",
        "ALTER TABLE `${dataset}.creators` «DROP COLUMN display_name;\n",
        "DROP COLUMN",
    ),
    "TRUNCATE": (
        "procedures",
        procedure("  «TRUNCATE TABLE `${dataset}.creators`;"),
        "TRUNCATE of a persistent object",
    ),
    "DELETE without WHERE": (
        "operations",
        "«DELETE FROM `${dataset}.creators`;\n",
        "DELETE without WHERE",
    ),
    "DELETE WHERE TRUE": (
        "procedures",
        procedure("  DELETE FROM `${dataset}.creators` WHERE «TRUE;"),
        "DELETE whose WHERE names no column",
    ),
    "DELETE by a variable alone": (
        "procedures",
        procedure(
            "  DELETE FROM `${dataset}.creators` WHERE «p_page_name IS NULL;",
            "IN p_page_name STRING",
        ),
        "DELETE whose WHERE names no column",
    ),
    "UPDATE WHERE 1 = 1": (
        "operations",
        "UPDATE `${dataset}.creators` SET is_active = FALSE WHERE «1 = 1;\n",
        "UPDATE whose WHERE names no column",
    ),
    "MERGE that deletes all": (
        "operations",
        (
            "MERGE `${dataset}.creators` AS c USING (SELECT 1 AS n) AS s ON FALSE\n"
            "«WHEN NOT MATCHED BY SOURCE THEN DELETE;\n"
        ),
        "MERGE that changes every row",
    ),
    "SET @@": (
        "operations",
        "«SET @@dataset_id = 'other';\nSELECT 1 AS n;\n",
        "SET of a @@ variable",
    ),
    "division": (
        "operations",
        f"SELECT «f.earnings / f.sent_count AS emv {FACTS};\n",
        "the / operator fails on zero",
    ),
    "CREATE that can't be repeated": (
        "views",
        "«CREATE VIEW `${dataset}.wrong` AS SELECT 1 AS n;\n",
        "CREATE that fails when repeated",
    ),
    "temporary table that can't be made again": (
        "procedures",
        procedure("  «CREATE TEMP TABLE few AS SELECT 1 AS n;"),
        "CREATE that fails when repeated",
    ),
    "table that is emptied when deployed": (
        "tables",
        "«CREATE OR REPLACE TABLE `${dataset}.wrong` (n INT64);\n",
        "CREATE OR REPLACE TABLE empties",
    ),
    "CREATE inside a transaction": (
        "operations",
        (
            "BEGIN TRANSACTION;\n«CREATE TABLE IF NOT EXISTS `${dataset}.x` (n INT64);\n"
            "COMMIT TRANSACTION;\n"
        ),
        "inside a transaction",
    ),
    "RAND": ("operations", "SELECT «RAND() AS x;\n", "RAND gives another result"),
    "CURRENT_DATE": (
        "operations",
        "SELECT «CURRENT_DATE('America/Los_Angeles') AS today;\n",
        "CURRENT_DATE gives another result",
    ),
    "CURRENT_DATETIME without parentheses": (
        "operations",
        "SELECT «CURRENT_DATETIME AS now;\n",
        "CURRENT_DATETIME gives another result",
    ),
    "CURRENT_TIMESTAMP in a WHERE": (
        "operations",
        f"SELECT f.row_id {FACTS} WHERE f.sending_time < «CURRENT_TIMESTAMP();\n",
        "CURRENT_TIMESTAMP may only fill",
    ),
    "CURRENT_TIMESTAMP in a condition": (
        "operations",
        (
            "SELECT IF(«CURRENT_TIMESTAMP() > f.sending_time, f.sending_time, NULL) AS checked_at\n"
            f"{FACTS};\n"
        ),
        "CURRENT_TIMESTAMP may only fill",
    ),
    "CURRENT_TIMESTAMP in another column": (
        "operations",
        (
            "INSERT INTO `${dataset}.message_facts` (row_id, sending_time)\n"
            "SELECT 1, «CURRENT_TIMESTAMP();\n"
        ),
        "CURRENT_TIMESTAMP may only fill",
    ),
    "missing zone of a date": (
        "operations",
        f"SELECT «DATE(f.sending_time) AS d {FACTS};\n",
        "DATE of a TIMESTAMP without a zone",
    ),
    "missing zone of an hour": (
        "operations",
        f"SELECT «EXTRACT(HOUR FROM f.sending_time) AS h {FACTS};\n",
        "EXTRACT of a TIMESTAMP without a zone",
    ),
    "missing zone in a procedure": (
        "procedures",
        procedure(
            "  DECLARE v_d DATE;\n  SET v_d = «DATE(p_at);",
            "IN p_at TIMESTAMP",
        ),
        "DATE of a TIMESTAMP without a zone",
    ),
    "missing zone of an instant": (
        "operations",
        "SELECT «TIMESTAMP(DATE '2025-11-03') AS t;\n",
        "TIMESTAMP of a TIMESTAMP without a zone",
    ),
    "missing zone of a text": (
        "operations",
        f"SELECT «FORMAT_TIMESTAMP('%F', f.sending_time) AS t {FACTS};\n",
        "FORMAT_TIMESTAMP of a TIMESTAMP without a zone",
    ),
    "another zone": (
        "operations",
        f"SELECT «DATE(f.sending_time, 'UTC') AS d {FACTS};\n",
        "DATE in another zone",
    ),
    "cast of an instant": (
        "operations",
        f"SELECT «CAST(f.sending_time AS DATE) AS d {FACTS};\n",
        "CAST between TIMESTAMP and a wall time",
    ),
    "literal without a zone": (
        "operations",
        "SELECT «TIMESTAMP '2025-11-03 10:00:00' AS t;\n",
        "TIMESTAMP literal without a zone",
    ),
    "parameter without its prefix": (
        "procedures",
        procedure("  SELECT as_of AS d;", "IN «as_of DATE"),
        "call it p_as_of",
    ),
    "variable without its prefix": (
        "procedures",
        procedure("  DECLARE «n INT64;\n  SET n = 1;"),
        "call it v_n",
    ),
    "column named like a variable": (
        "operations",
        "SELECT 1 AS «v_n;\n",
        "column v_n",
    ),
    "column of a table named like a parameter": (
        "tables",
        "CREATE TABLE IF NOT EXISTS `${dataset}.wrong` («p_n INT64);\n",
        "column p_n",
    ),
    "dynamic SQL": (
        "procedures",
        procedure("  «EXECUTE IMMEDIATE 'SELECT 1';"),
        "EXECUTE IMMEDIATE",
    ),
    "loop": (
        "procedures",
        procedure("  «WHILE TRUE DO\n    SELECT 1 AS n;\n  END WHILE;"),
        "a loop",
    ),
    "exception handler": (
        "procedures",
        procedure("  SELECT 1 AS n;\n«EXCEPTION WHEN ERROR THEN\n  SELECT 2 AS n;"),
        "EXCEPTION handler",
    ),
    "statement that the embedded engine doesn't run": (
        "operations",
        "«ASSERT TRUE;\n",
        "AssertStatement is not among the statements",
    ),
}


@pytest.mark.parametrize(("folder", "marked", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_copy_that_is_wrong_on_purpose_is_caught_where_it_is_wrong(
    session: Session, folder: str, marked: str, message: str
) -> None:
    before, _, _ = marked.partition(HERE)
    place = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    file = session.analyse(SQL / folder / "wrong.sql", marked.replace(HERE, ""))
    found = [(finding.line, finding.column) for finding in file.findings]
    assert place in found, [str(finding) for finding in file.findings]
    at_place = [f.message for f in file.findings if (f.line, f.column) == place]
    assert any(message in each for each in at_place), at_place


def test_a_place_is_that_of_the_file_behind_names_and_text_of_other_lengths(
    session: Session,
) -> None:
    content = "SELECT 'ünï 🍳', c.page_name, c.no_such FROM `${dataset}.creators` AS c;\n"
    file = session.analyse(SQL / "operations" / "wrong.sql", content)
    (finding,) = file.findings
    assert content[finding.column - 1 :].startswith("no_such")
    late = "SELECT 1 AS n FROM `${dataset}.creators` AS c WHERE '🍳' = '' AND c.no_such;\n"
    (finding,) = session.analyse(SQL / "operations" / "wrong.sql", late).findings
    assert late[finding.column - 1 :].startswith("no_such")


def test_scripts_that_keep_the_rules_have_no_findings(session: Session) -> None:
    body = """
  DECLARE v_n, v_m INT64 DEFAULT 0;
  DECLARE v_pages ARRAY<STRING>;
  SET v_n = (SELECT COUNT(*) FROM `${dataset}.creators`);
  SET (v_n, v_m) = (1, v_n + 1);
  CREATE OR REPLACE TEMP TABLE few AS SELECT c.page_name FROM `${dataset}.creators` AS c;
  TRUNCATE TABLE few;
  DROP TABLE few;
  IF v_n > 1 AND p_day IS NOT NULL THEN
    RAISE USING MESSAGE = CONCAT('too many: ', CAST(v_n AS STRING));
  ELSEIF v_m = 0 THEN
    SET p_total = v_n;
  ELSE
    BEGIN TRANSACTION;
    UPDATE `${dataset}.caption_bandit_stats` SET last_updated = CURRENT_TIMESTAMP()
    WHERE page_name IN UNNEST(v_pages);
    INSERT INTO `${dataset}.caption_bank` (caption_id, created_at)
    SELECT 1, IF(v_n > 0, CURRENT_TIMESTAMP(), NULL);
    DELETE FROM `${dataset}.caption_bank` WHERE page_name = 'a';
    COMMIT TRANSACTION;
  END IF;
  SELECT TIMESTAMP '2025-11-03 10:00:00+00' AS t, DATE(p_at, 'America/Los_Angeles') AS d;"""
    parameters = "IN p_day DATE, IN p_at TIMESTAMP, OUT p_total INT64"
    file = session.analyse(SQL / "procedures" / "wrong.sql", procedure(body, parameters))
    assert [str(finding) for finding in file.findings] == []
    assert file.statements == 18
