"""The weekly line from history to files, as one run of the asset graph."""

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from benchmarks.bills import Bill, bill_of
from eros_assets.agency.identity import AnotherAgencyError
from eros_assets.gate.conditions import routine_differences
from eros_assets.gate.rehearsal import SELECTOR
from eros_assets.planning import week as planner
from eros_assets.planning.week import plan_week
from eros_assets.weekly.scope import UnknownPageError
from tests.assets.installed import WEEK, Installed, copied, installed

NOTHING_SENT_HEADER = (
    "row_id,page_name,message,sending_time,price,sent_count,viewed_count,purchased_count,"
    "earnings,message_type,caption_id\n"
)
BANK_HEADER = (
    "caption_id,caption_text,content_category,price_tier,has_urgency,page_name,is_active,"
    "created_at\n"
)
PLANNING = ("selection", "schedules")


def test_every_active_creator_gets_a_schedule_a_file_and_a_picture(agency: Installed) -> None:
    active = set(
        agency.query("SELECT page_name FROM `${dataset}.creators` WHERE is_active")["page_name"]
    )
    scheduled = agency.query(
        "SELECT DISTINCT page_name FROM `${dataset}.schedule_recommendations` WHERE is_active"
    )
    assert set(scheduled["page_name"]) == active
    names = set(agency.files())
    assert {f"{page}.csv" for page in active} <= names
    assert {f"{page}.svg" for page in active} <= names


def test_the_same_week_again_changes_no_row_and_no_file(planned: Path, tmp_path: Path) -> None:
    with copied(planned, tmp_path, remembers=False) as agency:
        rows, files = agency.week_tables(), agency.files()
        agency.plan()
        assert agency.week_tables() == rows
        assert agency.files() == files


