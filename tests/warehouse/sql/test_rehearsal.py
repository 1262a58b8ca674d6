"""A procedure as a script that writes into temporary tables: what it must be, and what it can't."""

from dataclasses import replace

import pytest

from eros_assets.dataset import sql_library
from eros_assets.gate.rehearsal import OFFERS, SELECTOR, WRITTEN
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import LibraryError
from eros_assets.warehouse.sql.rehearsal import rehearsal_script
from tests.googlesql.analysis import SQL, analyse_all


@pytest.mark.parametrize("then", [None, OFFERS])
def test_the_script_is_googlesql(then: str | None) -> None:
    """The analyser has no types of parameters; the names are those of the procedure."""
    library = sql_library()
    text = script(library, then)
    for parameter in library[SELECTOR].parameters:
        typed = f"DEFAULT CAST(NULL AS {parameter.type})"
        text = text.replace(f"DEFAULT @{parameter.name}", typed)
    findings = analyse_all()[0].analyse(SQL / "operations" / "rehearsed.sql", text).findings
    assert [str(f) for f in findings if "variable p_" not in str(f)] == []


def script(library: SqlLibrary, then: str | None = None) -> str:
    return rehearsal_script(library, library[SELECTOR], WRITTEN, library[then] if then else None)


def test_no_routine_that_the_selector_uses_reads_what_it_writes() -> None:
    """Such a routine would read the dataset's own rows, not the rehearsed ones."""
    library = sql_library()
    reached, ahead = set[str](), [SELECTOR]
    while ahead:
        name = ahead.pop()
        if name in library and name not in reached:
            reached.add(name)
            ahead += library[name].dependencies
    reading = {
        name
        for name in reached - {SELECTOR}
        if library[name].kind != "table" and library[name].dependencies & set(WRITTEN)
    }
    assert reached - {SELECTOR}
    assert {library[name].kind for name in reading} <= {"view"}
    views = [library[name] for name in reading]
    assert not any(view.dependencies & reading for view in views)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("\nBEGIN\n", "\nBEGIN -- the body\n"),
        ("\nBEGIN\n", "\n  BEGIN\n"),
        ("\nBEGIN\n", " BEGIN\n"),
        ("\nEND;\n", "\nEND\n"),
        ("\nEND;\n", "\n  END;\n"),
        ("\nEND;\n", "\nEND; -- of all\n"),
    ],
)
def test_a_body_in_another_form_is_refused_with_its_file(right: str, wrong: str) -> None:
    library = sql_library()
    procedure = library[SELECTOR]
    assert right in procedure.text
    changed = replace(procedure, text=procedure.text.replace(right, wrong))
    with pytest.raises(LibraryError, match=r"select_captions_for_creator\.sql: BEGIN and END must"):
        rehearsal_script(library, changed, WRITTEN)


def test_what_is_no_procedure_is_refused() -> None:
    library = sql_library()
    for name in ("wilson_sample", "caption_offers", OFFERS):
        with pytest.raises(LibraryError, match=f"{name}.sql: "):
            rehearsal_script(library, library[name], WRITTEN)
