"""The Dagster UI shows what a table is, what was written, and what the work took."""

import datetime as dt
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.assets.reporting import (
    LONGEST_CELL,
    WAREHOUSE,
    column_schema,
    frame_metadata,
    job_metadata,
    lineage_metadata,
    markdown_rows,
    markdown_table,
    routine_metadata,
    table_metadata,
    table_spec,
)
from eros_assets.assets.stored import PREVIEWS, rows_metadata, stored_metadata
from eros_assets.assets.week import WEEKLY
from eros_assets.dataset import FIRST_ROWS, Dataset, sql_library, sql_lineage
from eros_assets.settings import load_settings


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
    lines = lines_of(markdown_table(pd.DataFrame({"n": range(FIRST_ROWS + 5)})))
    assert [cells_of(line)[0] for line in lines[2:]] == [str(n) for n in range(FIRST_ROWS)]


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


@given(st.lists(st.text(st.characters(exclude_characters="\\")), min_size=1, max_size=FIRST_ROWS))
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
    jobs = len(dataset.ledger)
    metadata = table_metadata(dataset, "creators")
    assert metadata["dagster/row_count"] == 3
    assert len(dataset.ledger) == jobs
    shown = {cells_of(line)[0] for line in lines_of(metadata["preview"])[2:]}
    assert shown == set(dataset.rows("creators")["page_name"])


def test_a_table_is_previewed_by_the_rows_that_are_given(dataset: Dataset) -> None:
    metadata = table_metadata(dataset, "creators", pd.DataFrame({"page_name": ["coach", "cook"]}))
    assert metadata["dagster/row_count"] == 3
    assert lines_of(metadata["preview"])[2:] == ["| coach |", "| cook |"]


def test_the_work_is_that_of_the_handle_alone(dataset: Dataset) -> None:
    one, other = dataset.labelled(asset="one"), dataset.labelled(asset="other")
    assert job_metadata(one) == {
        "warehouse_seconds": 0,
        "bytes_processed": 0,
        "jobs": markdown_rows(("statement", "seconds", "bytes", "job"), ()),
    }
    for handle in (one, one, other):
        handle.warehouse.query("SELECT page_name FROM `${dataset}.creators`")
    metadata = job_metadata(one)
    shown = lines_of(metadata["jobs"])[2:]
    assert [cells_of(line)[-1] for line in shown] == [f"`{job.job_id}`" for job in one.ledger]
    assert len(shown) == 2
    assert cells_of(shown[0])[0] == "SELECT page_name FROM \\`${dataset}.creators\\`"
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
    assert spec.kinds == {WAREHOUSE, "python"}
    assert spec.partitions_def == WEEKLY
    assert [dependency.asset_key for dependency in spec.deps] == [dg.AssetKey("creators")]
    assert spec.metadata["dagster/column_schema"] == column_schema(table)


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


# Column lineage


def test_every_source_of_a_column_is_a_column_of_sql() -> None:
    library = sql_library()
    columns = {o.name: {c.name for c in o.columns} for o in library.values()}
    sources = {
        (file, target, column): source
        for file, written in sql_lineage().items()
        for target, lineage in written.items()
        for column, found in lineage.items()
        for source in found
    }
    assert [s for s in sources.values() if s[1] not in columns[s[0]]] == []
    written = {(target, column) for file, target, column in sources if target != file}
    assert [w for w in written if w[1] not in columns[w[0]]] == []
    learned = {"message_facts", "caption_priors", "caption_bandit_stats", "caption_selections"}
    assert learned <= {target for target, _ in written}


def test_the_ui_shows_what_a_column_is_computed_from() -> None:
    shown = lineage_metadata("refresh_message_facts", "message_facts")
    deps = shown["dagster/column_lineage"].deps_by_column["emv"]
    assert [(dep.asset_key.to_user_string(), dep.column_name) for dep in deps] == [
        ("mass_messages", "earnings"),
        ("mass_messages", "sent_count"),
    ]
    [row] = [line for line in lines_of(shown["column_sources"]) if line.startswith("| `emv`")]
    assert cells_of(row)[1] == "`mass_messages.earnings`, `mass_messages.sent_count`"


