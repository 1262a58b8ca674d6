"""What became of the input rows: read, used, quarantined, matched to captions, by reason and page.

The facts must have been refreshed from the inputs before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset, scratch_dataset
from eros_assets.errors import ErosError
from eros_assets.settings import Settings
from eros_assets.weekly.facts import refresh_facts

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN = 8
NO_FAULTS = ("replaced by newer counts", "withdrawn before it was sent")
"""Reasons of rows in quarantine that break no rule."""
SCRATCH_TABLES = (
    *("mass_messages", "caption_bank", "creators", "creator_caption_restrictions"),
    *("message_facts", "scheduled_messages", "quarantined_messages", "fitted_maturity"),
    *("message_days", "maturity_curve", "tuning"),
)
REPORTED_TABLES = (
    *("mass_messages", "caption_bank", "creators"),
    *("message_facts", "scheduled_messages", "quarantined_messages"),
)
"""The tables that an import report is read from, views of them included."""
SCRATCH_VIEWS = (
    *("judged_captions", "usable_captions", "caption_contents"),
    *("judged_creators", "usable_creators"),
)


class DoubtfulImportError(ErosError):
    """So much of an import can't be used that people should look before it is used."""


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """Shares of the messages above which people should look before they are used."""

    quarantined: float
    unmatched: float

    @classmethod
    def of(cls, knobs: Mapping[str, int | float]) -> "ImportLimits":
        """Those of the tuning."""
        return cls(float(knobs["max_quarantined_share"]), float(knobs["max_unmatched_share"]))

    @classmethod
    def of_files(cls, settings: Settings) -> "ImportLimits":
        """Those of the tuning files.

        Raises:
            TuningError: a tuning file can't be used.
        """
        from eros_assets.dataset import sql_library
        from eros_assets.tuning import configuration_tables

        [knobs] = configuration_tables(settings, sql_library())["tuning"].to_dict("records")
        return cls.of({str(knob): value for knob, value in knobs.items()})


@dataclass(frozen=True, slots=True)
class PageMatches:
    """A page's facts, and how many of them are of a caption of the bank."""

    page_name: str
    messages: int
    matched: int

    @property
    def unmatched(self) -> int:
        """Facts of no caption of the bank."""
        return self.messages - self.matched


