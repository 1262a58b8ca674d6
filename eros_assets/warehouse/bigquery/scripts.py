"""Builds the engine's scripts: one transaction, a procedure call, a replacement of rows."""

from collections.abc import Iterator, Mapping, Sequence

from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.warehouse.bigquery.parameters import is_several
from eros_assets.warehouse.protocol import Typed, WarehouseError
from eros_assets.warehouse.sql.objects import SqlObject
from eros_assets.warehouse.sql.syntax import tokens_of

_WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_OPENING = frozenset({"THEN", "ELSE", "BEGIN", "DO", "LOOP"})
_NOT_IN_A_TRANSACTION = frozenset({"CREATE", "ALTER", "CALL"})


def quoted(*path: str) -> str:
    """A path to an object as one quoted name."""
    return f"`{'.'.join(path)}`"


def in_one_transaction(script: str) -> str:
    """`script`, in a transaction of its own if it writes more than once without one.

    Lines keep their numbers, so that errors point into the script as it was given.

    Raises:
        WarehouseError: it also creates or calls something, which no transaction can hold.
    """
    statements = list(_statements(tokens_of(script)))
    writing = [s for s in statements if any(_begins_write(s, i) for i in range(len(s)))]
    has_own = any(_begins_transaction(s) for s in statements)
    if len(writing) < 2 or has_own:
        return script
    for statement in statements:
        words = [token.text.upper() for token in statement[:4]]
        if words[0] in _NOT_IN_A_TRANSACTION and not {"TEMP", "TEMPORARY"} & set(words):
            raise WarehouseError(
                f"line {statement[0].line}: {' '.join(words[:2])} in a script with "
                f"{len(writing)} statements that write can't be undone with them: run it by "
                f"itself, or put BEGIN TRANSACTION and COMMIT TRANSACTION around those that belong "
                f"together"
            )
    first = next(s for s in statements if s[0].text.upper() != "DECLARE")
    start, end = first[0].start, statements[-1][-1].end + 1
    return f"{script[:start]}BEGIN TRANSACTION; {script[start:end]}; COMMIT TRANSACTION;"


def call_script(dataset_name: str, procedure: SqlObject) -> str:
    """Calls a procedure with its IN parameters as `@name`; gives its OUT values as one row."""
    outputs = [p for p in procedure.parameters if p.mode == "OUT"]
    arguments = ", ".join(p.name if p.mode == "OUT" else f"@{p.name}" for p in procedure.parameters)
    lines = [f"DECLARE {p.name} {p.type};" for p in outputs]
    lines.append(f"CALL {quoted(dataset_name, procedure.name)}({arguments});")
    if outputs:
        lines.append(f"SELECT {', '.join(f'{p.name} AS {p.name}' for p in outputs)};")
    return "\n".join(lines)


def replacement(
    target: str, source: str, columns: Sequence[str], replacing: Mapping[str, Typed]
) -> str:
    """Replaces the rows of `target` that match `replacing` by those of `source`, in one statement.

    Each replaced column's values are its query parameter. Running it again changes nothing.
    """
    names = ", ".join(quoted(name) for name in columns)
    values = ", ".join(f"loaded.{quoted(name)}" for name in columns)
    return (
        f"MERGE INTO {quoted(target)} AS kept\n"
        f"USING (SELECT {names} FROM {quoted(source)}) AS loaded\n"
        "ON FALSE\n"
        f"WHEN NOT MATCHED THEN INSERT ({names})\n"
        f"VALUES ({values})\n"
        f"WHEN NOT MATCHED BY SOURCE AND {_matching(replacing)} THEN DELETE"
    )


def deletion(target: str, replacing: Mapping[str, Typed]) -> str:
    """Removes the rows of `target` that match `replacing`; a column's values are its parameter."""
    return f"DELETE FROM {quoted(target)} AS kept WHERE {_matching(replacing)}"


def _matching(replacing: Mapping[str, Typed]) -> str:
    return " AND ".join(_condition(name, typed) for name, typed in replacing.items())


def _condition(name: str, typed: Typed) -> str:
    column = f"kept.{quoted(name)}"
    if typed.value is None:
        return f"{column} IS NULL"
    if is_several(typed.value):
        return f"{column} IN UNNEST(@{name})"
    return f"{column} = @{name}"


def _statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens:
        if token.token_type != TokenType.SEMICOLON:
            statement.append(token)
        elif statement:
            yield statement
            statement = []
    if statement:
        yield statement


def _begins_transaction(statement: Sequence[Token]) -> bool:
    """Whether it ends with BEGIN TRANSACTION, or BEGIN alone, which means the same."""
    return statement[-1].text.upper().split() in (["BEGIN"], ["BEGIN", "TRANSACTION"])


def _begins_write(statement: Sequence[Token], i: int) -> bool:
    if statement[i].text.upper() not in _WRITING:
        return False
    return i == 0 or statement[i - 1].text.upper() in _OPENING
