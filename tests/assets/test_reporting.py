"""The Dagster UI shows what a table is, what was written, and what the work took."""

import re
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.assets.reporting import (
    LONGEST_CELL,
    OWNERS,
    PREVIEW_ROWS,
    column_schema,
    frame_metadata,
    job_metadata,
    markdown_table,
    routine_metadata,
    table_metadata,
    table_spec,
)
from eros_assets.assets.week import WEEKLY
from eros_assets.dataset import Dataset
from eros_assets.definitions import build_definitions


def lines_of(value: dg.MetadataValue[Any]) -> list[str]:
    assert isinstance(value, dg.MarkdownMetadataValue)
    assert value.md_str is not None
    return re.split(r"\r\n|\r|\n", value.md_str)  # what ends a line in Markdown


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


# Markdown


def test_a_frame_is_a_markdown_table() -> None:
    frame = pd.DataFrame({"page_name": ["cook", "coach"], "messages": [12, 7]})
    assert lines_of(markdown_table(frame)) == [
        "| page_name | messages |",
        "| --- | --- |",
        "| cook | 12 |",
        "| coach | 7 |",
    ]


def test_a_frame_without_rows_is_its_header() -> None:
    assert lines_of(markdown_table(pd.DataFrame(columns=["page_name"]))) == [
        "| page_name |",
        "| --- |",
    ]


def test_only_the_first_rows_are_shown() -> None:
    lines = lines_of(markdown_table(pd.DataFrame({"n": range(PREVIEW_ROWS + 5)})))
    assert [cells_of(line)[0] for line in lines[2:]] == [str(n) for n in range(PREVIEW_ROWS)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1 / 3, "0.333333"),
        (np.float64(1234567.0), "1.23457e+06"),
        (7512345678901234567, "7512345678901234567"),
        ("salt | pepper", "salt \\| pepper"),
        ("first\nsecond", "first second"),
        ("first\r\nsecond", "first second"),
        (True, "True"),
        ("x" * (LONGEST_CELL + 1), "x" * LONGEST_CELL),
    ],
)
def test_a_cell_fits_its_table(value: object, shown: str) -> None:
    frame = pd.DataFrame({"value": pd.Series([value], dtype=object)})
    assert cells_of(lines_of(markdown_table(frame))[2]) == [shown]


@given(st.lists(st.text(st.characters(exclude_characters="\\")), min_size=1, max_size=PREVIEW_ROWS))
def test_no_text_breaks_the_table(captions: list[str]) -> None:
    frame = pd.DataFrame({"caption_id": range(len(captions)), "caption_text": captions})
    lines = lines_of(markdown_table(frame))
    assert len(lines) == 2 + len(captions)
    assert {len(cells_of(line)) for line in lines} == {2}


# Metadata


def test_what_was_written_is_counted_and_previewed() -> None:
    frame = pd.DataFrame({"n": range(25)})
    metadata = frame_metadata(frame)
    assert metadata["dagster/row_count"] == 25
    assert metadata["preview"] == markdown_table(frame)


def test_a_table_is_counted_and_previewed(dataset: Dataset) -> None:
    metadata = table_metadata(
        dataset,
        "creators",
        "SELECT page_name FROM `${dataset}.creators` ORDER BY page_name LIMIT 2",
    )
    assert metadata["dagster/row_count"] == 3
    assert lines_of(metadata["preview"])[2:] == ["| coach |", "| cook |"]


def test_the_work_is_that_of_the_handle_alone(dataset: Dataset) -> None:
    one, other = dataset.labelled(asset="one"), dataset.labelled(asset="other")
    assert job_metadata(one) == {
        "warehouse_seconds": 0,
        "bytes_processed": 0,
        "job_ids": dg.MetadataValue.json([]),
    }
    for handle in (one, one, other):
        handle.warehouse.query("SELECT page_name FROM `${dataset}.creators`")
    metadata = job_metadata(one)
    assert metadata["job_ids"].data == [job.job_id for job in one.ledger]
    assert len(metadata["job_ids"].data) == 2
    assert metadata["bytes_processed"] == sum(job.bytes_processed for job in one.ledger)
    seconds = sum(job.duration_seconds for job in one.ledger)
    assert metadata["warehouse_seconds"] == pytest.approx(seconds, abs=0.001)


# Specs


def test_a_table_s_asset_says_what_its_file_says(dataset: Dataset) -> None:
    table = dataset.library["schedule_shortfalls"]
    spec = table_spec(table.name, group_name="selection", deps=["creators"], partitions_def=WEEKLY)
    assert spec.key == dg.AssetKey(table.name)
    assert spec.description == table.description != ""
    assert spec.group_name == "selection"
    assert spec.owners == OWNERS
    assert spec.kinds == {"table"}
    assert spec.partitions_def == WEEKLY
    assert [dependency.asset_key for dependency in spec.deps] == [dg.AssetKey("creators")]
    assert spec.metadata["dagster/column_schema"] == column_schema(table)


def test_a_table_s_asset_has_the_name_of_the_table_in_the_dataset(dataset: Dataset) -> None:
    settings = dataset.settings.model_copy(update={"dataset": "elsewhere"})
    graph = build_definitions(settings).resolve_asset_graph()
    tables = {table.name for table in dataset.library.of_kind("table")}
    named = {
        key.to_user_string(): graph.get(key).metadata.get("dagster/table_name")
        for key in graph.get_all_asset_keys()
    }
    assert {"creators", "message_facts", "system_health"} <= named.keys() & tables
    assert named == {
        name: f"{settings.dataset_name}.{name}" if name in tables else None for name in named
    }


def test_columns_have_type_and_description_of_the_sql(dataset: Dataset) -> None:
    table = dataset.library["schedule_shortfalls"]
    columns = {column.name: column for column in column_schema(table).columns}
    assert list(columns) == [column.name for column in table.columns]
    assert columns["wanted"].type == "INT64"
    assert columns["wanted"].description == "Captions wanted."


def test_a_file_s_columns_are_those_of_the_view_that_it_names(dataset: Dataset) -> None:
    view = dataset.library["schedule_recommendations_with_messages"]
    shown = column_schema(view, ["caption_text", "schedule_id"]).columns
    assert [(column.name, column.type) for column in shown] == [
        ("caption_text", "STRING"),
        ("schedule_id", "STRING"),
    ]
    with pytest.raises(KeyError, match="no_such"):
        column_schema(view, ["no_such"])


def test_a_routine_says_what_it_takes_and_gives(dataset: Dataset) -> None:
    described = routine_metadata(dataset.library["wilson_score_bounds"])
    lines = lines_of(described["parameters"])
    assert cells_of(lines[2]) == ["successes", "FLOAT64", "IN", "trials that succeeded, 0 or more."]
    assert [c.name for c in described["dagster/column_schema"].columns] == [
        "lower_bound",
        "upper_bound",
        "exploration_bonus",
    ]


def test_a_procedure_says_which_parameters_it_sets(dataset: Dataset) -> None:
    described = routine_metadata(dataset.library["lock_caption_assignments"])
    modes = [cells_of(line)[2] for line in lines_of(described["parameters"])[2:]]
    assert modes == ["IN", "OUT"]
    assert "dagster/column_schema" not in described
