"""Weeks under way, weeks that have passed, and statistics that only go forward, in whole runs."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from eros_assets.calendar import ZONE
from eros_assets.tuning.rows import TuningError
from eros_assets.weekly.scope import UnknownPageError
from eros_assets.weekly.statistics import OldStatisticsError
from eros_assets.weekly.weeks import PastWeekError
from tests.assets.installed import WEEK, Installed, copied, installed

NEXT_WEEK = WEEK + dt.timedelta(weeks=1)
SATURDAY = WEEK + dt.timedelta(days=5)
TARGETS = "SELECT * FROM `${dataset}.weekly_volume_targets` WHERE week_start = @week"
PLANNED = """
    SELECT page_name, send_date, message_type, price_tier
    FROM `${dataset}.schedule_recommendations` WHERE week_start = @week AND is_active
"""
EVERYTHING = (
    *("message_facts", "caption_bandit_stats", "caption_priors", "caption_appeal"),
    *("caption_text_priors", "page_tastes"),
    *("creator_performance", "creator_anomalies", "emv_improvement", "schedule_review"),
    *("weekly_volume_targets", "caption_selections", "selection_pools", "schedule_shortfalls"),
    *("schedule_recommendations", "active_caption_assignments", "schedule_export_log"),
)


def contents(agency: Installed) -> dict[str, str]:
    """Every row of every table that a weekly run writes, stamps included."""
    return {
        name: agency.query(f"SELECT * FROM `${{dataset}}.{name}`").astype(str).to_csv()
        for name in EVERYTHING
    }


def send(agency: Installed, page: str, days: int, a_day: int) -> None:
    """Give a page messages on the first days of the week, in the history."""
    agency.change(
        "INSERT INTO `${dataset}.mass_messages` "
        "SELECT m.* REPLACE (900000 + n AS row_id, @page AS page_name, "
        "TIMESTAMP_ADD(@begin, INTERVAL (DIV(n, @a_day) * 24 + MOD(n, @a_day) * 2) HOUR) "
        "AS sending_time, CAST(NULL AS TIMESTAMP) AS counted_at) "
        "FROM (SELECT * FROM `${dataset}.mass_messages` "
        "WHERE message_type = 'PPV' AND price > 0 AND sent_count > 0 "
        "AND viewed_count <= sent_count AND purchased_count <= viewed_count AND earnings >= 0 "
        "ORDER BY row_id LIMIT 1) AS m "
        "CROSS JOIN UNNEST(GENERATE_ARRAY(0, @messages - 1)) AS n",
        page=page,
        begin=dt.datetime.combine(WEEK, dt.time(9), ZONE),
        a_day=a_day,
        messages=days * a_day,
    )


# A week under way


@dataclass(frozen=True)
class Saturday:
    """A week planned again on its Saturday, when one page had sent messages in it.

    `whole` are the targets of the week as it was planned before, `left` those of the new plan,
    each by page; `planned` are the messages in force, and `sent` those of `page` by price tier.
    """

    page: str
    whole: pd.DataFrame
    left: pd.DataFrame
    planned: pd.DataFrame
    sent: pd.DataFrame


@pytest.fixture(scope="module")
def saturday(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Saturday:
    with copied(planned, tmp_path_factory.mktemp("saturday"), today=SATURDAY) as agency:
        whole = agency.query(TARGETS, week=WEEK).set_index("page_name")
        page = min(whole.index)
        send(agency, page, days=5, a_day=6)
        agency.plan(force=True, exports=False)
        sent = agency.query(
            "SELECT b.price_tier, COUNT(*) AS n FROM `${dataset}.message_facts` AS f "
            "LEFT JOIN `${dataset}.caption_bank` AS b ON f.caption_id = b.caption_id "
            "WHERE f.page_name = @page AND f.send_date >= @week GROUP BY b.price_tier",
            page=page,
            week=WEEK,
        )
        left = agency.query(TARGETS, week=WEEK).set_index("page_name")
        return Saturday(page, whole, left, agency.query(PLANNED, week=WEEK), sent)


def test_the_last_two_days_of_a_week_get_their_share_of_it(saturday: Saturday) -> None:
    for column in ("ppv_count", "bump_count"):
        assert (saturday.left[column] == saturday.whole[column]).all(), (
            "the week's own numbers stay"
        )
    # Those of the pages that have sent nothing yet.
    left, whole = saturday.left.drop(saturday.page), saturday.whole.drop(saturday.page)
    assert len(left) >= 5
    tiers = ["num_budget", "num_mid", "num_premium"]
    assert (left[tiers].sum(axis=1) == (whole["ppv_count"] * 2 / 7 + 0.5).astype(int)).all()
    assert (left["num_bump"] == (whole["bump_count"] * 2 / 7 + 0.5).astype(int)).all()
    assert saturday.planned["send_date"].min() >= SATURDAY
    for page, messages in saturday.planned.groupby("page_name"):
        target = saturday.whole.loc[page]
        open_days = 7 - target["cooling_days"]
        ppvs = messages[messages["message_type"] == "PPV"].groupby("send_date").size()
        most = -(-target["ppv_count"] // open_days)
        assert not len(ppvs) or ppvs.max() <= most
        assert messages.groupby("send_date").size().max() <= most + -(-target["bump_count"] // 7)


def test_what_a_page_has_sent_in_the_week_is_not_planned_again(saturday: Saturday) -> None:
    page, left, sent = saturday.page, saturday.left, saturday.sent
    other = sorted(left.index)[1]
    assert sent["n"].sum() == 30
    tier = sent["price_tier"].iloc[0]
    assert left.loc[page, f"num_{tier if isinstance(tier, str) else 'mid'}"] == 0
    assert left.loc[other, ["num_budget", "num_mid", "num_premium"]].sum() > 0


def test_a_page_that_joins_in_the_week_gets_what_is_left_of_it(
    agency: Installed, tmp_path: Path
) -> None:
    agency.change(
        "INSERT INTO `${dataset}.creators` (page_name, display_name, is_active) "
        "VALUES ('brand_new', 'Brand New', TRUE)"
    )
    with installed(tmp_path, today=WEEK + dt.timedelta(days=3)) as later:
        later.plan(pages=("brand_new",), exports=False)
        [left] = (
            later.query(TARGETS, week=WEEK).query("page_name == 'brand_new'").to_dict("records")
        )
        planned = later.query(PLANNED, week=WEEK)
    planned = planned[planned["page_name"] == "brand_new"]
    ppvs = left["num_budget"] + left["num_mid"] + left["num_premium"]
    assert ppvs == int(left["ppv_count"] * 4 / 7 + 0.5)
    assert len(planned) == ppvs + left["num_bump"]


# Weeks that have passed


@pytest.mark.parametrize("force", [False, True], ids=["plain", "forced"])
@pytest.mark.parametrize("weeks", [1, 5])
def test_a_week_that_has_passed_is_refused_and_nothing_changes(
    agency: Installed, weeks: int, force: bool
) -> None:
    week = WEEK - dt.timedelta(weeks=weeks)
    before, files = contents(agency), agency.files()
    with pytest.raises(PastWeekError, match=f"week {week} has passed: .* planned are {WEEK}"):
        agency.plan(week=week, force=force)
    assert contents(agency) == before
    assert agency.files() == files


@pytest.mark.parametrize(
    "asset",
    [
        *("weekly_volume_targets", "caption_selections", "schedule_recommendations"),
        "active_caption_assignments",
    ],
)
def test_each_step_that_plans_refuses_a_week_that_has_passed(agency: Installed, asset: str) -> None:
    before = contents(agency)
    with pytest.raises(PastWeekError):
        materialize(agency, [asset], WEEK - dt.timedelta(weeks=2))
    assert contents(agency) == before


def test_an_unknown_page_is_refused_before_the_first_table_is_written(agency: Installed) -> None:
    before = contents(agency)
    with pytest.raises(UnknownPageError, match="nobody"):
        agency.plan(pages=("nobody",))
    assert contents(agency) == before


@pytest.mark.parametrize("table", ["segment_rules", "tuning"])
def test_a_configuration_that_was_loaded_twice_is_refused_before_the_first_table_is_written(
    agency: Installed, table: str
) -> None:
    agency.dataset.load(table, pd.concat([agency.dataset.rows(table)] * 2))
    before = contents(agency)
    with pytest.raises(TuningError, match=f"table {table} has 2 rows"):
        agency.plan()
    assert contents(agency) == before


# Statistics


def materialize(
    agency: Installed, assets: list[str], week: dt.date, *, force: bool = False
) -> dg.ExecuteInProcessResult:
    """Materialize some assets of a week, as a person does in the UI."""
    from eros_assets.definitions import build_definitions

    settings = agency.dataset.settings.model_copy(update={"week": week})
    selection = dg.AssetSelection.assets(*assets).required_multi_asset_neighbors()
    job = dg.define_asset_job("chosen", selection=selection)
    definitions = dg.Definitions.merge(build_definitions(settings), dg.Definitions(jobs=[job]))
    config: dict[str, Any] = {"resources": {"week_scope": {"config": {"force": force}}}}
    chosen = definitions.resolve_job_def("chosen")
    return chosen.execute_in_process(
        instance=agency.instance,
        partition_key=week.isoformat() if chosen.partitions_def else None,
        run_config=config,
    )


def learned(agency: Installed) -> dict[str, str]:
    names = ("caption_bandit_stats", "caption_priors", "caption_appeal", "page_tastes")
    return {
        name: agency.query(f"SELECT * FROM `${{dataset}}.{name}`").astype(str).to_csv()
        for name in names
    }


def as_of(agency: Installed) -> list[dt.date]:
    found = agency.query("SELECT DISTINCT stats_as_of FROM `${dataset}.caption_priors`")
    return [pd.Timestamp(day).date() for day in found["stats_as_of"]]


@pytest.mark.parametrize("weeks", [1, 6])
def test_statistics_of_an_older_week_leave_the_present_ones_as_they_are(
    agency: Installed, weeks: int
) -> None:
    before = learned(agency)
    result = materialize(agency, ["caption_bandit_stats"], WEEK - dt.timedelta(weeks=weeks))
    assert learned(agency) == before
    *_, event = result.asset_materializations_for_node("caption_bandit_stats")
    assert "does not go back" in str(event.metadata["kept"].value)


def test_reports_of_an_older_week_leave_the_present_statistics_as_they_are(
    agency: Installed,
) -> None:
    before = learned(agency)
    old = WEEK - dt.timedelta(weeks=3)
    agency.run("daily_caption_update", old)
    assert learned(agency) == before
    reports = agency.query(
        "SELECT page_name FROM `${dataset}.creator_performance` WHERE week_start = @week", week=old
    )
    assert len(reports)


def test_forced_statistics_go_back_and_a_later_week_is_refused_until_they_are_refreshed(
    agency: Installed,
) -> None:
    materialize(agency, ["caption_bandit_stats"], WEEK - dt.timedelta(weeks=2), force=True)
    assert as_of(agency) == [WEEK - dt.timedelta(weeks=2)]
    before = agency.week_tables()["caption_selections"]
    with pytest.raises(OldStatisticsError, match=f"EROS_WEEK={WEEK} make week") as refused:
        materialize(agency, ["caption_selections"], WEEK)
    assert "materialize caption_bandit_stats" in str(refused.value)
    assert agency.week_tables()["caption_selections"] == before
    materialize(agency, ["caption_bandit_stats", "caption_selections"], WEEK)
    assert as_of(agency) == [WEEK]
    assert agency.week_tables()["caption_selections"] == before


def test_statistics_of_the_newest_history_before_the_week_will_do(agency: Installed) -> None:
    """No message lies between them and the week's Monday: they would be the same as of it."""
    materialize(agency, ["weekly_volume_targets"], NEXT_WEEK)
    materialize(agency, ["caption_selections"], NEXT_WEEK)
    assert as_of(agency) == [WEEK]


def test_statistics_before_the_first_ones_are_refused(agency: Installed) -> None:
    agency.change("DELETE FROM `${dataset}.caption_priors` WHERE TRUE")
    with pytest.raises(OldStatisticsError, match="have not been made yet"):
        materialize(agency, ["caption_selections"], WEEK)


def test_a_week_planned_from_later_statistics_says_so(agency: Installed) -> None:
    materialize(agency, ["caption_bandit_stats"], NEXT_WEEK)
    result = materialize(agency, ["caption_bandit_stats", "caption_selections"], WEEK)
    assert as_of(agency) == [NEXT_WEEK]
    [event] = result.asset_materializations_for_node("caption_selections")
    assert event.metadata["statistics"].value == (
        f"week {WEEK} is planned from the caption statistics of {NEXT_WEEK}, a later date than "
        "its Monday"
    )
