"""Computes `SCALE.md`, what a large agency costs on BigQuery, from what was measured on small ones.

`python -m docs.scale` writes the page. `scale.toml` has the size of the agency, bytes per row as
`benchmarks/scale.py` measures them, and CPU seconds as `benchmarks/growth.py` measures them. Which
tables and columns a statement reads is told from its SQL (`benchmarks/bills.py`).
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bills import LEAST_BILLED, columns_of, statements_of, usd
from eros_assets.dataset import sql_library
from eros_assets.settings import REPOSITORY
from eros_assets.warehouse.sql.library import SqlLibrary

FIGURES_FILE = REPOSITORY / "docs" / "scale.toml"
PAGE_FILE = REPOSITORY / "docs" / "SCALE.md"
GIB = 2**30
SECONDS_A_JOB = 1.0
"""What a job takes on BigQuery before and after it computes."""
Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Work:
    """Something that runs: objects of `sql/`, how often, and what its CPU seconds grow with.

    `days` names the days of the figures that it reads, where they are not those of its objects.
    """

    title: str
    objects: Sequence[str]
    a_day: float
    a_week: float
    grows_with: str | None = None
    days: str | None = None


WORKS: Sequence[Work] = (
    Work("Facts, a daily update", ["refresh_message_facts"], 1, 6, days="daily_facts"),
    Work("Facts, a weekly run", ["refresh_message_facts"], 0, 1, days="weekly_facts"),
    Work("Facts, made anew on demand", ["refresh_message_facts"], 0, 0),
    Work("Statistics", ["update_caption_performance"], 1, 7, "tried_sends"),
    Work("Reports on creators", ["week_anomalies", "creator_reports", "sent_by_arm"], 1, 7),
    Work(
        "Targets and plan",
        [
            *("page_outlooks", "holiday_factors", "selected_captions", "slot_values"),
            *("sent_this_week", "queued_this_week", "tier_prices", "week_state"),
        ],
        0,
        1,
    ),
    Work("Selection", ["select_captions_for_creator"], 0, 1, "drawn"),
    Work("Locks", ["lock_caption_assignments"], 0, 1),
    Work(
        "Integrity, when tables have changed",
        [
            *("facts_and_quarantine_balance", "captions_reserved_twice", "schedule_times"),
            *("active_schedule_contents", "unreserved_messages", "supply"),
        ],
        2,
        14,
    ),
    Work("Hourly health", ["recent_health", "newest_health"], 24, 168),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a work: what it is, and the bytes that it is billed each time."""

    source: str
    what: str
    size: float


def rows_of(figures: Figures) -> Mapping[str, float]:
    """Rows of each table and temporary table at the agency's size."""
    size = figures["size"]
    messages, captions, creators = size["messages"], size["captions"], size["creators"]
    tried = messages * size["share_with_caption"]
    pairs = messages * size["pairs_per_message"]
    drawn = creators * size["draws_per_creator"]
    places = creators * 4.0
    candidates = creators * size["candidates_per_creator"]
    planned = creators * size["messages_per_week"]
    weeks = size["weeks_kept"]
    return {
        "mass_messages": messages,
        "message_facts": messages,
        "judged_messages": messages,
        "compared_days": size["days_of_history"],
        "message_days": size["days_of_history"],
        "quarantined_messages": messages * size["share_quarantined"],
        "caption_bank": captions,
        "caption_appeal": captions,
        "bank": captions,
        "creators": creators,
        "caption_priors": places,
        "page_tiers": places,
        "fresh_priors": places,
        "tier_places": places,
        "tried_sends": tried,
        "caption_sends": tried,
        "beliefs": 3 * tried,
        "pair_evidence": pairs,
        "caption_bandit_stats": pairs,
        "page_tastes": creators * size["categories"],
        "drawn": drawn,
        "selection_candidates": candidates * weeks,
        "selection_pools": places * size["pools_per_tier"] * weeks,
        "caption_selections": planned * weeks,
        "weekly_volume_targets": creators * weeks,
        "schedule_recommendations": planned * weeks,
        "active_caption_assignments": planned * weeks,
    }


def statements(library: SqlLibrary, work: Work, figures: Figures) -> Iterator[Statement]:
    """The statements of a work that read or write tables, in their order."""
    rows = rows_of(figures)
    for name in work.objects:
        for leaf, tables in statements_of(library, library[name].text):
            columns = columns_of(library, leaf.text, figures["temporary"])
            size = sum(
                billed(rows.get(table, 0.0) * _width(table, columns, figures) * share)
                for table in sorted(tables)
                for share in [_share(work.days or name, table, figures)]
            )
            yield Statement(name, _what(leaf.text), size)


def billed(size: float) -> float:
    """The bytes that are billed for a table of which so many are read."""
    return max(size, LEAST_BILLED)


def _width(table: str, columns: Mapping[str, frozenset[str]], figures: Figures) -> float:
    """Bytes per row of the columns that are read."""
    measured = figures["columns"].get(table) or figures["temporary"].get(table) or {}
    return sum(measured.get(column, 0.0) for column in sorted(columns.get(table, ())))


def _share(name: str, table: str, figures: Figures) -> float:
    """The share of a table's partitions that an object's statements read."""
    days = figures["days"].get(name, {}).get(table)
    whole = figures["size"]["weeks_kept"] * 7
    if table in ("message_facts", "mass_messages", "judged_messages"):
        whole = figures["size"]["days_of_history"]
    return 1.0 if days is None else min(days / whole, 1.0)


