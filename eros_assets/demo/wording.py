"""Composes the sample agency's captions from the word lists of `wording.toml`.

A caption is an opening, a body of its category, a closing fit for its tier and, often, an emoji.
No two captions of a bank are equal in letters and digits alone, so a message can be traced to its
caption by its text however case, spacing, punctuation and emoji were changed.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

WORDING = Path(__file__).with_name("wording.toml")
T = TypeVar("T")
SLOTS_A_BODY = 4
ATTEMPTS = 50
_NOT_LETTER_OR_DIGIT = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Body:
    """A template: what stands before each slot and the slot's word list, then the tail."""

    pieces: tuple[tuple[str, str], ...]
    tail: str


@dataclass(frozen=True, slots=True)
class Wording:
    """`wording.toml`, parsed. `crafts` has the word lists that replace `words` for a craft."""

    openings: tuple[str, ...]
    closings: dict[str, tuple[str, ...]]
    emoji: tuple[str, ...]
    bodies: dict[str, tuple[Body, ...]]
    words: dict[str, tuple[str, ...]]
    crafts: dict[str, dict[str, tuple[str, ...]]]
    creators: tuple[tuple[str, str, str], ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The content categories, in the file's order."""
        return tuple(self.bodies)


@dataclass(frozen=True, slots=True)
class CaptionBrief:
    """What a caption's text must fit. `craft` None: any page may use it."""

    category: str
    price_tier: str
    has_urgency: bool
    craft: str | None


@cache
def read_wording() -> Wording:
    """The word lists that come with the package."""
    document = tomllib.loads(WORDING.read_text(encoding="utf-8"))
    return Wording(
        openings=tuple(document["openings"]),
        closings={k: tuple(document[f"closings_{k}"]) for k in ("ppv", "bump", "urgent")},
        emoji=tuple(document["emoji"]),
        bodies={k: tuple(map(_parse_body, v)) for k, v in document["bodies"].items()},
        words=_word_lists(document["words"]),
        crafts={craft: _word_lists(lists) for craft, lists in document["crafts"].items()},
        creators=tuple((page, name, craft) for page, name, craft in document["creators"]["list"]),
    )


def letters_and_digits(text: str) -> str:
    """The text in lower case with everything but letters and digits taken out."""
    return _NOT_LETTER_OR_DIGIT.sub("", text.lower())


def compose(briefs: Sequence[CaptionBrief], rng: np.random.Generator) -> list[str]:
    """One text per brief, all different in letters and digits.

    Raises:
        RuntimeError: the word lists are too short for so many different captions.
    """
    wording = read_wording()
    texts = [""] * len(briefs)
    taken: set[str] = set()
    wanting = list(range(len(briefs)))
    for _ in range(ATTEMPTS):
        draws = rng.random((len(wanting), SLOTS_A_BODY + 5))
        again: list[int] = []
        for index, draw in zip(wanting, draws.tolist(), strict=True):
            text = _caption(briefs[index], draw, wording)
            key = letters_and_digits(text)
            if key in taken:
                again.append(index)
            else:
                taken.add(key)
                texts[index] = text
        if not again:
            return texts
        wanting = again
    raise RuntimeError(f"{len(wanting)} captions found no text of their own")


def reworded(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """The texts as somebody retypes them: letters and digits stay, all else may change."""
    wording = read_wording()
    choices: NDArray[np.float64] = rng.random((len(texts), 2))
    return [
        _retype(text, wording.emoji, *c) for text, c in zip(texts, choices.tolist(), strict=True)
    ]


def _caption(brief: CaptionBrief, draw: Sequence[float], wording: Wording) -> str:
    own = wording.crafts[brief.craft] if brief.craft else {}
    body = _pick(wording.bodies[brief.category], draw[0])
    words = [
        before + _pick(own.get(slot) or wording.words[slot], u)
        for (before, slot), u in zip(body.pieces, draw[5:], strict=False)
    ]
    sentence = "".join(words) + body.tail
    closing = _pick(wording.closings[_closing_kind(brief)], draw[1])
    parts = [_pick(wording.openings, draw[2]) if draw[3] < 0.7 else "", _ended(sentence), closing]
    if not parts[0] or parts[0][-1] in "!?…":
        parts[1] = parts[1][0].upper() + parts[1][1:]
    if draw[4] < 0.6:
        parts.append(_pick(wording.emoji, draw[4] / 0.6))
    break_line = draw[3] > 0.97
    return ("\n" if break_line else " ").join(part for part in parts if part)


def _closing_kind(brief: CaptionBrief) -> str:
    if brief.has_urgency:
        return "urgent"
    return "bump" if brief.price_tier == "bump" else "ppv"


def _retype(text: str, emoji: Sequence[str], way: float, choice: float) -> str:
    plain = re.sub(r"[^\w\s’'.,:;!?“”\"—…&/+-]+", "", text)
    if way < 0.2:
        return text.upper()
    if way < 0.4:
        return text.lower().replace(".", " !!")
    if way < 0.6:
        return f"{_pick(emoji, choice)} {plain.strip()} {_pick(emoji, 1 - choice)}"
    if way < 0.8:
        return plain.replace("’", "'").replace("…", "...").replace("“", '"').replace("”", '"')
    return re.sub(r"\s+", "  ", plain).rstrip(" .!?") + " 🙏🏽"


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?…" else f"{sentence}."


def _pick(values: Sequence[T], draw: float) -> T:
    return values[min(int(draw * len(values)), len(values) - 1)]


def _parse_body(template: str) -> Body:
    pieces: list[tuple[str, str]] = []
    tail = ""
    for literal, slot, _, _ in Formatter().parse(template):
        if slot is None:
            tail = literal
        else:
            pieces.append((literal, slot))
    return Body(tuple(pieces), tail)


def _word_lists(lists: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(words) for name, words in lists.items()}
