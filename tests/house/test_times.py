"""Every time has its zone, and the clock is looked at where it must be, nowhere else."""

from collections.abc import Mapping

import pytest

from tests.house import times
from tests.house.modules import Module, modules
from tests.house.sources import OUTSIDE, found_in, sample

CLOCK: Mapping[str, str] = {
    "eros_assets/calendar.py today": "says the LA date now to shells",
    "eros_assets/dataset.py Dataset.planning_instant": "lets time into every decision",
    "eros_assets/definitions.py build_definitions": "names the coming week",
    "eros_assets/automation/workers.py _end_if_overdue": "how long a run is under way",
    "eros_assets/automation/sweep.py remove_records_of_old_runs": "how old a run's records are",
    "eros_assets/cli/terminal.py run_job": "how old a run's records are",
    "eros_assets/cli/turns.py daemon_hands_out": "how old a daemon's last sign of life is",
    "eros_assets/cli/planning.py _refuse_bad_week": "the sample agency's last day",
    "eros_assets/cli/planning.py _refuse_bad_files": "which messages were not sent yet",
    "eros_assets/weekly/inputs.py read_or_make_inputs": "the sample agency's last day",
    "eros_assets/deployment/phases.py clock": "began, ended, expires; which day's jobs count",
    "eros_assets/assets/operations.py system_health": "which day's jobs count",
    "eros_assets/publishing/export_log.py Attempt": "stamp: exported_at",
    "eros_assets/gate/verdict.py _keep": "stamp: judged_at",
    "eros_assets/weekly/reviews.py read_reviews": "stamp: read_at",
    "eros_assets/weekly/sheet_decisions.py read_sheet_decisions": "stamp: read_at",
    "eros_assets/automation/sensors.py new_schedule": "which weeks have passed",
    "eros_assets/automation/review.py review_changes": "which weeks have passed",
    "eros_assets/automation/review.py rejected_messages": "which weeks have passed",
    "eros_assets/assets/schedules.py schedule_recommendations": "stamp: deactivated_at",
    "eros_assets/weekly/rows.py draft_rows": "stamp: created_at",
    "eros_assets/weekly/text_priors.py refresh_text_priors": "stamp: last_updated",
    "eros_assets/weekly/replacing/drafting.py _draft": "stamp: created_at",
    "eros_assets/weekly/replacing/storing.py store_replaced_drafts": "stamp: deactivated_at",
    "eros_assets/exporting/sheets/client.py _refusal": "how far off a Retry-After is",
    "eros_assets/assets/selection.py weekly_volume_targets": "stamp: computed_at",
    "eros_assets/cli/captions.py add": "stamp: when the bank was changed",
    "eros_assets/cli/captions.py retire": "stamp: when the bank was changed",
    "eros_assets/assets/weekly_table.py replace_week": "stamp: when the rows were made",
    "eros_assets/cli/agencies.py move": "the old home's name",
    "eros_assets/cli/agencies.py start_over": "the name of what is set aside",
    "eros_assets/cli/agencies.py put_back": "the name of what is set aside",
}
"""Places outside the warehouse that may look at the clock, and what for."""


def clocks(module: Module) -> list[str]:
    return [finding for place, finding in times.clock_readings(module) if place not in CLOCK]


def test_no_time_is_without_its_zone() -> None:
    assert found_in(modules("eros_assets", "benchmarks"), times.naive_times) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "import datetime as dt\nnow = dt.datetime.now()",
        "import datetime\nnow = datetime.datetime.now(tz=None)",
        "from datetime import datetime\nnow = datetime.utcnow()",
        "from datetime import datetime as clock\nnow = clock.today()",
        "import datetime as dt\nday = dt.date.today()",
        "import datetime as dt\nmade = field(default_factory=dt.datetime.now)",
        "import datetime as dt\nthen = dt.datetime(2025, 11, 2, 1, 30)",
        "import datetime as dt\nthen = dt.datetime.fromtimestamp(0)",
        "import datetime as dt\nthen = dt.datetime.combine(day, noon)",
        "import datetime as dt\nthen = dt.datetime.strptime(text, '%Y-%m-%d %H:%M')",
        "import pandas as pd\nnow = pd.Timestamp.now()",
        "import time\nnow = time.localtime()",
        "then = instant.replace(tzinfo=None)",
        "zone = 'P" + "ST'",
    ],
)
def test_a_time_without_its_zone_is_noticed(wrong: str) -> None:
    assert len(times.naive_times(sample(wrong))) == 1


@pytest.mark.parametrize(
    "right",
    [
        "import datetime as dt\nnow = dt.datetime.now(dt.UTC)",
        "import datetime as dt\nnow = dt.datetime.now(tz=ZONE)",
        "import datetime as dt\ndef of(then: dt.datetime) -> dt.datetime: ...",
        "import datetime as dt\nthen = dt.datetime(2025, 11, 2, 1, 30, tzinfo=ZONE)",
        "import datetime as dt\nthen = dt.datetime(*parts)",
        "import datetime as dt\nthen = dt.datetime.fromtimestamp(0, dt.UTC)",
        "import datetime as dt\nthen = dt.datetime.combine(day, noon, ZONE)",
        "import datetime as dt\nthen = dt.datetime.strptime(text, '%Y-%m-%dT%H:%M%z')",
        "import pandas as pd\nnow = pd.Timestamp.now('UTC')",
    ],
)
def test_a_time_with_its_zone_is_fine(right: str) -> None:
    assert times.naive_times(sample(right)) == []


def test_the_clock_is_looked_at_in_known_places_alone() -> None:
    assert found_in(OUTSIDE, clocks) == []


def test_every_known_place_still_looks_at_the_clock() -> None:
    places = {place for module in OUTSIDE for place, _ in times.clock_readings(module)}
    assert CLOCK.keys() <= places


@pytest.mark.parametrize(
    "wrong",
    [
        "import datetime as dt\ndef score(): return dt.datetime.now(dt.UTC)",
        "import time\nseed = time.time()",
        "import time\nseed = time.time_ns()",
        "import datetime as dt\nmade = field(default_factory=dt.date.today)",
        "import pandas as pd\nnow = pd.Timestamp.now('UTC')",
        "from eros_assets import calendar\nday = calendar.today()",
        "from eros_assets.calendar import today as now\nday = now()",
    ],
)
def test_a_look_at_the_clock_is_noticed(wrong: str) -> None:
    assert len(clocks(sample(wrong))) == 1


def test_a_known_place_is_one_function_not_its_whole_file() -> None:
    text = "import datetime as dt\ndef {}(): return dt.datetime.now(dt.UTC)"
    path = "eros_assets/calendar.py"
    assert clocks(sample(text.format("today"), path)) == []
    assert len(clocks(sample(text.format("monday_of"), path))) == 1


def test_durations_are_no_look_at_the_clock() -> None:
    assert clocks(sample("import time\nbegun = time.perf_counter()")) == []
