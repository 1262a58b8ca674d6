"""The measured improvement as an asset: from planned and sent messages to the row that is read."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from eros_assets.assets.evaluation import emv_improvement
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import resources_of
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables

AS_OF = dt.date(2025, 11, 24)
PAGES = ("coach", "cook", "band")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Three pages, each with 20 sent PPVs of which 6 are control; treatment earns twice as much."""
    dataset = open_dataset(load_settings({"env": "local", "home": tmp_path, "today": "2025-11-24"}))
    warehouse = dataset.warehouse
    for name in (
        *("tuning", "schedule_recommendations", "message_facts", "emv_improvement"),
        *("caption_bank", "judged_captions", "usable_captions", "caption_contents"),
        "comparable_facts",
    ):
        warehouse.deploy(dataset.library[name])
    warehouse.load("tuning", configuration_tables(dataset.settings, dataset.library)["tuning"])
    plans: list[dict[str, object]] = []
    facts: list[dict[str, object]] = []
    for n in range(60):
        page, arm = PAGES[n % 3], "control" if n < 18 else "treatment"
        week = dt.date(2025, 11, 10) + dt.timedelta(days=7 * (n % 2))
        shared = {"page_name": page, "caption_id": n, "message_type": "PPV", "send_date": week}
        plans.append(
            {
                **shared,
                "schedule_id": f"sched_{page}_{week}",
                "message_number": n,
                "arm": arm,
                "price_tier": "mid",
                "status": "active",
                "week_start": week,
            }
        )
        earned = (10.0 + n % 5) * (2 if arm == "treatment" else 1)
        facts.append({**shared, "row_id": n, "sent_count": 1000, "earnings": earned})
    warehouse.load("schedule_recommendations", pd.DataFrame(plans))
    warehouse.load("message_facts", pd.DataFrame(facts))
    return dataset


def measure(dataset: Dataset, as_of: dt.date = AS_OF) -> dg.MaterializeResult[object]:
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [emv_improvement],
            instance=instance,
            resources=resources_of(dataset.settings.model_copy(update={"week": as_of})),
        )
        [event] = result.get_asset_materialization_events()
        return dg.MaterializeResult(metadata=event.materialization.metadata)


def rows(dataset: Dataset) -> pd.DataFrame:
    return dataset.warehouse.query(
        "SELECT * FROM `${dataset}.emv_improvement` ORDER BY as_of, scope, page_name, week_start"
    )


def test_the_overall_row_says_what_the_treatment_earns_more(dataset: Dataset) -> None:
    shown = measure(dataset).metadata or {}
    [overall] = rows(dataset).query("scope == 'overall'").to_dict("records")
    assert overall["relative_improvement"] == pytest.approx(1.0, rel=0.1)
    assert overall["relative_lower"] > 0.10
    assert (overall["treatment_messages"], overall["control_messages"]) == (42, 18)
    assert (overall["clusters"], overall["weeks_measured"]) == (3, 2)
    assert pd.isna(overall["page_name"])
    assert str(shown["picture"].value).startswith("![improvement](data:image/svg+xml;base64,")
    assert shown["relative_improvement"].value == overall["relative_improvement"]


def test_measuring_again_replaces_that_mondays_rows_and_no_others(dataset: Dataset) -> None:
    measure(dataset)
    first = rows(dataset)
    measure(dataset, AS_OF - dt.timedelta(days=7))
    measure(dataset)
    both = rows(dataset)
    again = both[both["as_of"] == AS_OF].reset_index(drop=True)
    stamps = ["measured_at", "run_id"]
    pd.testing.assert_frame_equal(again.drop(columns=stamps), first.drop(columns=stamps))
    assert set(both["as_of"]) == {AS_OF, AS_OF - dt.timedelta(days=7)}


def test_before_anything_was_sent_there_is_a_row_that_claims_nothing(dataset: Dataset) -> None:
    shown = measure(dataset, dt.date(2025, 1, 6)).metadata or {}
    [overall] = rows(dataset).to_dict("records")
    assert overall["scope"] == "overall"
    assert (overall["treatment_planned"], overall["treatment_messages"]) == (0, 0)
    assert pd.isna(overall["relative_improvement"])
    assert shown["relative_improvement"].value == "not known yet"
