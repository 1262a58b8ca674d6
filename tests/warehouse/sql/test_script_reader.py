"""Scripts are split where GoogleSQL splits them."""

import pytest

from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import Call, If, ScriptError, SetVariables, Sql, Transaction


def texts(script: str) -> list[str]:
    return [s.text for s in parse_script(script) if isinstance(s, Sql)]


def test_semicolons_in_strings_comments_and_names_split_nothing() -> None:
    script = 'SELECT \';\' AS `a;b`; -- one; two\n/* ; */ SELECT r\'\\;\', """a;\nb""";'
    assert texts(script) == ["SELECT ';' AS `a;b`", 'SELECT r\'\\;\', """a;\nb"""']


def test_words_of_the_language_inside_of_statements_are_no_statements() -> None:
    script = """
        IF CASE WHEN 1 = 1 THEN TRUE ELSE FALSE END THEN
          SELECT CASE WHEN 'END IF' = 'ELSE' THEN IF(TRUE, 1, 2) ELSE 3 END AS v;
        ELSE
          SELECT 2 AS v;
        END IF;
    """
    (statement,) = parse_script(script)
    assert isinstance(statement, If)
    ((condition, branch),) = statement.branches
    assert condition.text == "CASE WHEN 1 = 1 THEN TRUE ELSE FALSE END"
    assert len(branch) == len(statement.otherwise) == 1


def test_statements_know_their_lines() -> None:
    body = parse_script("SELECT 1;\n\n-- two\nSELECT\n  2;\nSET v_a = 3;")
    assert [s.line for s in body] == [1, 4, 6]
    assert isinstance(body[2], SetVariables)
    assert body[2].value == Sql("3", 6)


def test_arguments_of_a_call_are_split_at_their_commas() -> None:
    (call,) = parse_script("CALL `p.d.x`(F(1, 2), [3, 4], 'a,b', STRUCT(5, 6));")
    assert isinstance(call, Call)
    assert call.name == "p.d.x"
    assert [a.text for a in call.arguments] == ["F(1, 2)", "[3, 4]", "'a,b'", "STRUCT(5, 6)"]


def test_transactions_in_either_spelling() -> None:
    body = parse_script("BEGIN TRANSACTION; SELECT 1; COMMIT TRANSACTION; BEGIN; COMMIT;")
    actions = [s.action for s in body if isinstance(s, Transaction)]
    assert actions == ["BEGIN", "COMMIT", "BEGIN", "COMMIT"]


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("SELECT 1;\nEND;", 2),
        ("SELECT 1;\n\nCALL x(1", 3),
        ("BEGIN\n  SELECT 1;", 2),
        ("IF TRUE THEN\n  SELECT 1;\nEND;", 3),
        ("DECLARE v_a DEFAULT 1;", 1),
        ("RAISE;", 1),
        ("CREATE PROCEDURE p(IN", 1),
    ],
)
def test_errors_have_their_line(script: str, line: int) -> None:
    with pytest.raises(ScriptError, match=f"line {line}, at"):
        parse_script(script)
