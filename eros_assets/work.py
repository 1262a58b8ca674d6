"""Whether the process has work of many operations, between which an engine may stay connected."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

_work: set[object] = set()
_endings: list[Callable[[], None]] = []


@contextmanager
def work_of_many_operations() -> Generator[None]:
    """A run, a step or a command: its operations follow one another soon."""
    one = object()
    _work.add(one)
    try:
        yield
    finally:
        _work.discard(one)
        if not _work:
            for ending in _endings:
                ending()


def is_under_way() -> bool:
    """Whether such work is being done."""
    return bool(_work)


def when_it_ends(ending: Callable[[], None]) -> None:
    """Call this whenever the last such work ends."""
    _endings.append(ending)
