"""The repository's rules that need types: what the analyser made of a statement tells them.

Zones: each conversion between an instant (TIMESTAMP) and a date, a wall time or a text names
America/Los_Angeles. Tables: partitions and clusters as BigQuery allows them.
"""

import re
from collections.abc import Iterator

from zetasql.wasi._pb2.zetasql.public import builtin_function_pb2, type_pb2

from tests.googlesql.resolved import Resolved, inherited, kind, unwrap, walk
from tests.googlesql.rules import Violation

ZONE = "America/Los_Angeles"

# Signatures whose last, optional argument is a zone.
ZONED = frozenset(
    builtin_function_pb2.FunctionSignatureId.Value(f"FN_{name}")
    for name in (
        "DATE_FROM_TIMESTAMP",
        "DATETIME_FROM_TIMESTAMP",
        "TIME_FROM_TIMESTAMP",
        "EXTRACT_FROM_TIMESTAMP",
        "EXTRACT_DATE_FROM_TIMESTAMP",
        "EXTRACT_TIME_FROM_TIMESTAMP",
        "EXTRACT_DATETIME_FROM_TIMESTAMP",
        "FORMAT_TIMESTAMP",
        "PARSE_TIMESTAMP",
        "STRING_FROM_TIMESTAMP",
        "TIMESTAMP_FROM_DATE",
        "TIMESTAMP_FROM_DATETIME",
        "TIMESTAMP_FROM_STRING",
        "TIMESTAMP_TRUNC",
    )
)
FORMAT = builtin_function_pb2.FN_FORMAT_STRING
WALL = frozenset(
    {type_pb2.TYPE_DATE, type_pb2.TYPE_DATETIME, type_pb2.TYPE_TIME, type_pb2.TYPE_STRING}
)
CLUSTERED = frozenset(
    {
        type_pb2.TYPE_STRING,
        type_pb2.TYPE_INT64,
        type_pb2.TYPE_BOOL,
        type_pb2.TYPE_DATE,
        type_pb2.TYPE_TIMESTAMP,
        type_pb2.TYPE_DATETIME,
        type_pb2.TYPE_NUMERIC,
        type_pb2.TYPE_BIGNUMERIC,
    }
)
WITH_OFFSET = re.compile(rb"(Z|UTC|America/Los_Angeles|[+-]\d\d?(:\d\d)?)['\"]\s*$")


def typed_rules(resolved: Resolved, text: bytes) -> Iterator[Violation]:
    """Every violation in a statement; `text` is what the places are of."""
    # BigQuery's PARTITION BY takes no zone: partitions of a TIMESTAMP are in UTC.
    partitions = {
        at
        for partition in inherited(resolved, "partition_by_list") or ()
        for _, at in walk(unwrap(partition))
    }
    for node, at in walk(resolved):
        match kind(node):
            case "FunctionCall" if at not in partitions:
                yield from _function(node.parent, at)
            case "Cast":
                yield from _cast(node, at)
            case "Literal":
                yield from _literal(node, at, text)
            case "CreateTableStmt":
                yield from _layout(node, at)
            case _:
                pass


def _function(call: Resolved, at: int) -> Iterator[Violation]:
    signature = call.signature
    name = call.function.name.split(":")[-1].lstrip("$").upper()
    types = [argument.type.type_kind for argument in signature.argument]
    if signature.context_id == FORMAT and type_pb2.TYPE_TIMESTAMP in types:
        yield at, "FORMAT of a TIMESTAMP takes no zone: FORMAT_TIMESTAMP with a zone"
    if not call.function.name.startswith("ZetaSQL:") or signature.context_id not in ZONED:
        return
    given = [unwrap(argument) for argument in call.argument_list]
    if len(given) < len(signature.argument):
        yield at, f"{name} of a TIMESTAMP without a zone: name '{ZONE}'"
        return
    zone = given[-1]
    if kind(zone) != "Literal" or zone.value.value.string_value != ZONE:
        yield at, f"{name} in another zone: business dates and hours are '{ZONE}'"


def _cast(cast: Resolved, at: int) -> Iterator[Violation]:
    to = cast.parent.type.type_kind
    given = inherited(unwrap(cast.expr), "type")
    of = None if given is None else given.type_kind
    if type_pb2.TYPE_TIMESTAMP in (to, of) and (to in WALL or of in WALL):
        yield at, f"CAST between TIMESTAMP and a wall time is in UTC: a function with '{ZONE}'"


def _literal(literal: Resolved, at: int, text: bytes) -> Iterator[Violation]:
    if literal.value.type.type_kind != type_pb2.TYPE_TIMESTAMP:
        return
    place = inherited(literal, "parse_location_range")
    if place is None or not place.HasField("end"):
        return
    written = text[place.start : place.end]
    if (b"'" in written or b'"' in written) and not WITH_OFFSET.search(written):
        yield at, "TIMESTAMP literal without a zone or offset: write the offset"


def _layout(create: Resolved, at: int) -> Iterator[Violation]:
    if len(create.partition_by_list) > 1:
        yield at, "BigQuery partitions by one column"
    for partition in create.partition_by_list:
        column = unwrap(partition)
        of = inherited(column, "type").type_kind
        if kind(column) == "ColumnRef" and of != type_pb2.TYPE_DATE:
            yield at, "PARTITION BY a column that is no DATE"
    if len(create.cluster_by_list) > 4:
        yield at, "BigQuery clusters by four columns at most"
    for cluster in create.cluster_by_list:
        if inherited(unwrap(cluster), "type").type_kind not in CLUSTERED:
            yield at, "CLUSTER BY a column whose type BigQuery doesn't cluster by"
