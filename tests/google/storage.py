"""Google Cloud Storage in memory: the methods of its JSON API that EROS uses."""

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import google_crc32c
import pytest

from tests.google.discovery import Discovery, storage_v1
from tests.google.exchange import RefusalError, Request, Trouble
from tests.google.loopback import serving

BUCKET = "studio-exports"
LIST = "storage.objects.list"
INSERT = "storage.objects.insert"
DELETE = "storage.objects.delete"
PAGE_SIZE = 4
"""Objects of one answer; small, so that every list of a week has several pages."""

Body = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """An object as it is kept."""

    content: bytes
    content_type: str
    cache_control: str | None
    generation: int


@dataclass
class CloudStorage:
    """One bucket. `after_change` is called after every upload and deletion."""

    objects: dict[str, Stored] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    after_change: Callable[[], None] | None = None
    generations: int = 0

    @property
    def discovery(self) -> Discovery:
        return storage_v1()

    # -- for tests

    def trouble(self, method: str, *troubles: Trouble) -> None:
        """Have the next requests for a method go wrong."""
        self.troubles[method] += troubles

    def put(self, name: str, content: bytes, content_type: str = "text/plain") -> None:
        """Keep an object that somebody else made."""
        self.generations += 1
        self.objects[name] = Stored(content, content_type, None, self.generations)

    def count(self, method: str) -> int:
        """Requests for a method since the last `forget`."""
        return sum(request.method == method for request in self.requests)

    def forget(self) -> None:
        """Forget the requests so far."""
        self.requests.clear()

    @property
    def changes(self) -> list[str]:
        """Uploads and deletions since the last `forget`, in order."""
        return [
            f"+{request.body['name']}" if request.method == INSERT else f"-{request.path['object']}"
            for request in self.requests
            if request.method in (INSERT, DELETE)
        ]

    def contents(self) -> dict[str, bytes]:
        """The content of every object, by name."""
        return {name: stored.content for name, stored in sorted(self.objects.items())}

    # -- methods

    def error_body(self, refusal: RefusalError) -> Body:
        errors = [{"domain": "global", "reason": refusal.reason, "message": refusal.message}]
        return {
            "error": {"code": refusal.status, "message": refusal.message, "errors": errors},
        }

    def answer(self, request: Request) -> Body:
        if request.path["bucket"] != BUCKET:
            raise RefusalError(404, "notFound", "The specified bucket does not exist.")
        match request.method:
            case "storage.buckets.get":
                # The library asks for it beside, in a thread; roles/storage.objectUser lacks it.
                raise RefusalError(403, "forbidden", "no storage.buckets.get access")
            case "storage.objects.list":
                return self._list(request)
            case "storage.objects.insert":
                answer = self._insert(request)
            case "storage.objects.delete":
                answer = self._delete(request.path["object"])
            case _:
                raise RefusalError(501, "notImplemented", f"{request.method} is not played here")
        if self.after_change:
            self.after_change()
        return answer

    def _list(self, request: Request) -> Body:
        prefix, after = request.query.get("prefix", ""), request.query.get("pageToken", "")
        names = [name for name in sorted(self.objects) if name.startswith(prefix) and name > after]
        answer: Body = {
            "kind": "storage#objects",
            "items": [self._shown(name) for name in names[:PAGE_SIZE]],
        }
        if len(names) > PAGE_SIZE:
            answer["nextPageToken"] = names[PAGE_SIZE - 1]
        return _masked(answer, request.query.get("fields"))

    def _insert(self, request: Request) -> Body:
        name = request.body.get("name") or request.query["name"]
        checksum = request.body.get("crc32c")
        if checksum is not None and checksum != _crc32c(request.media):
            raise RefusalError(400, "invalid", "Provided CRC32C does not match calculated CRC32C.")
        self.generations += 1
        self.objects[name] = Stored(
            request.media,
            request.body.get("contentType") or request.media_type,
            request.body.get("cacheControl"),
            self.generations,
        )
        return self._shown(name)

    def _delete(self, name: str) -> Body:
        if self.objects.pop(name, None) is None:
            raise RefusalError(404, "notFound", f"No such object: {BUCKET}/{name}")
        return {}

    def _shown(self, name: str) -> Body:
        stored = self.objects[name]
        return {
            "kind": "storage#object",
            "bucket": BUCKET,
            "name": name,
            "generation": str(stored.generation),
            "contentType": stored.content_type,
            "size": str(len(stored.content)),
            "md5Hash": _base64(hashlib.md5(stored.content).digest()),
            "crc32c": _crc32c(stored.content),
        }


@contextmanager
def storage_on_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    """A Cloud Storage that the library finds by its own variable.

    A request outside of the discovery document fails the test.
    """
    storage = CloudStorage()
    with serving(storage) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        yield storage
    assert storage.violations == []


def _masked(answer: Body, mask: str | None) -> Body:
    """What a mask such as `items(name,size),nextPageToken` leaves of an answer."""
    if mask is None:
        return answer
    fields = dict(re.findall(r"(\w+)(?:\(([\w,]+)\))?(?:,|$)", mask))
    shown = {name: value for name, value in answer.items() if name in fields}
    if inner := fields.get("items"):
        shown["items"] = [
            {name: item[name] for name in inner.split(",") if name in item}
            for item in answer["items"]
        ]
    return shown


def _crc32c(content: bytes) -> str:
    return _base64(google_crc32c.value(content).to_bytes(4, "big"))


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
