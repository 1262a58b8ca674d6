"""Rules that every statement of `sql/` keeps: no session setting, no `/`, nothing destructive.

They are read from the tokens, so that a file that can't be parsed is judged too. The tests hold the
same rules against Google's own analyser.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.warehouse.sql.syntax import tokens_of

VERBS = frozenset({"CREATE", "DROP", "TRUNCATE", "DELETE", "UPDATE", "MERGE", "ALTER"})
OPENERS = frozenset({"BEGIN", "THEN", "ELSE", "DO", "LOOP", "TRANSACTION"})
"""Words that another statement may follow without a semicolon."""

NAMES = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
CONSTANTS = frozenset({"TRUE", "FALSE", "NULL", "AND", "OR", "NOT", "IS"})


@dataclass(frozen=True, slots=True)
class RuleViolations:
    """What breaks the rules in one file, one line each, with its line number.

    `settings`: `@@` variables. `divisions`: `/` operators. `destructive`: DROP and TRUNCATE of
    anything but a temporary table of the file, CREATE OR REPLACE of a persistent table, CREATE
    without OR REPLACE or IF NOT EXISTS, DELETE or UPDATE without a WHERE that names a column.
    """

    settings: Sequence[str]
    divisions: Sequence[str]
    destructive: Sequence[str]


def rule_violations(text: str) -> RuleViolations:
    """What breaks the rules in the text of a file.

    Raises:
        ScriptError: an unclosed string or comment.
    """
    tokens = tokens_of(text)
    return RuleViolations(_settings(tokens), _divisions(tokens), _destructive(tokens))


def _settings(tokens: Sequence[Token]) -> list[str]:
    return [
        f"line {first.line}: @@{name.text}: scheduled queries keep no session settings"
        for first, second, name in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if first.token_type is second.token_type is TokenType.PARAMETER
    ]


def _divisions(tokens: Sequence[Token]) -> list[str]:
    return [
        f"line {token.line}: the / operator fails on zero; use SAFE_DIVIDE"
        for token in tokens
        if token.token_type is TokenType.SLASH
    ]


def _destructive(tokens: Sequence[Token]) -> list[str]:
    statements = list(_statements(tokens))
    temporary = {_created(words) for words in map(_words, statements) if _is_temporary(words)}
    return [
        f"line {statement[0].line}: {fault}"
        for statement in statements
        if (fault := _fault(statement, temporary))
    ]


def _statements(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The statements that begin with one of VERBS, each from its verb to its end.

    The clauses of a MERGE (`WHEN MATCHED THEN UPDATE ...`) belong to it.
    """
    statement: list[Token] = []
    begins, depth = True, 0
    for token in tokens:
        word = _word(token)
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == ";":
            yield from [statement] if statement else []
            statement, begins, depth = [], True, 0
            continue
        within_merge = bool(statement) and _word(statement[0]) == "MERGE"
        if begins and word in VERBS and not within_merge:
            yield from [statement] if statement else []
            statement = [token]
        elif statement:
            statement.append(token)
        begins = word in OPENERS and depth == 0
    if statement:
        yield statement


def _fault(statement: Sequence[Token], temporary: set[str]) -> str:
    words = _words(statement)
    match words[0]:
        case "DROP" | "TRUNCATE":
            name = next((w for w in reversed(words) if w not in ("CASCADE", "RESTRICT")), "")
            return "" if name in temporary else f"{words[0]} of a persistent object"
        case "CREATE":
            return _create_fault(words)
        case "ALTER":
            return "ALTER that drops" if "DROP" in words else ""
        case "DELETE" | "UPDATE":
            condition = _condition(statement)
            if not condition:
                return f"{words[0]} without WHERE"
            is_selective = any(
                token.token_type in NAMES and _word(token) not in CONSTANTS for token in condition
            )
            return "" if is_selective else f"{words[0]} whose WHERE names no column"
        case _:
            return ""


def _create_fault(words: Sequence[str]) -> str:
    if _is_temporary(words):
        return ""
    head = words[:8]
    replaces = words[1:3] == ["OR", "REPLACE"]
    if replaces and "TABLE" in head[3:4] and "FUNCTION" not in head[3:5]:
        return "CREATE OR REPLACE TABLE, which empties the table"
    if replaces or any(head[at : at + 3] == ["IF", "NOT", "EXISTS"] for at in range(6)):
        return ""
    return "CREATE without OR REPLACE or IF NOT EXISTS"


def _is_temporary(words: Sequence[str]) -> bool:
    return words[0] == "CREATE" and any(word in ("TEMP", "TEMPORARY") for word in words[1:4])


def _created(words: Sequence[str]) -> str:
    """The name of the table that a CREATE TABLE makes."""
    after = [w for w in words[words.index("TABLE") + 1 :] if w not in ("IF", "NOT", "EXISTS")]
    return after[0] if after else ""


def _condition(statement: Sequence[Token]) -> Sequence[Token]:
    """The tokens after the WHERE of the statement itself, not of a query in it."""
    depth = 0
    for place, token in enumerate(statement):
        word = _word(token)
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "WHERE" and depth == 0:
            return statement[place + 1 :]
    return ()


def _words(statement: Sequence[Token]) -> list[str]:
    return [_word(token) for token in statement]


def _word(token: Token) -> str:
    return "" if token.token_type is TokenType.STRING else token.text.upper()
