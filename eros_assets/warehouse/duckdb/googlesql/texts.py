"""Strings, bytes, patterns and FORMAT."""

import re

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import (
    Rules,
    bound_macro,
    duck,
    macro,
    needed,
    once,
    operand,
    part,
    refuse,
)

_SPECIFIER = re.compile(r"%([-+ 0#]*)([0-9]*)(\.[0-9]+)?([a-zA-Z%])")


def _trim(node: exp.Expr) -> exp.Expr:
    """Without characters named: all Unicode white space, where DuckDB's takes the space alone."""
    position = str(node.args.get("position") or "").upper()
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(position, "trim")
    characters = part(node, "expression")
    if characters is not None:
        return duck(f"{name}(:x, :characters)", x=node.this, characters=characters)
    return macro(name, node.this)


def _normalize(node: exp.Expr) -> exp.Expr:
    form = part(node, "form")
    if form is not None and form.name.upper() != "NFC":
        raise refuse(node, "only the normal form NFC is translated")
    return bound_macro("nfc", node.this)


def _sha256(node: exp.Expr) -> exp.Expr:
    length = part(node, "length")
    if length is None or length.name != "256":
        raise refuse(node, "only SHA256 is translated")
    if isinstance(node.parent, exp.LowerHex):
        return node  # to_hex's rule does both at once
    return duck("unhex(sha256(:x))", x=node.this)


def _to_hex(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.SHA2Digest):
        return duck("sha256(:x)", x=node.this.this)
    return duck("lower(hex(:x))", x=node.this)


def _lower(node: exp.Expr) -> exp.Expr:
    return macro("lower", node.this)


def _length(node: exp.Expr) -> exp.Expr:
    return bound_macro("length", node.this)


def _pad(node: exp.Expr) -> exp.Expr:
    name = "lpad" if node.args.get("is_left") else "rpad"
    fill = part(node, "fill_pattern") or exp.Literal.string(" ")
    n = needed(node, "expression")
    return duck(f"{name}(:x, CAST(:n AS INTEGER), :fill)", x=node.this, n=n, fill=fill)


def _substring(node: exp.Expr) -> exp.Expr:
    start = part(node, "start")
    if not (isinstance(start, exp.Literal) and start.name != "0"):
        refused = isinstance(start, exp.Literal) or start is None
        if refused:
            raise refuse(node, "positions count from 1")
    return node


def _like(node: exp.Expr) -> exp.Expr:
    pattern = needed(node, "expression")
    if not isinstance(pattern, exp.Literal) or "\\" in pattern.name:
        raise refuse(node, "the pattern must be a literal without a backslash; use REGEXP_CONTAINS")
    return node


def _position(node: exp.Expr) -> exp.Expr:
    if part(node, "position") is not None or part(node, "occurrence") is not None:
        raise refuse(node, "only the first place is translated")
    return node


def _safe(node: exp.Expr) -> exp.Expr:
    """SAFE.REGEXP_CONTAINS: NULL where the pattern doesn't compile.

    DuckDB compiles a constant pattern when it plans the query, where TRY doesn't reach; the
    variable of a lambda is none.
    """
    if not isinstance(node.this, exp.RegexpLike):
        raise refuse(node, "SAFE is translated for REGEXP_CONTAINS alone")
    return duck(
        once(":pattern", "pattern", "TRY(regexp_matches(:x, pattern))"),
        x=node.this.this,
        pattern=needed(node.this, "expression"),
    )


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    if part(node, "position") is not None or part(node, "occurrence") is not None:
        raise refuse(node, "only the first match is translated")
    return node


def _regexp_extract_all(node: exp.Expr) -> exp.Expr:
    """What the pattern's group matches; what the whole pattern does where it has no group."""
    pattern = needed(node, "expression")
    if not isinstance(pattern, exp.Literal | exp.RawString):
        raise refuse(node, "the pattern must be a literal")
    group = exp.Literal.number(re.compile(pattern.name).groups)
    return duck("regexp_extract_all(:x, :pattern, :g)", x=node.this, pattern=pattern, g=group)


def _format(node: exp.Expr) -> exp.Expr:
    """FORMAT with a literal format; each argument is brought to the type its specifier takes."""
    form = node.this
    if not isinstance(form, exp.Literal):
        raise refuse(node, "the format must be a literal")
    arguments = list(node.expressions)
    converted: list[exp.Expr] = []

    def specifier(found: re.Match[str]) -> str:
        flags, width, precision, letter = found.groups()
        if letter == "%":
            return "%%"
        if not arguments:
            raise refuse(node, "more specifiers than arguments")
        x = arguments.pop(0)
        if letter in "di":
            converted.append(duck("CAST(:x AS BIGINT)", x=x))
            return f"%{flags}{width}d"
        if letter in "feEgG":
            converted.append(duck("CAST(:x AS DOUBLE)", x=x))
            return f"%{flags}{width}{precision or ''}{letter}"
        if letter == "s":
            converted.append(x)
            return f"%{flags}{width}{precision or ''}s"
        if letter == "t":
            converted.append(duck("coalesce(:x, 'NULL')", x=bound_macro("shown", x)))
            return f"%{flags}{width}s"
        raise refuse(node, f"%{letter} is not translated")

    text = _SPECIFIER.sub(specifier, form.name)
    if arguments:
        raise refuse(node, "more arguments than specifiers")
    return exp.Anonymous(this="printf", expressions=[exp.Literal.string(text), *converted])


def _split(node: exp.Expr) -> exp.Expr:
    separator = part(node, "expression") or exp.Literal.string(",")
    return duck("string_split(:x, :separator)", x=node.this, separator=separator)


def _concatenated(node: exp.Expr) -> exp.Expr:
    """CONCAT is NULL when an argument is; `||` is that in DuckDB.

    Where no argument can be NULL, DuckDB's own does the same, and does not copy the text anew for
    each of them.
    """
    pieces: list[exp.Expr] = node.expressions
    if all(map(_is_text, pieces)):
        return exp.Anonymous(this="concat", expressions=pieces)
    result = operand(pieces[0])
    for piece in pieces[1:]:
        result = exp.DPipe(this=result, expression=operand(piece), safe=False)
    return exp.Paren(this=result)


def _is_text(node: exp.Expr) -> bool:
    """Whether it is a text and never NULL: a literal, or COALESCE that ends in one."""
    if isinstance(node, exp.Coalesce):
        return bool(node.expressions) and _is_text(node.expressions[-1])
    return isinstance(node, exp.Literal) and node.is_string


RULES: Rules = {
    exp.Trim: _trim,
    exp.Normalize: _normalize,
    exp.SHA2Digest: _sha256,
    exp.LowerHex: _to_hex,
    exp.Length: _length,
    exp.Lower: _lower,
    exp.Pad: _pad,
    exp.Substring: _substring,
    exp.Like: _like,
    exp.StrPosition: _position,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpExtractAll: _regexp_extract_all,
    exp.SafeFunc: _safe,
    exp.Format: _format,
    exp.Split: _split,
    exp.Concat: _concatenated,
}

UNCHANGED: tuple[type[exp.Expr], ...] = (
    exp.ArrayToString,
    exp.EndsWith,
    exp.RegexpLike,
    exp.RegexpReplace,
    exp.Replace,
    exp.StartsWith,
)
"""Functions that sqlglot's own translation carries over with their meaning."""
