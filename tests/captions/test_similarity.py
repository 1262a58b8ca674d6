"""Near duplicates are found as if each text were compared with each, with few comparisons."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from rapidfuzz import fuzz, process

from eros_assets.captions import similarity
from eros_assets.captions.similarity import SIMILAR, Likeness, near_duplicates

SYLLABLES = ("ka", "to", "ri", "men", "sol", "ve", "un", "dra", "pi", "esh", "lo", "qua", "bin")
LETTERS = "abcdefghijklmnopqrstuvwxyz 0123456789éжñ日"


def exhaustive(new: Sequence[str], known: Sequence[str]) -> dict[int, Likeness]:
    """What comparing each new text with each known one and each good one above finds."""
    texts = [*known, *new]
    every = process.cdist(new, texts, scorer=fuzz.ratio, score_cutoff=SIMILAR, dtype=np.uint8)
    found: dict[int, Likeness] = {}
    good = list(range(len(known)))
    for number, row in enumerate(every):
        best = int(row[good].max(initial=0))
        if best < SIMILAR:
            good.append(len(known) + number)
            continue
        nearest = good[int(np.argmax(row[good]))]
        is_known = nearest < len(known)
        at = nearest if is_known else nearest - len(known)
        found[number] = Likeness(best, at, is_known=is_known)
    return found


def phrases(count: int, words: tuple[int, int], chosen: random.Random) -> list[str]:
    """Texts of made-up words, some words much more frequent than others."""
    vocabulary = ["".join(chosen.choices(SYLLABLES, k=chosen.randint(1, 4))) for _ in range(400)]
    weights = [1 / (place + 3) for place in range(len(vocabulary))]
    return [
        " ".join(chosen.choices(vocabulary, weights, k=chosen.randint(*words)))
        for _ in range(count)
    ]


def edited(text: str, share: float, chosen: random.Random) -> str:
    """The text with a share of its letters taken out, put in or replaced."""
    letters = list(text)
    for _ in range(round(len(text) * share)):
        at = chosen.randrange(len(letters) + 1)
        if chosen.random() < 0.5:
            letters.insert(at, chosen.choice(LETTERS))
        elif letters:
            letters.pop(min(at, len(letters) - 1))
    return "".join(letters) or "x"


@pytest.mark.parametrize(
    ("count", "words"), [(3000, (3, 30)), (2000, (1, 3)), (150, (100, 300)), (600, (14, 14))]
)
def test_the_same_texts_are_found_as_by_comparing_each_with_each(
    count: int, words: tuple[int, int]
) -> None:
    chosen = random.Random(count)
    texts = phrases(count, words, chosen)
    shares = (0.0, 0.02, 0.05, 0.08, 0.09, 0.1, 0.11, 0.13, 0.2)
    for at in chosen.sample(range(count), count // 3):
        texts[at] = edited(chosen.choice(texts), chosen.choice(shares), chosen)
    known = [edited(text, chosen.choice(shares), chosen) for text in texts[: count // 4]]
    found = near_duplicates(texts, known)
    assert found == exhaustive(texts, known)
    assert count / 20 < len(found) < count / 1.5


def test_texts_at_the_limit_are_found_and_one_letter_further_are_not() -> None:
    for length in range(9, 200, 11):
        text = "".join(random.Random(length).choices(LETTERS, k=length))
        most = 2 * length // 11  # letters to take out of a text of 2n letters in both
        for fewer in (most - 1, most, most + 1):
            shorter = text[: length - fewer]
            assert (0 in near_duplicates([shorter], [text])) == (
                10 * fewer <= length + len(shorter)
            )


def test_few_of_the_pairs_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = 0
    whole = similarity.likenesses

    def counted(some: Sequence[str], others: Sequence[str]) -> "np.ndarray[tuple[int, int]]":
        nonlocal pairs
        pairs += len(some) * len(others)
        return whole(some, others)

    monkeypatch.setattr(similarity, "likenesses", counted)
    texts = phrases(4000, (5, 30), random.Random(5))
    assert len(near_duplicates(texts, [])) < 40
    directly = similarity.CHUNK * len(texts)
    assert pairs - directly < 0.02 * len(texts) ** 2 / 2


def test_no_texts_are_similar_to_nothing() -> None:
    assert near_duplicates([], []) == {}
    assert near_duplicates([], ["a text"]) == {}
    assert near_duplicates(["a text"], []) == {}
    assert near_duplicates(["a text"], [""]) == {}


def test_of_equally_similar_texts_the_first_is_named_the_bank_first() -> None:
    base = "a text that is long enough to differ by one letter"
    found = near_duplicates([f"{base}?", f"{base}!"], ["another", f"{base}.", f"{base};"])
    assert found == dict.fromkeys((0, 1), Likeness(98, 1, is_known=True))


def test_progress_ends_with_all_texts() -> None:
    seen: list[int] = []
    near_duplicates(phrases(300, (5, 9), random.Random(1)), [], seen.append)
    assert seen == [128, 256, 300]
