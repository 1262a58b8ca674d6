r"""The hidden truth: the model by which the sample agency's audiences answer a message.

Policies never see it; simulators play weeks forward with it, and oracles know it. The history of
the sample agency is drawn by `Truth.draw_outcomes` like every week after it.

For a message of page g with caption c of category k, sent at instant t (LA hour h, LA weekday d,
LA date D, week w counted from `first_day`) at price x USD:

    recipients      n = audience_g · exp(growth_g · years from `last_day` to t) · U(0.85, 1)
    view share      v = view_rate_g · e^lure_c · hour_view_gh · weekday_view_gd · e^view_mood_gw
                        · festive_view_D · exp(-0.25·overload) · e^(0.10 ε₁ - 0.10²/2)
    views             ~ Binomial(n, min(v, 0.95))
    purchase share  q = appeal_gc · appetite_g · hour_buy_gh · weekday_buy_gd · e^buy_mood_gw
                        · e^taste_gkw · festive_buy_D · (x / 15)^-elasticity_g
                        · exp(-0.45·overload) · exp(-0.35·wear) · e^(0.45 ε₂ - 0.45²/2)
    purchases         ~ Binomial(views, min(q, 0.5)) for a PPV, 0 for a Bump
    earnings          = x · purchases, USD

- `appeal` (purchases per view): caption part U_c ~ Beta(0.6, 3.4), page part W_gc ~ Beta(4, 211);
  their product is exactly Beta(0.6, 214.4): a share common to all pages, the rest the page's own.
- `overload` = max(pressure / sustainable_g - 1, 0), where pressure is the number of the page's
  messages in the 14 days before t, a Bump counting 0.4: what tires an audience.
- `wear` = Σ exp(-days since / 60) over the page's earlier sends of the caption: fatigue.
- `view_mood`, `buy_mood`, `taste` are stationary AR(1) paths over weeks: audiences drift. They run
  on `HORIZON_WEEKS` beyond the history; later weeks keep the last value.
- `ε₁`, `ε₂` standard normal, new for each send: sends vary more than a binomial does.

Instants are aware UTC timestamps; rates and shares are plain numbers, multipliers have mean about
one over a page's usual sends.
"""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.arrays import Floats, Ints
from eros_assets.calendar import DAYS_A_WEEK, ZONE_NAME
from eros_assets.demo.exposure import Sends, overload_pressure, wear
from eros_assets.demo.festivity import festive_effects
from eros_assets.errors import ErosError

HORIZON_WEEKS = 208
DAYS_A_YEAR = 365.25


class UnknownToTheTruthError(ErosError):
    """A message names a page or caption that the sample agency has not got."""


@dataclass(frozen=True, slots=True)
class Response:
    """Constants of the model that all pages share; symbols as in the module docstring."""

    reference_price: float = 15.0
    view_overload: float = 0.25
    buy_overload: float = 0.45
    pressure_days: float = 14.0
    bump_pressure: float = 0.4
    wear_effect: float = 0.35
    wear_days: float = 60.0
    view_noise: float = 0.10
    buy_noise: float = 0.45
    least_reach: float = 0.85
    most_viewed: float = 0.95
    most_bought: float = 0.5


