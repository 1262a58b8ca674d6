"""Several agencies in one dataset, kept apart by restrictions: one call selects for them all."""

from collections.abc import Mapping, Sequence

import pandas as pd

from tests.sql.dataset import Dataset, Row, creators, restriction

FIRST = 1000
"""From one agency's first caption to the next one's."""


def put_agencies(
    dataset: Dataset,
    bank: Sequence[Sequence[Row]],
    targets: Sequence[Sequence[Row]],
    barred: Sequence[Mapping[str, set[str]]],
) -> None:
    """Several agencies' captions, targets and categories that pages don't use.

    The pages of an agency may use its own captions alone.
    """
    pages = [[of_agency(n, row["page_name"]) for row in rows] for n, rows in enumerate(targets)]
    dataset.put("creators", creators(*(page for rows in pages for page in rows)))
    dataset.put(
        "caption_bank",
        [
            row
            | {"caption_id": FIRST * n + row["caption_id"]}
            | {"caption_text": f"{letter_of(n)} {row['caption_text']}"}
            | {"page_name": row["page_name"] and of_agency(n, row["page_name"])}
            for n, rows in enumerate(bank)
            for row in rows
        ],
    )
    dataset.put(
        "creator_caption_restrictions",
        [
            restriction(
                of_agency(n, row["page_name"]),
                blocked_patterns=[f"^[^{letter_of(n)}]"],
                restricted_categories=sorted(barred[n].get(row["page_name"], ())),
            )
            for n, rows in enumerate(targets)
            for row in rows
        ],
    )
    dataset.put(
        "weekly_volume_targets",
        [
            row | {"page_name": of_agency(n, row["page_name"])}
            for n, rows in enumerate(targets)
            for row in rows
        ],
    )


def letter_of(agency: int) -> str:
    return "abcdefgh"[agency]


def of_agency(agency: int, page: str) -> str:
    """The page's name; those of an agency are in the order of their names without it."""
    return f"{page}_{letter_of(agency)}"


def only_of(agency: int, rows: pd.DataFrame) -> pd.DataFrame:
    """An agency's rows, with its pages and captions as it names them."""
    own = rows[rows["page_name"].str.endswith(f"_{letter_of(agency)}")]
    return own.assign(
        page_name=own["page_name"].str.removesuffix(f"_{letter_of(agency)}"),
        caption_id=own["caption_id"] - FIRST * agency,
    )
