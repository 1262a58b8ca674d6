"""Sends alerts by Slack and e-mail, whichever is configured.

An alert is delivered when one channel accepted it; a failure of the other is reported and not
retried, so that a wrong token doesn't fill a mailbox. It is an error when every configured channel
failed.
"""

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import TYPE_CHECKING

from eros_assets.errors import ErosError
from eros_assets.settings import Settings

if TYPE_CHECKING:
    from tenacity import RetryCallState

SECONDS = 15
"""How long a channel may take to answer."""

ATTEMPTS = 3
SHOWN_LINES = 15
LONGEST_LINE = 600
HIDDEN = "(hidden)"


class AlertError(ErosError):
    """No configured channel accepted an alert."""


@dataclass(frozen=True, slots=True)
class Alert:
    """The content of an alert: a title and lines of plain text."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The channels that accepted an alert, and the errors of the others."""

    sent_by: Sequence[str]
    failed: Sequence[str]

    @property
    def sentence(self) -> str:
        """One line for the log."""
        if not self.sent_by:
            return "No alert was sent: neither Slack nor e-mail is configured (docs/SETTINGS.md)."
        said = f"Sent by {' and '.join(self.sent_by)}."
        return f"{said} {' '.join(self.failed)}" if self.failed else said


Channel = Callable[[Settings, str, str], None]


def channels(settings: Settings) -> Mapping[str, Channel]:
    """The channels that are configured in full, by name."""
    found: dict[str, Channel] = {}
    if settings.slack_token and settings.slack_channel:
        found["Slack"] = _send_slack
    if settings.smtp_host and settings.email_from and settings.email_to:
        found["e-mail"] = _send_mail
    return found


def tell(settings: Settings, alert: Alert) -> Delivery:
    """Send an alert to every configured channel, if any.

    Raises:
        AlertError: channels are configured, and none accepted it.
    """
    title, body = _hide(settings, f"EROS: {alert.title}"), _hide(settings, _body(alert))
    sent_by: list[str] = []
    failed: list[str] = []
    for name, send in channels(settings).items():
        try:
            _patiently(partial(send, settings, title, body))
        except Exception as error:  # an error of one channel doesn't stop the other
            failed.append(_hide(settings, f"{name} failed: {type(error).__name__}: {error}."))
        else:
            sent_by.append(name)
    if failed and not sent_by:
        raise AlertError(f"alert {alert.title!r} was not sent. {' '.join(failed)}")
    return Delivery(sent_by, failed)


def _body(alert: Alert) -> str:
    lines = [line.strip()[:LONGEST_LINE] for line in alert.lines]
    more = len(lines) - SHOWN_LINES
    return "\n".join([*lines[:SHOWN_LINES], *([f"... {more} more"] if more > 0 else [])])


def _hide(settings: Settings, text: str) -> str:
    for secret in (settings.slack_token, settings.smtp_password):
        if secret and secret.get_secret_value():
            text = text.replace(secret.get_secret_value(), HIDDEN)
    return text


def _patiently(send: Callable[[], None]) -> None:
    """Retry when a connection broke or a server was busy; not when it refused."""
    from tenacity import Retrying, stop_after_attempt, wait_exponential_jitter

    Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(initial=0.2, max=2),
        retry=_may_pass,
        reraise=True,
    )(send)


def _may_pass(state: "RetryCallState") -> bool:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, OSError) and not isinstance(error, ssl.SSLCertVerificationError)


def _send_slack(settings: Settings, title: str, body: str) -> None:
    from slack_sdk import WebClient

    assert settings.slack_token
    assert settings.slack_channel
    client = WebClient(settings.slack_token.get_secret_value(), timeout=SECONDS)
    if settings.slack_endpoint:
        client.base_url = settings.slack_endpoint.rstrip("/") + "/"
    client.chat_postMessage(
        channel=settings.slack_channel, text=f"*{title}*\n{body}", unfurl_links=False
    )


def _send_mail(settings: Settings, title: str, body: str) -> None:
    assert settings.smtp_host
    assert settings.email_from
    message = EmailMessage()
    message["Subject"] = " ".join(title.split())
    message["From"] = settings.email_from
    message["To"] = ", ".join(settings.email_to)
    message.set_content(body or title)
    with _mail_server(settings) as server:
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)


def _mail_server(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_security == "ssl":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
