"""Reports a study: EMV per policy with intervals over seeds, as numbers and as a picture.

EMV is that of PPVs, recipient-weighted: USD per 1,000 recipients; Bumps earn nothing. Shares of the
oracle's EMV use expected values, seed by seed, which exclude the randomness of audiences.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from eros_assets.arrays import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


ORACLE = "oracle"
COLOURS = {
    "eros": "#0b5394",
    "greedy": "#e69f00",
    "incumbent": "#cc79a7",
    "uniform": "#7b8794",
    "oracle": "#009e73",
}
"""Okabe and Ito's, safe for colour-blind readers."""

OTHER_COLOURS = ("#56b4e9", "#d55e00", "#1f2933")
INK, RULE = "#1f2933", "#d9dee4"

# 97.5 % quantiles of Student's t with 1, 2, ... degrees of freedom, then the normal's.
T_QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
NORMAL_QUANTILE = 1.960


def half_width(values: Floats) -> Floats:
    """Half of the 95 % interval of the mean over the last axis; NaN for one value."""
    n = values.shape[-1]
    if n < 2:
        return np.full(values.shape[:-1], np.nan)
    t = T_QUANTILES[n - 2] if n - 2 < len(T_QUANTILES) else NORMAL_QUANTILE
    return t * values.std(axis=-1, ddof=1) / np.sqrt(n)


def cumulative(results: pd.DataFrame, gained: str, sent: str) -> dict[str, Floats]:
    """1000 × earnings so far over recipients so far: per policy (weeks, seeds).

    `results` has the columns policy, seed and those of `play`.
    """
    curves: dict[str, Floats] = {}
    for policy, rows in results.groupby("policy", sort=False):
        by_seed = [
            seed.groupby("week_start", sort=True)[[gained, sent]].sum()
            for _, seed in rows.groupby("seed")
        ]
        curves[str(policy)] = np.stack(
            [1000 * s[gained].cumsum() / s[sent].cumsum() for s in by_seed], axis=1
        )
    return curves


def expected_emv(results: pd.DataFrame) -> pd.DataFrame:
    """USD per 1,000 recipients that were to be expected: a row per policy, a column per seed."""
    curves = cumulative(results, "expected_earnings", "expected_recipients")
    seeds = sorted(results["seed"].unique())
    return pd.DataFrame({policy: curve[-1] for policy, curve in curves.items()}, index=seeds).T


def oracle_shares(results: pd.DataFrame) -> pd.DataFrame:
    """Expected EMV over the oracle's: a row per other policy, a column per seed."""
    emv = expected_emv(results)
    return emv.drop(index=ORACLE) / emv.loc[ORACLE]


def page_shares(results: pd.DataFrame) -> pd.DataFrame:
    """Each page's own expected EMV over what it has under the oracle.

    A row per other policy, a column per seed and page.
    """
    sums = results.groupby(["policy", "seed", "page_name"])[
        ["expected_earnings", "expected_recipients"]
    ].sum()
    emv = (sums["expected_earnings"] / sums["expected_recipients"]).unstack(["seed", "page_name"])
    return emv.drop(index=ORACLE) / emv.loc[ORACLE]


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """One row per policy, best first.

    Columns: policy, emv and its half-width, revenue (USD, mean over seeds), share of the oracle's
    EMV and its half-width (NaN without an oracle).
    """
    drawn = cumulative(results, "earnings", "recipients")
    expected = cumulative(results, "expected_earnings", "expected_recipients")
    revenue = results.groupby(["policy", "seed"])["earnings"].sum().groupby("policy").mean()
    rows: list[dict[str, object]] = []
    for policy, curve in drawn.items():
        share = expected[policy][-1] / expected[ORACLE][-1] if ORACLE in expected else np.nan
        shares = np.atleast_1d(np.asarray(share, dtype=np.float64))
        rows.append(
            {
                "policy": policy,
                "emv": float(curve[-1].mean()),
                "emv_half_width": float(half_width(curve[-1])),
                "revenue": float(revenue[policy]),
                "share": float(shares.mean()),
                "share_half_width": float(half_width(shares)),
            }
        )
    return pd.DataFrame(rows).sort_values("emv", ascending=False, ignore_index=True)


def summary_lines(table: pd.DataFrame) -> Sequence[Sequence[str]]:
    """The summary as text: policy, EMV, share of the oracle's, revenue."""
    return [
        (
            row["policy"],
            _with_interval(row["emv"], row["emv_half_width"], 2),
            _with_interval(100 * row["share"], 100 * row["share_half_width"], 1, " %"),
            f"{row['revenue']:,.0f}",
        )
        for row in table.to_dict("records")
    ]


def picture(results: pd.DataFrame, title: str) -> bytes:
    """A PNG: cumulative EMV per policy on the left, as a share of the oracle's on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = cumulative(results, "earnings", "recipients")
    expected = cumulative(results, "expected_earnings", "expected_recipients")
    panels = 2 if ORACLE in expected else 1
    figure = Figure(figsize=(5.6 * panels, 4.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(np.asarray(figure.subplots(1, panels)))
    figure.suptitle(title, color=INK, fontsize=11)
    _curves(axes[0], drawn)
    axes[0].set_ylabel("EMV so far, USD per 1,000 recipients", color=INK)
    if panels == 2:
        shares = {p: 100 * c / expected[ORACLE] for p, c in expected.items() if p != ORACLE}
        _curves(axes[1], shares)
        axes[1].axhline(100, color=COLOURS[ORACLE], linewidth=1.2, linestyle="--")
        axes[1].set_ylabel("expected EMV so far, % of the oracle's", color=INK)
        axes[1].set_ylim(0, 105)
    axes[0].set_ylim(bottom=0)
    axes[0].legend(frameon=False, fontsize=9)
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def _curves(axes: "Axes", curves: dict[str, Floats]) -> None:
    """Means over seeds as lines, 95 % intervals as bands, the best policy named first."""
    others = iter(OTHER_COLOURS * len(curves))
    for policy, curve in sorted(curves.items(), key=lambda item: -item[1][-1].mean()):
        colour = COLOURS.get(policy) or next(others)
        weeks = np.arange(1, len(curve) + 1)
        mean, reach = curve.mean(axis=1), half_width(curve)
        axes.plot(weeks, mean, color=colour, linewidth=1.8, label=policy)
        axes.fill_between(weeks, mean - reach, mean + reach, color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel("weeks played", color=INK)
    axes.grid(color=RULE, linewidth=0.6)
    axes.tick_params(colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _with_interval(mean: float, reach: float, digits: int, unit: str = "") -> str:
    if np.isnan(mean):
        return "–"
    interval = "" if np.isnan(reach) else f" ± {reach:.{digits}f}"
    return f"{mean:.{digits}f}{interval}{unit}"
