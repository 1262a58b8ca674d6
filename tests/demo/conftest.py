import datetime as dt

import pytest

from eros_assets.demo import Agency, sample_agency

LAST_DAY = dt.date(2025, 11, 2)


@pytest.fixture(scope="session")
def full() -> Agency:
    return sample_agency("full", seed=20_251_103, last_day=LAST_DAY)
