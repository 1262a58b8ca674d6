"""Each export that docs/IMPORT.md has a mapping for loads with that mapping, and nothing else."""

import datetime as dt
import re
from pathlib import Path

import pytest

from eros_assets.importing.inputs import ImportedInputs, read_inputs
from tests.house.modules import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "IMPORT.md").read_text(encoding="utf-8")

STATISTICS = """\
message,sending_time,sender,status,price,sent,viewed,purchased,earnings,message_id,loaded_at
Kiln day ✨,"Nov 2, 2025 at 12:13 AM",Ann,sent,18.00,31195,3200,12,216.0,,2025-11-03T08:39:34.14Z
"Set &amp; glaze

come by","Nov 1, 2025 at 08:05 PM",Ben,unsent,-,31694,450,0,0.0,,2025-11-03T08:39:34.14Z
Kiln day!,"Oct 31, 2025 at 10:39 PM",Ann,sent,9.00,32578,590,3,27.0,,2025-11-03T08:39:34.14Z
"""
CAMPAIGNS = """\
Subject,Send Time,Total Recipients,Unique Placed Order,Revenue,Unique Opens,Campaign ID
[MULTIPLE VARIATIONS],2025-09-01 09:38:00,14117.0,76.0,4658.8,4566.0,01K0A
Playlist day 🎨,2025-09-04 09:38:00,50671.0,111.0,6804.3,26469.0,01K0B
"""
POSTS = """\
"Post ID","Page name",Title,"Publish time",Views,Reach,"Reactions, Comments and Shares",Shares
1820000000000001,"Stone & Kiln","An autumn glaze is back!

Good for ""slow"" pots.","09/28/2025 18:12",31,22,5,1
1820000000000002,"Stone & Kiln","Back at the wheel.","09/24/2025 15:30",70,48,6,1
"""
EXPORTS = {
    "message_stats.csv": STATISTICS.replace("\n", "\r\n").encode(),
    "email_campaigns.csv": CAMPAIGNS.encode(),
    "page_posts.csv": POSTS.encode("utf-8-sig"),
}


def mapping_of(file: str) -> str:
    """The mapping that the guide shows for a file."""
    blocks = list(re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL))
    [found] = [block for block in blocks if f'files = "{file.partition(".")[0]}*.csv"' in block]
    return found


def loaded(folder: Path, file: str) -> ImportedInputs:
    (folder / file).write_bytes(EXPORTS[file])
    (folder / "eros_import.toml").write_text(mapping_of(file), encoding="utf-8")
    return read_inputs(folder)


def test_message_statistics_load(tmp_path: Path) -> None:
    read = loaded(tmp_path, "message_stats.csv")
    messages, bank = read.tables["mass_messages"], read.tables["caption_bank"]
    assert messages["page_name"].tolist() == ["amber_lens"] * 3
    assert messages["message_type"].tolist() == ["PPV", "Bump", "PPV"]
    assert messages["sending_time"].iloc[0] == dt.datetime(2025, 11, 2, 7, 13, tzinfo=dt.UTC)
    assert messages["message"].iloc[1] == "Set & glaze\r\n\r\ncome by"
    assert messages["row_id"].is_unique
    # Two messages with one text but for its punctuation are one caption, as last sent.
    assert sorted(bank["caption_text"]) == ["Kiln day ✨", "Set & glaze\r\n\r\ncome by"]
    tiers = dict(zip(bank["caption_text"].str[:4], bank["price_tier"], strict=True))
    assert tiers == {"Kiln": "mid", "Set ": "bump"}


def test_e_mail_campaigns_load(tmp_path: Path) -> None:
    read = loaded(tmp_path, "email_campaigns.csv")
    messages = read.tables["mass_messages"]
    assert messages["sent_count"].tolist() == [14117, 50671]
    assert messages["purchased_count"].tolist() == [76, 111]
    assert messages["message"].tolist() == [None, "Playlist day 🎨"]
    assert messages["row_id"].is_unique
    assert read.tables["caption_bank"]["price_tier"].tolist() == ["mid"]


def test_posts_of_a_page_load(tmp_path: Path) -> None:
    read = loaded(tmp_path, "page_posts.csv")
    messages = read.tables["mass_messages"]
    assert messages["row_id"].tolist() == [1820000000000001, 1820000000000002]
    assert messages["viewed_count"].tolist() == [5, 6]
    assert messages["sending_time"].iloc[0] == dt.datetime(2025, 9, 29, 1, 12, tzinfo=dt.UTC)
    assert read.tables["creators"].to_dict("records") == [
        {"page_name": "stone_and_kiln", "display_name": "Stone & Kiln", "is_active": True}
    ]


@pytest.mark.parametrize("file", EXPORTS)
def test_loading_an_export_again_beside_a_later_one_adds_no_message(
    tmp_path: Path, file: str
) -> None:
    once = loaded(tmp_path, file).tables["mass_messages"]
    stem = file.partition(".")[0]
    (tmp_path / f"{stem}_later.csv").write_bytes(EXPORTS[file])
    twice = read_inputs(tmp_path)
    assert twice.replaced == len(once)
    assert sorted(twice.tables["mass_messages"]["row_id"]) == sorted(once["row_id"])
