"""What the chosen of one week are worth by the hidden truth, by setting of the learning.

The sample agency after 18 months of history: learn, choose the coming week, and ask the truth what
the chosen PPVs earn on a Tuesday evening at their tier's usual price. The control arm, uniform from
the same pool, is beside it. One week says what a setting exploits, not what it learns for later.
"""

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from eros_assets.assets.selection import select_captions, week_targets
from eros_assets.assets.week import WeekScope, week_plan_scope
from eros_assets.calendar import la_instant, monday_after
from eros_assets.demo import Truth, sample_agency
from eros_assets.installation import Installation
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.protocol import Warehouse

TODAY = dt.date(2026, 11, 26)
WEEK = monday_after(TODAY)
SEEDS = ("eros", "two")
PRICES = {"budget": 9.0, "mid": 18.0, "premium": 32.0}
EARLIER_DAYS = 210

SETTINGS: Mapping[str, Mapping[str, float]] = {
    "as shipped": {},
    "pages learn apart": {"borrowing_weight": 0},
    "half-life of 13 weeks": {"stats_half_life_days": 91},
    "half-life of 26 weeks": {"stats_half_life_days": 182},
    "half-life of 52 weeks": {"stats_half_life_days": 364},
    "sharpening 1": {"posterior_sharpening": 1},
    "sharpening 16": {"posterior_sharpening": 16},
    "no diversity": {"diversity_weight": 0},
}


def measure() -> Iterator[str]:
    """EMV of treatment and control, USD per 1,000 recipients, by setting and seed."""
    with tempfile.TemporaryDirectory() as folder:
        values = {"home": Path(folder), "env": "local", "today": TODAY, "sample": "full"}
        eros = Installation(load_settings(values))
        truth = _furnish(eros)
        warehouse = eros.warehouse(asset="benchmark")
        knobs = warehouse.query("SELECT * FROM `${dataset}.tuning`")
        scope = week_plan_scope(eros, warehouse, WEEK, WeekScope())
        warehouse.load("weekly_volume_targets", week_targets(eros, warehouse, scope))
        for name, changes in SETTINGS.items():
            warehouse.load("tuning", knobs.assign(**changes).astype(knobs.dtypes))
            lookback = int(knobs["stats_lookback_days"].iloc[0])
            warehouse.call(
                "update_caption_performance", {"p_as_of": WEEK, "p_lookback_days": lookback}
            )
            for seed in SEEDS:
                reseeded = Installation(load_settings({**values, "seed": seed}))
                chosen = select_captions(reseeded, warehouse, scope)
                treated, control = _worth(warehouse, truth, chosen)
                yield f"{name:24} seed {seed:5} treatment {treated:6.2f}  control {control:6.2f}"


def _furnish(eros: Installation) -> Truth:
    """The sample agency in a new warehouse, sorted into facts."""
    warehouse = eros.warehouse(asset="benchmark")
    for sql_object in eros.library.deploy_order():
        warehouse.deploy(sql_object)
    settings = eros.settings
    agency = sample_agency(settings.sample, settings.sample_seed, TODAY - dt.timedelta(days=1))
    tables = {**agency.tables, **configuration_tables(settings, eros.library)}
    for name, frame in tables.items():
        warehouse.load(name, frame)
    warehouse.run(eros.sql("refresh_message_facts"))
    return agency.truth


def _worth(warehouse: Warehouse, truth: Truth, chosen: pd.DataFrame) -> tuple[float, float]:
    """Mean expected EMV of the chosen PPVs of both arms."""
    earlier = warehouse.query(
        "SELECT page_name, caption_id, sending_time, message_type, price "
        "FROM `${dataset}.message_facts` WHERE caption_id IS NOT NULL AND send_date >= @first",
        {"first": WEEK - dt.timedelta(days=EARLIER_DAYS)},
    )
    ppvs = chosen[chosen["price_tier"] != "bump"]
    messages = pd.DataFrame(
        {
            "page_name": ppvs["page_name"].to_numpy(),
            "caption_id": ppvs["caption_id"].to_numpy(),
            "sending_time": pd.Timestamp(la_instant(WEEK + dt.timedelta(days=1), 19)),
            "message_type": "PPV",
            "price": ppvs["price_tier"].map(PRICES).to_numpy(),
        }
    )
    emv = truth.expected(messages, earlier)["emv"].to_numpy()
    is_treated = (ppvs["arm"] == "treatment").to_numpy()
    return float(np.mean(emv[is_treated])), float(np.mean(emv[~is_treated]))
