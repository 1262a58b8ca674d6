"""Python values to and from the protobuf values of Google's reference implementation.

INT64 int, FLOAT64 float, BOOL bool, STRING and JSON str, BYTES bytes, DATE datetime.date, TIMESTAMP
datetime in UTC, DATETIME datetime without a zone, ARRAY list, STRUCT dict, NULL None.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

from tests.googlesql.catalog import Type, named_type

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
DAY_ZERO = dt.date(1970, 1, 1)


def type_of(value: object) -> Type:
    """The type that a parameter with this value has.

    Raises:
        TypeError: the value alone doesn't tell (None, an empty list).
    """
    match value:
        case bool():
            name = "BOOL"
        case int():
            name = "INT64"
        case float():
            name = "FLOAT64"
        case str():
            name = "STRING"
        case bytes():
            name = "BYTES"
        case dt.datetime():
            name = "TIMESTAMP" if value.tzinfo else "DATETIME"
        case dt.date():
            name = "DATE"
        case [first, *_]:
            of = Type(type_kind=type_pb2.TYPE_ARRAY)
            of.array_type.element_type.CopyFrom(type_of(first))
            return of
        case _:
            raise TypeError(f"{value!r} doesn't tell its GoogleSQL type")
    return named_type(name)


def encode(value: object, of: Type) -> value_pb2.ValueProto:
    """The value as a message of this type."""
    message = value_pb2.ValueProto()
    if value is None:
        return message
    match of.type_kind:
        case type_pb2.TYPE_INT64:
            message.int64_value = int(value)
        case type_pb2.TYPE_DOUBLE:
            message.double_value = float(value)
        case type_pb2.TYPE_BOOL:
            message.bool_value = bool(value)
        case type_pb2.TYPE_STRING:
            message.string_value = str(value)
        case type_pb2.TYPE_BYTES:
            message.bytes_value = value
        case type_pb2.TYPE_DATE:
            message.date_value = (value - DAY_ZERO).days
        case type_pb2.TYPE_TIMESTAMP:
            message.timestamp_value.FromDatetime(value.astimezone(dt.UTC))
        case type_pb2.TYPE_ARRAY:
            message.array_value.SetInParent()
            for item in value:
                message.array_value.element.append(encode(item, of.array_type.element_type))
        case type_pb2.TYPE_STRUCT:
            fields = of.struct_type.field
            items = value if isinstance(value, Sequence) else [value[f.field_name] for f in fields]
            message.struct_value.SetInParent()
            for item, field in zip(items, fields, strict=True):
                message.struct_value.field.append(encode(item, field.field_type))
        case _:
            raise TypeError(f"no encoding of {type_pb2.TypeKind.Name(of.type_kind)}")
    return message


def decode(message: value_pb2.ValueProto, of: Type) -> object:
    """The Python value of a message of this type."""
    if message.WhichOneof("value") is None:
        return None
    match of.type_kind:
        case type_pb2.TYPE_INT64:
            return message.int64_value
        case type_pb2.TYPE_DOUBLE:
            return message.double_value
        case type_pb2.TYPE_BOOL:
            return message.bool_value
        case type_pb2.TYPE_STRING:
            return message.string_value
        case type_pb2.TYPE_BYTES:
            return message.bytes_value
        case type_pb2.TYPE_JSON:
            return message.json_value
        case type_pb2.TYPE_DATE:
            return DAY_ZERO + dt.timedelta(days=message.date_value)
        case type_pb2.TYPE_TIMESTAMP:
            instant = message.timestamp_value
            whole = dt.timedelta(seconds=instant.seconds, microseconds=instant.nanos // 1000)
            return EPOCH + whole
        case type_pb2.TYPE_DATETIME:
            return _wall_time(message.datetime_value)
        case type_pb2.TYPE_ARRAY:
            inner = of.array_type.element_type
            return [decode(item, inner) for item in message.array_value.element]
        case type_pb2.TYPE_STRUCT:
            fields = of.struct_type.field
            return {
                field.field_name: decode(item, field.field_type)
                for item, field in zip(message.struct_value.field, fields, strict=True)
            }
        case _:
            raise TypeError(f"no decoding of {type_pb2.TypeKind.Name(of.type_kind)}")


def _wall_time(message: value_pb2.ValueProto.Datetime) -> dt.datetime:
    bits = message.bit_field_datetime_seconds
    second, minute, hour = bits & 63, bits >> 6 & 63, bits >> 12 & 31
    day, month, year = bits >> 17 & 31, bits >> 22 & 15, bits >> 26
    zoned = dt.datetime(year, month, day, hour, minute, second, message.nanos // 1000, dt.UTC)
    return zoned.replace(tzinfo=None)


Row = Mapping[str, object]
