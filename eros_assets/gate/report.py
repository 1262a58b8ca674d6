"""Models of a valid report of `analyze_creator_performance`."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from eros_assets.errors import ErosError

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class InvalidReportError(ErosError):
    """A report that is not valid; `faults` has one line for each field that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class ReportPart(BaseModel):
    """Base of the report's models; types are strict: a string is never taken for a number."""

    model_config = ConfigDict(frozen=True, strict=True, defer_build=True)


class Metrics(ReportPart):
    """The page's messages of the lookback window."""

    message_count: Count
    ppv_count: Count
    bump_count: Count
    recipients: Count
    views: Count
    purchases: Count
    revenue: float | None
    avg_emv: float | None
    median_emv: float | None
    stddev_emv: float | None
    view_rate: Share | None
    purchase_rate: Share | None
    purchase_rate_lower: Share | None
    purchase_rate_upper: Share | None
    revenue_per_message: float | None


class Baseline(ReportPart):
    """The page's usual performance."""

    median_emv: float | None
    emv_p25: float | None
    emv_p75: float | None
    avg_price: float | None
    weekly_ppv_avg: float | None
    weekly_bump_avg: float | None
    message_count: Count
    first_send_date: Text | None
    last_send_date: Text | None


class Engagement(ReportPart):
    """One weekday, hour and message type."""

    day_of_week: Annotated[int, Field(ge=1, le=7)]
    send_hour: Annotated[int, Field(ge=0, le=23)]
    message_type: Literal["PPV", "Bump"]
    message_count: Count
    view_rate: Share | None
    purchase_rate: Share | None
    emv: float | None
    shrunk_emv: float | None
    confidence: Literal["HIGH", "MEDIUM", "LOW"]


class Anomaly(ReportPart):
    """A day on which a metric was far from its expected value."""

    send_date: Text
    metric: Literal["view_rate", "purchase_rate", "emv", "revenue"]
    value: float
    expected: float
    robust_z: float
    direction: Literal["HIGH", "LOW"]
    severity: Literal["WARN", "CRITICAL"]


class Report(ReportPart):
    """The whole report."""

    page_name: Text
    as_of: Text
    account_size: Text
    behavioral_segment: Text
    saturation_status: Literal["GREEN", "YELLOW", "RED"]
    saturation_score: Share
    avg_emv: float | None
    recommended_ppv: Count
    recommended_bump: Count
    metrics: Metrics
    baseline: Baseline
    engagement: list[Engagement]
    anomalies: list[Anomaly]


def read_report(text: str, page_name: str, as_of: dt.date) -> Report:
    """The report, which must be on this page as of this date.

    Raises:
        InvalidReportError: it is no JSON object, or a field is missing, of another type or out of
            its range.
    """
    try:
        report = Report.model_validate_json(text)
    except ValidationError as error:
        raise InvalidReportError([_fault(fault) for fault in error.errors()]) from None
    wanted = {"page_name": page_name, "as_of": as_of.isoformat()}
    faults = [
        f"{name} is {getattr(report, name)!r}, not {value!r}"
        for name, value in wanted.items()
        if getattr(report, name) != value
    ]
    if faults:
        raise InvalidReportError(faults)
    return report


def _fault(error: ErrorDetails) -> str:
    if not error["loc"]:
        return "the report is no JSON object"
    path = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in error["loc"])[1:]
    if error["type"] == "missing":
        return f"{path} is missing"
    return f"{path} is {error['input']!r}: {error['msg']}"
