"""People are told by each channel that is configured, and nothing secret is said."""

import email
import email.policy
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eros_assets.alerts import HIDDEN, Alert, AlertError, channels, tell
from eros_assets.settings import Settings, load_settings
from tests.automation.loopback import Mailbox, Slack, mailbox, own_certificate, slack
from tests.shell import no_variables as no_variables

pytestmark = pytest.mark.usefixtures("no_variables")

TOKEN, PASSWORD = "xoxb-very-secret-token", "mail-secret"
ALERT = Alert("weekly_schedules failed", ["choose_captions: no captions", "second line"])


@pytest.fixture
def workspace() -> Iterator[Slack]:
    with slack() as kept:
        yield kept


@pytest.fixture
def post() -> Iterator[Mailbox]:
    with mailbox() as kept:
        yield kept


def by_slack(workspace: Slack) -> dict[str, Any]:
    return {
        "slack_token": TOKEN,
        "slack_channel": "#eros",
        "slack_endpoint": workspace.address,
    }


def by_mail(post: Mailbox, security: str = "none", **more: Any) -> dict[str, Any]:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": post.port,
        "smtp_security": security,
        "email_from": "eros@example.com",
        "email_to": ("ann@example.com", "bob@example.com"),
        **more,
    }


def settings(**values: Any) -> Settings:
    return load_settings(values)


def parsed(mail: str) -> Any:
    return email.message_from_string(mail, policy=email.policy.default)


def test_slack_gets_title_and_lines_in_its_channel(workspace: Slack) -> None:
    delivery = tell(settings(**by_slack(workspace)), ALERT)
    assert delivery.sentence == "Sent by Slack."
    [message] = workspace.messages
    assert message["channel"] == "#eros"
    assert message["authorization"] == f"Bearer {TOKEN}"
    assert message["text"] == (
        "*EROS: weekly_schedules failed*\nchoose_captions: no captions\nsecond line"
    )


def test_mail_goes_to_everybody_on_the_list(post: Mailbox) -> None:
    assert tell(settings(**by_mail(post)), ALERT).sent_by == ["e-mail"]
    mail = parsed(post.mails[0])
    assert mail["Subject"] == "EROS: weekly_schedules failed"
    assert mail["From"] == "eros@example.com"
    assert mail["To"] == "ann@example.com, bob@example.com"
    assert mail.get_content().splitlines() == list(ALERT.lines)
    assert len([command for command in post.commands if command.upper().startswith("RCPT")]) == 2


def test_a_password_is_said_only_behind_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = own_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mailbox(certificate) as post:
        values = by_mail(post, "starttls", smtp_user="eros", smtp_password=PASSWORD)
        assert tell(settings(**values), ALERT).sent_by == ["e-mail"]
        verbs = [command.split(" ")[0].upper() for command in post.commands]
    assert verbs.index("STARTTLS") < verbs.index("AUTH") < verbs.index("MAIL")
    assert len(post.mails) == 1


def test_a_server_that_can_not_prove_itself_is_not_told(tmp_path: Path) -> None:
    with mailbox(own_certificate(tmp_path)) as post:
        values = by_mail(post, "starttls", smtp_user="eros", smtp_password=PASSWORD)
        with pytest.raises(AlertError, match="certificate"):
            tell(settings(**values), ALERT)
        assert not post.mails
        assert not [command for command in post.commands if command.startswith("AUTH")]


def test_both_are_told(workspace: Slack, post: Mailbox) -> None:
    assert tell(settings(**by_slack(workspace), **by_mail(post)), ALERT).sent_by == [
        "Slack",
        "e-mail",
    ]


def test_without_a_channel_nobody_is_told_and_that_is_said() -> None:
    delivery = tell(settings(), ALERT)
    assert delivery.sent_by == []
    assert "No alert was sent" in delivery.sentence


@pytest.mark.parametrize(
    "half", [{"slack_token": TOKEN}, {"slack_channel": "#eros"}, {"smtp_host": "mail.example.com"}]
)
def test_half_a_channel_is_none(half: dict[str, Any]) -> None:
    assert channels(settings(**half)) == {}


def test_one_channel_s_failure_stops_no_other_and_is_reported(
    workspace: Slack, post: Mailbox
) -> None:
    workspace.error = "invalid_auth"
    delivery = tell(settings(**by_slack(workspace), **by_mail(post)), ALERT)
    assert delivery.sent_by == ["e-mail"]
    assert "invalid_auth" in delivery.sentence
    assert len(post.mails) == 1


def test_when_every_channel_fails_it_is_an_error(workspace: Slack) -> None:
    workspace.error = "channel_not_found"
    with pytest.raises(AlertError, match="channel_not_found"):
        tell(settings(**by_slack(workspace)), ALERT)


def test_a_refusal_for_good_is_not_repeated(post: Mailbox) -> None:
    post.refuses = "550 no such sender"
    with pytest.raises(AlertError, match="550"):
        tell(settings(**by_mail(post)), ALERT)
    assert len([command for command in post.commands if command.upper().startswith("MAIL")]) == 1


def test_a_busy_server_is_asked_again(post: Mailbox) -> None:
    post.refuses = "451 try later"
    with pytest.raises(AlertError, match="451"):
        tell(settings(**by_mail(post)), ALERT)
    assert len([command for command in post.commands if command.upper().startswith("MAIL")]) == 3


def test_secrets_are_told_to_nobody(
    workspace: Slack, post: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = settings(
        **by_slack(workspace), **by_mail(post, smtp_user="eros", smtp_password=PASSWORD)
    )
    tell(told, Alert(f"failed with {TOKEN}", [f"login {PASSWORD} refused"]))
    said = [workspace.messages[0]["text"], post.mails[0], caplog.text, repr(told)]
    for text in said:
        assert TOKEN not in text
        assert PASSWORD not in text
    assert said[0] == f"*EROS: failed with {HIDDEN}*\nlogin {HIDDEN} refused"


def test_a_long_alert_is_cut(workspace: Slack) -> None:
    tell(settings(**by_slack(workspace)), Alert("many", ["x" * 5000] * 100))
    text = workspace.messages[0]["text"]
    assert len(text) < 12_000
    assert text.endswith("... 85 more")
