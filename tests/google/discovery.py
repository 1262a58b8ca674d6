"""Google's discovery documents of its services, as a check of requests and answers.

https://developers.google.com/discovery/v1/type-format
"""

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

# What Google's own client sends beside the document, and the service takes: FLOAT64 parameters as
# JSON numbers where it says string; a query parameter that it has for jobs.list alone.
NUMBER_FOR_STRING = {"QueryParameterValue.value"}
FURTHER_QUERY = {("bigquery.jobs.get", "projection")}


@dataclass(frozen=True)
class Method:
    """One method of the API; `path` is a pattern with a group per path parameter."""

    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Mapping[str, Mapping[str, Any]]
    request: str | None
    response: str | None


class Discovery:
    """What the document says is right; each check gives the violations that it found."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._schemas: Mapping[str, Any] = document["schemas"]
        self._common: Mapping[str, Any] = document["parameters"]
        self._methods = list(_methods(document))

    def method(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that a request is for, and its path parameters."""
        for method in self._methods:
            if method.verb == verb and (found := method.path.fullmatch(path)):
                return method, {k: unquote(v) for k, v in found.groupdict().items()}
        return None

    def check_query(self, method: Method, query: Mapping[str, list[str]]) -> list[str]:
        """Violations in query parameters."""
        known = {**self._common, **method.parameters}
        violations: list[str] = []
        for name, values in query.items():
            if (method.id, name) in FURTHER_QUERY:
                continue
            if known.get(name, {}).get("location") != "query":
                violations.append(f"{method.id} has no query parameter {name}")
                continue
            for value in values:
                violations += _query_value(f"{method.id}?{name}", value, known[name])
            if len(values) > 1 and not known[name].get("repeated"):
                violations.append(f"{method.id}?{name} is given {len(values)} times")
        for name, spec in method.parameters.items():
            if spec.get("required") and spec["location"] == "query" and name not in query:
                violations.append(f"{method.id} needs the query parameter {name}")
        return violations

    def check(self, schema: str, value: Any) -> list[str]:
        """Violations of a schema in a body."""
        return list(self._check(schema, {"$ref": schema}, value))

    def _check(self, path: str, spec: Mapping[str, Any], value: Any) -> Iterator[str]:
        if "$ref" in spec:
            path = f"{path}" if path == spec["$ref"] else path
            yield from self._object(spec["$ref"], path, self._schemas[spec["$ref"]], value)
        elif spec["type"] == "object":
            yield from self._object(None, path, spec, value)
        elif spec["type"] == "array":
            if not isinstance(value, list):
                yield f"{path} must be an array, not {value!r}"
                return
            for i, element in enumerate(value):
                yield from self._check(f"{path}[{i}]", spec["items"], element)
        else:
            yield from _scalar(path, spec, value)

    def _object(
        self, name: str | None, path: str, spec: Mapping[str, Any], value: Any
    ) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path} must be an object, not {value!r}"
            return
        properties: Mapping[str, Any] = spec.get("properties", {})
        rest = spec.get("additionalProperties")
        for key, inner in value.items():
            if f"{name}.{key}" in NUMBER_FOR_STRING and isinstance(inner, float):
                continue
            if inner is None:  # JSON null leaves a field unset, or takes it away in a patch
                if key not in properties and rest is None:
                    yield f"{path} has no field {key}"
            elif key in properties:
                yield from self._check(f"{path}.{key}", properties[key], inner)
            elif rest is not None:
                yield from self._check(f"{path}.{key}", rest, inner)
            else:
                yield f"{path} has no field {key}"


def bigquery_v2() -> Discovery:
    """BigQuery's."""
    return _document("bigquery.v2.json")


def sheets_v4() -> Discovery:
    """That of Google Sheets."""
    return _document("sheets.v4.json")


def storage_v1() -> Discovery:
    """That of Cloud Storage."""
    return _document("storage.v1.json")


@cache
def _document(name: str) -> Discovery:
    """A document that comes with Google's API client."""
    folder = files("googleapiclient.discovery_cache.documents")
    return Discovery(json.loads((folder / name).read_text(encoding="utf-8")))


def _methods(document: Mapping[str, Any]) -> Iterator[Method]:
    for resource in _resources(document):
        for spec in resource.get("methods", {}).values():
            paths = ["/" + document["servicePath"] + spec["path"]]
            uploads = spec.get("mediaUpload", {}).get("protocols", {})
            # Google's clients send both kinds of upload to the simple one's address.
            if "simple" in uploads:
                paths.append(uploads["simple"]["path"])
            for path in paths:
                yield Method(
                    id=spec["id"],
                    verb=spec["httpMethod"],
                    path=_pattern(path, spec.get("parameters", {})),
                    parameters=spec.get("parameters", {}),
                    request=spec.get("request", {}).get("$ref"),
                    response=spec.get("response", {}).get("$ref"),
                )


def _resources(parent: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in parent.get("resources", {}).values():
        yield resource
        yield from _resources(resource)


def _pattern(template: str, parameters: Mapping[str, Any]) -> re.Pattern[str]:
    def group(found: re.Match[str]) -> str:
        allowed = parameters[found[1]].get("pattern", "^[^/]+$").strip("^$")
        return f"(?P<{found[1]}>{allowed})"

    parts = re.split(r"(\{\+?\w+\})", template)
    return re.compile(
        "".join(
            re.sub(r"\{\+?(\w+)\}", group, p) if p.startswith("{") else re.escape(p) for p in parts
        )
    )


def _query_value(path: str, value: str, spec: Mapping[str, Any]) -> list[str]:
    match spec["type"]:
        case "boolean":
            good = value.lower() in ("true", "false")
        case "integer":
            good = re.fullmatch(r"-?\d+", value) is not None
        case _:
            digits = spec.get("format", "") in ("int64", "uint64")
            good = re.fullmatch(r"-?\d+", value) is not None if digits else True
            good = good and value in spec.get("enum", [value])
    return [] if good else [f"{path}: {value!r} is no {spec['type']} as described"]


def _scalar(path: str, spec: Mapping[str, Any], value: Any) -> Iterator[str]:
    kind, format_ = spec["type"], spec.get("format", "")
    match kind:
        case "any":
            return
        case "string":
            good = isinstance(value, str)
            if good and format_ in ("int64", "uint64", "google-fieldmask"):
                good = format_ == "google-fieldmask" or re.fullmatch(r"-?\d+", value) is not None
            elif good and format_ in ("date-time", "google-datetime"):
                good = _is_instant(value)
            if good and "enum" in spec:
                good = value in spec["enum"]
        case "integer":
            good = isinstance(value, int) and not isinstance(value, bool)
        case "number":
            good = isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            good = isinstance(value, bool)
        case _:
            good = False
    if not good:
        yield f"{path}: {value!r} is no {kind} {format_}".rstrip()


def _is_instant(value: str) -> bool:
    try:
        return dt.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
