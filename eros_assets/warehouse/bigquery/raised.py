"""Separates errors that a procedure or check raised on purpose from BigQuery's own.

BigQuery reports both with the reason invalidQuery and no mark but the text. The texts that EROS
raises are in its own SQL, as literals inside RAISE USING MESSAGE or ERROR(), so a message that
contains one of those was raised.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.syntax import tokens_of

_PLACE = re.compile(r"\s+at \[(?P<place>[^\[\]]*)\]\s*$")
_PREFIX = re.compile(r"^(Query error|Unhandled user exception):\s*")
_CONVERSION = re.compile(r"%[-+ #0']*[\d*]*(?:\.[\d*]+)?[a-zA-Z%]")
# Shorter ones, as 'NULL', may be in a message of BigQuery's own.
_TELLING = 8


def bare_message(message: str) -> str:
    """A job's error message without what BigQuery puts around it."""
    text = _PLACE.sub("", message)
    while (shorter := _PREFIX.sub("", text)) != text:
        text = shorter
    return text.strip()


def place_in(message: str) -> str | None:
    """The place that the message gives: `line:column`, or `procedure:line:column`."""
    found = _PLACE.search(message)
    return found["place"] if found else None


def is_raised(message: str, sources: Iterable[str]) -> bool:
    """Whether one of `sources` raises this message."""
    return any(fragment in message for source in sources for fragment in _fragments(source))


def reachable(sql: str, library: SqlLibrary) -> list[str]:
    """`sql` and the text of every object of the library that it leads to."""
    names = {name for name in library if name in sql}
    pending = list(names)
    while pending:
        found = {n for n in library[pending.pop()].dependencies if n in library} - names
        names |= found
        pending.extend(found)
    return [sql, *(library[name].text for name in sorted(names))]


def _fragments(source: str) -> set[str]:
    """What is literal in the messages that a script raises, without format conversions."""
    tokens = tokens_of(source)
    fragments: set[str] = set()
    for expression in _messages(tokens):
        # A message held in a variable may be any of the texts that the script has.
        parts = _parts(expression) or {p for p in _parts(_literals(tokens)) if " " in p}
        telling = {part for part in parts if len(part) >= _TELLING}
        fragments |= telling or set(sorted(parts, key=len)[-1:])
    return fragments


def _parts(literals: Iterable[Token]) -> set[str]:
    parts = {part.strip() for token in literals for part in _CONVERSION.split(token.text)}
    return parts - {""}


def _messages(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The string literals of each raised expression."""
    words = [token.text.upper() for token in tokens]
    for i, word in enumerate(words):
        if word == "RAISE" and words[i + 1 : i + 3] == ["USING", "MESSAGE"]:
            yield _literals(_until_semicolon(tokens, i + 3))
        elif word == "ERROR" and words[i + 1 : i + 2] == ["("]:
            yield _literals(_until_closed(tokens, i + 1))


def _until_semicolon(tokens: Sequence[Token], start: int) -> Iterator[Token]:
    for token in tokens[start:]:
        if token.token_type == TokenType.SEMICOLON:
            return
        yield token


def _until_closed(tokens: Sequence[Token], start: int) -> Iterator[Token]:
    depth = 0
    for token in tokens[start:]:
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth == 0:
            return
        yield token


def _literals(tokens: Iterable[Token]) -> list[Token]:
    return [t for t in tokens if t.token_type in (TokenType.STRING, TokenType.RAW_STRING)]
