"""Query parameters: values with their GoogleSQL types, checked before an engine gets them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd

from eros_assets.errors import ErosError
from eros_assets.warehouse.protocol import Parameters, Scalar, Typed, Value
from eros_assets.warehouse.sql.objects import RoutineParameter


class BindingError(ErosError):
    """A parameter that can't be bound; the message names it."""


def typed_parameters(parameters: Parameters | None) -> dict[str, Typed]:
    """Query parameters by name, each with its type.

    Raises:
        BindingError: NULL or an empty sequence without a type, a naive datetime, a type that no
            GoogleSQL type stands for.
    """
    return {name: _typed(name, value) for name, value in (parameters or {}).items()}


def typed_arguments(
    procedure: str, declared: Sequence[RoutineParameter], arguments: Parameters | None
) -> dict[str, Typed]:
    """A procedure's IN arguments by name, with the types that it declares.

    Raises:
        BindingError: a missing or unknown argument, a naive datetime.
    """
    given = dict(arguments or {})
    wanted = [p for p in declared if p.mode == "IN"]
    names = ", ".join(p.name for p in wanted) or "none"
    missing = [p.name for p in wanted if p.name not in given]
    unknown = sorted(given.keys() - {p.name for p in wanted})
    if missing or unknown:
        faults = [f"{name} is missing" for name in missing]
        faults += [f"{name} is not one of its arguments" for name in unknown]
        raise BindingError(f"{procedure}: {'; '.join(faults)}; its arguments: {names}")
    return {p.name: Typed(plain_value(p.name, given[p.name]), p.type) for p in wanted}


def _typed(name: str, value: Value | Typed) -> Typed:
    if isinstance(value, Typed):
        return Typed(plain_value(name, value), value.type)
    plain = plain_value(name, value)
    kind = _type_of(plain)
    if kind is None:
        raise BindingError(
            f"parameter @{name} is {plain!r}, which doesn't tell its type; "
            "pass Typed(value, 'STRING') or whatever its type is"
        )
    return Typed(plain, kind)


def _type_of(value: Value) -> str | None:
    match value:
        case bool():
            return "BOOL"
        case int():
            return "INT64"
        case float():
            return "FLOAT64"
        case str():
            return "STRING"
        case dt.datetime():
            return "TIMESTAMP"
        case dt.date():
            return "DATE"
        case None:
            return None
        case _:
            kinds = {_type_of(element) for element in value}
            return f"ARRAY<{kinds.pop()}>" if len(kinds) == 1 and None not in kinds else None


def plain_value(name: str, value: object) -> Value:
    """The value in Python's own types, converted from numpy or pandas; None for NULL.

    Raises:
        BindingError: a naive datetime, a number beyond INT64, a value of another kind.
    """
    if isinstance(value, Typed):
        value = value.value
    if isinstance(value, np.generic):
        value = cast("object", value.item())
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise BindingError(
                f"parameter {name}: {value} has no time zone; pass an aware datetime"
            )
        whole = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        return whole.astimezone(dt.UTC)
    if isinstance(value, (bool, int, float, str, dt.date)):
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise BindingError(f"parameter {name}: {value} is beyond INT64")
        return value
    if isinstance(value, (Mapping, set, frozenset, bytes)):
        raise BindingError(f"parameter {name}: a {type(value).__name__} is no GoogleSQL value")
    if isinstance(value, (Sequence, np.ndarray, pd.Series)):
        elements = [plain_value(name, element) for element in cast("Sequence[object]", value)]
        return cast("Value", elements)
    raise BindingError(f"parameter {name}: a {type(value).__name__} is no GoogleSQL value")


def scalar(value: object) -> Scalar:
    """A value that an engine gave back, with times in UTC."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    return cast("Scalar", value)
