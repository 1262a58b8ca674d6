"""What BigQuery would run and bill for an operation, told from the SQL.

An operation of the door is a job. A script or call is a job, and each statement in it that reads or
writes is another (BEGIN TRANSACTION and what only computes are none). Rows that replace others are
loaded by a load job and a MERGE, none in their place are a DELETE; rows that are added, or replace
those of a table or of a day's partition, are a load job, which bills nothing. Each
statement is billed 10 MiB at least for each table that it reads, those below its views too, and
temporary ones. UPDATE, DELETE and MERGE are billed for the table that they change; CREATE and
INSERT are not billed for the one that they write (BigQuery's documentation of DML, "On-demand query
size calculation").
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from eros_assets.dataset import Dataset
from eros_assets.gate.rehearsal import WRITTEN
from eros_assets.warehouse.protocol import Job
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.reading import DATASET, parse_sql
from eros_assets.warehouse.sql.rehearsal import rehearsal_script
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import Sql, leaves, tokens_of

LEAST_BILLED = 10 * 2**20
"""Bytes that BigQuery bills at least for a table that a statement mentions."""
USD_PER_TIB = 6.25
LOADING = ("load", "merge")
"""The jobs of a load that replaces some rows."""
LOADED_TABLES = 2
"""Tables that these mention: the one that is replaced in, and the one loaded into."""
WRITING = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "CREATE"})
QUERIES = WRITING | {"SELECT", "WITH"}


@dataclass(frozen=True, slots=True)
class Bill:
    """What BigQuery runs for some operations: jobs, and tables that their statements mention."""

    jobs: int = 0
    tables: int = 0

    def __add__(self, other: "Bill") -> "Bill":
        return Bill(self.jobs + other.jobs, self.tables + other.tables)

    @property
    def usd(self) -> float:
        """What is billed at least."""
        return usd(self.tables * LEAST_BILLED)


def usd(size: float) -> float:
    """The price of bytes that are billed."""
    return size / 2**40 * USD_PER_TIB


def bill_of(dataset: Dataset, job: Job) -> Bill:
    """What BigQuery runs and bills for an operation of the embedded warehouse's log."""
    library = dataset.library
    match job.kind:
        case "load":
            table, _, by = job.statement.partition(" by ")
            if not by or re.search(rf"\nPARTITION BY {by}\b", library[table].text):
                return Bill(1, 0)
            return Bill(len(LOADING), LOADED_TABLES) if job.rows else Bill(1, 1)
        case "call":
            return script_bill(library, library[job.statement.split()[-1]].text)
        case "run" if job.statement.startswith("rehearse "):
            procedure = library[job.statement.split()[-1]]
            return script_bill(library, rehearsal_script(library, procedure, WRITTEN))
        case _:
            return script_bill(library, whole_statement(library, job.statement))


def whole_statement(library: SqlLibrary, statement: str) -> str:
    """The file of `sql/` that a statement of the log, which may be cut there, comes from."""
    begins = statement.removesuffix("\N{HORIZONTAL ELLIPSIS}")
    for each in library.of_kind("operation", "check"):
        lines = (line for line in each.text.splitlines() if not line.lstrip().startswith("--"))
        if " ".join(" ".join(lines).split()).startswith(begins):
            return each.text
    return statement


def script_bill(library: SqlLibrary, text: str) -> Bill:
    """What BigQuery runs and bills for a script or a procedure, all of its branches taken."""
    tables = [len(each) for _, each in statements_of(library, text)]
    is_script = len([leaf for leaf in leaves(parse_script(text)) if isinstance(leaf, Sql)]) > 1
    return Bill(len(tables) + is_script if tables else 1, sum(tables))


def statements_of(library: SqlLibrary, text: str) -> Iterator[tuple[Sql, frozenset[str]]]:
    """The statements and expressions of a script that read or write, with the billed tables."""
    for leaf in leaves(parse_script(text)):
        if isinstance(leaf, Sql):
            tables = tables_of(library, leaf.text)
            if tables or tokens_of(leaf.text)[0].text.upper() in WRITING:
                yield leaf, tables


def tables_of(library: SqlLibrary, text: str) -> frozenset[str]:
    """The tables that a statement is billed for: temporary ones, and those below views, too.

    What a CREATE or INSERT writes is among them only if it is read as well.
    """
    tree = _read(_parsed(text))
    named = {each.alias for each in tree.find_all(exp.CTE)}
    functions = {_bare(function.name) for function in tree.find_all(exp.Anonymous)}
    mentioned = functions | {_bare(table.name) for table in tree.find_all(exp.Table)}
    reached = library.reached_from(*(mentioned & library.keys()))
    tables = {name for name in reached if library[name].kind == "table"}
    return frozenset(tables | (mentioned - library.keys() - named - functions - {""}))


def columns_of(
    library: SqlLibrary, text: str, temporary: Mapping[str, Collection[str]] | None = None
) -> Mapping[str, frozenset[str]]:
    """The columns that a statement can read of each table, at most.

    A column counts when the statement, or a view or function below it, mentions its name, and all
    of them where rows are taken as they are from the table itself. The columns of temporary tables
    are given; of others than these nothing is said.
    """
    tree = _read(_parsed(text))
    functions = {_bare(function.name) for function in tree.find_all(exp.Anonymous)}
    mentioned = functions | {_bare(table.name) for table in tree.find_all(exp.Table)}
    reached = library.reached_from(*(mentioned & library.keys()))
    trees = [tree]
    for name in reached:
        if library[name].kind in ("view", "function", "table_function"):
            trees += [_parsed(leaf.text) for leaf in _leaves(library[name].text)]
    names = {column.name for each in trees for column in each.find_all(exp.Column)}
    names |= {each.name for tree in trees for each in tree.find_all(exp.Identifier)}
    whole = {
        _bare(table.name)
        for each in trees
        for select in each.find_all(exp.Select)
        if select.is_star
        for table in select.find_all(exp.Table)
        if table.parent_select is select
    }
    known = {
        **{
            table: [column.name for column in library[table].columns]
            for table in reached
            if library[table].kind == "table"
        },
        **{table: of for table, of in (temporary or {}).items() if table in mentioned},
    }
    return {
        table: frozenset(each for each in columns if table in whole or each in names)
        for table, columns in known.items()
    }


def _leaves(text: str) -> list[Sql]:
    return [leaf for leaf in leaves(parse_script(text)) if isinstance(leaf, Sql)]


def _parsed(text: str) -> exp.Expr:
    is_query = tokens_of(text)[0].text.upper() in QUERIES
    return parse_sql(Sql(text if is_query else f"SELECT ({text})", 1), "a statement")


def _read(tree: exp.Expr) -> exp.Expr:
    """The part of a statement that is billed: a CREATE or INSERT is what it writes from."""
    if isinstance(tree, exp.Create | exp.Insert):
        return tree.expression if tree.args.get("expression") else exp.Select()
    return tree


def _bare(name: str) -> str:
    return name.removeprefix(f"{DATASET}.")
