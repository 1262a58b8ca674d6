"""Which categories a page buys more of than of others, of late, and which less."""

from collections.abc import Mapping, Sequence
from typing import Any

from eros_assets.insights.known import Known, Said

SHOWN = 3
"""Categories of a kind that are named."""
NOTABLE = 0.05
"""A taste nearer to 1 than this is not named."""
NONE = "None: of no category more or less was bought lately than was expected of its captions."


def liked(known: Known) -> Said:
    """Categories by taste."""
    rows = [
        {name: row[name] for name in ("content_category", "taste", "sends")}
        for row in known.of("page_tastes")
    ]
    rows.sort(key=lambda row: (-row["taste"], row["content_category"]))
    more = [row for row in rows if row["taste"] >= 1 + NOTABLE][:SHOWN]
    less = [row for row in reversed(rows) if row["taste"] <= 1 - NOTABLE][:SHOWN]
    lines = [
        f"{verb} {_listed(named)} than was expected of their captions."
        for verb, named in (("Buys more of", more), ("Buys less of", less))
        if named
    ]
    return Said(lines or [NONE], rows)


def _listed(named: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{row['content_category']} (× {row['taste']:.2f}, {row['sends']} PPVs)" for row in named
    )
