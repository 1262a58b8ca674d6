"""SQL is read by people: files and statements are short."""

from pathlib import Path

import pytest

from eros_assets.settings import REPOSITORY
from eros_assets.warehouse.sql.files import object_files, place_of, source_text
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import Sql, leaves

LONGEST_FILE = 400
LONGEST_STATEMENT = 190
WHOLE = {"analyze_saturation_status", "refresh_message_facts"}
"""Objects that are read as a whole: one formula, and one list of rules."""


def lengths(root: Path) -> list[str]:
    """The files and statements that are too long."""
    found = [
        f"{path.relative_to(root)}: {lines} lines"
        for path in sorted(root.rglob("*.sql"))
        if path.stem not in WHOLE and (lines := path.read_text().count("\n")) > LONGEST_FILE
    ]
    for path, _ in object_files(root):
        for leaf in leaves(parse_script(source_text(path))):
            if isinstance(leaf, Sql) and path.stem not in WHOLE:
                lines = leaf.text.strip().count("\n") + 1
                if lines > LONGEST_STATEMENT:
                    part, line = place_of(path, leaf.line)
                    found.append(f"{part.relative_to(root)} line {line}: {lines} lines")
    return found


def test_no_file_and_no_statement_is_too_long_to_be_read() -> None:
    assert lengths(REPOSITORY / "sql") == []


@pytest.mark.parametrize(("statements", "columns"), [(1, 195), (140, 2)])
def test_what_is_too_long_is_noticed(tmp_path: Path, statements: int, columns: int) -> None:
    names = ",\n".join(f"  {n} AS c{n}" for n in range(columns))
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "a.sql").write_text(f"SELECT\n{names};\n" * statements)
    assert len(lengths(tmp_path)) == 1
