"""What became of the input rows is counted, and too much of what can't be used stops a command."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.cli.import_reports import refuse_doubtful
from eros_assets.dataset import scratch_dataset
from eros_assets.importing.inputs import read_inputs
from eros_assets.settings import Settings
from eros_assets.weekly.facts import refresh_facts
from eros_assets.weekly.import_report import (
    SCRATCH_TABLES,
    SCRATCH_VIEWS,
    ImportLimits,
    ImportReport,
    PageMatches,
    import_report,
    rehearsed_import,
)
from tests.importing.conftest import BANK, CREATORS, MESSAGES


def report(**changed: Any) -> ImportReport:
    counts: dict[str, Any] = {
        "messages": 100,
        "used": 95,
        "scheduled": 0,
        "replaced": 0,
        "withdrawn": 0,
        "quarantined": 5,
        "captions": 10,
        "captions_without_evidence": 2,
        "reasons": {"missing page_name": 5},
        "limits": ImportLimits(0.05, 0.20),
        "pages": [PageMatches("a", 45, 45), PageMatches("b", 50, 31), PageMatches("c", 0, 0)],
    }
    return ImportReport(**(counts | changed))


def test_the_report_counts_reasons_matches_and_what_has_no_evidence() -> None:
    assert report().lines == [
        "100 messages read, 95 used, 5 quarantined (5.0%)",
        "  missing page_name: 5",
        "76 messages matched to captions, 19 not (20.0%)",
        "  b: 31 matched, 19 not",
        "10 captions can be used, 2 of them without evidence",
        "pages without history: c",
    ]


def test_what_is_not_sent_or_was_replaced_is_counted_and_no_doubt() -> None:
    told = report(messages=205, scheduled=3, replaced=97, withdrawn=5)
    assert told.lines[2:5] == [
        "3 not sent yet: kept in scheduled_messages",
        "97 replaced by newer counts of the same messages",
        "5 withdrawn before they were sent",
    ]
    assert told.doubts == []


def test_exactly_as_much_as_is_allowed_is_no_doubt() -> None:
    assert report().doubts == []


@pytest.mark.parametrize(
    ("changed", "doubt"),
    [
        ({"quarantined": 6}, "6.0% of the messages are quarantined (allowed: 5%)"),
        (
            {"pages": [PageMatches("a", 95, 75)]},
            "21.1% of the messages match no caption (allowed: 20%)",
        ),
    ],
)
def test_more_than_is_allowed_ends_a_command_with_code_3_unless_accepted(
    changed: dict[str, Any], doubt: str
) -> None:
    doubtful = report(**changed)
    assert doubtful.doubts == [doubt]
    with pytest.raises(SystemExit) as caught:
        refuse_doubtful(doubtful, accept=False)
    assert caught.value.code == 3
    refuse_doubtful(doubtful, accept=True)


def test_many_reasons_and_pages_are_cut_and_counted() -> None:
    many = report(
        reasons={f"rule {n}": 1 for n in range(10)},
        pages=[PageMatches(f"page_{n}", 2, 1) for n in range(10)],
    )
    assert "  other reasons: 2" in many.lines
    assert "  and 2 more pages" in many.lines


def test_what_loading_would_give_is_told_without_loading(tmp_path: Path) -> None:
    for name, text in (
        ("mass_messages", MESSAGES.replace("3,maya_cooks,Soup", "3,maya_cooks,Stew")),
        ("caption_bank", BANK + "4,Tea,recipe,mid,0,,True,\n"),
        ("creators", CREATORS + "silent_page,Silent,True\n"),
    ):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    tables = {str(k): v for k, v in read_inputs(tmp_path).tables.items()}
    bad = tables["mass_messages"].iloc[[0]].assign(row_id=9, viewed_count=999)
    tables["mass_messages"] = pd.concat([tables["mass_messages"], bad], ignore_index=True)
    home = tmp_path / "home"
    # Settings of production would load into BigQuery.
    told = rehearsed_import(Settings(home=home, env="production"), tables)
    assert told.lines == [
        "4 messages read, 3 used, 1 quarantined (25.0%)",
        "  viewed_count exceeds sent_count: 1",
        "2 messages matched to captions, 1 not (33.3%)",
        "  maya_cooks: 0 matched, 1 not",
        "4 captions can be used, 2 of them without evidence",
        "pages without history: silent_page",
    ]
    assert not home.exists()


def test_a_report_is_read_again_only_when_a_table_has_changed(tmp_path: Path) -> None:
    for name, text in (("mass_messages", MESSAGES), ("caption_bank", BANK), ("creators", CREATORS)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    tables = read_inputs(tmp_path).tables
    limits, strict = ImportLimits(0.05, 0.20), ImportLimits(0.0, 0.0)
    with scratch_dataset(Settings(), (*SCRATCH_TABLES, *SCRATCH_VIEWS)) as dataset:
        for name in ("mass_messages", "caption_bank", "creators"):
            dataset.load(name, tables[name])
        refresh_facts(dataset)
        first = import_report(dataset, limits)
        asked = len(dataset.ledger)
        assert import_report(dataset, strict) == replace(first, limits=strict)
        assert len(dataset.ledger) == asked
        dataset.load("caption_bank", tables["caption_bank"].iloc[:1])
        changed = import_report(dataset, limits)
    assert changed.captions == 1 < first.captions
