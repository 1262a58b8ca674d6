"""A caption bank made from the messages, for an agency that has none."""

from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from eros_assets.importing.identity import ids_of, normal_text
from eros_assets.importing.mapping import MAPPING_FILE, ByPrice, TableMapping
from eros_assets.importing.mistakes import Mistake, MistakeLog
from eros_assets.importing.schema import PRICE_TIERS
from eros_assets.importing.tables import tiers_of


def bank_of_messages(
    messages: pd.DataFrame, mapping: TableMapping, log: MistakeLog
) -> pd.DataFrame:
    """One caption for each text that was sent, in the order of their ids.

    Texts that are equal after normalising are one caption, worded as it was last sent. It belongs
    to its page where one page alone sent it. It is a Bump where it was mostly sent free; otherwise
    its tier is that of its median price, or the one that the mapping names. Columns are those of
    caption_bank.
    """
    source = mapping.columns.get("price_tier")
    tier = source.value if source else None
    if source is None or not (isinstance(source.by_price, ByPrice) or tier in PRICE_TIERS):
        text = (
            "caption_bank.columns.price_tier: a bank from messages needs the tier of paid "
            'captions: { value = "mid" } or { by_price = { mid = 12, premium = 25 } }'
        )
        log.add(Mistake(MAPPING_FILE, None, "price_tier", text), "price_tier")
        return pd.DataFrame()
    normal = normal_text(pa.array(messages["message"], pa.string(), from_pandas=True))
    sent = messages.assign(normal=normal.to_pandas().to_numpy())
    sent = sent[sent["normal"].notna() & (sent["normal"] != "")]
    sent = sent.sort_values(["sending_time", "row_id"], kind="stable", na_position="first")
    groups = sent.groupby("normal", sort=True)
    pages = groups["page_name"].agg(["nunique", "first"])
    bumps = (sent["message_type"] == "Bump").astype("float64")
    free = bumps.groupby(sent["normal"], sort=True).mean().gt(0.5)
    prices = groups["price"].median().to_numpy(dtype=np.float64, na_value=np.nan)
    if isinstance(source.by_price, ByPrice):
        tiers = tiers_of(prices, source.by_price)
        # A caption that was sold without a price being known is not free.
        tiers = np.where((tiers == "bump") & ~free.to_numpy(), "budget", tiers)
    else:
        tiers = np.full(len(prices), tier, dtype=object)
    category = mapping.columns.get("content_category")
    given = groups["caption_id"].min().astype("Int64")
    made = ids_of(f"caption {text}" for text in given.index)
    bank = pd.DataFrame(
        {
            "caption_id": given.fillna(pd.Series(made, index=given.index)).astype("int64"),
            "caption_text": groups["message"].last(),
            "content_category": cast("Any", category.value if category else None),
            "price_tier": np.where(free.to_numpy(), "bump", tiers),
            "has_urgency": False,
            "page_name": np.where(pages["nunique"] == 1, pages["first"], cast("Any", None)),
            "is_active": True,
            "created_at": groups["sending_time"].min(),
            "text_id": cast("Any", None),
        }
    )
    bank["content_category"] = bank["content_category"].astype(object)
    bank = bank.sort_values(["caption_id", "created_at"], kind="stable")
    return bank.drop_duplicates("caption_id").reset_index(drop=True)
