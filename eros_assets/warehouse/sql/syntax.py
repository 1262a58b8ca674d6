"""The procedure language: its tokens, and the tree of statements that a script is.

`script_reader.py` makes the tree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot.dialects.bigquery import BigQuery
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.errors import ErosError


class ScriptError(ErosError):
    """A script that can't be read; the message has the line."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement or expression that sqlglot parses; `line` counts from 1 in the script."""

    text: str
    line: int

    @property
    def first_line(self) -> str:
        """Its first line, for messages."""
        return self.text.strip().split("\n", 1)[0].strip()


@dataclass(frozen=True, slots=True)
class Declare:
    """DECLARE names type [DEFAULT default]."""

    names: tuple[str, ...]
    type: str
    default: Sql | None
    line: int


@dataclass(frozen=True, slots=True)
class SetVariables:
    """SET name = value, or SET (name, ...) = value of a struct or of a query's one row."""

    names: tuple[str, ...]
    value: Sql
    parenthesised: bool
    line: int


@dataclass(frozen=True, slots=True)
class If:
    """IF ... ELSEIF ... ELSE; the first branch whose condition is true."""

    branches: tuple[tuple[Sql, "Body"], ...]
    otherwise: "Body"
    line: int


@dataclass(frozen=True, slots=True)
class Raise:
    """RAISE USING MESSAGE = message."""

    message: Sql
    line: int


@dataclass(frozen=True, slots=True)
class Assert:
    """ASSERT condition [AS 'description']."""

    condition: Sql
    description: Sql | None
    line: int


@dataclass(frozen=True, slots=True)
class Call:
    """CALL `name`(arguments)."""

    name: str
    arguments: tuple[Sql, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """BEGIN TRANSACTION or COMMIT TRANSACTION."""

    action: Literal["BEGIN", "COMMIT"]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """BEGIN ... END: a scope of its own for what it declares."""

    body: "Body"
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A procedure's parameter; `type` is GoogleSQL."""

    mode: Literal["IN", "OUT", "INOUT"]
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class CreateProcedure:
    """CREATE [OR REPLACE] PROCEDURE `name`(parameters) BEGIN ... END."""

    name: str
    parameters: tuple[Parameter, ...]
    body: "Body"
    line: int


Statement = (
    Sql
    | Declare
    | SetVariables
    | If
    | Raise
    | Assert
    | Call
    | Transaction
    | Block
    | CreateProcedure
)
Body = tuple[Statement, ...]


class _Tokenizer(BigQuery.Tokenizer):
    """BigQuery's tokens, without swallowing what follows CALL or BEGIN as one string."""

    COMMANDS = set()  # noqa: RUF012


def tokens_of(text: str) -> list[Token]:
    """The tokens of GoogleSQL; comments are none.

    Raises:
        ScriptError: an unclosed string or comment.
    """
    try:
        return _Tokenizer(dialect="bigquery").tokenize(text)
    except SqlglotError as error:
        raise ScriptError(f"can't be split into tokens: {error}") from None


def leaves(body: Body) -> Sequence[Sql | Call]:
    """Every statement and expression in `body` that SQL is in, in the order of the text."""
    found: list[Sql | Call] = []
    for statement in body:
        match statement:
            case Sql():
                found.append(statement)
            case Declare(default=Sql() as default):
                found.append(default)
            case Declare():
                pass
            case SetVariables():
                found.append(statement.value)
            case If():
                for condition, branch in statement.branches:
                    found += [condition, *leaves(branch)]
                found += leaves(statement.otherwise)
            case Raise():
                found.append(statement.message)
            case Assert():
                found.append(statement.condition)
                if statement.description:
                    found.append(statement.description)
            case Call():
                found += [statement, *statement.arguments]
            case Transaction():
                pass
            case Block() | CreateProcedure():
                found += leaves(statement.body)
    return found


def statements_run(body: Body) -> Sequence[Sql]:
    """Every SQL statement in `body`, without expressions of others, in the order of the text."""
    return [statement for statement in _statements(body) if isinstance(statement, Sql)]


def declarations(body: Body) -> Sequence[Declare]:
    """Every DECLARE in `body`."""
    return [statement for statement in _statements(body) if isinstance(statement, Declare)]


def _statements(body: Body) -> Iterator[Statement]:
    """Every statement in `body`, those inside of others behind them."""
    for statement in body:
        yield statement
        match statement:
            case If():
                for _, branch in statement.branches:
                    yield from _statements(branch)
                yield from _statements(statement.otherwise)
            case Block() | CreateProcedure():
                yield from _statements(statement.body)
            case _:
                pass
