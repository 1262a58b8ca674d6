"""A rehearsal on BigQuery: one script that declares first and writes into temporary tables only."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import pytest

from eros_assets.dataset import Dataset, sql_library
from eros_assets.gate.rehearsal import OFFERS, SELECTOR, WRITTEN
from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import WarehouseError
from tests.warehouse.bigquery.plays import Column, Frame, Play
from tests.warehouse.bigquery.service import Service

ARGUMENTS: Mapping[str, Any] = {
    "p_page_name": "basil_and_thyme",
    "p_week_start": dt.date(2000, 1, 3),
    "p_num_budget": 3,
    "p_num_mid": 2,
    "p_num_premium": None,
    "p_num_bump": 4,
    "p_seed": "seed",
}
DML = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|UPDATE|MERGE(?:\s+INTO)?|TRUNCATE\s+TABLE)\s+(\S+)"
)
MADE = re.compile(r"\b(?:CREATE|ALTER|DROP)\b[^\n;]*")
DAYS: tuple[Column, ...] = (("caption_id", "INTEGER"), ("price_tier", "STRING"))
OWN, INSIDE = (Frame(40),), (Frame(5, procedure="of-scheduler-proj.eros.other"), Frame(3))


def statements_of(text: str) -> list[str]:
    """The statements, without comments; no text in `sql/` holds a semicolon."""
    bare_text = re.sub(r"--[^\n]*", "", text)
    return [statement.strip() for statement in bare_text.split(";") if statement.strip()]


@pytest.mark.parametrize("then", [None, OFFERS])
def test_bigquery_gets_a_script_that_writes_into_no_table_of_the_dataset(
    warehouse: BigQueryWarehouse, service: Service, settings: Settings, then: str | None
) -> None:
    service.will(
        Play(
            children=(
                Play(columns=DAYS, rows=[(1, "mid")], frames=OWN),
                Play(statement_type="INSERT", changed_rows=2, frames=OWN),
                Play(columns=DAYS, rows=[(7, "mid"), (8, "bump"), (9, None)], frames=OWN),
                Play(columns=DAYS, rows=[(3, "inner")], frames=INSIDE),
                Play(columns=DAYS, rows=[(4, "no")], frames=OWN, evaluation="EXPRESSION"),
                Play(statement_type="DROP_TABLE", frames=OWN),
            )
        )
    )
    dataset = Dataset(settings, warehouse, sql_library())
    rows = dataset.rehearse(SELECTOR, ARGUMENTS, writing=WRITTEN, then=then)
    assert rows["caption_id"].tolist() == [7, 8, 9]
    (sent,) = service.statements
    declared = [each.startswith("DECLARE ") for each in statements_of(sent)]
    assert declared == sorted(declared, reverse=True)
    own = sql_library()[SELECTOR].text.count("\n  DECLARE ")
    assert sum(declared) == len(ARGUMENTS) + own
    written = set(DML.findall(sent))
    assert written == {f"rehearsed_{table}" for table in WRITTEN}
    assert {made.split(" TABLE ")[0] for made in MADE.findall(sent)} == {"CREATE OR REPLACE TEMP"}
    assert "TRANSACTION" not in sent
    for table in WRITTEN:
        assert f".{table}`" not in sent
    query = service.sent("jobs.insert")[0].body["configuration"]["query"]
    assert [p["name"] for p in query["queryParameters"]] == list(ARGUMENTS)
    (job,) = dataset.ledger
    assert (job.kind, job.rows, job.error) == ("run", 3, None)


def test_arguments_that_do_not_fit_are_refused_before_anything_is_sent(
    warehouse: BigQueryWarehouse, service: Service, settings: Settings
) -> None:
    dataset = Dataset(settings, warehouse, sql_library())
    for arguments in ({}, {**ARGUMENTS, "p_more": 1}):
        with pytest.raises(WarehouseError, match=f"rehearse {SELECTOR}: "):
            dataset.rehearse(SELECTOR, arguments, writing=WRITTEN)
    assert service.requests == []


@pytest.mark.parametrize(
    ("whole", "parts", "seconds"),
    [
        (30_000, (500, 250), 0.75),
        (30_000, (1_500, None, 700), 2.2),
        (1_250, (), 1.25),
        (1_250, (None,), 1.25),
        (None, (400,), 0.4),
        (None, (None,), None),
    ],
)
def test_the_engine_s_time_is_that_of_the_statements_and_not_of_their_queue(
    warehouse: BigQueryWarehouse,
    service: Service,
    settings: Settings,
    whole: int | None,
    parts: tuple[int | None, ...],
    seconds: float | None,
) -> None:
    children = [Play(columns=DAYS, rows=[], frames=OWN, milliseconds=part) for part in parts]
    service.will(Play(children=children, milliseconds=whole))
    dataset = Dataset(settings, warehouse, sql_library())
    dataset.rehearse(SELECTOR, ARGUMENTS, writing=WRITTEN)
    assert dataset.ledger[-1].execution_seconds == pytest.approx(seconds)
