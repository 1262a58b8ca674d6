"""The constructs that `sql/` is written in, each with what proves that both engines mean the same.

A construct is a function with its arity and modifiers, an operator or a clause; its name is what
`tests.googlesql.constructs` calls it. A test refuses constructs in `sql/` that aren't listed here.
"""

from tests.sql.same_meaning.clauses import ELSEWHERE, ERRORS, QUERIES
from tests.sql.same_meaning.edges import EDGES, GROUP_COLUMNS, GROUPS
from tests.sql.same_meaning.over_rows import AGGREGATES, WINDOWS
from tests.sql.same_meaning.scalars import SCALARS

LISTED = frozenset({*SCALARS, *AGGREGATES, *WINDOWS, *QUERIES, *ELSEWHERE})

__all__ = [
    "AGGREGATES",
    "EDGES",
    "ELSEWHERE",
    "ERRORS",
    "GROUPS",
    "GROUP_COLUMNS",
    "LISTED",
    "QUERIES",
    "SCALARS",
    "WINDOWS",
]
