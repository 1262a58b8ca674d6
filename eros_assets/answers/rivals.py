"""The candidates that a message's caption competed with, and why others could not compete."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.answers.answer import shortened
from eros_assets.answers.lookup import Question
from eros_assets.dataset import Dataset
from eros_assets.planning.explanation import Evidence
from eros_assets.tuning import Knobs
from eros_assets.weekly.records import records

NEAREST = 4
"""Candidates that are shown before and after a caption in rank."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A caption that the page's tier and arm could choose in the week, as it was logged.

    `chosen_by` is the page that got it, None where none did; `chance` that to be among the page's
    chosen of the tier, None where it isn't logged. `mean` and `bounds` are those of the posterior
    of the conversion rate.
    """

    caption_id: int
    text: str | None
    category: str | None
    has_urgency: bool
    rank: int
    draw: float
    score: float
    wanted: int
    week_wanted: int
    chosen_by: str | None
    chance: float | None
    mean: float | None
    bounds: tuple[float, float] | None


def candidates_of(dataset: Dataset, question: Question) -> list[Candidate]:
    """The logged candidates of a message's page, tier and arm, by rank; none without a log."""
    rows = dataset.query(
        "message_rivals",
        week_start=question.week_start,
        page=question.page,
        price_tier=question.row["price_tier"],
        arm=question.row["arm"],
    )
    return [_candidate(row) for row in records(rows)]


def nearest_to(candidates: Sequence[Candidate], caption_id: int) -> list[Candidate]:
    """The caption's neighbours in rank with itself; the first ones where it isn't among them."""
    place = next((n for n, c in enumerate(candidates) if c.caption_id == caption_id), 0)
    nearest = candidates[max(place - NEAREST, 0) : place + NEAREST + 1]
    left = next((c for c in candidates[place:] if c.chosen_by is None), None)
    return [*nearest, *([left] if left is not None and left not in nearest else [])]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page's week took of each category and of urgent captions, and how much it may take."""

    page: str
    categories: Mapping[str, int]
    urgent: int
    max_category_share: float
    max_urgent: int

    @classmethod
    def of(cls, page: str, chosen: Sequence[Mapping[str, Any]], knobs: Knobs) -> "Limits":
        """Those of a page whose rows of `caption_selections` of the week are `chosen`."""
        return cls(
            page,
            Counter(row["content_category"] for row in chosen),
            sum(bool(row["has_urgency"]) for row in chosen),
            float(knobs["max_category_share"]),
            int(knobs["max_urgent_captions"]),
        )

    def fate_of(self, candidate: Candidate) -> str:
        """What became of a candidate, in words."""
        if candidate.chosen_by == self.page:
            return CHOSEN
        if candidate.chosen_by is not None:
            return f"went to {candidate.chosen_by}, whose offer was higher"
        most = max(math.floor(self.max_category_share * candidate.week_wanted), 1)
        if candidate.category is not None and self.categories.get(candidate.category, 0) >= most:
            return f"not chosen: the week has {most} of {candidate.category}, which is the limit"
        if candidate.has_urgency and self.urgent >= self.max_urgent:
            return f"not chosen: the week has {self.urgent} urgent captions, which is the limit"
        return BEHIND


CHOSEN = "chosen"
BEHIND = "not chosen: the places of the tier went to captions of higher rank"


def next_in_line(candidates: Sequence[Candidate], limits: Limits) -> Candidate | None:
    """The best candidate that no page got and that the page's limits leave room for."""
    return next((c for c in candidates if limits.fate_of(c) == BEHIND), None)


def candidate_line(candidate: Candidate, said: str, is_it: bool) -> str:
    """One line about a candidate."""
    parts = [f"{'→ ' if is_it else ''}No. {candidate.rank}, caption {candidate.caption_id}"]
    if candidate.mean is not None and candidate.bounds is not None:
        lower, upper = candidate.bounds
        parts.append(f"rate {candidate.mean:.2%} ({lower:.2%} to {upper:.2%})")
    parts.append(f"draw {candidate.draw:.4f}, score {candidate.score:.3f}")
    if candidate.chance is not None:
        parts.append(f"logged chance {candidate.chance:.1%}")
    return f"{', '.join(parts)}: {said}. {shortened(candidate.text, 48)}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Captions that could not be chosen for one reason; `examples` are those that convert best."""

    reason: str
    captions: int
    examples: Sequence[str]

    @property
    def sentence(self) -> str:
        """One line."""
        return f"{self.captions:,} {self.reason}, such as {'; '.join(self.examples)}"


def left_out(dataset: Dataset, question: Question, selected_at: dt.datetime) -> list[LeftOut]:
    """Why captions of the message's tier could not be chosen for its page, the most first."""
    rows = dataset.query(
        "captions_left_out",
        week_start=question.week_start,
        page=question.page,
        price_tier=question.row["price_tier"],
        selected_at=selected_at,
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in records(rows):
        found.setdefault(row["reason"], []).append(row)
    return [
        LeftOut(reason, int(group[0]["captions"]), [_example(row) for row in group])
        for reason, group in found.items()
    ]


def _example(row: Mapping[str, Any]) -> str:
    about = [] if row["detail"] is None else [str(row["detail"])]
    about += [] if row["rate"] is None else [f"{row['rate']:.2%} here"]
    noted = f" ({', '.join(about)})" if about else ""
    return f"{row['caption_id']}{noted} {shortened(row['caption_text'], 30)}"


def _candidate(known: Mapping[str, Any]) -> Candidate:
    evidence = Evidence(
        posterior_successes=known["posterior_successes"],
        posterior_failures=known["posterior_failures"],
    )
    return Candidate(
        caption_id=int(known["caption_id"]),
        text=known["caption_text"],
        category=known["content_category"],
        has_urgency=bool(known["has_urgency"]),
        rank=int(known["arm_rank"]),
        draw=float(known["thompson_score"]),
        score=float(known["final_score"]),
        wanted=int(known["wanted"]),
        week_wanted=int(known["week_wanted"]),
        chosen_by=known["chosen_by"],
        chance=known["selection_probability"],
        mean=evidence.posterior_mean,
        bounds=evidence.posterior_interval,
    )