def _what(text: str) -> str:
    """The verb of a statement and the table that it makes or changes."""
    words = text.split()
    verb = words[0].strip("(").upper()
    if verb == "CREATE":
        return f"make `{words[words.index('TABLE') + 1]}`"
    if verb in ("MERGE", "INSERT", "DELETE", "UPDATE"):
        target = next(word for word in words[1:] if word.startswith("`"))
        return f"{verb.lower()} `{target.strip('`').rpartition('.')[2]}`"
    return "read"


@dataclass(frozen=True, slots=True)
class Total:
    """A work each time: jobs, bytes, USD, slot seconds and minutes."""

    jobs: int
    size: float
    slot_seconds: float
    minutes: float


def total(work: Work, found: Sequence[Statement], figures: Figures) -> Total:
    """What a work takes each time that it runs."""
    rows = rows_of(figures)
    units = rows.get(work.grows_with or "", 0.0)
    rate = figures["cpu"].get(work.grows_with, 0.0) if work.grows_with else 0.0
    size = sum(each.size for each in found)
    slots = units / 1e6 * rate if rate else size / GIB * figures["cpu"]["seconds_per_gib"]
    jobs = len(found) + len(work.objects)
    minutes = (jobs * SECONDS_A_JOB + slots / figures["size"]["slots"]) / 60
    return Total(jobs, size, slots, minutes)


def page(figures: Figures, library: SqlLibrary) -> str:
    """The text of `SCALE.md`."""
    size = figures["size"]
    lines = [
        "# What a large agency costs",
        "",
        (
            f"{size['creators']:,} creators, {size['captions']:,} captions and "
            f"{size['messages']:,} messages on BigQuery, computed by `docs/scale.py` from "
            "`docs/scale.toml`: bytes per row measured on the sample agency, in BigQuery's sizes "
            "(`python -m benchmarks scale`). Slot seconds are CPU seconds of the embedded engine: "
            "those of draws are measured (`python -m benchmarks growth`), those of sends and of "
            "bytes are estimates in that file. Nothing here was measured on BigQuery; "
            "`make test-bigquery` prints what a real project says of the sample's size. "
            "The tables and columns of a statement are told from its SQL: all that it may read. A "
            "table counts 10 MiB at least; one that a CREATE or INSERT writes does not count. "
            "On-demand price: 6.25 USD a TiB; "
            f"{size['slots']:,} slots; one second a job."
        ),
        "",
        (
            f"Assumed: {size['pairs_per_message']:g} pairs of page and caption a message, "
            f"{size['share_with_caption']:.0%} of the messages with a caption, "
            f"{size['draws_per_creator']:,} draws and {size['candidates_per_creator']:,} "
            f"candidates a creator, {size['weeks_kept']} weeks kept, "
            f"{size['days_of_history']:,} days of history. A daily update of the facts finds "
            f"{figures['days']['daily_facts']['judged_messages']} days changed, in the month of "
            "which it reads the messages; the row_id of later messages are greater. Where they are "
            "not, it also reads row_id and send_date of the other facts. After a change of the "
            "captions, the dates with messages without caption_id are sorted again, which costs up "
            "to what making all anew does."
        ),
        "",
        "## A day and a week",
        "",
        "| work | jobs | GiB | USD | slot hours | minutes | USD a day | USD a week |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    details: list[str] = []
    a_day = a_week = 0.0
    for work in WORKS:
        found = list(statements(library, work, figures))
        whole = total(work, found, figures)
        price = usd(whole.size)
        a_day += price * work.a_day
        a_week += price * work.a_week
        lines.append(
            f"| {work.title} | {whole.jobs} | {whole.size / GIB:,.1f} | {price:.4f} | "
            f"{whole.slot_seconds / 3600:,.2f} | {whole.minutes:.1f} | {price * work.a_day:.3f} | "
            f"{price * work.a_week:.2f} |"
        )
        details += _detail(work, found)
    stored = sum(
        rows * sum(figures["columns"][table].values())
        for table, rows in rows_of(figures).items()
        if table in figures["columns"]
    )
    lines += [
        f"| **all** | | | | | | **{a_day:.2f}** | **{a_week:.2f}** |",
        "",
        (
            f"Storage: {stored / GIB:,.0f} GiB of tables that grow, "
            f"{stored / GIB * 0.02:,.2f} USD a month at 0.02 USD a GiB."
        ),
        "",
        "## Statement by statement",
        "",
        *details,
    ]
    return "\n".join(lines).rstrip() + "\n"


def _detail(work: Work, found: Sequence[Statement]) -> list[str]:
    return [
        f"### {work.title}",
        "",
        "| file | statement | GiB | USD |",
        "|---|---|--:|--:|",
        *(
            f"| `{each.source}` | {each.what} | {each.size / GIB:,.2f} | {usd(each.size):.4f} |"
            for each in found
        ),
        "",
    ]


def read_figures(file: Path = FIGURES_FILE) -> Figures:
    """The figures of `scale.toml`."""
    return tomllib.loads(file.read_text("utf-8"))


if __name__ == "__main__":
    PAGE_FILE.write_text(page(read_figures(), sql_library()), "utf-8")
