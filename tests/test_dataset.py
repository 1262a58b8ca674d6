"""A handle on the dataset binds the parameters of a file of sql/ by the types of its header."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset, StatementError, open_dataset, sql_library
from eros_assets.settings import Settings, load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.protocol import WarehouseError
from tests.google.loopback import serving
from tests.warehouse.bigquery.service import Service

MONDAY = dt.date(2025, 11, 3)
NEXT_MONDAY = dt.date(2025, 11, 10)


# Parameters


@pytest.mark.parametrize("pages", [[], (), ["cook"], ("coach", "cook")])
def test_a_list_of_pages_is_bound_also_when_it_is_empty(
    dataset: Dataset, pages: list[str] | tuple[str, ...]
) -> None:
    """No element of an empty list tells its type; the file's header does."""
    rows = dataset.query(
        "pages_to_plan",
        week_start=NEXT_MONDAY,
        has_begun=False,
        pages=pages,
        force=False,
        is_replacing=False,
    )
    assert sorted(rows["page_name"]) == (sorted(pages) or ["coach", "cook"])


def test_none_is_bound_as_null_of_the_type_declared(dataset: Dataset) -> None:
    """NULL is equal to no week: no row, and no error of a value without a type."""
    dataset.warehouse.deploy(dataset.library["weekly_volume_targets"])
    assert dataset.query("week_targets", week_start=None, pages=[]).empty


def test_parameters_reach_bigquery_with_the_types_of_the_header(
    service: Service, tmp_path: Path
) -> None:
    """The types of an empty list, of NULL and of a list of texts are those declared."""
    with serving(service) as address:
        settings = Settings(env="production", bigquery_endpoint=address, home=tmp_path)
        dataset = open_dataset(settings)
        dataset.query("slot_values", week_start=None, account_lookback_days=90, pages=[])
        dataset.query("week_targets", week_start=MONDAY, pages=("cook",))
    texts = {"type": "ARRAY", "arrayType": {"type": "STRING"}}
    assert [bound(request.body) for request in service.sent("jobs.insert")] == [
        {
            "week_start": ({"type": "DATE"}, {"value": None}),
            "account_lookback_days": ({"type": "INT64"}, {"value": "90"}),
            "pages": (texts, {"arrayValues": []}),
        },
        {
            "week_start": ({"type": "DATE"}, {"value": "2025-11-03"}),
            "pages": (texts, {"arrayValues": [{"value": "cook"}]}),
        },
    ]


def bound(job: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Type and value of the query parameters of a job on the wire, by name."""
    return {
        each["name"]: (each["parameterType"], each["parameterValue"])
        for each in job["configuration"]["query"]["queryParameters"]
    }


def test_every_parameter_of_queries_and_checks_has_a_type_in_the_header() -> None:
    library = sql_library()
    untyped = [
        f"{statement.path.name}: {parameter.name}"
        for statement in library.of_kind("operation", "check")
        for parameter in statement.parameters
        if not parameter.type
    ]
    assert untyped == []


@pytest.mark.parametrize("call", ["query", "run"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "it was given none"),
        ({"week_start": MONDAY, "page": ["cook"]}, "it was given week_start, page"),
        (
            {"week_start": MONDAY, "pages": [], "force": False},
            "it was given week_start, pages, force",
        ),
    ],
    ids=["missing", "misspelt", "unknown"],
)
def test_wrong_parameters_are_named_with_the_file(
    dataset: Dataset, call: str, given: dict[str, object], said: str
) -> None:
    ask = getattr(dataset, call)
    with pytest.raises(StatementError) as caught:
        ask("week_targets", **given)
    assert str(caught.value) == f"week_targets.sql takes pages, week_start; {said}"
    assert not dataset.ledger


def test_a_file_without_parameters_says_that_it_takes_none(dataset: Dataset) -> None:
    with pytest.raises(StatementError, match=r"newest_health\.sql takes no parameters; .* pages"):
        dataset.query("newest_health", pages=[])


# Handles


def test_jobs_carry_the_handle_s_labels_in_the_ledger_and_in_the_log(dataset: Dataset) -> None:
    handle = dataset.labelled(week="2025-11-03")
    handle.query("creator_names")
    [job] = handle.ledger
    assert job.labels == {"asset": "test", "week": "2025-11-03"}
    logged = {each.job_id: each.labels for each in dataset.warehouse.jobs(job.started_at)}
    assert logged[job.job_id] == job.labels


def test_a_labelled_handle_keeps_its_own_ledger_of_the_same_data(dataset: Dataset) -> None:
    handle = dataset.labelled(asset="other")
    handle.load("creators", dataset.query("creator_names"))
    assert [job.kind for job in dataset.ledger] == ["query"]
    assert [job.kind for job in handle.ledger] == ["load"]
    assert sorted(dataset.query("creator_names")["page_name"]) == sorted(
        handle.query("creator_names")["page_name"]
    )


def test_a_procedure_takes_its_arguments_by_name(dataset: Dataset) -> None:
    for name in (
        *("active_caption_assignments", "tuning"),
        *("caption_bank", "judged_captions", "usable_captions", "caption_contents"),
        *("draft_reservations", "draft_obstacles"),
    ):
        dataset.warehouse.deploy(dataset.library[name])
    dataset.warehouse.deploy(dataset.library["lock_caption_assignments"])
    dataset.load("tuning", configuration_tables(dataset.settings, dataset.library)["tuning"])
    with pytest.raises(WarehouseError, match="there is no schedule sched_20251110_"):
        dataset.call("lock_caption_assignments", p_schedule_id="sched_20251110_")
    assert dataset.ledger[-1].kind == "call"


def test_nothing_is_opened_before_a_handle_is_used(tmp_path: Path) -> None:
    dataset = open_dataset(load_settings({"env": "local", "home": tmp_path / "home"}), asset="x")
    assert not dataset.settings.warehouse_file.exists()


def test_rows_of_an_empty_table_are_known_without_a_job(dataset: Dataset) -> None:
    """They have the types that the warehouse gives."""
    tables = [t.name for t in dataset.library.of_kind("table") if t.name != "creators"]
    for name in tables:
        dataset.warehouse.deploy(dataset.library[name])
    for name in tables:
        jobs = len(dataset.ledger)
        known = dataset.cached_rows(name)
        assert len(dataset.ledger) == jobs
        pd.testing.assert_frame_equal(known, dataset.rows(name))
    assert not dataset.is_empty("creators")
    assert len(dataset.cached_rows("creators")) == len(dataset.rows("creators")) == 3


def test_a_table_that_is_not_there_is_not_taken_for_an_empty_one(dataset: Dataset) -> None:
    assert not dataset.is_empty("gate_verdicts")
    with pytest.raises(WarehouseError, match="gate_verdicts"):
        dataset.cached_rows("gate_verdicts")


# The clock


def test_weeks_are_planned_as_of_the_first_midnight_of_eros_today(dataset: Dataset) -> None:
    assert dataset.planning_instant() == la_instant(dt.date(2025, 11, 4))
    assert not dataset.ledger


def test_the_week_of_the_settings_goes_before_the_coming_one(dataset: Dataset) -> None:
    assert dataset.default_week() == NEXT_MONDAY
    settings = dataset.settings.model_copy(update={"week": MONDAY})
    assert open_dataset(settings).default_week() == MONDAY
    assert open_dataset(settings).week_folder(MONDAY) == settings.out_dir / "2025-11-03"
