"""What goes over the wire between a client and a service on loopback, and what goes wrong there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.google.discovery import Discovery


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with a request itself: a status, or a dropped connection (status None).

    A silent server answers, but later than anybody waits for; a dripping one byte by byte.
    `carried_out` tells whether the server does what was asked before its answer is lost.
    `retry_after` is the header's text, `content` the answer's whole body.
    """

    status: int | None = None
    reason: str = "backendError"
    message: str = "Backend error"
    carried_out: bool = False
    is_html: bool = False
    is_silent: bool = False
    is_dripping: bool = False
    retry_after: str | None = None
    content: bytes | None = None


def drop_before() -> Trouble:
    """The connection fails before the server has read the request's meaning."""
    return Trouble()


def silence() -> Trouble:
    """The server does what was asked and doesn't answer for a while."""
    return Trouble(carried_out=True, is_silent=True)


def drop_after() -> Trouble:
    """The connection fails after the server has done what was asked."""
    return Trouble(carried_out=True)


@dataclass
class Request:
    """A request as the server understood it."""

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    media: bytes = b""
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class RefusalError(Exception):
    """An answer with an error status."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message


class Service(Protocol):
    """What is behind the server. Troubles are used up in order, by method, each once."""

    requests: list[Request]
    violations: list[str]
    troubles: dict[str, list[Trouble]]

    @property
    def discovery(self) -> Discovery:
        """Google's document of the service."""
        ...

    def answer(self, request: Request) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            RefusalError: an answer with an error status.
        """
        ...

    def error_body(self, refusal: RefusalError) -> dict[str, Any]:
        """An error as the service words it."""
        ...
