"""The mapping that files seem to need is proposed with examples, and loads what they have."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from eros_assets.__main__ import main
from eros_assets.importing.inputs import read_inputs
from eros_assets.importing.mapping import parse_mapping
from eros_assets.importing.proposal import amended, proposed_mapping
from tests.importing.conftest import BANK, MESSAGES
from tests.importing.test_exports import CAMPAIGNS, EXPORTS, STATISTICS

SEMICOLONS = """\
Report of October;;;;;
Datum;Caption;Recipients;Views;Sold;Revenue
03.10.2025 10:00;Kiln day;1.000;500;2;1.234,50
28.10.2025 11:00;Soup;1.100;510;0;12,50
"""


def proposed(folder: Path, **files: str | bytes) -> str:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.csv").write_bytes(data)
    return proposed_mapping(folder).toml


@pytest.mark.parametrize("file", EXPORTS)
def test_the_mapping_of_each_export_is_proposed_and_loads_every_row(
    tmp_path: Path, file: str
) -> None:
    (tmp_path / file).write_bytes(EXPORTS[file])
    read = read_inputs(tmp_path, parse_mapping(proposed_mapping(tmp_path).toml))
    assert len(read.tables["mass_messages"]) == read.rows_read["mass_messages"] > 1
    assert not read.tables["caption_bank"].empty


def test_guesses_stand_beside_their_examples(tmp_path: Path) -> None:
    text = proposed(tmp_path, stats=STATISTICS)
    assert 'sent_count = "sent"  # 31195' in text
    assert 'time_zone = "America/Los_Angeles"  # a guess, from Nov 2, 2025 at 12:13 AM' in text
    assert 'words = { "unsent" = "withdrawn" }  # a guess' in text
    assert 'counted_at = "loaded_at"' in text
    assert "html = true  # the texts have entities such as &amp;" in text
    assert "message_type = { by_price = true }  # PPV with a price, else Bump" in text
    assert 'page_name = { value = "stats" }  # a guess: whose page is it?' in text


def test_more_views_than_recipients_are_no_views(tmp_path: Path) -> None:
    (tmp_path / "page_posts.csv").write_bytes(EXPORTS["page_posts.csv"])
    text = proposed_mapping(tmp_path).toml
    assert 'sent_count = "Reach"' in text
    assert 'viewed_count = "Reactions, Comments and Shares"' in text


def test_rates_are_no_counts_and_text_ids_are_kept_as_ids(tmp_path: Path) -> None:
    text = proposed(tmp_path, campaigns=CAMPAIGNS.replace("Unique Opens", "Open Rate"))
    assert 'row_id = { column = "Campaign ID", text_id = true }' in text
    rates = CAMPAIGNS.replace("4566.0", "32.34%").replace("26469.0", "52.24%")
    text = proposed(tmp_path, campaigns=rates)
    assert 'viewed_count = { column = "Unique Opens", percent_of = "sent_count" }' in text


def test_what_stands_for_a_text_is_proposed_as_nothing(tmp_path: Path) -> None:
    text = proposed(tmp_path, campaigns=CAMPAIGNS)
    assert 'message = { column = "Subject", nothing = ["[MULTIPLE VARIATIONS]"] }' in text
    read = read_inputs(tmp_path, parse_mapping(text))
    assert read.tables["caption_bank"]["caption_text"].tolist() == ["Playlist day 🎨"]


def test_one_date_that_fits_one_order_only_tells_the_order_of_all(tmp_path: Path) -> None:
    text = proposed(tmp_path, october=SEMICOLONS.replace("Datum", "Date"))
    assert 'time_format = "%d.%m.%Y %H:%M"' in text
    assert 'decimal = ","  # a guess, from 1.234,50' in text
    read = read_inputs(tmp_path, parse_mapping(text))
    assert read.tables["mass_messages"]["sent_count"].tolist() == [1000, 1100]
    assert read.tables["mass_messages"]["earnings"].tolist() == [1234.5, 12.5]


def test_files_of_one_shape_share_a_mapping_and_others_are_named(tmp_path: Path) -> None:
    body = STATISTICS.replace("message,sending_time", "page,message,sending_time").splitlines(True)
    march = body[0] + "amber," + body[1]
    text = proposed(tmp_path, march=march, april=march, notes="about\nthese files\n")
    assert 'files = ["april.csv", "march.csv"]' in text
    assert proposed_mapping(tmp_path).unused == {"notes.csv": ["about"]}


def test_a_bank_of_other_headers_is_found(tmp_path: Path) -> None:
    bank = "Caption,Category,Tier,Active\nKiln day,tour,Mid,yes\nSoup,recipe,bump,no\n"
    text = proposed(tmp_path, ours=bank, mass_messages=MESSAGES)
    assert 'caption_text = "Caption"  # Kiln day' in text
    assert "from_messages" not in text
    read = read_inputs(tmp_path, parse_mapping(text))
    assert read.tables["caption_bank"]["is_active"].tolist() == [True, False]


def test_a_refusal_adds_the_format_that_it_asks_for(tmp_path: Path) -> None:
    proposed(tmp_path, stats=STATISTICS.replace("12:13 AM", "01:13 AM"))
    proposal = proposed_mapping(tmp_path)
    assert amended(proposal, "comes twice in America/Los_Angeles: it is")
    assert 'repeated_hour = "earlier"  # a guess' in proposal.toml
    assert not amended(proposal, "comes twice in America/Los_Angeles: it is")


def test_the_command_writes_a_mapping_that_it_then_finds_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "stats.csv").write_text(STATISTICS.replace("12:13 AM", "01:13 AM"))
    told = CliRunner().invoke(main, ["inspect", str(folder), "--write"])
    assert told.exit_code == 0, told.output
    assert 'repeated_hour = "earlier"  # a guess' in told.output
    assert "3 messages read, 3 used, 0 quarantined (0.0%)" in told.output
    again = CliRunner().invoke(main, ["inspect", str(folder)])
    assert again.exit_code == 0
    assert again.output.startswith("eros_import.toml is right.\n")
    assert not (tmp_path / "home" / "warehouse.duckdb").exists()


def test_the_command_says_what_would_be_refused_and_writes_nothing_unasked(
    tmp_path: Path,
) -> None:
    (tmp_path / "mass_messages.csv").write_text(MESSAGES.replace(",280,", ",many,"))
    (tmp_path / "caption_bank.csv").write_text(BANK)
    told = CliRunner().invoke(main, ["inspect", str(tmp_path)])
    assert told.exit_code == 1
    assert "mass_messages.csv line 2: sent_count 'many' is not a whole number" in told.output
    assert not (tmp_path / "eros_import.toml").exists()


def test_words_of_several_columns_and_files_are_proposed_together(tmp_path: Path) -> None:
    bank = "caption_text,price_tier\nKiln day,Medium\nSoup,LOW\nBread,vip\nHello,bump\n"
    text = proposed(tmp_path, mass_messages=MESSAGES.replace("PPV", "Locked"), caption_bank=bank)
    assert (
        'words = { "locked" = "PPV", "low" = "budget", "medium" = "mid", "vip" = "premium" }'
        in (text)
    )
    read = read_inputs(tmp_path, parse_mapping(text))
    assert read.tables["caption_bank"]["price_tier"].tolist() == [
        "mid",
        "budget",
        "premium",
        "bump",
    ]
    assert read.tables["mass_messages"]["message_type"].tolist() == ["PPV", "Bump", "PPV"]


def test_words_that_would_quarantine_every_message_need_a_mapping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_HOME", str(tmp_path / "home"))
    (tmp_path / "mass_messages.csv").write_text(MESSAGES.replace("PPV", "Locked"))
    (tmp_path / "caption_bank.csv").write_text(BANK)
    told = CliRunner().invoke(main, ["inspect", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("Proposed eros_import.toml: confirm each guess.")
    assert 'words = { "locked" = "PPV" }  # a guess' in told.output
    assert "3 messages read, 3 used, 0 quarantined (0.0%)" in told.output