@dataclass(frozen=True, slots=True)
class DuplicateCaption:
    """A caption in use that another one of the bank, which says the same, is used instead of."""

    caption_id: int
    content_id: int
    price_tier: str
    used_price_tier: str

    def __str__(self) -> str:
        """Both ids, and both tiers where they differ."""
        if self.price_tier == self.used_price_tier:
            return f"{self.caption_id} says what {self.content_id} does"
        return (
            f"{self.caption_id} ({self.price_tier}) says what {self.content_id} "
            f"({self.used_price_tier}) does"
        )


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the input rows.

    `scheduled` counts rows of messages that were not sent yet, `replaced` those that newer counts
    replace, `withdrawn` those that were taken back before they were sent, `reasons` quarantined
    rows by the rule that they break; `pages` has every page that has facts or is an active
    creator; `duplicates` the captions that say the same as another.
    """

    messages: int
    used: int
    scheduled: int
    replaced: int
    withdrawn: int
    quarantined: int
    captions: int
    captions_without_evidence: int
    reasons: Mapping[str, int]
    pages: Sequence[PageMatches]
    limits: ImportLimits
    duplicates: Sequence[DuplicateCaption] = ()

    @property
    def unmatched(self) -> int:
        """Facts of no caption of the bank."""
        return sum(page.unmatched for page in self.pages)

    @property
    def pages_without_history(self) -> Sequence[str]:
        """Active creators without a fact."""
        return [page.page_name for page in self.pages if page.messages == 0]

    @property
    def lines(self) -> Sequence[str]:
        """The report for people, the totals first."""
        quarantined = (
            f"{self.quarantined:,} quarantined ({_share(self.quarantined, self.messages)})"
        )
        lines = [f"{self.messages:,} messages read, {self.used:,} used, {quarantined}"]
        lines += [f"  {reason}: {count:,}" for reason, count in self._shown_reasons]
        if self.scheduled:
            lines.append(f"{self.scheduled:,} not sent yet: kept in scheduled_messages")
        if self.replaced:
            lines.append(f"{self.replaced:,} replaced by newer counts of the same messages")
        if self.withdrawn:
            lines.append(f"{self.withdrawn:,} withdrawn before they were sent")
        lines.append(
            f"{self.used - self.unmatched:,} messages matched to captions, {self.unmatched:,} not "
            f"({_share(self.unmatched, self.used)})"
        )
        worst = sorted(
            (page for page in self.pages if page.unmatched),
            key=lambda page: (-page.unmatched, page.page_name),
        )
        lines += [
            f"  {page.page_name}: {page.matched:,} matched, {page.unmatched:,} not"
            for page in worst[:MOST_SHOWN]
        ]
        if (more := len(worst) - MOST_SHOWN) > 0:
            lines.append(f"  and {more} more pages")
        lines.append(
            f"{self.captions:,} captions can be used, {self.captions_without_evidence:,} of them "
            "without evidence"
        )
        if count := len(self.duplicates):
            lines.append(
                f"{count:,} captions say the same as another one of the bank, which is used "
                "instead (all in duplicate_captions)"
            )
            lines += [f"  {duplicate}" for duplicate in self.duplicates[:MOST_SHOWN]]
        if silent := self.pages_without_history:
            shown = ", ".join(silent[:MOST_SHOWN])
            more = len(silent) - MOST_SHOWN
            lines.append(f"pages without history: {shown}{f' and {more} more' if more > 0 else ''}")
        return lines

    @property
    def _shown_reasons(self) -> Sequence[tuple[str, int]]:
        reasons = list(self.reasons.items())
        rest = sum(count for _, count in reasons[MOST_SHOWN:])
        return [*reasons[:MOST_SHOWN], *([("other reasons", rest)] if rest else [])]

    @property
    def doubts(self) -> Sequence[str]:
        """Why people should look before this is used; nothing when they need not."""
        doubts: list[str] = []
        if self.quarantined > self.limits.quarantined * self.messages:
            doubts.append(
                f"{_share(self.quarantined, self.messages)} of the messages are quarantined "
                f"(allowed: {self.limits.quarantined:.0%})"
            )
        if self.unmatched > self.limits.unmatched * self.used:
            doubts.append(
                f"{_share(self.unmatched, self.used)} of the messages match no caption "
                f"(allowed: {self.limits.unmatched:.0%})"
            )
        return doubts


def require_no_doubts(report: ImportReport, *, again: str) -> None:
    """Refuse to go on with a history of which much can't be used.

    `again` says how to go on with it as it is.

    Raises:
        DoubtfulImportError: what is doubted, and how to go on.
    """
    if report.doubts:
        raise DoubtfulImportError(
            f"{'; '.join(report.doubts)}. Mend the inputs or their mapping (docs/IMPORT.md), "
            f"or {again}; max_quarantined_share and max_unmatched_share of tuning.csv change "
            "what is allowed"
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "0.0%"


def import_report(dataset: Dataset, limits: ImportLimits) -> ImportReport:
    """The report on the inputs and facts of a dataset.

    A run asks twice, before it learns and for the week's page: what was found is found again as
    long as none of the tables changes.
    """
    state = _state(dataset)
    known = _last.get(state)
    if known is None:
        known = _read_report(dataset, limits)
        _last.clear()
        _last[state] = known
    return replace(known, limits=limits)


_last: dict[tuple[object, ...], ImportReport] = {}
"""The last report that was read in this process, by the state of the tables that it was read of."""


def _state(dataset: Dataset) -> tuple[object, ...]:
    where = dataset.settings.warehouse_location, dataset.settings.dataset_name
    return (*where, *dataset.freshness_of(REPORTED_TABLES))


def quarantine_reasons(dataset: Dataset) -> "pd.DataFrame":
    """The reasons in `quarantined_messages`: rows and the first row_id of each."""
    return dataset.cached_query("import_reasons")


def _read_report(dataset: Dataset, limits: ImportLimits) -> ImportReport:
    [totals] = dataset.query("import_totals").to_dict("records")
    reasons = quarantine_reasons(dataset).to_dict("records")
    pages, duplicates = totals.pop("pages"), totals.pop("duplicates")
    return ImportReport(
        **{str(name): int(value) for name, value in totals.items()},
        reasons={
            row["reason"]: int(row["messages"]) for row in reasons if row["reason"] not in NO_FAULTS
        },
        pages=[
            PageMatches(row["page_name"], int(row["messages"]), int(row["matched"]))
            for row in pages
        ],
        limits=limits,
        duplicates=[
            DuplicateCaption(
                int(row["caption_id"]),
                int(row["content_id"]),
                row["price_tier"],
                row["used_price_tier"],
            )
            for row in duplicates
        ],
    )


def rehearsed_import(settings: Settings, tables: "Mapping[str, pd.DataFrame]") -> ImportReport:
    """The report that loading these tables would give; they are loaded elsewhere, and removed."""
    with scratch_dataset(settings, (*SCRATCH_TABLES, *SCRATCH_VIEWS)) as dataset:
        for name in tables.keys() & set(SCRATCH_TABLES):
            dataset.load(name, tables[name])
        refresh_facts(dataset)
        return import_report(dataset, ImportLimits.of_files(settings))
