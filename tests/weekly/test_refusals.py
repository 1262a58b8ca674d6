"""What can't be published is refused before it is locked, and costs its page alone."""

import datetime as dt
from typing import Any

import pytest

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.weekly.locking import blocked_drafts, lock_drafts
from eros_assets.weekly.refusals import refusal_of
from eros_assets.weekly.scope import week_plan_scope
from tests.assets.installed import WEEK, Installed
from tests.exporting.messages import scheduled

NOON = dt.datetime(2025, 11, 4, 20, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def one(send_time: dt.datetime, **changes: Any) -> ScheduledMessage:
    return scheduled(send_time, **{"performance_score": 0.5, **changes})


def test_messages_that_can_be_written_are_not_refused() -> None:
    assert (
        refusal_of([one(NOON, caption_id=1), one(NOON + HOUR, caption_id=2, message_number=2)])
        is None
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"caption_text": ""}, "caption 7 has no text"),
        ({"caption_text": " \n\t "}, "caption 7 has no text"),
        ({"caption_text": "x" * 140_000}, "caption 7: caption_text has more than 50,000"),
        ({"caption_text": "📷" * 30_000}, "caption 7: caption_text has more than 50,000"),
        ({"page_name": "../../evil"}, "page_name"),
        ({"page_name": "ámber_漢"}, "page_name"),
        ({"message_type": "Mail"}, "message_type"),
        ({"price_tier": "gold"}, "price_tier"),
        ({"performance_score": float("nan")}, "performance_score"),
        ({"performance_score": float("inf")}, "performance_score"),
        ({"caption_text": "half of a pair \ud83d"}, "surrogates"),
    ],
)
def test_what_no_file_or_sheet_could_hold_is_refused_in_one_line(
    changes: dict[str, object], said: str
) -> None:
    refusal = refusal_of([one(NOON, caption_id=7, **changes)])
    assert refusal is not None
    assert said in refusal
    assert "\n" not in refusal.strip()


def test_a_caption_twice_is_refused() -> None:
    twice = [one(NOON, caption_id=7), one(NOON + HOUR, caption_id=7, message_number=2)]
    assert "captions [7] occur more than once" in (refusal_of(twice) or "")


def test_a_refused_draft_is_not_locked_and_keeps_no_other_from_it(agency: Installed) -> None:
    """All drafts of a week are locked at once; the refused one stays a draft with its reason."""
    agency.change(
        """
        UPDATE `${dataset}.schedule_recommendations` SET status = 'draft', is_active = FALSE
        WHERE week_start = @week;
        UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE WHERE TRUE;
        UPDATE `${dataset}.schedule_recommendations` SET refusal = 'caption 7 has no text'
        WHERE page_name = (SELECT MIN(page_name) FROM `${dataset}.schedule_recommendations`)
        """,
        week=WEEK,
    )
    dataset = agency.dataset
    scope = week_plan_scope(dataset, WEEK)
    assert lock_drafts(dataset, scope) > 0
    [blocked] = blocked_drafts(dataset, scope)
    assert blocked.reason == "caption 7 has no text"
    states = agency.query(
        """
        SELECT page_name, ANY_VALUE(status) AS status
        FROM `${dataset}.schedule_recommendations` GROUP BY page_name ORDER BY page_name
        """
    )
    assert states["status"].tolist() == ["draft", *["active"] * (len(states) - 1)]


def test_a_refused_draft_alone_says_why(agency: Installed) -> None:
    agency.change(
        """
        UPDATE `${dataset}.schedule_recommendations`
        SET status = 'draft', is_active = FALSE, refusal = 'caption 7 has no text'
        WHERE page_name = (SELECT MIN(page_name) FROM `${dataset}.schedule_recommendations`)
        """
    )
    schedules = agency.query(
        "SELECT schedule_id FROM `${dataset}.schedule_recommendations` WHERE status = 'draft'"
    )
    with pytest.raises(Exception, match="caption 7 has no text"):
        agency.dataset.call(
            "lock_caption_assignments", p_schedule_id=schedules["schedule_id"].iloc[0]
        )
