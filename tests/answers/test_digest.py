"""The digest ranks what to look at by its worth, and goes out by every channel that works."""

import datetime as dt
import email
import email.policy
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from eros_assets.answers import digest as digests
from eros_assets.answers import things
from eros_assets.answers.digest import digest_of
from eros_assets.answers.report import week_report
from eros_assets.automation.answers import DateError, digest_run_config, weekly_digest
from eros_assets.definitions import resources_of
from eros_assets.errors import ErosError
from tests.answers.conftest import PLANS, Week, planned, sent
from tests.automation.loopback import Mailbox, Slack, mailbox, slack
from tests.sql.dataset import MONDAY, review

AFTER = MONDAY + dt.timedelta(days=7)
NEXT = {"week_start": AFTER, "schedule_id": "sched_20251117_cook_00000009"}


@pytest.fixture
def over(week: Week) -> Week:
    """It is the Monday after the week."""
    return week.set(today=AFTER)


def found(week: Week) -> dict[str, things.Thing]:
    digest = digest_of(week.dataset, week_report(week.dataset, MONDAY))
    assert digest.failed == []
    return {each.kind: each for each in digest.things}


def test_not_sent_is_worth_what_was_expected(over: Week) -> None:
    thing = found(over)[things.NOT_SENT]
    assert thing.worth == 170.0  # 70, and 100 of Sunday's, which is due by now
    assert thing.sentence == (
        "2 planned messages were not sent, of which $170 was expected: Cook 2."
    )


def test_creators_outside_are_worth_the_difference(over: Week) -> None:
    over.tables.put("schedule_recommendations", [planned(n, n, 0, 8 + n) for n in range(1, 7)])
    over.tables.put(
        "message_facts", [sent(n, n, 0, 8 + n, earnings=300.0 + n) for n in range(1, 7)]
    )
    thing = found(over)[things.OUTSIDE]
    assert thing.worth == pytest.approx(6 * 200 + 21)
    assert "1 creators earned more or less than expected" in thing.sentence
    assert "Cook +$1,221 (3.04 times)" in thing.sentence


def test_shortfalls_are_worth_the_page_s_messages_of_the_tier(over: Week) -> None:
    over.tables.put(
        "schedule_recommendations",
        [*PLANS, *(planned(n, 20, n, expected_value=50.0, **NEXT) for n in (7, 8))],
    )
    row = {"page_name": "cook", "week_start": AFTER, "stage": "selection", "price_tier": "mid"}
    over.tables.put(
        "schedule_shortfalls",
        [
            row | {"wanted": 5, "got": 2, "reason": "too few eligible captions"},
            {"page_name": "coach", "week_start": AFTER, "stage": "creator", "price_tier": None}
            | {"wanted": 1, "got": 0, "reason": "ValueError: x"},
        ],
    )
    thing = found(over)[things.SHORTFALLS]
    assert thing.worth == pytest.approx(3 * 200 / 3)  # two of 50, and PLANS has one of 100
    assert thing.sentence.startswith("4 messages or pages are missing ahead, worth about $200")
    assert thing.remedy.startswith("Add 3 or more mid captions")


def test_quarantine_counts_the_week_s_messages_by_their_own_account(over: Week) -> None:
    payload = '{{"sending_time":"{}","earnings":{}}}'
    rows = [
        ("a", "2025-11-11T10:00:00Z", 12.5),
        ("a", "2025-11-12T10:00:00Z", "null"),
        ("replaced by newer counts", "2025-11-12T10:00:00Z", 900),
        ("a", "2025-11-20T10:00:00Z", 900),
    ]
    over.tables.put(
        "quarantined_messages",
        [
            {"row_id": n, "reason": reason, "payload": payload.format(time, earned)}
            for n, (reason, time, earned) in enumerate(rows)
        ],
    )
    thing = found(over)[things.QUARANTINE]
    assert thing.worth == 12.5
    assert "2 messages of the week are in quarantine" in thing.sentence


def test_reviews_count_only_where_there_is_a_sheet(over: Week) -> None:
    coming = [planned(n, n, 6 + n, **NEXT) for n in (1, 2, 3)]
    over.tables.put("schedule_recommendations", coming)
    answered = {"week_start": AFTER, "schedule_id": NEXT["schedule_id"], "message_number": 2}
    over.tables.put("schedule_review", [review(2, "approve", **answered)])
    assert things.REVIEWS not in found(over)
    thing = found(over.set(spreadsheet_id="sheet"))[things.REVIEWS]
    assert thing.worth == pytest.approx(200 / 3)  # 1 of 3: one rejection counted beforehand


