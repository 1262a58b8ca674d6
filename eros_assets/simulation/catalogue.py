"""The constants of a simulation: pages, captions and who may send which."""

import re
import unicodedata
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
    uncategorised then. Of captions that say the same one is used, as the view `caption_contents`
    has it; the others are allowed nowhere.
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
    content: NDArray[np.int64]  # (c,) the caption that is used for all that say the same
    owners: tuple[str | None, ...]  # (c,)
    is_shared: NDArray[np.bool_]  # (c,) whether any page may use one that says the same

    def category_of(self, caption: int) -> str | None:
        """The category that the bank names of a caption."""
        return self.categories[self.category[caption]] if self.has_category[caption] else None

    def tier_of(self, caption: int) -> str | None:
        """The caption's tier by name; None when it is not in the bank."""
        index = int(self.tier[caption])
        return None if index == UNKNOWN_TIER else PRICE_TIERS[index]

    def caption_index(self, caption_ids: "pd.Series[int]") -> NDArray[np.int64]:
        """Where the captions stand that are used for these; -1 for a missing id."""
        known = pd.Index(self.caption_ids, dtype="Int64")
        at = known.get_indexer(pd.Index(caption_ids)).astype(np.int64)
        return np.where(at >= 0, self.content[at], -1)


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
    content = _contents(bank)
    is_shared = np.zeros(ids.size, dtype=bool)
    in_use = bank["is_active"].to_numpy(dtype=bool)
    is_shared[content[in_use & np.array([owner is None for owner in owners], dtype=bool)]] = True
    return Catalogue(
        pages=tuple(pages),
        is_active=np.array([bool(active.get(page, default=False)) for page in pages], dtype=bool),
        caption_ids=np.concatenate((ids, strangers)),
        tier=_extended(pd.Index(PRICE_TIERS).get_indexer(pd.Index(bank["price_tier"])), more, -1),
        category=_extended(category, more, 0),
        has_category=np.concatenate((named.notna().to_numpy(dtype=bool), np.zeros(more, bool))),
        is_urgent=np.concatenate((urgent, np.zeros(more, bool))),
        allowed=np.hstack(
            (_allowed(pages, tables, owners, content), np.zeros((len(pages), more), bool))
        ),
        categories=tuple(map(str, categories)),
        texts=(*bank["caption_text"], *[None] * more),
        owners=(*owners, *[None] * more),
        content=np.concatenate((content, np.arange(ids.size, ids.size + more))),
        is_shared=np.concatenate((is_shared, np.zeros(more, bool))),
    )


def normal_text(text: object) -> str:
    """Lower case, nothing but letters and digits; empty where there is no text."""
    if not isinstance(text, str):
        return ""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text).lower()))


def _contents(bank: pd.DataFrame) -> NDArray[np.int64]:
    """Of captions that say the same, the one in use that was written first; (c,)."""
    texts = [normal_text(text) or row for row, text in enumerate(bank["caption_text"])]
    ranked = bank.assign(row=np.arange(len(bank)), content=pd.Series(texts, bank.index, object))
    ranked["is_active"] = ranked["is_active"].astype(bool)
    ranked = ranked.sort_values(
        ["is_active", "created_at", "caption_id"],
        ascending=[False, True, True],
        kind="stable",
        na_position="last",
    )
    content = np.zeros(len(bank), dtype=np.int64)
    content[ranked["row"]] = ranked.groupby("content", sort=False)["row"].transform("first")
    return content


def _extended(values: NDArray[np.intp], more: int, value: int) -> NDArray[np.int64]:
    return np.concatenate((values.astype(np.int64), np.full(more, value, dtype=np.int64)))


def _allowed(
    pages: list[str], tables: Tables, owners: list[str | None], content: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Active, the page's own or anyone's, and against none of its restrictions in force."""
    bank = tables["caption_bank"]
    rules = tables["creator_caption_restrictions"]
    rules = rules[rules["is_active"].astype(bool)]
    owner = np.array(owners, dtype=object)
    anyone = np.array([name is None for name in owners], dtype=bool)
    category = bank["content_category"].fillna(UNCATEGORISED)
    rows: list[NDArray[np.bool_]] = []
    for page in pages:
        may = np.zeros(len(bank), dtype=bool)
        may[content[bank["is_active"].to_numpy(dtype=bool) & (anyone | (owner == page))]] = True
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
