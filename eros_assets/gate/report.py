"""What a valid report of `analyze_creator_performance` holds, field by field."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Test = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _or_null(test: Test) -> Test:
    return lambda value: value is None or test(value)


def _one_of(*values: str) -> Test:
    return lambda value: value in values


def _between(least: int, most: int) -> Test:
    return lambda value: _is_count(value) and least <= value <= most


METRICS: Mapping[str, Test] = {
    **dict.fromkeys(
        ("message_count", "ppv_count", "bump_count", "recipients", "views", "purchases"), _is_count
    ),
    **dict.fromkeys(("revenue", "avg_emv", "median_emv", "stddev_emv"), _or_null(_is_number)),
    **dict.fromkeys(
        ("view_rate", "purchase_rate", "purchase_rate_lower", "purchase_rate_upper"),
        _or_null(_is_share),
    ),
    "revenue_per_message": _or_null(_is_number),
}
BASELINE: Mapping[str, Test] = {
    **dict.fromkeys(
        ("median_emv", "emv_p25", "emv_p75", "avg_price", "weekly_ppv_avg", "weekly_bump_avg"),
        _or_null(_is_number),
    ),
    "message_count": _is_count,
    **dict.fromkeys(("first_send_date", "last_send_date"), _or_null(_is_text)),
}
ENGAGEMENT: Mapping[str, Test] = {
    "day_of_week": _between(1, 7),
    "send_hour": _between(0, 23),
    "message_type": _one_of("PPV", "Bump"),
    "message_count": _is_count,
    **dict.fromkeys(("view_rate", "purchase_rate"), _or_null(_is_share)),
    **dict.fromkeys(("emv", "shrunk_emv"), _or_null(_is_number)),
    "confidence": _one_of("HIGH", "MEDIUM", "LOW"),
}
ANOMALY: Mapping[str, Test] = {
    "send_date": _is_text,
    "metric": _one_of("view_rate", "purchase_rate", "emv", "revenue"),
    **dict.fromkeys(("value", "expected", "robust_z"), _is_number),
    "direction": _one_of("HIGH", "LOW"),
    "severity": _one_of("WARN", "CRITICAL"),
}
REPORT: Mapping[str, Test] = {
    "page_name": _is_text,
    "as_of": _is_text,
    "account_size": _is_text,
    "behavioral_segment": _is_text,
    "saturation_status": _one_of("GREEN", "YELLOW", "RED"),
    "saturation_score": _is_share,
    "avg_emv": _or_null(_is_number),
    "recommended_ppv": _is_count,
    "recommended_bump": _is_count,
}


def read_report(text: str) -> Mapping[str, Any]:
    """The report as a mapping; empty when the text is no JSON object."""
    try:
        report: Any = json.loads(text)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def report_faults(report: Mapping[str, Any], page_name: str, as_of: dt.date) -> list[str]:
    """Every field that is missing, of another type or out of its range; empty for a valid one."""
    if not report:
        return ["the report is no JSON object"]
    faults = _faults("", report, REPORT)
    for name, wanted in (("page_name", page_name), ("as_of", as_of.isoformat())):
        if name in report and report[name] != wanted:
            faults.append(f"{name} is {report[name]!r}, not {wanted!r}")
    for name, fields in (("metrics", METRICS), ("baseline", BASELINE)):
        part = report.get(name)
        faults += _faults(f"{name}.", part, fields) if isinstance(part, dict) else [f"{name}: none"]
    for name, fields in (("engagement", ENGAGEMENT), ("anomalies", ANOMALY)):
        rows = report.get(name)
        if not isinstance(rows, list):
            faults.append(f"{name}: none")
            continue
        faults += _row_faults(name, rows, fields)
    return faults


def _row_faults(name: str, rows: Sequence[Any], fields: Mapping[str, Test]) -> list[str]:
    return [
        fault
        for number, row in enumerate(rows)
        for fault in (
            _faults(f"{name}[{number}].", row, fields)
            if isinstance(row, dict)
            else [f"{name}[{number}] is no object"]
        )
    ]


def _faults(where: str, part: Mapping[str, Any], fields: Mapping[str, Test]) -> list[str]:
    missing = [f"{where}{name} is missing" for name in fields if name not in part]
    return missing + [
        f"{where}{name} is {part[name]!r}"
        for name, holds in fields.items()
        if name in part and not holds(part[name])
    ]
