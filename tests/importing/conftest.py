"""A tiny agency's files, right in every way, for tests to spoil."""

from collections.abc import Callable
from pathlib import Path

import pytest

MESSAGES = """\
row_id,page_name,message,sending_time,price,sent_count,viewed_count,purchased_count,earnings,message_type,caption_id
1,clay_and_kiln,"Kiln day, come",2025-10-01T17:00:00Z,12.5,280,140,2,25.0,PPV,7512345678901234567
2,clay_and_kiln,"She said ""yes"",
twice",2025-10-02 10:30:00-07:00,,280.0,150.0,0.0,0,Bump,-2141578500986492765
3,maya_cooks,Soup,2025-10-03 17:00:00 UTC,9,100,50,1,9,PPV,
"""
BANK = """\
caption_id,caption_text,content_category,price_tier,has_urgency,page_name,is_active,created_at
7512345678901234567,"Kiln day, come",studio_tour,mid,False,,True,2025-09-01T00:00:00Z
-2141578500986492765,"She said ""yes"",
twice",story_time,bump,true,clay_and_kiln,1,
3,Soup,recipe,budget,0,,True,2025-09-01T00:00:00+00:00
"""
CREATORS = """\
page_name,display_name,is_active
clay_and_kiln,Clay & Kiln,True
maya_cooks,,False
"""
RESTRICTIONS = """\
page_name,restricted_categories,restricted_price_tiers,blocked_patterns,is_active
clay_and_kiln,recipe; story_time,,"[""(?i)a;b"", ""[xy]$""]",True
maya_cooks,"[""tutorial""]",bump,,False
"""
FILES = {
    "mass_messages.csv": MESSAGES,
    "caption_bank.csv": BANK,
    "creators.csv": CREATORS,
    "creator_caption_restrictions.csv": RESTRICTIONS,
}

Spoil = Callable[[str, str, str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def spoil(folder: Path) -> Spoil:
    """Replaces a piece of one file, wherever it occurs, and gives back the folder."""

    def replace(name: str, old: str, new: str) -> Path:
        text = FILES[name]
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return replace
