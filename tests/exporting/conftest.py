"""Fixtures of the exports' tests."""

from collections.abc import Iterator

import pytest

from tests.exporting.sheets_service.weeks import Desk, opened_desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened_desk() as desk:
        yield desk