def test_a_weekly_run_is_at_most_150_jobs_and_two_cents_on_bigquery(agency: Installed) -> None:
    """Told from the log of the embedded warehouse, for which each operation is one job."""
    dataset = agency.dataset
    jobs = dataset.warehouse.jobs(dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    # The first one learned everything.
    call, _ = [j for j in jobs if j.kind == "call" and j.statement == SELECTOR]
    bill = sum(
        (bill_of(dataset, j) for j in jobs if j.labels.get("run") == call.labels["run"]), Bill()
    )
    assert 100 < bill.jobs <= 150
    assert 0.01 < bill.usd <= 0.02


def test_two_installations_plan_the_same_week_bit_for_bit(
    agency: Installed, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with installed(tmp_path_factory.mktemp("other")) as other:
        other.set_up()
        other.plan()
        assert other.week_tables() == agency.week_tables()
        assert other.files() == agency.files()


def test_another_seed_chooses_other_captions(agency: Installed, tmp_path: Path) -> None:
    before = agency.week_tables()["caption_selections"]
    with installed(tmp_path, seed="another") as reseeded:
        reseeded.plan(groups=("selection",))
        assert reseeded.week_tables()["caption_selections"] != before


@dataclass(frozen=True)
class Narrowed:
    """A week planned again for one page, and for one that joined; all pages' messages before it."""

    agency: Installed
    before: Mapping[str, pd.DataFrame]


@pytest.fixture(scope="module")
def narrowed(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Narrowed]:
    with copied(planned, tmp_path_factory.mktemp("narrowed")) as agency:
        active = agency.query("SELECT page_name FROM `${dataset}.creators` WHERE is_active")
        before = {page: messages(agency, page) for page in sorted(active["page_name"])}
        agency.change(
            "INSERT INTO `${dataset}.creators` (page_name, display_name, is_active) "
            "VALUES ('brand_new', 'Brand New', TRUE)"
        )
        agency.plan(pages=(min(before), "brand_new"))
        yield Narrowed(agency, before)


def messages(agency: Installed, page: str) -> pd.DataFrame:
    return agency.query(
        "SELECT * FROM `${dataset}.schedule_recommendations` WHERE page_name = @page "
        "ORDER BY message_number",
        page=page,
    )


def test_a_run_narrowed_to_pages_leaves_the_others_as_they_were(narrowed: Narrowed) -> None:
    for page in sorted(narrowed.before)[1:]:
        assert messages(narrowed.agency, page).equals(narrowed.before[page]), page


def test_runs_judge_the_selections_that_they_have_made(narrowed: Narrowed) -> None:
    """That of all pages and that of two: nothing is selected once more for the gate."""
    dataset = narrowed.agency.dataset
    jobs = dataset.warehouse.jobs(dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    judging = [job.statement for job in jobs if job.labels.get("purpose") == "smoke"]
    assert judging.count("analyze_creator_performance") == 2
    assert not [each for each in judging if each.startswith("rehearse")]
    verdicts = dataset.rows("gate_verdicts", condition="smoke_selector")
    calls = [job for job in jobs if job.kind == "call" and job.statement == SELECTOR]
    assert len(verdicts) == 2
    assert all(verdicts["passed"])
    assert max(verdicts["observed"]) <= sum(job.duration_seconds for job in calls)
    assert min(verdicts["observed"]) > 0


def test_a_creator_without_history_is_planned_beside_the_others(narrowed: Narrowed) -> None:
    assert "brand_new.csv" in narrowed.agency.files()


def test_a_run_for_a_page_that_is_no_creator_names_it(agency: Installed) -> None:
    with pytest.raises(UnknownPageError, match="nobody_here"):
        agency.plan(pages=("nobody_here",))


@dataclass(frozen=True)
class NextWeek:
    """The week after the planned one, whose plan failed for the second page; and its run."""

    agency: Installed
    week: dt.date
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def next_week(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NextWeek]:
    monday = WEEK + dt.timedelta(days=7)
    calls = 0

    def sometimes(*arguments: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ZeroDivisionError("the second page's misfortune")
        return plan_week(*arguments, **more)  # type: ignore[arg-type]

    with copied(planned, tmp_path_factory.mktemp("next_week")) as agency:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(planner, "plan_week", sometimes)
            result = agency.plan(week=monday, groups=PLANNING)
        yield NextWeek(agency, monday, result)


def test_a_creator_that_fails_is_reported_and_stops_no_other(next_week: NextWeek) -> None:
    """Whatever befalls one creator's plan, the others get theirs."""
    agency = next_week.agency
    failed = agency.query("SELECT * FROM `${dataset}.schedule_shortfalls` WHERE stage = 'creator'")
    assert list(failed["reason"]) == ["ZeroDivisionError: the second page's misfortune"]
    scheduled = agency.query(
        "SELECT DISTINCT page_name FROM `${dataset}.schedule_recommendations` "
        "WHERE is_active AND week_start = @week",
        week=next_week.week,
    )
    active = agency.query("SELECT page_name FROM `${dataset}.creators` WHERE is_active")
    assert set(active["page_name"]) - set(scheduled["page_name"]) == set(failed["page_name"])
    evaluation = {e.check_name: e for e in next_week.result.get_asset_check_evaluations()}
    assert not evaluation["every_creator_planned"].passed
    assert evaluation["schedule_rules_hold"].passed


def test_a_week_that_has_begun_is_left_alone_unless_forced(
    agency: Installed, tmp_path: Path
) -> None:
    rows = agency.week_tables()["schedule_recommendations"]
    with installed(tmp_path, today=WEEK + dt.timedelta(days=2), seed="another") as later:
        later.plan(groups=PLANNING)
        assert later.week_tables()["schedule_recommendations"] == rows
        later.plan(groups=PLANNING, force=True)
        times = later.query(
            "SELECT MIN(send_date) AS first FROM `${dataset}.schedule_recommendations` "
            "WHERE is_active"
        )
        assert times["first"].iloc[0] >= WEEK + dt.timedelta(days=2)
        superseded = later.query(
            "SELECT COUNT(*) AS n FROM `${dataset}.schedule_recommendations` "
            "WHERE status = 'superseded'"
        )
        assert superseded["n"].iloc[0] == len(rows)
        held = later.query(
            "SELECT COUNT(*) AS n FROM `${dataset}.active_caption_assignments` AS a "
            "WHERE a.is_active AND a.schedule_id IN (SELECT r.schedule_id "
            "FROM `${dataset}.schedule_recommendations` AS r WHERE r.status = 'superseded')"
        )
        assert held["n"].iloc[0] == 0


def test_consecutive_weeks_never_share_a_caption(next_week: NextWeek) -> None:
    shared = next_week.agency.query(
        "SELECT caption_id FROM `${dataset}.active_caption_assignments` WHERE is_active "
        "GROUP BY caption_id HAVING COUNT(*) > 1"
    )
    assert shared.empty


def test_another_agency_is_refused_and_the_first_one_kept(
    agency: Installed, tmp_path: Path
) -> None:
    rows = agency.week_tables()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "mass_messages.csv").write_text(
        NOTHING_SENT_HEADER + "1,other_page,Hello,2025-10-01T18:00:00Z,,10,5,0,0,Bump,1\n"
    )
    (folder / "caption_bank.csv").write_text(
        BANK_HEADER + "1,Hello,greeting,bump,False,,True,2025-01-01T00:00:00Z\n"
    )
    with installed(tmp_path, import_dir=folder) as other:
        result = other.run("set_up", succeeds=False)
        failures = [e for e in result.all_events if e.is_step_failure]
        causes = [e.step_failure_data.error.cause for e in failures]
        assert any(c and AnotherAgencyError.__name__ in str(c.cls_name) for c in causes)
        assert any(c and "EROS_HOME=" in c.message for c in causes)
    assert agency.week_tables() == rows


def _import(folder: Path, messages: str, bank: str, creators: str) -> Path:
    history = folder / "history"
    history.mkdir(parents=True)
    (history / "mass_messages.csv").write_text(NOTHING_SENT_HEADER + messages)
    (history / "caption_bank.csv").write_text(BANK_HEADER + bank)
    (history / "creators.csv").write_text("page_name,display_name,is_active\n" + creators)
    return history


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """A planned week without history, of a page with captions and of one with too few."""
    tiers = ("budget", "mid", "premium", "bump")
    bank = "".join(
        f"{n},Text number {n},topic_{n % 5},{tiers[n % 4]},False,new_page,True,"
        "2025-01-01T00:00:00Z\n"
        for n in range(1, 201)
    ) + "".join(
        f"{n},Text number {n},topic_{n},{tier},False,poor_page,True,2025-01-01T00:00:00Z\n"
        for n, tier in enumerate(("budget", "mid", "bump"), start=1001)
    )
    folder = tmp_path_factory.mktemp("beginning")
    history = _import(folder, "", bank, "new_page,New,True\npoor_page,Poor,True\n")
    with installed(folder, import_dir=history) as agency:
        agency.set_up()
        agency.plan(exports=False)
        yield agency


def test_an_empty_history_gives_schedules_from_the_bank_alone(beginning: Installed) -> None:
    counts = beginning.query(
        "SELECT message_type, COUNT(*) AS n FROM `${dataset}.schedule_recommendations` "
        "WHERE is_active AND page_name = 'new_page' GROUP BY message_type ORDER BY message_type"
    )
    assert counts.to_dict("records") == [
        {"message_type": "Bump", "n": 4},
        {"message_type": "PPV", "n": 6},
    ]


def test_a_bank_with_too_few_captions_gives_what_there_is_and_says_the_shortfall(
    beginning: Installed,
) -> None:
    shortfalls = beginning.query(
        "SELECT page_name, price_tier, wanted, got FROM `${dataset}.schedule_shortfalls` "
        "WHERE stage = 'selection' ORDER BY price_tier"
    )
    assert set(shortfalls["page_name"]) == {"poor_page"}
    lacking = shortfalls.drop(columns="page_name").set_index("price_tier")
    scheduled = beginning.query(
        "SELECT caption_id FROM `${dataset}.schedule_recommendations` "
        "WHERE is_active AND page_name = 'poor_page'"
    )
    assert sorted(scheduled["caption_id"]) == [1001, 1002, 1003]
    assert lacking.loc["bump"].to_dict() == {"wanted": 4, "got": 1}
    assert lacking.loc["mid"].to_dict() == {"wanted": 2, "got": 1}


def test_files_have_the_contracts_columns_and_la_offsets(agency: Installed) -> None:
    folder = agency.dataset.week_folder(WEEK)
    for path in folder.glob("*.csv"):
        if path.name.endswith(".excel.csv"):
            continue
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert rows
        assert all(row["scheduled_send_time"].endswith("-08:00") for row in rows)
        order = [(row["page_name"], row["scheduled_send_time"]) for row in rows]
        assert order == sorted(order)


def test_the_control_arm_is_drawn_and_scheduled(agency: Installed) -> None:
    arms = agency.query(
        "SELECT arm, COUNT(*) AS n FROM `${dataset}.schedule_recommendations` "
        "WHERE is_active AND message_type = 'PPV' GROUP BY arm"
    ).set_index("arm")["n"]
    assert 0 < arms["control"] < arms["treatment"]


def test_a_failed_import_leaves_the_inputs_as_they_were(agency: Installed, tmp_path: Path) -> None:
    before = agency.query("SELECT COUNT(*) AS n FROM `${dataset}.mass_messages`")["n"].iloc[0]
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "mass_messages.csv").write_text(NOTHING_SENT_HEADER)
    (folder / "caption_bank.csv").write_text(
        BANK_HEADER + "1,Hello,greeting,gold,False,,True,2025-01-01T00:00:00Z\n"
    )
    with installed(tmp_path, import_dir=folder) as broken:
        broken.run("set_up", succeeds=False)
    after = agency.query("SELECT COUNT(*) AS n FROM `${dataset}.mass_messages`")["n"].iloc[0]
    assert after == before


def test_every_active_creator_is_reported_on(agency: Installed) -> None:
    reported = agency.query("SELECT page_name FROM `${dataset}.creator_performance`")
    active = agency.query("SELECT page_name FROM `${dataset}.creators` WHERE is_active")
    assert sorted(reported["page_name"]) == sorted(active["page_name"])


def test_a_routine_with_another_text_than_that_of_sql_is_seen(agency: Installed) -> None:
    warehouse = agency.dataset.warehouse
    assert routine_differences(agency.dataset) == ([], 13)
    warehouse.deploy(replace(agency.dataset.library["wilson_sample"], fingerprint="0" * 64))
    (difference,), _ = routine_differences(agency.dataset)
    assert difference.startswith("wilson_sample: deployed")


def test_a_routine_that_sql_does_not_have_is_seen(agency: Installed) -> None:
    warehouse = agency.dataset.warehouse
    ours = agency.dataset.library["wilson_sample"]
    text = ours.text.replace("wilson_sample", "somebodys_own")
    warehouse.deploy(replace(ours, name="somebodys_own", text=text))
    differences, deployed = routine_differences(agency.dataset)
    assert deployed == 14
    assert differences[0] == "3 of kind FUNCTION, not 2"
    assert differences[1].startswith("somebodys_own: deployed")
