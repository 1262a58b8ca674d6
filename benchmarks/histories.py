"""What it costs to read and to load a large history, against DuckDB's own reading of the file.

Seconds of the processor are said beside those of the clock: they hardly change on a busy machine.
"""

import csv
import datetime as dt
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
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
    """Seconds and memory for a history in the tables' own form, and for a platform's, mapped.

    "read" is what is checked before anything is written; "load" is the whole import into a new
    home: read, rehearsed, loaded, and sorted into facts.
    """
    for shape in ("plain", "mapped"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            file = write_history(folder, shape)
            size = file.stat().st_size / 2**20
            alone = measured(DUCKDB, file)
            for name, code in (("read", READ), ("load", LOAD)):
                took = measured(code, folder)
                yield (
                    f"{shape:<7} {name}: {MESSAGES:,} messages, {size:.0f} MiB: {took.seconds:.1f} "
                    f"s (wanted: {MOST_SECONDS} s), {took.cpu:.1f} s of the processor, "
                    f"{took.gib:.2f} GiB (wanted: {MOST_GIB} GiB), "
                    f"{took.cpu / alone.cpu:.1f} x DuckDB's {alone.cpu:.1f} s of the processor"
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


LOAD = (
    """
from pathlib import Path
from tempfile import mkdtemp
from eros_assets.dataset import open_dataset
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.weekly.facts import refresh_facts
from eros_assets.weekly.import_report import rehearsed_import
from eros_assets.weekly.inputs import read_or_make_inputs
""",
    """
settings = load_settings({"home": Path(mkdtemp()), "import_dir": Path(sys.argv[1])})
dataset = open_dataset(settings, asset="benchmark")
for each in dataset.library.deploy_order():
    dataset.warehouse.deploy(each)
for name, rows in configuration_tables(settings, dataset.library).items():
    dataset.load(name, rows)
tables = read_or_make_inputs(dataset)
rehearsed_import(settings, tables)
for name, rows in tables.items():
    dataset.load(name, rows)
refresh_facts(dataset)
""",
)


@dataclass(frozen=True)
class Cost:
    """Seconds of the clock and of the processor, and GiB."""

    seconds: float
    cpu: float
    gib: float


def measured(code: tuple[str, str], path: Path) -> Cost:
    """The cost of a fresh process that runs the code; imports, its first part, are not timed."""
    imports, work = code
    script = (
        f"import resource, sys, time\n{imports}\n"
        f"begun, busy = time.perf_counter(), time.process_time()\n{work}\n"
        "size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20\n"
        "print(time.perf_counter() - begun, time.process_time() - busy, size)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Cost(*(float(value) for value in printed.split()[-3:]))
