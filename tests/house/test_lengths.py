"""SQL is read by people: files are short, and so is each query of a statement.

A statement of a script is a job on BigQuery, so that one statement has what belongs together, as
named queries (WITH), each of which is read by itself.
"""

import re
from pathlib import Path

import pytest

from eros_assets.settings import REPOSITORY
from eros_assets.warehouse.sql.files import object_files, place_of, source_text
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import Sql, leaves

LONGEST_FILE = 400
LONGEST_QUERY = 190
NAMED_QUERY = re.compile(r"(?P<indent> *)(?:WITH )?\w+ AS \($")
WHOLE = {"analyze_saturation_status", "refresh_message_facts"}
"""Objects that are read as a whole: one formula, and one list of rules."""


def lengths(root: Path) -> list[str]:
    """The files that are too long, and the statements with a query that is."""
    found = [
        f"{path.relative_to(root)}: {lines} lines"
        for path in sorted(root.rglob("*.sql"))
        if path.stem not in WHOLE and (lines := path.read_text().count("\n")) > LONGEST_FILE
    ]
    for path, _ in object_files(root):
        for leaf in leaves(parse_script(source_text(path))):
            if isinstance(leaf, Sql) and path.stem not in WHOLE:
                lines = max(map(len, queries(leaf.text)))
                if lines > LONGEST_QUERY:
                    part, line = place_of(path, leaf.line)
                    found.append(f"{part.relative_to(root)} line {line}: {lines} lines")
    return found


def queries(statement: str) -> list[list[str]]:
    """The lines of each named query of the outermost WITH, and of the rest of a statement.

    A named query begins in a line with nothing but its name and AS, and ends where as much is
    indented again.
    """
    found: list[list[str]] = [[]]
    closing = ""
    outermost: int | None = None
    for line in statement.strip().splitlines():
        begins = NAMED_QUERY.fullmatch(line)
        if begins and not closing and outermost in (None, len(begins["indent"])):
            closing, outermost = f"{begins['indent']})", len(begins["indent"])
            found.append([line])
        elif closing:
            found[-1].append(line)
            if line.startswith(closing):
                closing = ""
        else:
            found[0].append(line)
    return found


def test_no_file_and_no_query_is_too_long_to_be_read() -> None:
    assert lengths(REPOSITORY / "sql") == []


@pytest.mark.parametrize(("statements", "columns"), [(1, 195), (140, 2)])
def test_what_is_too_long_is_noticed(tmp_path: Path, statements: int, columns: int) -> None:
    names = ",\n".join(f"  {n} AS c{n}" for n in range(columns))
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "a.sql").write_text(f"SELECT\n{names};\n" * statements)
    assert len(lengths(tmp_path)) == 1
