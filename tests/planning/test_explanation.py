"""A person can read why a message is where it is."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from eros_assets.planning.explanation import Evidence, explain, sentence
from eros_assets.planning.model import Caption, PlannedMessage

MESSAGE = PlannedMessage(
    number=1,
    send_time=dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC),
    caption=Caption(7, "PPV", "premium", "recipe", 1.1),
    slot_value=1.25,
    value=1.375,
    rank=1,
    slot_rank=3,
)
EVIDENCE = Evidence(
    draw=0.01,
    successes=20,
    failures=980,
    posterior_successes=11.0,
    posterior_failures=589.0,
    other_pages=3,
    tier_rank=1,
)


def test_the_posterior_is_that_of_the_draw() -> None:
    told = json.loads(explain(MESSAGE, EVIDENCE))
    assert told["posterior_mean"] == pytest.approx(11 / 600)
    low, high = told["posterior_interval"]
    assert 0 < low < told["posterior_mean"] < high < 1


def test_the_sentence_names_rank_trials_and_slot() -> None:
    said = sentence(MESSAGE, EVIDENCE)
    assert "No. 1 by score of the week's chosen premium PPVs" in said
    assert "bought by 1.8% of viewers (0.8% to 2.9%)" in said
    assert "from 1,000 views here and from 3 other pages" in said
    assert "Tuesday 10:00 to 10:59 is worth 1.25 times" in said
    assert json.loads(explain(MESSAGE, EVIDENCE))["sentence"] == said


def test_the_sentence_of_an_untried_bump_speaks_of_recipients_and_of_its_tier() -> None:
    bump = replace(MESSAGE, caption=Caption(8, "Bump", "bump", "recipe", 0.9))
    said = sentence(bump, replace(EVIDENCE, successes=0, failures=0, other_pages=1, tier_rank=2))
    assert "No. 2 by score of the week's chosen bumps" in said
    assert "viewed by 1.8% of recipients" in said
    assert "from its tier, as it is untried here and from 1 other page;" in said


def test_the_sentence_of_an_untried_caption_says_what_its_text_did_for_it() -> None:
    """Of a tried one its own results are the basis; the number stays in the explanation."""
    untried = replace(EVIDENCE, successes=0, failures=0, other_pages=0, text_multiplier=1.32)
    said = sentence(MESSAGE, untried)
    assert "as it is untried here (texts like it earned 1.3× the page's mean);" in said
    tried = replace(EVIDENCE, text_multiplier=1.32)
    assert "texts like it" not in sentence(MESSAGE, tried)
    assert json.loads(explain(MESSAGE, tried))["text_multiplier"] == 1.32


def test_the_reason_is_one_sentence() -> None:
    for evidence in (EVIDENCE, replace(EVIDENCE, failures=0, successes=0, text_multiplier=0.8)):
        assert ". " not in sentence(MESSAGE, evidence).replace("No. ", "").replace("no. ", "")
    for evidence in (EVIDENCE, Evidence()):
        assert ". " not in sentence(MESSAGE, evidence).replace("No. ", "").replace("no. ", "")


def test_what_is_not_known_is_left_out() -> None:
    told = json.loads(explain(MESSAGE))
    assert "posterior_mean" not in told
    assert "successes" not in told
