"""Typed values as BigQuery query parameters."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard, cast

from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter

from eros_assets.warehouse.binding import BindingError, typed_parameters
from eros_assets.warehouse.protocol import Parameters, Scalar, Typed, Value, WarehouseError

QueryParameter = ScalarQueryParameter | ArrayQueryParameter


def query_parameters(parameters: Parameters | None) -> list[QueryParameter]:
    """Named query parameters, in the order given.

    Raises:
        WarehouseError: a value that has no GoogleSQL type of its own (None, an empty sequence) and
            was given none, a datetime without zone, a sequence where one value is due.
    """
    try:
        typed = typed_parameters(parameters)
    except BindingError as error:
        raise WarehouseError(str(error)) from None
    return [_parameter(name, value) for name, value in typed.items()]


def of_columns(values: Parameters, types: Mapping[str, str]) -> dict[str, Typed]:
    """`values` by column, each of its column's type, or an ARRAY of it for several."""
    return {name: _of_column(value, types[name]) for name, value in values.items()}


def is_several(value: Value) -> TypeGuard[Sequence[str] | Sequence[int]]:
    """Whether a value is a sequence of values."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def _of_column(given: Value | Typed, type_: str) -> Typed:
    value = given.value if isinstance(given, Typed) else given
    return Typed(value, f"ARRAY<{type_}>" if is_several(value) else type_)


def _parameter(name: str, typed: Typed) -> QueryParameter:
    type_ = typed.type.strip().upper()
    if type_.startswith("ARRAY<"):
        if typed.value is not None and not is_several(typed.value):
            raise WarehouseError(f"parameter @{name} of type {type_} needs a sequence")
        element_type = type_.removeprefix("ARRAY<").removesuffix(">").strip()
        return ArrayQueryParameter(name, element_type, list[Any](typed.value or ()))
    if is_several(typed.value):
        raise WarehouseError(f"parameter @{name} of type {type_} can't be a sequence")
    return ScalarQueryParameter(name, type_, cast("Scalar", typed.value))