def test_worn_captions_that_are_planned_are_named(over: Week) -> None:
    """Of 100 expected of their tier, the caption's upper bound is under a half."""
    over.tables.put("schedule_recommendations", [planned(1, 5, 8, **NEXT)])
    over.tables.put(
        "caption_priors",
        [
            {
                "page_name": "cook",
                "price_tier": "mid",
                "prior_successes": 5.0,
                "prior_failures": 95.0,
            }
        ],
    )
    over.tables.put(
        "caption_bandit_stats",
        [
            {"page_name": "cook", "caption_id": 5, "price_tier": "mid", "send_count": 3}
            | {"effective_successes": 1.0, "effective_failures": 4000.0, "dispersion": 1.0}
            | {"prior_successes": 0.5, "prior_failures": 9.5}
        ],
    )
    thing = found(over)[things.WORN]
    assert (thing.worth, "5 (worthless)" in thing.sentence) == (100.0, True)


def test_three_are_said_in_full_by_worth_and_one_that_fails_costs_itself_alone(
    over: Week, monkeypatch: pytest.MonkeyPatch
) -> None:
    def thing(kind: str, worth: float) -> Any:
        return lambda *_: things.Thing(kind, worth, f"{kind} it is.", "Look.")

    def broken(*_: object) -> None:
        raise ErosError("the table is gone")

    monkeypatch.setattr(things, "outside", thing(things.OUTSIDE, 5.0))
    monkeypatch.setattr(things, "not_sent", thing(things.NOT_SENT, 50.0))
    monkeypatch.setattr(things, "shortfalls", thing(things.SHORTFALLS, 7.0))
    monkeypatch.setattr(things, "worn", broken)
    monkeypatch.setattr(things, "quarantined", thing(things.QUARANTINE, 6.0))
    digest = digest_of(over.dataset, week_report(over.dataset, MONDAY))
    assert digest.lines == [
        f"1. {things.NOT_SENT} it is. Look.",
        f"2. {things.SHORTFALLS} it is. Look.",
        f"3. {things.QUARANTINE} it is. Look.",
        f"Also: {things.OUTSIDE} ($5.00).",
        f"Could not be found out: {things.WORN}: the table is gone.",
    ]
    assert digests.MOST == 3


@pytest.fixture
def workspace() -> Iterator[Slack]:
    with slack() as kept:
        yield kept


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with mailbox() as kept:
        yield kept


def channels(week: Week, workspace: Slack, post: Mailbox) -> Week:
    from pydantic import SecretStr

    return week.set(
        slack_token=SecretStr("xoxb-token"),
        slack_channel="#eros",
        slack_endpoint=workspace.address,
        smtp_host="127.0.0.1",
        smtp_port=post.port,
        smtp_security="none",
        email_from="eros@example.com",
        email_to=("ann@example.com",),
    )


def sent_digest(week: Week, **more: Any) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return weekly_digest.execute_in_process(
            instance=instance,
            resources=dict(resources_of(week.settings)),
            run_config=digest_run_config(MONDAY),
            **more,
        )


def test_digest_goes_out_by_slack_and_mail_with_its_report(
    over: Week, workspace: Slack, post: Mailbox
) -> None:
    result = sent_digest(channels(over, workspace, post))
    assert result.success
    [told] = workspace.messages
    [mail] = post.mails
    letter = email.message_from_string(mail, policy=email.policy.default)
    assert letter["Subject"].strip().startswith("EROS: week 2025-W46 earned $")
    for text in (told["text"], letter.get_content()):
        assert "1. 2 planned messages were not sent" in text
        assert str(over.settings.out_dir / "reports" / "2025-11-10" / "index.html") in text
    [made] = [e for e in result.all_events if e.event_type_value == "ASSET_MATERIALIZATION"]
    assert (made.asset_key, made.partition) == (dg.AssetKey("week_report"), "2025-11-10")


def test_channel_that_fails_costs_itself_alone(over: Week, workspace: Slack, post: Mailbox) -> None:
    workspace.error = "channel_not_found"
    assert sent_digest(channels(over, workspace, post)).success
    assert len(post.mails) == 1
    workspace.error, post.refuses = None, "550 no"
    assert sent_digest(channels(over, workspace, post)).success
    assert len(workspace.messages) == 1


def test_when_no_channel_takes_it_the_run_fails_and_the_report_is_there(
    over: Week, workspace: Slack, post: Mailbox
) -> None:
    workspace.error, post.refuses = "channel_not_found", "550 no"
    assert not sent_digest(channels(over, workspace, post), raise_on_error=False).success
    assert (over.settings.out_dir / "reports" / "2025-11-10" / "index.html").is_file()


def test_without_channels_the_report_is_made(over: Week) -> None:
    assert sent_digest(over).success


def test_week_of_the_run_config_must_be_a_date(over: Week) -> None:
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(DateError, match="'soon' is no date"),
    ):
        weekly_digest.execute_in_process(
            instance=instance,
            resources=dict(resources_of(over.settings)),
            run_config={"ops": {"send_digest": {"config": {"week": "soon"}}}},
        )
