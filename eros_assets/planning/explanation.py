"""Explains a planned message to the person who reviews it: why this caption, why this slot.

The sentence is for people, in every export. The JSON has the sentence and its numbers, to be
queried in the warehouse.
"""

import json
from dataclasses import asdict, dataclass

from eros_assets.calendar import ZONE
from eros_assets.planning.model import PlannedMessage


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence behind the caption's draw; None where it isn't known.

    `draw` is the Thompson draw. Successes and failures are those of the page and caption as they
    happened; the posterior's, prior included, are in effective trials. `other_pages` is how many
    other pages' trials of the caption are in it. `text_multiplier` is the rate over the page's mean
    that texts like its own earned, where its prior begins with that. `tier_rank` is the caption's
    place by score among the page's chosen of the tier, 1 the best.
    """

    draw: float | None = None
    successes: int | None = None
    failures: int | None = None
    posterior_successes: float | None = None
    posterior_failures: float | None = None
    other_pages: int = 0
    text_multiplier: float | None = None
    tier_rank: int | None = None

    @property
    def posterior(self) -> tuple[float, float] | None:
        """Beta counts of the posterior, effective trials."""
        if self.posterior_successes is None or self.posterior_failures is None:
            return None
        return self.posterior_successes, self.posterior_failures

    @property
    def posterior_mean(self) -> float | None:
        """Mean conversion rate by the posterior."""
        if self.posterior is None:
            return None
        alpha, beta = self.posterior
        return alpha / (alpha + beta)

    @property
    def posterior_interval(self) -> tuple[float, float] | None:
        """Mean ± 1.96 standard deviations of the posterior, within 0 and 1."""
        if self.posterior is None:
            return None
        alpha, beta = self.posterior
        total = alpha + beta
        mean = alpha / total
        reach = 1.96 * (mean * (1 - mean) / (total + 1)) ** 0.5
        return max(mean - reach, 0.0), min(mean + reach, 1.0)


NO_EVIDENCE = Evidence()


def explain(message: PlannedMessage, evidence: Evidence = NO_EVIDENCE) -> str:
    """The explanation of one planned message, as JSON."""
    known = {name: value for name, value in asdict(evidence).items() if value is not None}
    if evidence.posterior_mean is not None and evidence.posterior_interval is not None:
        known["posterior_mean"] = evidence.posterior_mean
        known["posterior_interval"] = list(evidence.posterior_interval)
    return json.dumps(
        {
            "sentence": sentence(message, evidence),
            "arm": message.caption.arm,
            "score": message.caption.score,
            "slot_value": message.slot_value,
            "slot_rank": message.slot_rank,
            "value": message.value,
            "rank": message.rank,
            **known,
        },
        ensure_ascii=False,
    )


def sentence(message: PlannedMessage, evidence: Evidence = NO_EVIDENCE) -> str:
    """The reason for the caption, the belief about it, and the worth of its hour: one sentence."""
    caption = message.caption
    tier = "bump" if caption.message_type == "Bump" else f"{caption.price_tier} PPV"
    if caption.arm == "control":
        parts = [f"A {tier} drawn uniformly, to measure the others against"]
    elif evidence.tier_rank is not None:
        parts = [f"No. {evidence.tier_rank} by score of the week's chosen {tier}s"]
    else:
        parts = [f"A {tier} with score {caption.score:.2f}"]
    if evidence.posterior_mean is not None and evidence.posterior_interval is not None:
        low, high = evidence.posterior_interval
        parts.append(
            f"{_conversion(message, evidence.posterior_mean)} ({low:.1%} to {high:.1%}), "
            f"{_basis(message, evidence)}"
        )
    local = message.send_time.astimezone(ZONE)
    parts.append(
        f"{local:%A} {local:%H}:00 to {local:%H}:59 is worth {message.slot_value:.2f} times the "
        f"page's mean, no. {message.slot_rank} of its hours"
    )
    return "; ".join(parts) + "."


def _conversion(message: PlannedMessage, rate: float) -> str:
    if message.caption.message_type == "Bump":
        return f"expected to be viewed by {rate:.1%} of recipients"
    return f"expected to be bought by {rate:.1%} of viewers"


def _basis(message: PlannedMessage, evidence: Evidence) -> str:
    trials = "recipients" if message.caption.message_type == "Bump" else "views"
    tried = (evidence.successes or 0) + (evidence.failures or 0)
    if tried:
        basis = f"from {tried:,} {trials} here"
    elif evidence.text_multiplier is not None:
        basis = (
            "from its tier and its text, as it is untried here (texts like it earned "
            f"{evidence.text_multiplier:.1f}× the page's mean)"
        )
    else:
        basis = "from its tier, as it is untried here"
    if evidence.other_pages:
        pages = "page" if evidence.other_pages == 1 else "pages"
        basis += f" and from {evidence.other_pages} other {pages}"
    return basis
