"""Schedules tick in LA time over both changes of the clocks, and each tick names its week."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import schedule_execution_time_iterator

from eros_assets.assets.week import coming_week, weekly_partitions
from eros_assets.automation.schedules import SCHEDULES
from eros_assets.definitions import build_definitions
from eros_assets.health.observations import WEEKLY_RUN
from eros_assets.resources import WarehouseResource
from eros_assets.settings import Settings, load_settings
from tests.assets.installed import TODAY, Installed

LA = ZoneInfo("America/Los_Angeles")
WEEKLY_RUNS = ("weekly_schedules",)
OTHER_RUNS = ("daily_caption_update", "expired_lock_sweep", "health_check", "weekly_digest")
SPRING, AUTUMN = dt.datetime(2026, 3, 7, 23, tzinfo=LA), dt.datetime(2025, 11, 1, 23, tzinfo=LA)


@dataclass(frozen=True)
class Deployed:
    """The installation's definitions, and an instance that runs them."""

    settings: Settings
    repository: dg.RepositoryDefinition
    instance: dg.DagsterInstance

    def tick(self, name: str, at: dt.datetime) -> dg.RunRequest:
        """The one run that a schedule asks for at an instant."""
        # Closed at once: left to the collector, it would take the present instance with it.
        with dg.build_schedule_context(
            instance=self.instance,
            scheduled_execution_time=at.astimezone(dt.UTC),
            repository_def=self.repository,
            resources={"warehouse": WarehouseResource(settings=self.settings)},
        ) as context:
            ticked = self.repository.get_schedule_def(name).evaluate_tick(context)
        [request] = ticked.run_requests or []
        return request


def repository_of(**settings: Any) -> dg.RepositoryDefinition:
    return build_definitions(load_settings({"env": "local", **settings})).get_repository_def()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    with dg.instance_for_test() as instance:  # ticks ask it which sensors are on
        settings = load_settings({"env": "local", "home": tmp_path_factory.mktemp("home")})
        yield Deployed(settings, build_definitions(settings).get_repository_def(), instance)


def ticks(cron: str, after: dt.datetime, count: int) -> list[str]:
    begin = after.timestamp()
    found = schedule_execution_time_iterator(begin, cron, "America/Los_Angeles")
    return [tick.astimezone(LA).strftime("%d %H:%M%z") for tick in islice(found, count)]


@pytest.mark.parametrize(
    ("name", "after", "expected"),
    [
        ("daily_caption_update", SPRING, ["08 03:00-0700", "09 02:00-0700"]),
        ("daily_caption_update", AUTUMN, ["02 02:00-0800", "03 02:00-0800"]),
        (
            "expired_lock_sweep",
            SPRING,
            ["08 00:00-0800", "08 06:00-0700", "08 12:00-0700", "08 18:00-0700", "09 00:00-0700"],
        ),
        (
            "expired_lock_sweep",
            AUTUMN,
            ["02 00:00-0700", "02 06:00-0800", "02 12:00-0800", "02 18:00-0800", "03 00:00-0800"],
        ),
        (
            "health_check",
            SPRING,
            ["07 23:00-0800", "08 00:00-0800", "08 01:00-0800", "08 03:00-0700"],
        ),
        (
            "health_check",
            AUTUMN,
            [
                *("01 23:00-0700", "02 00:00-0700", "02 01:00-0700"),
                "02 01:00-0800",
                "02 02:00-0800",
            ],
        ),
        ("weekly_schedules", SPRING, ["08 18:00-0700", "15 18:00-0700"]),
        ("weekly_schedules", AUTUMN, ["02 18:00-0800", "09 18:00-0800"]),
    ],
)
def test_ticks_over_a_change_of_the_clocks(
    deployed: Deployed, name: str, after: dt.datetime, expected: list[str]
) -> None:
    schedule = deployed.repository.get_schedule_def(name)
    assert schedule.execution_timezone == "America/Los_Angeles"
    assert ticks(str(schedule.cron_schedule), after, len(expected)) == expected


def test_every_schedule_is_known() -> None:
    assert sorted(schedule.name for schedule in SCHEDULES) == sorted((*WEEKLY_RUNS, *OTHER_RUNS))
    assert {schedule.name: schedule.job_name for schedule in SCHEDULES} == {
        schedule.name: schedule.name for schedule in SCHEDULES
    }


