"""A procedure as a script that writes into temporary tables only, to try it on the present data."""

import re
from collections.abc import Collection

from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import LibraryError, SqlObject

PREFIX = "rehearsed_"

_BODY = re.compile(r"^BEGIN\n(.*)^END;\s*$", re.MULTILINE | re.DOTALL)
_DECLARATION = re.compile(r"^  DECLARE [^;]*;\n", re.MULTILINE)
_TRANSACTION = re.compile(r"^  (?:BEGIN|COMMIT) TRANSACTION;\n", re.MULTILINE)


def rehearsal_script(
    library: SqlLibrary,
    procedure: SqlObject,
    tables: Collection[str],
    then: SqlObject | None = None,
) -> str:
    """A procedure's statements, with empty temporary tables in the place of `tables`.

    Views that read one of the tables stand as subqueries, so that they read the temporary one. The
    IN parameters are query parameters of the same names. The result is that of the last SELECT, or
    of `then`, an operation that looks at what the procedure wrote.

    Raises:
        LibraryError: the text has no body in the form that files of `sql/procedures` have.
    """
    found = _BODY.search(procedure.text)
    if found is None:
        raise LibraryError(f"{procedure.path}: BEGIN and END must stand on lines of their own")
    body = found.group(1)
    declared = "".join(match.group() for match in _DECLARATION.finditer(body))
    statements = _TRANSACTION.sub("", _DECLARATION.sub("", body))
    last = then.text if then else ""
    parameters = "".join(
        f"DECLARE {p.name} {p.type} DEFAULT @{p.name};\n" for p in procedure.parameters
    )
    # Columns that are written out are made without reading a table, which BigQuery would bill.
    copies = "".join(
        f"CREATE OR REPLACE TEMP TABLE {PREFIX}{table} (\n"
        + ",\n".join(f"  {column.name} {column.type}" for column in library[table].columns)
        + "\n);\n"
        for table in sorted(tables)
    )
    return f"{parameters}{declared}{copies}{_rewritten(statements + last, library, tables)}"


def _rewritten(statements: str, library: SqlLibrary, tables: Collection[str]) -> str:
    """Statements that read and write the temporary tables."""
    for view in library.of_kind("view"):
        if view.dependencies & set(tables):
            select = view.text.partition("\nAS\n")[2].rstrip().removesuffix(";")
            statements = statements.replace(f"`${{dataset}}.{view.name}`", f"(\n{select}\n)")
    for table in tables:
        statements = statements.replace(f"`${{dataset}}.{table}`", f"{PREFIX}{table}")
    return statements
