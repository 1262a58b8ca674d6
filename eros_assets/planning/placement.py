"""Which caption in which of the chosen slots: by worth, and without sameness.

For given slots the best-worth order is by rank: the best caption in the most valuable slot. Then
captions change places while that takes off more in penalties than it loses in worth. A pair is two
consecutive PPVs of one category; a run is a PPV whose two forerunners are of its own tier, so four
of one tier in a row are two runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.planning.model import Caption, SentMessage
from eros_assets.planning.prices import Place, Ranking
from eros_assets.planning.slots import Day

Kind = tuple[str | None, str | None]
"""Category and tier of a PPV."""


@dataclass(frozen=True, slots=True)
class Penalties:
    """What a pair and a run cost, in units of the week."""

    pair: int
    run: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Captions in their places, and the sameness that is left in them."""

    placed: tuple[tuple[Caption, Place], ...]
    worth: int
    pairs: int
    runs: int


def sameness(kinds: Sequence[Kind]) -> tuple[int, int]:
    """Pairs of one category and runs of one tier in a week's PPVs, in order of time."""
    pairs = sum(_pair(kinds, i) for i in range(len(kinds)))
    return pairs, sum(_run(kinds, i) for i in range(len(kinds)))


def arrange(
    ranking: Ranking,
    places: Sequence[Place],
    days: Sequence[Day],
    sent: Sequence[SentMessage],
    penalties: Penalties,
) -> Arrangement:
    """Put PPVs into their places: by rank, then exchanged until no exchange of two helps."""
    standing = [
        (s.send_time, (s.content_category, s.price_tier)) for s in sent if s.message_type == "PPV"
    ]
    rank_at = {place: k for k, place in enumerate(ranking.by_value(places))}
    # The week's PPVs in order of time, each with its place, or None for one that stands already.
    times = [(days[day].slots[slot].time, (day, slot)) for day, slot in rank_at]
    timeline: list[Place | None] = [
        place
        for _, place in sorted(
            [*times, *((time, None) for time, _ in standing)], key=lambda entry: entry[0]
        )
    ]
    fixed = iter(kind for _, kind in sorted(standing, key=lambda entry: entry[0]))
    captions = ranking.captions
    here = [-1 if place is None else rank_at[place] for place in timeline]
    kinds = [next(fixed) if k < 0 else _kind(captions[k]) for k in here]
    worth = [
        [] if place is None else [int(w) for w in ranking.worth[:, place[1], place[0]]]
        for place in timeline
    ]
    while exchange := _best_exchange(here, kinds, worth, penalties):
        i, j = exchange
        here[i], here[j] = here[j], here[i]
        kinds[i], kinds[j] = kinds[j], kinds[i]
    placed = [
        (captions[k], place) for k, place in zip(here, timeline, strict=True) if place is not None
    ]
    total = sum(worth[i][k] for i, k in enumerate(here) if k >= 0)
    return Arrangement(tuple(placed), total, *sameness(kinds))


def _kind(caption: Caption) -> Kind:
    return caption.content_category, caption.price_tier


def _best_exchange(
    here: Sequence[int],
    kinds: list[Kind],
    worth: Sequence[Sequence[int]],
    penalties: Penalties,
) -> tuple[int, int] | None:
    """The exchange of two captions that gains most, the earliest among equals."""
    best, found = 0, None
    movable = [i for i, k in enumerate(here) if k >= 0]
    offending = {
        i
        for j in range(len(kinds))
        if _pair(kinds, j) or _run(kinds, j)
        for i in range(max(j - 2, 0), j + 1)
    }
    for i in movable:
        for j in movable:
            if j <= i or (i not in offending and j not in offending) or kinds[i] == kinds[j]:
                continue
            gain = worth[i][here[j]] + worth[j][here[i]] - worth[i][here[i]] - worth[j][here[j]]
            before = _cost(kinds, i, j, penalties)
            if gain + before <= best:
                continue
            kinds[i], kinds[j] = kinds[j], kinds[i]
            gain += before - _cost(kinds, i, j, penalties)
            kinds[i], kinds[j] = kinds[j], kinds[i]
            if gain > best:
                best, found = gain, (i, j)
    return found


def _cost(kinds: Sequence[Kind], i: int, j: int, penalties: Penalties) -> int:
    """Penalties of the pairs and runs that end where i or j takes part in them."""
    ends = {k for k in (i, i + 1, i + 2, j, j + 1, j + 2) if k < len(kinds)}
    return sum(penalties.pair * _pair(kinds, k) + penalties.run * _run(kinds, k) for k in ends)


def _pair(kinds: Sequence[Kind], i: int) -> bool:
    return i >= 1 and kinds[i][0] is not None and kinds[i][0] == kinds[i - 1][0]


def _run(kinds: Sequence[Kind], i: int) -> bool:
    tier = kinds[i][1]
    return i >= 2 and tier is not None and tier == kinds[i - 1][1] == kinds[i - 2][1]
