"""What Google's reference implementation answers, remembered by the whole of the question.

An answer follows from the text, the parameters, the routines and the rows: one that was given to an
earlier run is read from the user's cache folder, as findings are, and the service isn't asked. What
hangs on the clock or on chance is asked each time; what fails, too.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import simple_catalog_pb2

from tests.googlesql import memory
from tests.googlesql.catalog import Registration
from tests.googlesql.service import cache_folder, service, write_whole

KEPT = 20_000  # answers; those that were not needed for longest go first
UNSTEADY = re.compile(rb"CURRENT_(DATE|TIME)|\bRAND\s*\(|GENERATE_UUID|SESSION_USER", re.IGNORECASE)

Request = TypeVar(
    "Request", local_service_pb2.EvaluateQueryRequest, local_service_pb2.EvaluateModifyRequest
)
Reply = TypeVar(
    "Reply", local_service_pb2.EvaluateQueryResponse, local_service_pb2.EvaluateModifyResponse
)


class Catalogue:
    """Routines, and tables with rows; the service holds it from the first question on."""

    def __init__(
        self,
        root: simple_catalog_pb2.SimpleCatalogProto,
        contents: Mapping[str, local_service_pb2.TableContent],
    ) -> None:
        self._root, self._contents = root, contents
        self._registration: Registration | None = None

    @property
    def id(self) -> int:
        """Its id with the service."""
        if self._registration is None or not self._registration.alive:
            self._registration = Registration(self._root, self._contents)
        return self._registration.id

    @cached_property
    def digest(self) -> str:
        """Of all that it has."""
        digest = hashlib.sha256(self._serialized)
        for name, content in sorted(self._contents.items()):
            rows = content.SerializeToString(deterministic=True)
            digest.update(f"{name} {len(rows)}\n".encode() + rows)
        return digest.hexdigest()

    @cached_property
    def is_steady(self) -> bool:
        """Whether its routines give the same at any time."""
        return UNSTEADY.search(self._serialized) is None

    def release(self) -> None:
        """Free what the service holds."""
        if self._registration is not None:
            self._registration.release()
            self._registration = None

    @cached_property
    def _serialized(self) -> bytes:
        return self._root.SerializeToString(deterministic=True)


def answer(method: str, request: Request, catalogue: Catalogue, reply: type[Reply]) -> Reply:
    """What the service answers on a catalogue, whose id the request lacks.

    Raises:
        GoogleSqlError: the service's objection.
    """
    asked = request.SerializeToString(deterministic=True)
    is_steady = catalogue.is_steady and UNSTEADY.search(asked) is None
    path = _folder() / memory.key(method, catalogue.digest, asked.hex())
    if is_steady and path.is_file():
        os.utime(path)
        return reply.FromString(zlib.decompress(path.read_bytes()))
    request.registered_catalog_id = catalogue.id
    given = service().call(method, request, reply)
    if is_steady:
        write_whole(path, zlib.compress(given.SerializeToString(), 1))
    return given


@cache
def _folder() -> Path:
    folder = cache_folder() / "answers"
    folder.mkdir(exist_ok=True)
    entries = list(folder.iterdir())
    if len(entries) > KEPT:
        for entry in sorted(entries, key=lambda each: each.stat().st_mtime)[: -KEPT // 2]:
            entry.unlink(missing_ok=True)
    return folder
