"""Turns captions' texts into sparse rows of the words, pairs of words and characters they hold."""

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from eros_assets.arrays import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

COLUMNS = 2**17
"""Of words and pairs of words, and as many of characters: a fixed hash leads to them, so that
memory does not grow with the vocabulary."""

WORD = r"(?u)\b\w+\b"
CHARACTERS = (3, 4)
"""Lengths of the sequences of characters, within words."""

CHUNK = 20_000
"""Texts that are rows of a matrix at a time, where not all of them are needed together."""

LEAST_CAPTIONS = 2
"""That hold a word, for it to have a coefficient."""

Features = tuple["csr_matrix", "csr_matrix"]
"""Words with pairs of words, and characters: (rows, COLUMNS) each."""


def _vectorizer(analyzer: "str | Callable[[str], Iterable[str]]") -> "HashingVectorizer":
    from sklearn.feature_extraction.text import HashingVectorizer  # takes a second to import

    options: dict[str, Any] = {
        "n_features": COLUMNS,
        "analyzer": analyzer,
        "ngram_range": CHARACTERS if analyzer == "char_wb" else (1, 2),
        "token_pattern": WORD if analyzer == "word" else None,
        "alternate_sign": False,
        "norm": None,
        "binary": True,
    }
    return HashingVectorizer(**options)


@dataclass(frozen=True, eq=False)
class Corpus:
    """The texts of captions; `keep` holds the matrices of all of them for the next fit."""

    texts: list[str]
    keep: bool = False

    def features(self, rows: Ints) -> Features:
        """Which words and which characters the texts of these rows hold: 1 where they do."""
        if self.keep:
            words, characters = self._all
            return words[rows], characters[rows]
        return _hashed([self.texts[row] for row in rows])

    @cached_property
    def _all(self) -> Features:
        return _hashed(self.texts)

    def names_of(self, rows: Ints, columns: Ints) -> dict[int, str]:
        """The word or pair of words that leads to each of these columns, of the texts of the rows.

        Where several do it is the most frequent, else the last in the alphabet.
        """
        from scipy.sparse import csr_matrix

        analyze = _vectorizer("word").build_analyzer()
        counts: dict[str, int] = {}
        for row in rows:
            for name in set(analyze(html.unescape(self.texts[row]))):
                counts[name] = counts.get(name, 0) + 1
        names = sorted(counts, key=lambda name: (counts[name], name), reverse=True)
        wanted = set(columns.tolist())
        found: dict[int, str] = {}
        if not names:
            return found
        hashed = csr_matrix(_vectorizer(_itself).transform(names))
        for name, column in zip(names, hashed.indices, strict=True):
            if int(column) in wanted:
                found.setdefault(int(column), name)
        return found


def _itself(name: str) -> list[str]:
    return [name]


def _hashed(texts: list[str]) -> Features:
    from scipy.sparse import csr_matrix

    plain = [html.unescape(text) for text in texts]
    if not plain:
        return csr_matrix((0, COLUMNS)), csr_matrix((0, COLUMNS))
    return csr_matrix(_vectorizer("word").transform(plain)), _characters(plain)


def _characters(texts: list[str]) -> "csr_matrix":
    """Which sequences of characters the texts hold: those of their words, each hashed once."""
    from scipy.sparse import csr_matrix

    column_of: dict[str, int] = {}
    columns: list[int] = []
    ends = [0]
    for text in texts:
        held = {column_of.setdefault(word, len(column_of)) for word in text.lower().split()}
        columns.extend(held)
        ends.append(len(columns))
    if not column_of:
        return csr_matrix((len(texts), COLUMNS))
    holds = csr_matrix((np.ones(len(columns)), columns, ends), (len(texts), len(column_of)))
    sequences = csr_matrix(holds @ csr_matrix(_vectorizer("char_wb").transform(list(column_of))))
    sequences.sort_indices()
    sequences.data[:] = 1.0
    return sequences


def chunks(rows: Ints) -> Iterator[Ints]:
    """The rows, some at a time."""
    ends = [*range(0, rows.size, CHUNK), rows.size]
    yield from (rows[begin:end] for begin, end in pairwise(ends))


@dataclass(frozen=True, eq=False)
class Weighting:
    """Weighs words by tf-idf of the captions of a fit; words and characters have norm 1 each.

    Words that fewer than two of the captions hold have no column: they tell nothing of others. They
    count in the norm, so that the known words of a text with many unknown ones weigh little.
    """

    rarity: "tuple[TfidfTransformer, ...]"
    columns: tuple[Ints, ...]

    @classmethod
    def of(cls, features: Features) -> "Weighting":
        """The weights that the rows of a fit give."""
        from sklearn.feature_extraction.text import TfidfTransformer

        return cls(
            tuple(TfidfTransformer().fit(block) for block in features),
            tuple(np.flatnonzero(_captions_with(block) >= LEAST_CAPTIONS) for block in features),
        )

    def weighted(self, features: Features) -> "csr_matrix":
        """The rows: first the columns of words, then those of characters."""
        from scipy.sparse import csr_matrix, hstack

        parts: list[csr_matrix] = []
        for rarity, columns, block in zip(self.rarity, self.columns, features, strict=True):
            weighted: csr_matrix = csr_matrix(rarity.transform(block))
            parts.append(weighted[:, columns])
        return csr_matrix(hstack(parts))


def _captions_with(block: "csr_matrix") -> Ints:
    return np.bincount(block.indices, minlength=COLUMNS)
