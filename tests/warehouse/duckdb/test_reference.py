"""How slow the machine is at present, by the processor time of work that is always the same."""

import pytest

from eros_assets.warehouse.duckdb import reference
from eros_assets.warehouse.duckdb.reference import REFERENCE_SECONDS, slowness


@pytest.mark.parametrize(
    ("seconds", "times"),
    [(REFERENCE_SECONDS / 3, 1.0), (REFERENCE_SECONDS, 1.0), (REFERENCE_SECONDS * 2.5, 2.5)],
)
def test_it_is_how_many_times_longer_the_work_took_and_never_below_one(
    monkeypatch: pytest.MonkeyPatch, seconds: float, times: float
) -> None:
    instants = iter([7.0, 7.0 + seconds])
    monkeypatch.setattr(reference.time, "process_time", lambda: next(instants))
    assert slowness() == pytest.approx(times)
    assert list(instants) == []
