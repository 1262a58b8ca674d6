"""Renders what became of a week as one HTML page, offline: planned against sent against earned.

Like the page of a week it is a single file for a desk, a phone and paper; it has no script. The
same week gives the same bytes.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from eros_assets.calendar import DAYS_A_WEEK, ZONE
from eros_assets.evaluation.caption_results import CaptionResult
from eros_assets.evaluation.week_results import OUTCOMES, MessageResult, Ratio, Sums
from eros_assets.exporting.palette import TIERS
from eros_assets.exporting.templates import rendered, source

TEMPLATE, STYLE, REPORT_STYLE = "week_report.html.j2", "week_index.css", "week_report.css"

SHOWN_CAPTIONS = 40
"""Captions on the page; all of them are in the file."""

LEAST, MOST = 0.25, 4.0
"""Ends of the scale on which earned over expected is drawn; it is logarithmic."""


@dataclass(frozen=True, slots=True)
class CreatorReport:
    """A creator's week: its sums and its messages by time."""

    page_name: str
    display_name: str
    sums: Sums
    messages: Sequence[MessageResult]


@dataclass(frozen=True, slots=True)
class WeekReport:
    """The contents of the page and of the files beside it.

    `as_of` is the instant until which the history goes. `on_time_minutes` and `days` are the
    limits by which planned and sent were matched, `ripe_hours` the age from which counts are
    compared. `week_page` is the address of the week's own page, where there is one.
    """

    week_start: dt.date
    as_of: dt.datetime
    total: Sums
    creators: Sequence[CreatorReport]
    captions: Sequence[CaptionResult]
    on_time_minutes: int
    days: int
    ripe_hours: int
    left_out: Sequence[str] = ()
    week_page: str | None = None
    earlier: dt.date | None = None
    later: dt.date | None = None
    files: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def week_end(self) -> dt.date:
        """The week's Sunday."""
        return self.week_start + dt.timedelta(days=DAYS_A_WEEK - 1)

    @property
    def iso_week(self) -> str:
        """`2026-W53`."""
        return f"{self.week_start:%G-W%V}"

    @property
    def has_plan(self) -> bool:
        """Whether a schedule of the week was ever in force."""
        return self.total.planned + self.total.counts["earlier plan"] > 0

    @property
    def outside(self) -> Sequence[CreatorReport]:
        """The creators who earned more or less than expected, the largest difference first."""
        found = [c for c in self.creators if c.sums.ratio.verdict.endswith("than expected")]
        return sorted(found, key=lambda c: -abs(c.sums.difference))

    @property
    def sentences(self) -> Sequence[str]:
        """The week in a few sentences."""
        return list(_sentences(self))


def week_report_page(report: WeekReport) -> bytes:
    """The page as UTF-8 HTML."""
    text = rendered(
        TEMPLATE,
        report=report,
        captions=report.captions[:SHOWN_CAPTIONS],
        outcomes=OUTCOMES,
        tiers=TIERS,
        place=place_of,
        money=money,
        ratio=ratio_text,
        local=_local,
        style=source(STYLE),
        report_style=source(REPORT_STYLE),
    )
    return text.encode("utf-8")


def money(amount: float | None) -> str:
    """`$1,204`, or with cents below ten dollars; a dash where it isn't known."""
    if amount is None:
        return "–"
    sign = "−" if round(amount, 2) < 0 else ""
    size = abs(amount)
    return f"{sign}${size:,.2f}" if 0 < size < 10 else f"{sign}${size:,.0f}"


def ratio_text(ratio: Ratio) -> str:
    """`0.96 (0.90 to 1.03)`."""
    if ratio.value is None:
        return "–"
    if ratio.lower is None or ratio.upper is None:
        return f"{ratio.value:.2f}"
    return f"{ratio.value:.2f} ({ratio.lower:.2f} to {ratio.upper:.2f})"


def place_of(value: float) -> float:
    """Where a ratio lies on the drawn scale, 0 to 100."""
    import math

    share = math.log(min(max(value, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return round(100 * share, 1)


def _local(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(ZONE)


def _sentences(report: WeekReport) -> "Sequence[str]":
    total = report.total
    counts = total.counts
    found: list[str] = []
    if report.has_plan:
        due = total.planned - counts["not due"]
        found.append(
            f"Of {due:,} planned messages that were due, {counts['on time']:,} were sent as "
            f"planned, {counts['other time']:,} at another time and {counts['not sent']:,} not at "
            f"all ({money(total.not_sent_expected)} was expected of these)."
        )
    else:
        found.append("No schedule of this week was in force: what was sent is shown, unplanned.")
    if counts["not due"]:
        found.append(
            f"{counts['not due']:,} are not due: the history goes until "
            f"{_local(report.as_of):%A, %-d %B, %H:%M}."
        )
    if counts["not planned"] or counts["earlier plan"]:
        found.append(
            f"{counts['not planned']:,} were sent outside the plan ({money(total.outside_earned)} "
            f"earned), {counts['earlier plan']:,} as an earlier plan had them."
        )
    compared = sum(m.is_comparable for c in report.creators for m in c.messages)
    if compared:
        found.append(
            f"{compared:,} messages can be compared: they earned {money(total.earned)} of "
            f"{money(total.expected)} expected, {ratio_text(total.ratio)} times: "
            f"{total.ratio.verdict}."
        )
    if total.unripe:
        found.append(
            f"{total.unripe:,} were counted within {report.ripe_hours} hours of sending and are "
            f"not compared; they earned {money(total.unripe_earned)} by then."
        )
    if judged := [c for c in report.creators if c.sums.ratio.upper is not None]:
        found.append(
            f"{len(report.outside)} of {len(judged)} creators with an interval lie outside what "
            f"was expected; by chance alone about {0.05 * len(judged):.0f} would."
        )
    return found
