"""Names the captions that the evidence says are worthless or worn, with their posterior."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Z = 1.959963984540054
WORTHLESS = 0.5
"""A caption is worthless when its posterior lies below this share of what its tier is expected."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """A conversion rate: the mean of a Beta posterior, and 1.96 of its standard deviations."""

    mean: float
    lower: float
    upper: float

    @classmethod
    def of(cls, successes: float, failures: float) -> "Posterior":
        """That of Beta counts, effective trials; the prior is among them."""
        total = successes + failures
        mean = successes / total
        reach = Z * (mean * (1 - mean) / (total + 1)) ** 0.5
        return cls(mean, max(mean - reach, 0.0), min(mean + reach, 1.0))

    def __str__(self) -> str:
        """For people."""
        return f"{self.mean:.2%} ({self.lower:.2%} to {self.upper:.2%})"


@dataclass(frozen=True, slots=True)
class DoubtfulCaption:
    """A caption to retire, and why: its posterior over all pages, or how it fell."""

    caption_id: int
    price_tier: str
    caption_text: str
    sends: int
    pages: int
    posterior: Posterior
    expected: float
    verdict: str
    why: str


def doubtful_captions(evidence: "pd.DataFrame") -> list[DoubtfulCaption]:
    """The worthless and the worn among the rows of `caption_evidence`, the worst first.

    Worthless: the upper bound of the posterior is under half of the rate that is expected of an
    untried caption of its tier. Worn: the upper bound of the later halves of its sends is under the
    lower bound of the earlier ones, each with one success and one failure more.
    """
    found = [each for row in evidence.to_dict("records") if (each := _judged(row)) is not None]
    return sorted(found, key=lambda c: (c.posterior.upper / c.expected, c.caption_id))


def _judged(row: dict[Any, Any]) -> DoubtfulCaption | None:
    import pandas as pd

    if pd.isna(row["prior_rate"]) or row["prior_rate"] <= 0:
        return None
    posterior = Posterior.of(float(row["posterior_successes"]), float(row["posterior_failures"]))
    expected = float(row["prior_rate"])
    earlier, later = (
        Posterior.of(row[f"{half}_successes"] + 1.0, row[f"{half}_failures"] + 1.0)
        for half in ("earlier", "later")
    )
    if posterior.upper < WORTHLESS * expected:
        verdict, why = "worthless", f"its tier: {expected:.2%}"
    elif later.upper < earlier.lower:
        verdict, why = "worn", f"earlier {earlier}, later {later}"
    else:
        return None
    return DoubtfulCaption(
        int(row["caption_id"]),
        str(row["price_tier"]),
        str(row["caption_text"]),
        int(row["sends"]),
        int(row["pages"]),
        posterior,
        expected,
        verdict,
        why,
    )
