"""In a real browser: what people click does what they mean, and what is refused says why.

One Dagster and one window serve all steps; each goes on where the one before it ended.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import dagster as dg
import pytest

from eros_assets.acceptance.dagster_state import WEEKLY_JOB
from eros_assets.cli.serving import graph_address
from tests.end_to_end.browser import CHROMIUM, DRIVER, Browser, browser
from tests.end_to_end.served import Served, served

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="there is no browser: apt-get install chromium chromium-driver",
)

TODAY = "2025-11-05"
PLANNED = "2025-11-03"  # the week under way
COMING = "2025-11-10"
PAGE = "basil_and_thyme"
JOBS = "/locations/eros_assets.definitions/jobs"
GROUPS = (
    *("routines", "sources", "performance", "analysis", "evaluation", "selection", "schedules"),
    *("policies", "exports", "reports", "operations", "deployment"),
)
CHANGED = (
    "UPDATE `${dataset}.schedule_recommendations` AS r "
    "SET arm = IF(r.arm = 'control', 'treatment', 'control') "
    "WHERE r.is_active AND r.message_number = 1"
)


@pytest.fixture(scope="module")
def dagster(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    copytree(planned, folder, dirs_exist_ok=True)
    with served(folder, TODAY, PLANNED) as found:
        yield found


@pytest.fixture(scope="module")
def window(dagster: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(dagster.address, tmp_path_factory.mktemp("chromium")) as found:
        yield found


def ended(dagster: Served, window: Browser, *, after: str | None) -> dg.DagsterRun:
    """The run that was launched after the one of an id, once its page shows how it ended."""

    def launched() -> dg.DagsterRun | None:
        run = dagster.newest_run()
        return run if run is not None and run.run_id != after else None

    run = window.until("a run that was launched", launched)
    window.open(f"/runs/{run.run_id}")
    window.until(
        f"the end of {run.job_name}",
        lambda: any(word in window.text.splitlines()[:20] for word in ("Success", "Failure")),
    )
    found = dagster.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found


def newest(dagster: Served) -> str | None:
    run = dagster.newest_run()
    return run.run_id if run else None


class TestInOrder:
    """One visit."""

    def test_1_the_graph_shows_every_group_and_the_assets_of_one(self, window: Browser) -> None:
        window.open("/asset-groups/")
        window.see(*GROUPS)
        # The picture of a group shows what fits into the window; its list has every asset.
        window.open("/locations/eros_assets.definitions/asset-groups/exports/lineage")
        window.see("Materialize all")
        window.click("List", tag="a")
        window.see("schedule_csv", "schedule_index")

    def test_1a_the_address_that_commands_print_has_the_week_chosen(self, window: Browser) -> None:
        """Seen on the page of the job, whose dialog is that of the graph."""
        _, _, query = graph_address(dt.date.fromisoformat(COMING)).partition("?")
        window.open(f"{JOBS}/{WEEKLY_JOB}?{query}")
        window.click("Materialize all…")
        window.see("1 partition", "Launch 1 run")

    def test_2_a_backfill_of_two_weeks_is_launched_from_the_dialog(
        self, dagster: Served, window: Browser
    ) -> None:
        """Its daemon looks every half minute: the visit goes on meanwhile, and comes back to it."""
        window.open("/assets/weekly_volume_targets")
        window.click("Materialize…")
        window.write(f"[{PLANNED}...{COMING}]", placeholder="ex: ")
        window.see("2 partitions")
        window.click("Launch backfill")
        window.until("a backfill", lambda: dagster.instance.get_backfills(limit=1))

    def test_3_the_coming_week_is_planned_for_one_creator_from_the_dialog(
        self, dagster: Served, window: Browser
    ) -> None:
        before = newest(dagster)
        window.open(f"{JOBS}/{WEEKLY_JOB}")
        window.click("Materialize all…")
        window.click("Latest")
        window.click("Config", within="dagster-dialog", tag="span")
        window.click("Add config")
        window.write_config(f"resources:\n  week_scope:\n    config:\n      pages: [{PAGE}]\n")
        window.see("No errors")
        window.click("Save config")
        window.see("Config saved", PAGE)
        window.click("Launch 1 run")
        run = ended(dagster, window, after=before)
        assert (run.status, run.job_name) == (dg.DagsterRunStatus.SUCCESS, WEEKLY_JOB)
        assert run.tags["dagster/partition"] == COMING
        assert planned_pages(dagster, COMING) == [PAGE]
        assert (dagster.dataset.settings.out_dir / COMING / f"{PAGE}.csv").is_file()

    def test_4_every_check_of_the_reservations_is_executed_and_passes(
        self, dagster: Served, window: Browser
    ) -> None:
        before = newest(dagster)
        window.open("/assets/active_caption_assignments?view=checks")
        window.see("smoke_timezone", "no_caption_reserved_twice")
        window.click("Execute all")
        run = ended(dagster, window, after=before)
        assert run.status is dg.DagsterRunStatus.SUCCESS
        window.open("/assets/active_caption_assignments?view=checks")
        window.until("9 checks that passed", lambda: window.text.count("Succeeded") >= 9)
        assert "Failed" not in window.text

    def test_5_a_refused_publication_says_why(self, dagster: Served, window: Browser) -> None:
        before, folder = newest(dagster), dagster.dataset.settings.out_dir / COMING
        published = {path.name: path.read_bytes() for path in folder.iterdir()}
        dagster.dataset.warehouse.run(CHANGED)
        window.open(f"{JOBS}/export_schedules")
        window.click("Materialize all…")
        window.click("Latest")
        window.click("Launch 1 run")
        run = ended(dagster, window, after=before)
        assert run.status is dg.DagsterRunStatus.FAILURE
        window.click("View full message")
        window.see("nothing was published", "schedules_are_as_planned")
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == published

    def test_6_the_backfill_has_run_both_weeks_and_its_page_says_so(
        self, dagster: Served, window: Browser
    ) -> None:
        [backfill] = dagster.instance.get_backfills(limit=2)
        window.open(f"/runs/b/{backfill.backfill_id}?tab=runs")
        window.see("Succeeded", f"{PLANNED}...{COMING}")
        asset = dg.AssetKey("weekly_volume_targets")
        found = dagster.instance.fetch_materializations(asset, limit=10).records
        by_backfill = {
            record.partition_key
            for record in found
            if (run := dagster.instance.get_run_by_id(record.run_id))
            and run.tags.get("dagster/backfill") == backfill.backfill_id
        }
        assert by_backfill == {PLANNED, COMING}


def planned_pages(dagster: Served, week: str) -> list[str]:
    """The pages with a schedule in force."""
    rows = dagster.dataset.rows("schedule_recommendations", is_active=True)
    return sorted(
        {row["page_name"] for row in rows.to_dict("records") if f"{row['week_start']}" == week}
    )