@dataclass(frozen=True, eq=False)
class Truth:
    """Hidden parameters, as arrays by page (g), caption (c), category (k), week (w).

    `sustainable` is in weighted messages in 14 days; `growth` is per year.
    """

    first_day: dt.date
    last_day: dt.date
    pages: tuple[str, ...]
    caption_ids: Ints  # (c,)
    category: Ints  # (c,) index into the third axis of `taste`
    appeal: NDArray[np.float32]  # (g, c) purchases per view
    lure: Floats  # (c,) log effect on views
    audience: Floats  # (g,) recipients on last_day
    growth: Floats  # (g,)
    view_rate: Floats  # (g,)
    appetite: Floats  # (g,)
    elasticity: Floats  # (g,)
    sustainable: Floats  # (g,)
    hour_view: Floats  # (g, 24)
    hour_buy: Floats  # (g, 24)
    weekday_view: Floats  # (g, 7) Monday first
    weekday_buy: Floats  # (g, 7)
    view_mood: Floats  # (g, w)
    buy_mood: Floats  # (g, w)
    taste: Floats  # (g, k, w)
    response: Response = field(default_factory=Response)

    def expected(self, messages: pd.DataFrame, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
        """Means without the variation between sends, in the rows' order and index.

        Columns: recipients, view_rate, purchase_rate (per view; 0 for a Bump), emv (USD per 1,000
        recipients). Arguments as for `draw_outcomes`.
        """
        sends = self._sends(messages)
        views, purchases = self._shares(sends, self._joined(sends, earlier))
        return pd.DataFrame(
            {
                "recipients": self._audience_at(sends) * (1 + self.response.least_reach) / 2,
                "view_rate": views,
                "purchase_rate": purchases,
                "emv": 1000 * views * purchases * np.nan_to_num(sends.price),
            },
            index=messages.index,
        )

    def draw_outcomes(
        self, messages: pd.DataFrame, seed: int, earlier: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """How the audiences answer `messages`, given what was sent before.

        Args:
            messages: page_name, caption_id, sending_time (aware), message_type (PPV or Bump) and
                price (USD, of PPVs); one row per message, in any order.
            seed: another seed, another draw; the order of rows doesn't matter.
            earlier: messages sent before (same columns), whose volume and captions tire the
                audience; those of `messages` that come earlier do so anyway. It should reach back
                half a year. Rows without page or time are passed over; those without a known
                caption count as volume.

        Returns:
            sent_count, viewed_count, purchased_count (int64) and earnings (USD), in the rows'
            order and index.

        Raises:
            UnknownToTheTruthError: a page or caption that is not of this agency.
        """
        sends = self._sends(messages)
        view_share, purchase_share = self._shares(sends, self._joined(sends, earlier))
        order = np.lexsort((sends.caption, sends.page, sends.time))
        rng = np.random.default_rng([seed, 0x7E57])
        noise = rng.standard_normal((2, order.size))
        reach = rng.uniform(self.response.least_reach, 1.0, order.size)
        audience = self._audience_at(sends)[order]
        sent = np.maximum(np.rint(audience * reach), 1).astype(np.int64)
        v = view_share[order] * _lognormal(noise[0], self.response.view_noise)
        viewed = rng.binomial(sent, np.minimum(v, self.response.most_viewed))
        q = purchase_share[order] * _lognormal(noise[1], self.response.buy_noise)
        purchased = rng.binomial(viewed, np.minimum(q, self.response.most_bought))
        earnings = np.round(np.nan_to_num(sends.price[order]) * purchased, 2)
        back = np.argsort(order)
        return pd.DataFrame(
            {
                "sent_count": sent[back],
                "viewed_count": viewed[back].astype(np.int64),
                "purchased_count": purchased[back].astype(np.int64),
                "earnings": earnings[back],
            },
            index=messages.index,
        )

    def _shares(self, sends: Sends, all_sends: Sends) -> tuple[Floats, Floats]:
        """Mean view and purchase shares of `sends`, the first rows of `all_sends`."""
        r, g, c = self.response, sends.page, sends.caption
        local = pd.DatetimeIndex(sends.time.view("datetime64[us]")).tz_localize("UTC")
        local = local.tz_convert(ZONE_NAME)
        hour, weekday = local.hour.to_numpy(), local.dayofweek.to_numpy()
        dates = local.tz_localize(None).to_numpy().astype("datetime64[D]")
        week = (dates - np.datetime64(self.first_day, "D")).astype(np.int64) // DAYS_A_WEEK
        week = np.clip(week, 0, self.view_mood.shape[1] - 1)
        festive_view, festive_buy = festive_effects(dates)
        pressure = overload_pressure(all_sends, r.pressure_days, r.bump_pressure)[: g.size]
        overload = np.maximum(pressure / self.sustainable[g] - 1, 0)
        worn = wear(all_sends, r.wear_days)[: g.size]
        views = (
            self.view_rate[g]
            * self.hour_view[g, hour]
            * self.weekday_view[g, weekday]
            * festive_view
            * np.exp(self.lure[c] + self.view_mood[g, week] - r.view_overload * overload)
        )
        price = np.where(sends.is_ppv, np.nan_to_num(sends.price, nan=r.reference_price), 1.0)
        purchases = (
            self.appeal[g, c].astype(np.float64)
            * self.appetite[g]
            * self.hour_buy[g, hour]
            * self.weekday_buy[g, weekday]
            * festive_buy
            * (np.maximum(price, 1.0) / r.reference_price) ** -self.elasticity[g]
            * np.exp(self.buy_mood[g, week] + self.taste[g, self.category[c], week])
            * np.exp(-r.buy_overload * overload - r.wear_effect * worn)
        )
        return np.minimum(views, r.most_viewed), np.where(
            sends.is_ppv, np.minimum(purchases, r.most_bought), 0.0
        )

    def _audience_at(self, sends: Sends) -> Floats:
        end = np.datetime64(self.last_day, "us").astype(np.int64)
        years = (sends.time - end) / (DAYS_A_YEAR * 86_400e6)
        return self.audience[sends.page] * np.exp(self.growth[sends.page] * years)

    def _joined(self, sends: Sends, earlier: pd.DataFrame | None) -> Sends:
        if earlier is None or earlier.empty:
            return sends
        page = pd.Index(self.pages).get_indexer(pd.Index(earlier["page_name"]))
        usable = (page >= 0) & earlier["sending_time"].notna().to_numpy()
        return sends.followed_by(self._columns(earlier[usable]))

    def _sends(self, messages: pd.DataFrame) -> Sends:
        """The messages to answer, whose pages and captions must all be known."""
        sends = self._columns(messages)
        for column, is_unknown in (
            ("page_name", sends.page < 0),
            ("caption_id", sends.caption == self.caption_ids.size),
        ):
            if is_unknown.any():
                unknown = messages[column].iloc[int(np.argmax(is_unknown))]
                raise UnknownToTheTruthError(f"{column} {unknown} is not the sample agency's")
        return sends

    def _columns(self, messages: pd.DataFrame) -> Sends:
        """Unknown pages become -1, unknown or missing captions one more than the last index."""
        page = pd.Index(self.pages).get_indexer(pd.Index(messages["page_name"]))
        caption_id = pd.Index(messages["caption_id"].astype("Int64"))
        caption = pd.Index(self.caption_ids, dtype="Int64").get_indexer(caption_id)
        time = messages["sending_time"].dt.tz_convert("UTC").dt.tz_localize(None)
        return Sends(
            page=page.astype(np.int64),
            caption=np.where(caption < 0, self.caption_ids.size, caption).astype(np.int64),
            time=time.to_numpy(dtype="datetime64[us]").astype(np.int64),
            is_ppv=(messages["message_type"] == "PPV").to_numpy(dtype=np.bool_),
            price=messages["price"].to_numpy(dtype=np.float64),
        )


def _lognormal(normal: Floats, deviation: float) -> Floats:
    """Multipliers with mean one."""
    return np.exp(deviation * normal - deviation**2 / 2)
