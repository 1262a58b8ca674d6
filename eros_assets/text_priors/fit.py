"""Fits words to captions' first rates, and judges on later weeks whether they tell anything.

A ridge regression of the captions' excess over the usual rate on the words, pairs of words and
sequences of characters of their texts, each weighed by what the rate is known by. Words have a
coefficient that both message types share and one of each type's own, so that as much is shared as
the data have in common.

Ridge regression in the Bayesian reading: coefficients of variance 1 / RIDGE, rates of variance
1 / weight. See Hoerl and Kennard (1970); for the copies of the features Daume (2007).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.text_priors.corpus import Corpus, Weighting, chunks
from eros_assets.text_priors.rates import TYPES, CaptionRates, FirstRates, RatedSends, rated

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RIDGE = 8.0
TOLERANCE, MOST_STEPS = 1e-3, 500
MOST_FITTED = 10_000
"""Captions that a fit uses, the latest: it bounds the memory."""

SHARES_BEFORE = (0.4, 0.55, 0.7, 0.85)
"""Of the captions by the date of their first send: a fit of those before is judged on the next."""

PARTS = 4
"""A tried caption's prior is fitted without its part of the captions: its own sends are evidence
that is counted after the prior."""

LEAST_HELD_OUT, LEAST_WEEKS = 100, 4
SIGNIFICANT = 2.0
"""Standard errors that the slope must lie above 0."""

LEAST_MULTIPLIER, MOST_MULTIPLIER = 0.25, 4.0
DECIMALS = 4
"""Multipliers are rounded, so that the last digits of sums decide nothing."""

SHOWN_WORDS = 10
LEAST_SHOWN, LEAST_SHARE_SHOWN = 10, 0.002
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a fit on earlier weeks said of captions that were first sent in later ones, of a type.

    `slope` is that of their excess over what was predicted, `slope_error` its standard error by
    weeks. `weight` multiplies predictions: the slope within 0 and 1, 0 unless it is significantly
    above 0. `explained_variance` is the variance of what is predicted so, `variance` what stays of
    the variance of rates, both relative to the square of the usual rate.
    """

    captions: int
    held_out: int
    correlation: float
    slope: float
    slope_error: float
    weight: float
    explained_variance: float
    variance: float


@dataclass(frozen=True, slots=True)
class WordEffect:
    """By how much a word, or pair of words, moves the rate of the captions that hold it."""

    text: str
    captions: int
    effect: float


