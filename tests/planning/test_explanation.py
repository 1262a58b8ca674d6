"""A person can read why a message is where it is."""

import datetime as dt
import json

import pytest

from eros_assets.planning.explanation import Evidence, explain
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
    sentence = json.loads(explain(MESSAGE, EVIDENCE))["sentence"]
    assert "No. 1 by score of the week's chosen premium PPVs" in sentence
    assert "from 1,000 trials here and tried on 3 other pages" in sentence
    assert "Tuesday 10:00 to 10:59 is worth 1.25 times" in sentence


def test_what_is_not_known_is_left_out() -> None:
    told = json.loads(explain(MESSAGE))
    assert "posterior_mean" not in told
    assert "successes" not in told
