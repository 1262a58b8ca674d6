"""Finds texts that are nearly the same without comparing each with each.

The likeness of two texts is 100 * (1 - d / (m + n)) percent: m and n are their lengths, d the
letters to insert and delete to make one of the other. Two bounds tell most pairs apart, and lose
none that is similar:

- Each of the d changes the count of one letter by one. A signature has bits such as "e, at least 7
  times", so those of two texts differ in d bits at most.
- Each of the d takes away or adds 5 of the triples of letters that follow each other at most. The
  triples of a text set bits of a bitmap, so two bitmaps differ in 5 d bits at most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SIMILAR = 90
"""Likeness in percent from which two texts are near duplicates."""

PER_LENGTHS = 100 // (100 - SIMILAR)
"""Similar texts differ by d <= (m + n) / PER_LENGTHS letters, and in length by no more."""

CHUNK = 128
"""Texts that are compared with each other directly."""

WIDTH_OF_A_BAND = 1.15
"""The longest texts of a band over its shortest: texts of about one length share bits."""

WORD = 64
MOST_BITS = 4 * WORD
"""Of a signature. The bits that tell most are taken first."""

EVEN = 0.02
"""Share of the texts that have a bit of a signature, or lack it, at least."""

TRIPLES = 4096
"""Bits of a bitmap."""

LETTERS = 91
"""Kinds of letters, by the remainder of their code: a-z, digits and the space have their own."""

SAMPLE = 4096
"""Texts that the bits of a band are chosen by."""

PRIME = np.uint64(0x9E3779B97F4A7C15)

Counts = NDArray[np.int32]
Lengths = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The text that another is most like, in percent; the first where several are equally so.

    The number is that of one of the known texts, or of a new text above.
    """

    percent: int
    number: int
    is_known: bool


def near_duplicates(
    new: Sequence[str],
    known: Sequence[str],
    progress: Callable[[int], None] = lambda _: None,
) -> dict[int, Likeness]:
    """The new texts, by number, that are nearly the same as a known one or a good one above.

    A text that is nearly the same as another is not good: texts are not held against it.

    Args:
        new: texts, none of them empty.
        known: the texts of the bank.
        progress: is given the number of texts compared so far, now and then.
    """
    found: dict[int, Likeness] = {}
    if not new:
        return found
    texts = [*known, *new]
    pool = _Pool(texts)
    pool.add(range(len(known)))
    for start in range(0, len(new), CHUNK):
        numbers = range(start, min(start + CHUNK, len(new)))
        own = [new[number] for number in numbers]
        to_own = likenesses(own, own)
        fresh: list[int] = []
        for at, number in enumerate(numbers):
            best, nearest = pool.most_like(len(known) + number)
            above = to_own[at, [each - start for each in fresh]]
            beside = int(above.max(initial=0))
            if max(best, beside) < SIMILAR:
                fresh.append(number)
            elif best < beside:
                found[number] = Likeness(beside, fresh[int(np.argmax(above))], is_known=False)
            elif nearest < len(known):
                found[number] = Likeness(best, nearest, is_known=True)
            else:
                found[number] = Likeness(best, nearest - len(known), is_known=False)
        pool.add([len(known) + number for number in fresh])
        progress(numbers.stop)
    return found


def likenesses(some: Sequence[str], others: Sequence[str]) -> NDArray[np.uint8]:
    """The likeness of each with each; 0 where it is under SIMILAR."""
    from rapidfuzz import fuzz, process

    return process.cdist(some, others, scorer=fuzz.ratio, score_cutoff=SIMILAR, dtype=np.uint8)


class _Pool:
    """Texts that others are held against, in the order in which they were added."""

    def __init__(self, texts: list[str]) -> None:
        """`texts` are all that will be added or held against those that were."""
        self.texts = texts
        self.lengths = np.fromiter(map(len, texts), np.int32, len(texts))
        self.triples = np.concatenate(
            [
                _triples(texts[start : start + SAMPLE], self.lengths[start : start + SAMPLE])
                for start in range(0, len(texts), SAMPLE)
            ]
        )
        counts = _letter_counts(texts, self.lengths)
        edges = [1]
        while edges[-1] <= self.lengths.max(initial=0):
            edges.append(max(edges[-1] + 1, int(edges[-1] * WIDTH_OF_A_BAND)))
        self.bands = [_Band(low, high - 1, counts, self.lengths) for low, high in pairwise(edges)]
        self.band_of = np.searchsorted(edges, self.lengths, side="right") - 1

    def add(self, numbers: Sequence[int]) -> None:
        """Add texts, by number."""
        chosen = np.array(numbers, dtype=np.int64)
        for band in self.bands:
            band.add(chosen)

    def most_like(self, number: int) -> tuple[int, int]:
        """The likeness in percent, and the number, of the text of the pool that is most like it.

        0 where none is similar.
        """
        near = self.bands[self.band_of[number]].candidates(number)
        if near.size:
            apart = np.bitwise_count(self.triples[near] ^ self.triples[number]).sum(axis=1)
            most = (self.lengths[near] + self.lengths[number]) // PER_LENGTHS
            near = near[apart <= 5 * most]
        if not near.size:
            return 0, -1
        [likeness] = likenesses([self.texts[number]], [self.texts[each] for each in near.tolist()])
        best = int(np.argmax(likeness))
        return int(likeness[best]), int(near[best])


