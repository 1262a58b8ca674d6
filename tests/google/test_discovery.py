"""The loopback server would catch a request that Google's document does not describe."""

from typing import Any

import pytest

from tests.google.discovery import bigquery_v2

QUERY = {"configuration": {"query": {"query": "SELECT 1", "maximumBytesBilled": "5"}}}


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({"configuraton": {}}, "Job has no field configuraton"),
        ({"configuration": {"query": {"query": 1}}}, "Job.configuration.query.query: 1 is no"),
        ({"configuration": {"query": {"maximumBytesBilled": 5}}}, "5 is no string int64"),
        ({"configuration": {"query": {"maximumBytesBilled": "5 GB"}}}, "'5 GB' is no string int64"),
        ({"configuration": {"query": {"useLegacySql": "false"}}}, "'false' is no boolean"),
        ({"configuration": {"labels": {"a": 1}}}, "Job.configuration.labels.a: 1 is no string"),
        ({"configuration": {"labels": ["a"]}}, "Job.configuration.labels must be an object"),
        ({"configuration": {"load": {"schema": {"fields": {}}}}}, "fields must be an array"),
        ({"configuration": {"load": {"schema": {"fields": [{"nome": "x"}]}}}}, "fields[0] has no"),
        ({"status": {"errorResult": {"reason": None, "rezon": None}}}, "has no field rezon"),
    ],
)
def test_a_body_beside_the_document_is_a_violation(body: dict[str, Any], violation: str) -> None:
    (found,) = bigquery_v2().check("Job", body)
    assert violation in found


def test_a_body_of_the_document_is_none() -> None:
    assert bigquery_v2().check("Job", QUERY) == []


@pytest.mark.parametrize(
    ("verb", "path", "method"),
    [
        ("POST", "/bigquery/v2/projects/p/jobs", "bigquery.jobs.insert"),
        ("POST", "/upload/bigquery/v2/projects/p/jobs", "bigquery.jobs.insert"),
        ("GET", "/bigquery/v2/projects/p/jobs/j-1", "bigquery.jobs.get"),
        ("GET", "/bigquery/v2/projects/p/datasets/d/tables/t", "bigquery.tables.get"),
        ("PATCH", "/bigquery/v2/projects/p/datasets/d/tables/t", "bigquery.tables.patch"),
    ],
)
def test_a_path_leads_to_its_method(verb: str, path: str, method: str) -> None:
    found = bigquery_v2().method(verb, path)
    assert found is not None
    assert found[0].id == method


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/bigquery/v2/projects/p/job"),
        ("PUT", "/bigquery/v2/projects/p/jobs"),
        ("POST", "/bigquery/v1/projects/p/jobs"),
        ("GET", "/bigquery/v2/projects/p/jobs/j/extra"),
    ],
)
def test_another_path_leads_to_none(verb: str, path: str) -> None:
    assert bigquery_v2().method(verb, path) is None


@pytest.mark.parametrize(
    ("query", "violations"),
    [
        ({"location": ["US"], "maxResults": ["0"], "prettyPrint": ["false"]}, 0),
        ({"maxResults": ["many"]}, 1),
        ({"startIndex": ["-"]}, 1),
        ({"formatOptions.useInt64Timestamp": ["yes"]}, 1),
        ({"formatOptions.timestampOutputFormat": ["ROMAN"]}, 1),
        ({"region": ["US"]}, 1),
        ({"location": ["US", "EU"]}, 1),
        ({"jobId": ["j"]}, 1),
    ],
)
def test_query_parameters_are_checked(query: dict[str, list[str]], violations: int) -> None:
    found = bigquery_v2().method("GET", "/bigquery/v2/projects/p/queries/j")
    assert found is not None
    assert len(bigquery_v2().check_query(found[0], query)) == violations
