"""What BigQuery would refuse, and what the repository forbids, is caught offline where it stands.

Google's own analyser reads all of `sql/`. The second half of this file proves that it looks: copies
of each kind that are wrong on purpose are caught, with line and column.
"""

from pathlib import Path

import pytest

from eros_assets.warehouse.sql.files import object_files, source_text
from tests.googlesql.__main__ import main
from tests.googlesql.analysis import KINDS, SQL, Session, analyse_all
from tests.googlesql.source import Source
from tests.googlesql.syntax import Node
from tests.sql.refused_copies import ACCEPTED, REFUSED
from tests.sql.wrong_copies import HERE, WRONG, procedure

ALL_WRONG = WRONG | REFUSED

MENTIONING = ("table_functions", "views", "procedures")  # their bodies name columns of tables


@pytest.fixture(scope="module")
def session() -> Session:
    """Everything in sql/ is known to it, and a procedure that counts."""
    known = analyse_all()[0]
    counted = "CREATE OR REPLACE PROCEDURE `${dataset}.counted`(OUT p_n INT64) BEGIN SELECT 1; END"
    assert not known.analyse(SQL / "procedures" / "counted.sql", counted).findings
    return known


def test_all_of_sql_is_googlesql_that_keeps_the_rules() -> None:
    _, files = analyse_all()
    assert [file.path for file in files] != []
    assert {file.path for file in files} == {path for path, _ in object_files(SQL)}
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
        script = Source(source_text(file.path)).tree
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
    content = source_text(path)
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


@pytest.mark.parametrize(("folder", "marked", "message"), ALL_WRONG.values(), ids=ALL_WRONG)
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


@pytest.mark.parametrize(("folder", "text"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_bigquery_runs_has_no_findings(session: Session, folder: str, text: str) -> None:
    file = session.analyse(SQL / folder / "right.sql", text)
    assert [str(finding) for finding in file.findings] == []


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
    WITH one AS (SELECT * FROM (SELECT few.* FROM few))
    SELECT COUNT(one.page_name), IF(v_n > 0, CURRENT_TIMESTAMP(), NULL) FROM one;
    DELETE FROM `${dataset}.caption_bank` WHERE page_name = 'a';
    COMMIT TRANSACTION;
  END IF;
  SELECT TIMESTAMP '2025-11-03 10:00:00+00' AS t, DATE(p_at, 'America/Los_Angeles') AS d;"""
    parameters = "IN p_day DATE, IN p_at TIMESTAMP, OUT p_total INT64"
    file = session.analyse(SQL / "procedures" / "wrong.sql", procedure(body, parameters))
    assert [str(finding) for finding in file.findings] == []
    assert file.statements == 18