@dataclass(frozen=True, slots=True, eq=False)
class TextFit:
    """A multiplier for each text, NaN where its type's texts tell nothing; what it stands on."""

    multiplier: Floats
    judgements: tuple[Judgement, ...]
    words: tuple[WordEffect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """The captions that fits use, by date of their first send, with their weighted features."""

    sends: RatedSends
    captions: CaptionRates
    weighting: Weighting
    features: "csr_matrix"  # a row for each of `captions`

    @classmethod
    def of(cls, corpus: Corpus, sends: RatedSends) -> "_Known":
        captions = sends.captions(np.ones(sends.expected.size, dtype=bool))
        latest = np.sort(np.argsort(captions.day, kind="stable")[-MOST_FITTED:])
        captions = captions.where(latest)
        counts = corpus.features(captions.caption)
        weighting = Weighting.of(counts)
        return cls(sends, captions, weighting, weighting.weighted(counts))

    def place_of(self, captions: CaptionRates) -> Ints:
        """Which rows of `features` these captions have."""
        return np.searchsorted(self.captions.caption, captions.caption)


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    coefficients: tuple[Floats, ...]  # by type, one per column of the features
    usual: Floats  # (types,)

    def excess(self, features: "csr_matrix", message_type: Ints) -> Floats:
        """The excess to expect of these rows."""
        found = np.zeros(message_type.size)
        for kind in TYPES:
            of = message_type == kind
            found[of] = features[of] @ self.coefficients[kind] - self.usual[kind]
        return found


def fit_text_priors(
    corpus: Corpus, message_type: Ints, first: FirstRates, *, weight: float, least_captions: int
) -> TextFit:
    """The prior multipliers of captions by their texts.

    Args:
        corpus: the texts, in the order of their captions' ids.
        message_type: of each text, PPV or BUMP.
        first: the first sends of these captions.
        weight: multiplies what the texts say; 0 turns it off.
        least_captions: captions with a first rate without which nothing is fitted.
    """
    size = len(corpus.texts)
    nothing = TextFit(np.full(size, np.nan), tuple(_unknown(0) for _ in TYPES), ())
    if weight <= 0 or np.unique(first.caption).size < max(least_captions, 2):
        return nothing
    sends = rated(first)
    if sends.expected.size == 0:
        return nothing
    known = _Known.of(corpus, sends)
    judgements = judged(known, weight)
    of_type = np.array([judgement.weight for judgement in judgements])
    if not of_type.any():
        return TextFit(nothing.multiplier, judgements, ())
    captions, features = known.captions, known.features
    final = _fitted(features, captions)
    excess = np.zeros(size)
    for rows in chunks(np.arange(size)):
        read = known.weighting.weighted(corpus.features(rows))
        excess[rows] = final.excess(read, message_type[rows])
    for part in range(PARTS):
        own = captions.caption % PARTS == part
        if own.any() and not own.all():
            others = _fitted(features[~own], captions.where(~own))
            told = others.excess(features[own], captions.message_type[own])
            excess[captions.caption[own]] = told
    multiplier = np.clip(
        1.0 + of_type[message_type] * excess, LEAST_MULTIPLIER, MOST_MULTIPLIER
    ).round(DECIMALS)
    return TextFit(
        np.where(of_type[message_type] > 0, multiplier, np.nan),
        judgements,
        _word_effects(corpus, known, final, of_type),
    )


def judged(known: _Known, weight: float = 1.0) -> tuple[Judgement, ...]:
    """What fits on earlier weeks said of captions first sent later, for each message type."""
    sends, captions = known.sends, known.captions
    dates = np.sort(captions.day)
    ends = np.unique([dates[int(share * dates.size)] for share in SHARES_BEFORE])
    is_used = np.zeros(int(sends.first.caption.max()) + 1, dtype=bool)
    is_used[captions.caption] = True
    first_day = np.zeros(is_used.size, dtype=np.int64)
    first_day[captions.caption] = captions.day
    used, begun = is_used[sends.first.caption], first_day[sends.first.caption]
    found: list[tuple[Floats, CaptionRates]] = []
    for begin, end in zip(ends, [*ends[1:], 0], strict=True):
        earlier = sends.captions(used & (sends.first.day < begin))
        later = sends.captions(used & (begun >= begin) & (sends.first.day < end))
        if earlier.caption.size >= 2 and later.caption.size:
            model = _fitted(known.features[known.place_of(earlier)], earlier)
            rows = known.features[known.place_of(later)]
            found.append((model.excess(rows, later.message_type), later))
    return tuple(_judgement(found, captions, kind, weight) for kind in TYPES)


@dataclass(frozen=True, slots=True, eq=False)
class _Predicted:
    """What was predicted of held-out captions of a type, and what they did; each 0 in the mean."""

    said: Floats
    seen: Floats
    weight: Floats
    expected: Floats
    week: Floats

    @classmethod
    def of(cls, found: list[tuple[Floats, CaptionRates]], kind: int) -> "_Predicted":
        parts: list[tuple[Floats, ...]] = []
        for excess, later in found:
            of = later.message_type == kind
            if of.any():
                weight = later.weight[of]
                said, seen = (_centred(v[of], weight) for v in (excess, later.excess))
                week = np.floor(later.day[of] / DAYS_A_WEEK)
                parts.append((said, seen, weight, later.expected[of], week))
        if not parts:
            return cls(*[np.zeros(0)] * 5)
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _judgement(
    found: list[tuple[Floats, CaptionRates]], known: CaptionRates, kind: int, weight: float
) -> Judgement:
    captions = int((known.message_type == kind).sum())
    held_out = _Predicted.of(found, kind)
    said, seen, worth = held_out.said, held_out.seen, held_out.weight
    squares = (worth * said * said).sum()
    weeks, cluster = np.unique(held_out.week, return_inverse=True)
    if said.size < LEAST_HELD_OUT or weeks.size < LEAST_WEEKS or squares <= 0:
        return _unknown(captions, said.size)
    slope = (worth * said * seen).sum() / squares
    missed = np.bincount(cluster, worth * said * (seen - slope * said))
    error = np.sqrt((missed**2).sum() * weeks.size / (weeks.size - 1)) / squares
    is_known = slope > SIGNIFICANT * error
    used = weight * min(slope, 1.0) if is_known else 0.0
    stays = worth * ((seen - used * said) ** 2 - 1.0 / held_out.expected)
    return Judgement(
        captions=captions,
        held_out=said.size,
        correlation=float((worth * said * seen).sum() / np.sqrt(squares * (worth * seen**2).sum())),
        slope=float(slope),
        slope_error=float(error),
        weight=float(used),
        explained_variance=float(used * used * squares / worth.sum()),
        variance=float(max(stays.sum() / worth.sum(), 0.0)),
    )


def _unknown(captions: int, held_out: int = 0) -> Judgement:
    return Judgement(captions, held_out, np.nan, np.nan, np.nan, 0.0, 0.0, np.nan)


def _centred(values: Floats, weights: Floats) -> Floats:
    return values - np.average(values, weights=weights)


def _fitted(features: "csr_matrix", known: CaptionRates) -> _Model:
    """The ridge regression in its dual form: (K + RIDGE / weight) a = excess.

    K are the products of the captions' rows, twice within a type: once for the shared coefficients,
    once for the type's own.
    """
    kinds = [kind for kind in TYPES if (known.message_type == kind).any()]
    is_of = [known.message_type == kind for kind in kinds]
    rows = [features[of] for of in is_of]
    columns = int(features.get_shape()[1])
    noise = RIDGE / known.weight
    excess = known.excess.copy()
    for of in is_of:
        excess[of] = _centred(excess[of], known.weight[of])

    def coefficients(dual: Floats) -> list[Floats]:
        own: list[Floats] = [part.T @ dual[of] for part, of in zip(rows, is_of, strict=True)]
        shared = np.sum(own, axis=0)
        return [shared + each for each in own]

    def product(dual: Floats) -> Floats:
        found = noise * dual
        for of, part, each in zip(is_of, rows, coefficients(dual), strict=True):
            found[of] += part @ each
        return found

    norms = np.asarray(features.multiply(features).sum(axis=1), dtype=np.float64).ravel()
    dual = _conjugate_gradients(product, excess, 2.0 * norms + noise)
    found = [np.zeros(columns) for _ in TYPES]
    usual = np.zeros(len(TYPES))
    for kind, of, part, each in zip(kinds, is_of, rows, coefficients(dual), strict=True):
        found[kind] = each
        usual[kind] = np.average(part @ each, weights=known.weight[of])
    return _Model(tuple(found), usual)


def _conjugate_gradients(
    product: Callable[[Floats], Floats], wanted: Floats, diagonal: Floats
) -> Floats:
    """Solves for what `product` makes `wanted` of, to TOLERANCE; scaled by the diagonal.

    See Golub and Van Loan (2013), algorithm 11.5.1.
    """
    found = np.zeros(wanted.size)
    missing = wanted.copy()
    scaled = missing / diagonal
    step, left = scaled, float(missing @ scaled)
    enough = TOLERANCE * float(np.linalg.norm(wanted))
    for _ in range(MOST_STEPS):
        if float(np.linalg.norm(missing)) <= enough:
            break
        moved = product(step)
        length = left / float(step @ moved)
        found = found + length * step
        missing = missing - length * moved
        scaled = missing / diagonal
        left, before = float(missing @ scaled), left
        step = scaled + left / before * step
    return found


def _word_effects(
    corpus: Corpus, known: _Known, model: _Model, weight: Floats
) -> tuple[WordEffect, ...]:
    """The words of the fit that raise rates most, and those that lower them most."""
    columns, _ = known.weighting.columns
    words, of_caption = known.features[:, : columns.size], known.captions
    captions = np.bincount(words.indices, minlength=columns.size)
    total = np.zeros(columns.size)
    for kind in TYPES:
        of = of_caption.message_type == kind
        sums = np.asarray(words[of].sum(axis=0)).ravel()
        total += weight[kind] * sums * model.coefficients[kind][: columns.size]
    least = max(LEAST_SHOWN, int(LEAST_SHARE_SHOWN * of_caption.caption.size))
    shown = np.flatnonzero(captions >= least)
    order = shown[np.argsort(total[shown] / captions[shown], kind="stable")]
    shown = np.unique(np.concatenate((order[:SHOWN_WORDS], order[-SHOWN_WORDS:])))
    holding = np.unique(words[:, shown].nonzero()[0])
    names = corpus.names_of(of_caption.caption[holding], columns[shown])
    found = [
        WordEffect(names[int(columns[i])], int(captions[i]), float(total[i] / captions[i]))
        for i in shown
        if int(columns[i]) in names
    ]
    return tuple(sorted(found, key=lambda word: (-word.effect, word.text)))
