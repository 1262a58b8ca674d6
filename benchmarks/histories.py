"""What it costs to read a large history, against DuckDB's own reading of the same file."""

import csv
import datetime as dt
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

MESSAGES = 1_000_000
MOST_SECONDS = 60
MOST_GIB = 2

MAPPED = """\
[formats]
time_zone = "America/Los_Angeles"
repeated_hour = "earlier"
skipped_hour = "later"
html = true

[mass_messages.columns]
sent_count = "sent"
viewed_count = "viewed"
purchased_count = "purchased"
message_type = { by_price = true }

[caption_bank]
from_messages = true
columns.price_tier = { by_price = { mid = 12, premium = 25 } }
"""
PLAIN = (
    *("row_id", "page_name", "message", "sending_time", "price", "sent_count", "viewed_count"),
    *("purchased_count", "earnings", "message_type", "caption_id"),
)
PLATFORM = (
    *("page_name", "message", "sending_time", "price", "sent", "viewed", "purchased", "earnings"),
)
WORDS = ("kiln", "glaze", "studio", "stew", "bread", "garden", "morning", "brush", "canvas", "song")
BEGIN = dt.datetime(2023, 11, 14, 22, 13, tzinfo=dt.UTC)
MINUTE = dt.timedelta(seconds=61)


def measure() -> Iterator[str]:
    """Seconds and memory for a history in the tables' own form, and for a platform's, mapped."""
    for shape in ("plain", "mapped"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            file = write_history(folder, shape)
            size = file.stat().st_size / 2**20
            duckdb_seconds, _ = measured(DUCKDB, file)
            seconds, gib = measured(READ, folder)
        yield (
            f"{shape:<7} {MESSAGES:,} messages, {size:.0f} MiB: {seconds:.1f} s (wanted: "
            f"{MOST_SECONDS} s), {gib:.2f} GiB (wanted: {MOST_GIB} GiB), "
            f"{seconds / duckdb_seconds:.1f} x DuckDB's {duckdb_seconds:.1f} s"
        )


def write_history(folder: Path, shape: str) -> Path:
    """A history of 200 pages and 40,000 texts, with its bank or its mapping."""
    chosen = random.Random(7)
    texts = [" ".join(chosen.choices(WORDS, k=14)) + f" {n} &amp; more" for n in range(40_000)]
    file = folder / "mass_messages.csv"
    row = plain_row if shape == "plain" else platform_row
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(PLAIN if shape == "plain" else PLATFORM)
        writer.writerows(row(n, texts[n * 7919 % len(texts)]) for n in range(MESSAGES))
    if shape == "plain":
        bank = "".join(f"{text},mid\n" for text in texts)
        (folder / "caption_bank.csv").write_text(f"caption_text,price_tier\n{bank}")
    else:
        (folder / "eros_import.toml").write_text(MAPPED)
    return file


def plain_row(n: int, text: str) -> tuple[object, ...]:
    sent, sold = 1000 + n % 40_000, n % 17
    instant = (BEGIN + n * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
    counts = (sent, sent // 3, sold, 12.5 * sold)
    return n, f"page_{n % 200}", text, instant, 12.5, *counts, "PPV", ""


def platform_row(n: int, text: str) -> tuple[object, ...]:
    sent, sold = 1000 + n % 40_000, n % 17
    clock = (BEGIN + n * MINUTE).strftime("%b %d, %Y at %I:%M %p")
    price, earned = ("-", "0") if n % 3 == 0 else ("$12.50", f"${12.5 * sold:,.2f}")
    return f"page_{n % 200}", text, clock, price, f"{sent:,}", sent // 3, sold, earned


READ = (
    "from pathlib import Path; from eros_assets.importing.inputs import read_inputs",
    "read_inputs(Path(sys.argv[1]))",
)
DUCKDB = (
    "import duckdb; duckdb.sql('SET threads TO 2')",
    "duckdb.sql(f\"CREATE TABLE t AS FROM read_csv('{sys.argv[1]}', auto_detect = true)\")",
)


def measured(code: tuple[str, str], path: Path) -> tuple[float, float]:
    """Seconds and GiB of a fresh process that runs the code; imports, its first part, not timed."""
    imports, work = code
    script = (
        f"import resource, sys, time\n{imports}\nbegun = time.perf_counter()\n{work}\n"
        "size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20\n"
        "print(time.perf_counter() - begun, size)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, size = printed.split()[-2:]
    return float(seconds), float(size)
