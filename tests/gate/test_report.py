"""A report of the analyzer is valid with every field of the contract, in type and range."""

import copy
import datetime as dt
import json
from typing import Any

import pytest

from eros_assets.gate.report import (
    Anomaly,
    Baseline,
    Engagement,
    InvalidReportError,
    Metrics,
    Report,
    read_report,
)

AS_OF = dt.date(2025, 11, 3)

VALID: dict[str, Any] = {
    "page_name": "cook",
    "as_of": "2025-11-03",
    "account_size": "SMALL",
    "behavioral_segment": "STANDARD",
    "saturation_status": "GREEN",
    "saturation_score": 0.1,
    "avg_emv": 12.5,
    "recommended_ppv": 9,
    "recommended_bump": 6,
    "metrics": {
        **dict.fromkeys(("message_count", "ppv_count", "bump_count"), 4),
        **dict.fromkeys(("recipients", "views", "purchases"), 4),
        **dict.fromkeys(("revenue", "avg_emv", "median_emv", "stddev_emv"), 1.5),
        **dict.fromkeys(("view_rate", "purchase_rate"), 0.5),
        **dict.fromkeys(("purchase_rate_lower", "purchase_rate_upper"), None),
        "revenue_per_message": 3,
    },
    "baseline": {
        **dict.fromkeys(("median_emv", "emv_p25", "emv_p75", "avg_price"), 1.5),
        **dict.fromkeys(("weekly_ppv_avg", "weekly_bump_avg"), 1.5),
        "message_count": 4,
        "first_send_date": "2025-10-01",
        "last_send_date": "2025-11-02",
    },
    "engagement": [
        {
            "day_of_week": 7,
            "send_hour": 21,
            "message_type": "PPV",
            "message_count": 2,
            "view_rate": 0.5,
            "purchase_rate": None,
            "emv": 2.5,
            "shrunk_emv": 2.0,
            "confidence": "LOW",
        }
    ],
    "anomalies": [
        {
            "send_date": "2025-10-20",
            "metric": "emv",
            "value": 9.0,
            "expected": 2.0,
            "robust_z": 6.5,
            "direction": "HIGH",
            "severity": "CRITICAL",
        }
    ],
}


def faults(report: Any) -> list[str]:
    return faults_of_text(json.dumps(report))


def faults_of_text(text: str) -> list[str]:
    try:
        read_report(text, "cook", AS_OF)
    except InvalidReportError as error:
        return error.faults
    return []


def test_a_full_report_is_valid() -> None:
    assert faults(VALID) == []


@pytest.mark.parametrize(
    ("part", "field"),
    [
        *(((), field) for field in Report.model_fields),
        *((("metrics",), field) for field in Metrics.model_fields),
        *((("baseline",), field) for field in Baseline.model_fields),
        *((("engagement", 0), field) for field in Engagement.model_fields),
        *((("anomalies", 0), field) for field in Anomaly.model_fields),
    ],
)
def test_a_missing_field_is_named(part: tuple[str | int, ...], field: str) -> None:
    report = copy.deepcopy(VALID)
    inner: Any = report
    for step in part:
        inner = inner[step]
    del inner[field]
    (fault,) = faults(report)
    assert field in fault


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("saturation_status", "BLUE"),
        ("saturation_score", 1.5),
        ("recommended_ppv", -1),
        ("recommended_bump", 2.5),
        ("account_size", ""),
        ("avg_emv", "12"),
        ("page_name", "another"),
        ("as_of", "2025-11-04"),
        ("engagement", {}),
        ("engagement", [None]),
        ("metrics", []),
    ],
)
def test_a_wrong_value_is_named(field: str, value: Any) -> None:
    assert any(fault.startswith(field) for fault in faults({**VALID, field: value}))


def test_a_fault_gives_path_value_and_rule() -> None:
    engagement = [{**VALID["engagement"][0], "send_hour": 24}]
    (fault,) = faults({**VALID, "engagement": engagement})
    assert fault == "engagement[0].send_hour is 24: Input should be less than or equal to 23"


@pytest.mark.parametrize("text", ["", "None", "[]", "7", "{"])
def test_text_that_is_no_json_object_is_no_report(text: str) -> None:
    assert faults_of_text(text) == ["the report is no JSON object"]