class _Band:
    """The texts of a pool that texts of about one length may be similar to."""

    def __init__(self, shortest: int, longest: int, counts: Counts, lengths: Lengths) -> None:
        """`counts` and `lengths` are those of all texts."""
        self.longest = longest
        few, many = PER_LENGTHS - 1, PER_LENGTHS + 1
        self.near = (lengths * many >= shortest * few) & (lengths * few <= longest * many)
        places = np.flatnonzero(self.near)
        self.letters, self.least = _telling_bits(counts[places[:: 1 + places.size // SAMPLE]])
        self.counts = counts
        self.lengths = lengths
        self.size = 0
        self.numbers = np.empty(CHUNK, np.int64)
        self.most = np.empty(CHUNK, np.uint16)
        """Bits that a similar text of the band differs in at most."""
        self.signatures = np.empty((max(1, -(-self.letters.size // WORD)), CHUNK), np.uint64)

    def add(self, numbers: NDArray[np.int64]) -> None:
        """Add those of the texts, by number, that may be similar to one of the band."""
        held = numbers[self.near[numbers]]
        end = self.size + held.size
        if end > self.numbers.size:
            more = end + self.size
            self.numbers, self.most = np.resize(self.numbers, more), np.resize(self.most, more)
            grown = np.empty((self.signatures.shape[0], more), np.uint64)
            grown[:, : self.size] = self.signatures[:, : self.size]
            self.signatures = grown
        self.numbers[self.size : end] = held
        self.most[self.size : end] = (self.lengths[held] + self.longest) // PER_LENGTHS
        self.signatures[:, self.size : end] = self._signatures_of(held)
        self.size = end

    def candidates(self, number: int) -> NDArray[np.int64]:
        """The numbers of the texts that one of the band may be similar to, ascending."""
        apart = np.zeros(self.size, np.uint16)
        own = self._signatures_of(np.array([number]))
        for words, word in zip(self.signatures, own, strict=True):
            apart += np.bitwise_count(words[: self.size] ^ word)
        return self.numbers[np.flatnonzero(apart <= self.most[: self.size])]

    def _signatures_of(self, numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
        """The words of the signatures of texts, a row for each word."""
        bits = self.counts[numbers][:, self.letters] >= self.least
        return _words(bits).T


def _telling_bits(counts: Counts) -> tuple[NDArray[np.intp], Counts]:
    """The bits of signatures, those first that about half of the texts have.

    The letter of each, and how often a text with the bit has it at least.
    """
    letters: list[int] = []
    least: list[int] = []
    evenness: list[float] = []
    for letter in range(LETTERS):
        for count in np.unique(counts[:, letter])[1:]:
            share = float((counts[:, letter] >= count).mean())
            letters.append(letter)
            least.append(int(count))
            evenness.append(min(share, 1 - share))
    best = [n for n in np.argsort(-np.array(evenness), kind="stable") if evenness[n] >= EVEN]
    best = best[:MOST_BITS]
    return np.array(letters, np.intp)[best], np.array(least, np.int32)[best]


def _words(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Rows of bits as rows of words, one word at least."""
    words = max(1, -(-bits.shape[1] // WORD))
    padded = np.zeros((bits.shape[0], words * WORD), np.bool_)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1).view(np.uint64)


def _codes(texts: Sequence[str]) -> NDArray[np.uint32]:
    return np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)


def _letter_counts(texts: Sequence[str], lengths: Lengths) -> Counts:
    """How many of each kind of letter each text has; several letters may be of one kind."""
    rows = np.repeat(np.arange(len(texts)), lengths)
    places = rows * LETTERS + _codes(texts) % LETTERS
    counted = np.bincount(places, minlength=len(texts) * LETTERS)
    return counted.reshape(len(texts), LETTERS).astype(np.int32)


def _triples(texts: Sequence[str], lengths: Lengths) -> NDArray[np.uint64]:
    """The bitmap of the triples of each text."""
    bits = np.zeros((len(texts), TRIPLES), np.bool_)
    codes = _codes(texts).astype(np.uint64)
    hashed = ((codes[:-2] * PRIME + codes[1:-1]) * PRIME + codes[2:]) * PRIME
    rows = np.repeat(np.arange(len(texts)), lengths)
    inside = rows[:-2] == rows[2:]
    bits[rows[:-2][inside], (hashed[inside] >> np.uint64(40)) % TRIPLES] = True
    return _words(bits)
