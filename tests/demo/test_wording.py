import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.demo.wording import (
    CaptionBrief,
    compose,
    letters_and_digits,
    read_wording,
    reworded,
)


@given(st.integers(0, 2**32))
def test_retyping_keeps_letters_and_digits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    brief = CaptionBrief("recipe", "premium", has_urgency=False, craft="baker")
    texts = compose([brief] * 5, rng)
    retyped = reworded(texts, rng)
    assert [letters_and_digits(t) for t in retyped] == [letters_and_digits(t) for t in texts]


@pytest.mark.parametrize(
    ("tier", "urgent", "kind"),
    [("premium", False, "ppv"), ("bump", False, "bump"), ("bump", True, "urgent")],
)
def test_the_closing_fits_tier_and_urgency(tier: str, urgent: bool, kind: str) -> None:
    brief = CaptionBrief("tutorial", tier, urgent, craft=None)
    for text in compose([brief] * 20, np.random.default_rng(1)):
        assert any(closing in text for closing in read_wording().closings[kind])


def test_too_many_captions_for_the_words_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eros_assets.demo.wording.ATTEMPTS", 1)
    brief = CaptionBrief("studio_tour", "bump", has_urgency=True, craft="potter")
    with pytest.raises(RuntimeError, match="found no text of their own"):
        compose([brief] * 20_000, np.random.default_rng(1))
