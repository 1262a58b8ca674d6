"""The constants of a simulation: pages, captions and who may send which."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.demo.roster import PRICE_TIERS

Tables = Mapping[str, pd.DataFrame]

UNCATEGORISED = "uncategorised"
BUMP = PRICE_TIERS.index("bump")
UNKNOWN_TIER = -1


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The bank and the pages as arrays, by page (g) and caption (c).

    Captions that are in the history but not in the bank stand at the end, allowed nowhere, with
    tier -1. `has_category` is False where the bank names none; `category` counts it as
    uncategorised then.
    """

    pages: tuple[str, ...]
    is_active: NDArray[np.bool_]  # (g,)
    caption_ids: NDArray[np.int64]  # (c,)
    tier: NDArray[np.int64]  # (c,) index into PRICE_TIERS
    category: NDArray[np.int64]  # (c,) index into `categories`
    has_category: NDArray[np.bool_]  # (c,)
    is_urgent: NDArray[np.bool_]  # (c,)
    allowed: NDArray[np.bool_]  # (g, c)
    categories: tuple[str, ...]
    texts: tuple[object, ...]  # (c,)
    owners: tuple[str | None, ...]  # (c,)

    def category_of(self, caption: int) -> str | None:
        """The category that the bank names of a caption."""
        return self.categories[self.category[caption]] if self.has_category[caption] else None

    def tier_of(self, caption: int) -> str | None:
        """The caption's tier by name; None when it is not in the bank."""
        index = int(self.tier[caption])
        return None if index == UNKNOWN_TIER else PRICE_TIERS[index]

    def caption_index(self, caption_ids: "pd.Series[int]") -> NDArray[np.int64]:
        """Where the captions stand; -1 for a missing id."""
        known = pd.Index(self.caption_ids, dtype="Int64")
        return known.get_indexer(pd.Index(caption_ids)).astype(np.int64)


def catalogue_of(tables: Tables) -> Catalogue:
    """The catalogue of the four input tables, whose frames are as `sample_agency` makes them."""
    bank, creators = tables["caption_bank"], tables["creators"]
    history = tables["mass_messages"]
    sent_by = history["page_name"].dropna()
    pages = sorted({*creators["page_name"], *sent_by[sent_by.str.fullmatch(r"[a-z0-9_]+")]})
    ids = bank["caption_id"].to_numpy(dtype=np.int64)
    sent = history["caption_id"].dropna().astype(np.int64).unique()
    strangers = np.setdiff1d(sent, ids)
    more = strangers.size
    active = creators.set_index("page_name")["is_active"]
    named = bank["content_category"]
    category, categories = pd.factorize(named.fillna(UNCATEGORISED), sort=True)
    owners = [owner if isinstance(owner, str) else None for owner in bank["page_name"]]
    urgent = bank["has_urgency"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    return Catalogue(
        pages=tuple(pages),
        is_active=np.array([bool(active.get(page, default=False)) for page in pages], dtype=bool),
        caption_ids=np.concatenate((ids, strangers)),
        tier=_extended(pd.Index(PRICE_TIERS).get_indexer(pd.Index(bank["price_tier"])), more, -1),
        category=_extended(category, more, 0),
        has_category=np.concatenate((named.notna().to_numpy(dtype=bool), np.zeros(more, bool))),
        is_urgent=np.concatenate((urgent, np.zeros(more, bool))),
        allowed=np.hstack((_allowed(pages, tables, owners), np.zeros((len(pages), more), bool))),
        categories=tuple(map(str, categories)),
        texts=(*bank["caption_text"], *[None] * more),
        owners=(*owners, *[None] * more),
    )


def _extended(values: NDArray[np.intp], more: int, value: int) -> NDArray[np.int64]:
    return np.concatenate((values.astype(np.int64), np.full(more, value, dtype=np.int64)))


def _allowed(pages: list[str], tables: Tables, owners: list[str | None]) -> NDArray[np.bool_]:
    """Active, the page's own or anyone's, and against none of its restrictions in force."""
    bank = tables["caption_bank"]
    rules = tables["creator_caption_restrictions"]
    rules = rules[rules["is_active"].astype(bool)]
    owner = np.array(owners, dtype=object)
    anyone = np.array([name is None for name in owners], dtype=bool)
    category = bank["content_category"].fillna(UNCATEGORISED)
    rows: list[NDArray[np.bool_]] = []
    for page in pages:
        may = bank["is_active"].to_numpy(dtype=bool) & (anyone | (owner == page))
        for rule in rules[rules["page_name"] == page].to_dict("records"):
            may &= ~category.isin(_items(rule["restricted_categories"])).to_numpy()
            may &= ~bank["price_tier"].isin(_items(rule["restricted_price_tiers"])).to_numpy()
            for pattern in _items(rule["blocked_patterns"]):
                found = re.compile(pattern).search
                may &= ~np.array(
                    [isinstance(t, str) and bool(found(t)) for t in bank["caption_text"]]
                )
        rows.append(may)
    return np.stack(rows)


def _items(values: object) -> list[str]:
    return [] if values is None or isinstance(values, float) else list(values)  # type: ignore[call-overload]
