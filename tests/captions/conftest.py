"""A bank of four captions in a warehouse of its own, with what intake reads."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.settings import Settings
from eros_assets.warehouse.duckdb.storage import storage_of

OBJECTS = (
    *("caption_bank", "creators", "creator_caption_restrictions", "caption_terms"),
    *("added_captions", "judged_captions", "usable_captions", "judged_creators"),
    *("usable_creators", "judged_restrictions", "usable_restrictions"),
)
TEXTS = {
    1: "Kiln day, come and see the new bowls",
    2: "She said yes &amp; twice",
    3: "Soup of the day, with bread",
    4: "A retired text",
}


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Dataset]:
    found = open_dataset(Settings(home=tmp_path / "home", env="local"), asset="test")
    with storage_of(found.settings.warehouse_file).opened():
        for name in OBJECTS:
            found.warehouse.deploy(found.library[name])
        found.load(
            "caption_bank",
            pd.DataFrame(
                {
                    "caption_id": list(TEXTS),
                    "caption_text": list(TEXTS.values()),
                    "content_category": ["craft", "story", "recipe", None],
                    "price_tier": ["mid", "bump", "budget", "mid"],
                    "has_urgency": False,
                    "page_name": [None, "clay", None, None],
                    "is_active": [True, True, True, False],
                    "created_at": pd.Timestamp("2025-09-01", tz="UTC"),
                }
            ),
        )
        found.load(
            "creators",
            pd.DataFrame({"page_name": ["clay", "cook"], "display_name": None, "is_active": True}),
        )
        found.load(
            "creator_caption_restrictions",
            pd.DataFrame(
                {
                    "page_name": ["clay", "cook"],
                    "restricted_categories": [["giveaway"], []],
                    "restricted_price_tiers": [[], []],
                    "blocked_patterns": [[r"(?i)\bfree\b"], [r"(?i)\bfree\b", "discount"]],
                    "is_active": True,
                }
            ),
        )
        yield found