def test_health_asks_for_the_coming_week_from_the_hour_on_at_which_it_is_planned() -> None:
    [planning] = [schedule for schedule in SCHEDULES if schedule.name == "weekly_schedules"]
    day, hour = WEEKLY_RUN
    made = dt.datetime(2025, 11, 3, tzinfo=LA) + dt.timedelta(days=day, hours=hour)
    assert ticks(str(planning.cron_schedule), dt.datetime(2025, 11, 3, tzinfo=LA), 1) == [
        made.strftime("%d %H:%M%z")
    ]


@pytest.mark.parametrize("name", WEEKLY_RUNS)
@pytest.mark.parametrize(
    ("tick", "week"),
    [
        (dt.datetime(2026, 3, 8, 18, tzinfo=LA), "2026-03-09"),
        (dt.datetime(2025, 11, 2, 18, tzinfo=LA), "2025-11-03"),
        (dt.datetime(2026, 3, 8, 3, tzinfo=LA), "2026-03-09"),
        (dt.datetime(2025, 11, 3, 2, tzinfo=LA), "2025-11-10"),
        (dt.datetime(2025, 12, 28, 23, 59, tzinfo=LA), "2025-12-29"),
    ],
)
def test_a_tick_asks_for_the_week_that_begins_next(
    deployed: Deployed, name: str, tick: dt.datetime, week: str
) -> None:
    assert deployed.tick(name, tick).partition_key == week


@pytest.mark.parametrize("name", OTHER_RUNS)
def test_what_is_no_week_s_work_has_no_partition(deployed: Deployed, name: str) -> None:
    assert deployed.tick(name, AUTUMN).partition_key is None


@pytest.mark.parametrize(
    ("settings", "week"),
    [
        ({"week": dt.date(2025, 11, 3)}, dt.date(2025, 11, 3)),
        ({"today": dt.date(2025, 11, 3)}, dt.date(2025, 11, 3)),
        ({"today": dt.date(2025, 11, 4)}, dt.date(2025, 11, 10)),
        ({"today": dt.date(2025, 11, 4), "week": dt.date(2025, 12, 1)}, dt.date(2025, 12, 1)),
    ],
    ids=["week", "a Monday", "a Tuesday", "both"],
)
def test_a_week_or_day_that_is_named_is_kept_to(
    tmp_path: Path, settings: dict[str, dt.date], week: dt.date
) -> None:
    tick = dt.datetime(2026, 3, 8, 18, tzinfo=LA)
    assert coming_week(repository_of(home=tmp_path, **settings), tick) == week


def test_an_old_history_s_ticks_are_for_the_week_after_it(tmp_path: Path) -> None:
    """Its week exists; the one of the clock does not."""
    span = {"oldest": "2024-05-01", "newest": "2025-11-02"}
    (tmp_path / "history.json").write_text(json.dumps(span), "utf-8")
    repository = repository_of(home=tmp_path)
    week = coming_week(repository, dt.datetime(2026, 3, 8, 18, tzinfo=LA))
    assert week == dt.date(2025, 11, 3)
    assert weekly_partitions(repository).has_partition_key(week.isoformat())


def test_the_sweep_releases_what_has_expired_and_nothing_else(agency: Installed) -> None:
    agency.change(
        "UPDATE `${dataset}.active_caption_assignments` SET expires_at = @end "
        "WHERE page_name = 'dani_moves'",
        end=dt.datetime.combine(TODAY, dt.time(), LA),
    )
    rows = "SELECT page_name, is_active, deactivation_reason, deactivated_at FROM "
    table = "`${dataset}.active_caption_assignments`"
    agency.run("expired_lock_sweep")
    after = agency.query(rows + table)
    swept = after[after["page_name"] == "dani_moves"]
    assert not swept["is_active"].any()
    assert set(swept["deactivation_reason"]) == {"expired"}
    assert after[after["page_name"] != "dani_moves"]["is_active"].all()
    agency.run("expired_lock_sweep")
    assert agency.query(rows + table).astype(str).equals(after.astype(str))
