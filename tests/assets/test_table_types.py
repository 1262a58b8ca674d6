"""DataFrames that come from files or go to a notebook are of their table's type."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from eros_assets.assets.table_types import (
    NothingToReadError,
    TableTypeError,
    dataframe_type,
    require_type,
)
from eros_assets.dataset import sql_library
from eros_assets.definitions import build_definitions
from eros_assets.settings import Settings
from tests.assets.installed import WEEK, Installed
from tests.google.loopback import serving
from tests.warehouse.bigquery.plays import Play
from tests.warehouse.bigquery.service import Service

CREATORS = pd.DataFrame(
    {"page_name": ["cook", "coach"], "display_name": ["Cook", None], "is_active": [True, False]}
)
TARGET = pd.DataFrame(
    {
        "page_name": ["cook"],
        "week_start": [WEEK],
        "size_tier": ["SMALL"],
        "behavioral_segment": ["BUDGET"],
        "saturation_status": ["GREEN"],
        "saturation_score": [0.2],
        **{name: [1] for name in ("ppv_count", "bump_count", "num_budget", "num_mid")},
        **{name: [1] for name in ("num_premium", "num_bump", "min_gap_minutes")},
        **{name: [2] for name in ("max_messages_per_day", "cooling_days")},
        "holiday_factor": [1.0],
        "closed_days": [0],
        "sending_hours": pd.Series([None], dtype=object),
        "set_by_people": pd.Series([None], dtype=object),
        "computed_at": [pd.Timestamp("2025-11-01", tz="UTC")],
        "run_id": ["r"],
    }
)


def test_rows_of_the_type_pass() -> None:
    require_type("creators", CREATORS)
    require_type("weekly_volume_targets", TARGET)


@pytest.mark.parametrize(
    ("table", "wrong", "said"),
    [
        ("creators", CREATORS.drop(columns="is_active"), "is_active"),
        ("creators", CREATORS.assign(is_active=["yes", "no"]), "is_active"),
        ("creators", CREATORS.assign(page_name="cook"), "'page_name': 'cook'"),
        ("weekly_volume_targets", TARGET.assign(size_tier="HUGE"), "size_tier"),
        ("weekly_volume_targets", TARGET.assign(saturation_score=1.5), "saturation_score"),
        ("weekly_volume_targets", TARGET.assign(ppv_count=-1), "ppv_count"),
        ("weekly_volume_targets", TARGET.assign(ppv_count="many"), "ppv_count"),
        ("weekly_volume_targets", TARGET.assign(holiday_factor="much"), "holiday_factor"),
        ("weekly_volume_targets", TARGET.assign(computed_at=dt.datetime(2025, 11, 1)), "computed"),  # noqa: DTZ001
        ("weekly_volume_targets", pd.concat([TARGET, TARGET]), "page_name, week_start"),
    ],
)
def test_rows_that_break_a_rule_are_refused_by_name(
    table: str, wrong: pd.DataFrame, said: str
) -> None:
    with pytest.raises(TableTypeError, match=f"^{table}: ") as caught:
        require_type(table, wrong)
    assert said in str(caught.value)


def test_every_table_has_a_type_that_describes_its_columns() -> None:
    for table in sql_library().of_kind("table"):
        described = dataframe_type(table.name).description or ""
        assert all(column.name in described for column in table.columns)


def test_every_table_asset_of_a_planned_week_is_of_its_type(agency: Installed) -> None:
    definitions = build_definitions(agency.dataset.settings)
    graph = definitions.resolve_asset_graph()
    read: dict[str, int] = {}
    for key in graph.get_all_asset_keys():
        name, node = key.path[-1], graph.get(key)
        if name in sql_library() and sql_library()[name].kind in ("table", "view"):
            week = WEEK.isoformat() if node.partitions_def else None
            rows = definitions.load_asset_value(key, partition_key=week, instance=agency.instance)
            assert isinstance(rows, pd.DataFrame)
            read[name] = len(rows)
    assert {"mass_messages", "caption_bandit_stats", "schedule_recommendations"} <= read.keys()
    [[scheduled]] = agency.query(
        "SELECT COUNT(*) FROM `${dataset}.schedule_recommendations` WHERE week_start = @week",
        week=WEEK,
    ).to_numpy()
    assert read["schedule_recommendations"] == scheduled > 0


def test_a_partition_without_rows_has_the_columns_all_the_same(agency: Installed) -> None:
    definitions = build_definitions(agency.dataset.settings)
    rows = definitions.load_asset_value(
        "schedule_recommendations", partition_key="2025-10-27", instance=agency.instance
    )
    assert isinstance(rows, pd.DataFrame)
    assert rows.empty
    assert "scheduled_send_time" in rows.columns


def test_an_asset_that_is_no_table_has_no_rows(agency: Installed) -> None:
    definitions = build_definitions(agency.dataset.settings)
    with pytest.raises(NothingToReadError, match="schedule_csv"):
        definitions.load_asset_value(
            "schedule_csv", partition_key=WEEK.isoformat(), instance=agency.instance
        )


def test_an_asset_that_returns_rows_is_told_to_write_them_itself(agency: Installed) -> None:
    @dg.asset
    def someones_own() -> int:
        return 1

    resources = build_definitions(agency.dataset.settings).resources
    result = dg.materialize([someones_own], resources=resources, raise_on_error=False)
    assert not result.success
    [failed] = [event for event in result.all_events if event.is_step_failure]
    assert "write their tables themselves" in str(failed.step_failure_data.error)


def test_a_table_in_bigquery_is_read_the_same_way(service: Service, tmp_path: Path) -> None:
    service.will(
        Play(
            columns=(
                ("page_name", "STRING"),
                ("display_name", "STRING"),
                ("is_active", "BOOLEAN"),
            ),
            rows=(("cook", "Cook", True),),
        )
    )
    with serving(service) as address, dg.DagsterInstance.ephemeral() as instance:
        settings = Settings(env="production", bigquery_endpoint=address, home=tmp_path)
        rows = build_definitions(settings).load_asset_value("creators", instance=instance)
    assert isinstance(rows, pd.DataFrame)
    assert rows.to_dict("records") == [
        {"page_name": "cook", "display_name": "Cook", "is_active": True}
    ]
