"""Reads scripts of the procedure language.

sqlglot's BigQuery dialect parses statements, not the language around them (DECLARE, IF, RAISE ...).
Its tokenizer knows strings, comments and quoted names, so the language is read from its tokens, and
what lies between is kept as text for sqlglot's parser.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal

from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.warehouse.sql.syntax import (
    Assert,
    Block,
    Body,
    Call,
    CreateProcedure,
    Declare,
    If,
    Parameter,
    Raise,
    ScriptError,
    SetVariables,
    Sql,
    Statement,
    Transaction,
    tokens_of,
)

_QUOTED = frozenset(
    [
        TokenType.STRING,
        TokenType.RAW_STRING,
        TokenType.BYTE_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.IDENTIFIER,
    ]
)
_UNSUPPORTED = frozenset(
    [
        "WHILE",
        "LOOP",
        "REPEAT",
        "FOR",
        "EXECUTE",
        "EXCEPTION",
        "ROLLBACK",
        "RETURN",
        "BREAK",
        "LEAVE",
        "CONTINUE",
        "ITERATE",
    ]
)


@lru_cache(maxsize=256)
def parse_script(text: str) -> Body:
    """The statements of a script, those inside of blocks and procedures nested.

    Raises:
        ScriptError: something that is not in the language, with its line.
    """
    reader = _Reader(text, tokens_of(text))
    body = reader.body(())
    if not reader.at_end:
        raise reader.error("this ends nothing that was begun")
    return body


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.place = 0

    @property
    def at_end(self) -> bool:
        return self.place >= len(self.tokens)

    @property
    def line(self) -> int:
        token = self.tokens[min(self.place, len(self.tokens) - 1)] if self.tokens else None
        return self._line_of(token) if token else 1

    def _line_of(self, token: Token) -> int:
        return self.text.count("\n", 0, token.start) + 1

    def error(self, message: str) -> "ScriptError":
        found = "the end" if self.at_end else repr(self.tokens[self.place].text)
        return ScriptError(f"line {self.line}, at {found}: {message}")

    def word(self, ahead: int = 0) -> str:
        """The keyword or bare name `ahead` of here, upper case; empty for anything else."""
        if self.place + ahead >= len(self.tokens):
            return ""
        token = self.tokens[self.place + ahead]
        return "" if token.token_type in _QUOTED else token.text.upper()

    def take(self, *words: str) -> None:
        for word in words:
            if self.word() != word:
                raise self.error(f"{word} expected")
            self.place += 1

    def accept(self, *words: str) -> bool:
        if all(self.word(n) == word for n, word in enumerate(words)):
            self.place += len(words)
            return True
        return False

    def name(self) -> str:
        if self.at_end or self.tokens[self.place].token_type in (
            TokenType.STRING,
            TokenType.NUMBER,
        ):
            raise self.error("a name expected")
        self.place += 1
        return self.tokens[self.place - 1].text

    def body(self, closers: Sequence[str]) -> Body:
        """Statements up to one of the words, which is left, or to the end when none is given."""
        found: list[Statement] = []
        while not self.at_end and self.word() not in closers:
            if self.accept(";"):
                continue
            if self.word() == "END":
                break
            found.append(self.statement())
        if self.at_end and closers:
            raise self.error(f"{' or '.join(closers)} expected")
        return tuple(found)

    def statement(self) -> Statement:
        readers: dict[str, Callable[[], Statement]] = {
            "DECLARE": self.declare,
            "SET": self.set_variables,
            "IF": self.if_statement,
            "RAISE": self.raise_statement,
            "ASSERT": self.assert_statement,
            "CALL": self.call,
            "COMMIT": self.commit,
            "BEGIN": self.begin,
            "BEGIN TRANSACTION": self.begin,  # one token
        }
        word = self.word()
        if word in _UNSUPPORTED or (word == "CASE"):
            raise self.error(f"{word} is not in the procedure language that EROS uses")
        if word == "CREATE" and self._creates_procedure():
            return self.create_procedure()
        return readers.get(word, self.leaf)()

    def leaf(self) -> Sql:
        return self.sql(";")

    def sql(self, *stops: str) -> Sql:
        """Text up to one of the words outside of parentheses and CASE; the word is left."""
        begin = self.place
        depth = cases = 0
        while not self.at_end:
            word = self.word()
            if depth == 0 and cases == 0 and word in stops:
                break
            if word == ";":
                break
            depth += (word in {"(", "["}) - (word in {")", "]"})
            cases += (word == "CASE") - (word == "END")
            if depth < 0:
                raise self.error("a parenthesis too many")
            self.place += 1
        if self.place == begin:
            raise self.error("SQL expected")
        first, last = self.tokens[begin], self.tokens[self.place - 1]
        return Sql(self.text[first.start : last.end + 1], self._line_of(first))

    def semicolon(self) -> None:
        if not self.at_end:
            self.take(";")

    def declare(self) -> Declare:
        line = self.line
        self.take("DECLARE")
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        if self.word() == "DEFAULT":
            raise self.error(f"DECLARE {names[0]}: give its type")
        kind = self.sql("DEFAULT", ";")
        default = self.sql(";") if self.accept("DEFAULT") else None
        self.semicolon()
        return Declare(tuple(names), kind.text, default, line)

    def set_variables(self) -> SetVariables:
        line = self.line
        self.take("SET")
        parenthesised = self.accept("(")
        names = [self.name()]
        while parenthesised and self.accept(","):
            names.append(self.name())
        if parenthesised:
            self.take(")")
        if any(name.startswith("@") for name in names):
            raise self.error("session settings are not in the language")
        self.take("=")
        value = self.sql(";")
        self.semicolon()
        return SetVariables(tuple(names), value, parenthesised, line)

    def if_statement(self) -> If:
        line = self.line
        self.take("IF")
        branches: list[tuple[Sql, Body]] = []
        otherwise: Body = ()
        while True:
            condition = self.sql("THEN")
            self.take("THEN")
            branches.append((condition, self.body(("ELSEIF", "ELSE", "END"))))
            if not self.accept("ELSEIF"):
                break
        if self.accept("ELSE"):
            otherwise = self.body(("END",))
        self.take("END", "IF")
        self.semicolon()
        return If(tuple(branches), otherwise, line)

    def raise_statement(self) -> Raise:
        line = self.line
        self.take("RAISE", "USING", "MESSAGE", "=")
        message = self.sql(";")
        self.semicolon()
        return Raise(message, line)

    def assert_statement(self) -> Assert:
        line = self.line
        self.take("ASSERT")
        condition = self.sql("AS", ";")
        description = self.sql(";") if self.accept("AS") else None
        self.semicolon()
        return Assert(condition, description, line)

    def call(self) -> Call:
        line = self.line
        self.take("CALL")
        name = self.qualified_name()
        self.take("(")
        arguments: list[Sql] = []
        while not self.accept(")"):
            arguments.append(self.sql(",", ")"))
            if not self.accept(",") and self.word() != ")":
                raise self.error(", or ) expected")
        self.semicolon()
        return Call(name, tuple(arguments), line)

    def qualified_name(self) -> str:
        """A dotted name; its parts may be quoted together or one by one."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        return ".".join(parts)

    def commit(self) -> Transaction:
        line = self.line
        self.take("COMMIT")
        self.accept("TRANSACTION")
        self.semicolon()
        return Transaction("COMMIT", line)

    def begin(self) -> Transaction | Block:
        line = self.line
        if self.accept("BEGIN TRANSACTION"):
            self.semicolon()
            return Transaction("BEGIN", line)
        self.take("BEGIN")
        if self.word() == ";":
            self.semicolon()
            return Transaction("BEGIN", line)
        body = self.body(("END",))
        self.take("END")
        self.semicolon()
        return Block(body, line)

    def _creates_procedure(self) -> bool:
        return self.word(1) == "PROCEDURE" or (
            self.word(1) == "OR" and self.word(2) == "REPLACE" and self.word(3) == "PROCEDURE"
        )

    def create_procedure(self) -> CreateProcedure:
        line = self.line
        self.take("CREATE")
        self.accept("OR", "REPLACE")
        self.take("PROCEDURE")
        name = self.qualified_name()
        self.take("(")
        parameters: list[Parameter] = []
        while not self.accept(")"):
            parameters.append(self.parameter())
            if not self.accept(",") and self.word() != ")":
                raise self.error(", or ) expected")
        if self.accept("OPTIONS"):
            self.sql("BEGIN")
        block = self.begin()
        if not isinstance(block, Block):
            raise self.error("the procedure's BEGIN ... END expected")
        return CreateProcedure(name, tuple(parameters), block.body, line)

    def parameter(self) -> Parameter:
        mode: Literal["IN", "OUT", "INOUT"] = "IN"
        if self.word() in {"IN", "OUT", "INOUT"}:
            mode = {"IN": "IN", "OUT": "OUT", "INOUT": "INOUT"}[self.word()]  # pyright: ignore[reportAssignmentType]
            self.place += 1
        name = self.name()
        depth = 0
        begin = self.place
        while depth or self.word() not in {",", ")"}:
            if self.at_end:
                raise self.error("the parameter's type expected")
            depth += (self.word() in {"<", "("}) - (self.word() in {">", ")"})
            self.place += 1
        first, last = self.tokens[begin], self.tokens[self.place - 1]
        return Parameter(mode, name, self.text[first.start : last.end + 1])
