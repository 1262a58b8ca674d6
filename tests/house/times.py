"""Times without a zone, and places that look at the clock."""

import ast
import re

from tests.house.modules import Module

ALWAYS_NAIVE = {
    *("datetime.datetime.utcnow", "datetime.datetime.utcfromtimestamp", "datetime.datetime.today"),
    *("datetime.date.today", "datetime.date.fromtimestamp", "pandas.Timestamp.today"),
    *("pandas.Timestamp.utcnow", "time.localtime", "time.ctime", "time.strftime"),
}
ZONE_ARGUMENT = {
    "datetime.datetime.now": (0, "tz"),
    "pandas.Timestamp.now": (0, "tz"),
    "datetime.datetime.fromtimestamp": (1, "tz"),
    "datetime.datetime.combine": (2, "tzinfo"),
    "datetime.datetime": (7, "tzinfo"),
}
"""Where the zone stands among the arguments, and its name."""
CLOCKS = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"),
    *("datetime.date.today", "pandas.Timestamp.now", "pandas.Timestamp.today"),
    *("pandas.Timestamp.utcnow", "time.time", "time.time_ns", "time.gmtime", "time.localtime"),
    *("eros_assets.calendar.today",),
}


def naive_times(module: Module) -> list[str]:
    """Datetimes without a zone, and zones by an abbreviation that names half a year."""
    found = [
        module.at(node, f"{name} without a zone")
        for node, name in module.named
        if name in ALWAYS_NAIVE or (name in ZONE_ARGUMENT and _lacks_zone(node, name))
    ]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func.attr
            if called == "strptime" and "%z" not in ast.unparse(node):
                found.append(module.at(node, "strptime without %z"))
            if called == "replace" and any(
                keyword.arg == "tzinfo" and _is_none(keyword.value) for keyword in node.keywords
            ):
                found.append(module.at(node, "replace(tzinfo=None)"))
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in module.docstrings
            and re.search(r"\bP[SD]T\b", node.value)
        ):
            found.append(module.at(node, "a zone by its abbreviation"))
    return found


def _lacks_zone(node: ast.expr, name: str) -> bool:
    """Whether a constructor is called without its zone, or handed on to be called so."""
    call = node.parent
    if not isinstance(call, ast.Call) or call.func is not node:
        # `dt.datetime` alone is a type: an annotation, isinstance, match.
        return name != "datetime.datetime"
    place, keyword = ZONE_ARGUMENT[name]
    if any(k.arg is None for k in call.keywords) or any(
        isinstance(argument, ast.Starred) for argument in call.args
    ):
        return False  # what is spread out may hold it
    given = [*call.args[place : place + 1], *(k.value for k in call.keywords if k.arg == keyword)]
    return not given or _is_none(given[0])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def clock_readings(module: Module) -> list[tuple[str, str]]:
    """Place (`path function`) and finding of everything that takes the current time."""
    return [
        (f"{module.path} {module.function_of(node)}", module.at(node, name))
        for node, name in module.named
        if name in CLOCKS
    ]