def test_a_file_of_chosen_columns_shows_theirs() -> None:
    shown = lineage_metadata("schedule_messages", names=["caption_text", "no_such"])
    assert list(shown["dagster/column_lineage"].deps_by_column) == ["caption_text"]
    assert lineage_metadata("no_such_file") == {}


def test_a_job_of_production_links_to_google_s_console() -> None:
    settings = load_settings({"env": "production", "project_id": "some-project", "location": "EU"})
    assert settings.job_address("job_1") == (
        "https://console.cloud.google.com/bigquery?project=some-project&j=bq:EU:job_1"
        "&page=queryresults"
    )
    assert load_settings({"env": "local"}).job_address("job_1") is None


@pytest.mark.parametrize("text", ["<page>", "a*b*c", "`x`", "~~x~~", "[x](y)", "\\|", "a|b"])
def test_data_is_shown_as_it_is(text: str) -> None:
    from markdown_it import MarkdownIt

    shown = markdown_table(pd.DataFrame({"caption_text": [text]})).value
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(str(shown))
    (cell,) = [after for token, after in pairwise(rendered) if token.type == "td_open"]
    assert "".join(child.content for child in cell.children or []) == text
    assert {child.type for child in cell.children or []} <= {"text", "text_special"}


# Rows as they are in the table


def test_rows_are_those_of_the_table_in_the_order_in_which_people_read_them(
    dataset: Dataset,
) -> None:
    for name in PREVIEWS:
        table = dataset.library[name]
        dataset.warehouse.deploy(table)
        columns = {column.name for column in table.columns}
        preview = PREVIEWS[name]
        assert {*preview.columns, *(by.removesuffix(" DESC") for by in preview.order)} <= columns
        assert stored_metadata(dataset, name)["dagster/row_count"] == 0
    weeks = [dt.date(2025, 11, 3), dt.date(2025, 11, 10)]
    pages = [f"page_{n:02}" for n in range(12)]
    rows = pd.DataFrame(
        [{"page_name": page, "week_start": week} for week in weeks for page in reversed(pages)]
    )
    targets = dataset.library["weekly_volume_targets"]
    filled = rows.reindex(columns=[column.name for column in targets.columns]).astype(object)
    dataset.load(targets.name, filled.where(filled.notna(), None))
    shown = stored_metadata(dataset, targets.name, week_start=weeks[0])
    assert shown["dagster/row_count"] == len(pages)
    assert lines_of(shown["preview"])[2:] == [f"| {page} |" for page in pages[:FIRST_ROWS]]


def test_loaded_rows_are_shown_as_the_table_shows_them(dataset: Dataset) -> None:
    """No query looks at what a step has at hand, and NULL stands where it does in the table."""
    week = dt.date(2025, 11, 3)
    days = [dt.date(2025, 11, 1), None, dt.date(2025, 11, 2)]
    rows = pd.DataFrame(
        [
            {
                "page_name": page,
                "week_start": week,
                "send_date": day,
                "metric": metric,
                "value": 0.5,
            }
            for page in ("cook", None, "coach")
            for metric in ("view rate", "EMV")
            for day in days
        ]
    )
    table = dataset.library["creator_anomalies"]
    dataset.warehouse.deploy(table)
    loaded = rows.reindex(columns=[column.name for column in table.columns]).astype(object)
    loaded = loaded.where(loaded.notna(), None)
    dataset.load(table.name, loaded, replacing={"week_start": week})
    jobs = len(dataset.ledger)
    shown = rows_metadata(table.name, loaded)
    assert len(dataset.ledger) == jobs
    stored = stored_metadata(dataset, table.name, week_start=week)
    assert shown["dagster/row_count"] == stored["dagster/row_count"] == len(rows)

    def lines(metadata: Mapping[str, Any]) -> list[str]:
        # An empty cell of a column of dates is None or NaT, as the frame came by it.
        return [line.replace("NaT", "None") for line in lines_of(metadata["preview"])]

    assert len(lines(shown)) == FIRST_ROWS + 2
    assert lines(shown) == lines(stored)
