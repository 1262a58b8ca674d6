"""The commands `captions` against a BigQuery on loopback: what they read, load and run there."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eros_assets.captions.bank import TABLES
from eros_assets.cli.captions import captions
from eros_assets.dataset import sql_library
from tests.captions.conftest import TEXTS
from tests.google.loopback import serving
from tests.googlesql.analysis import SQL, Session, analyse_all
from tests.googlesql.syntax import parse_script
from tests.warehouse.bigquery.plays import Play
from tests.warehouse.bigquery.service import Service

DATASET = "of-scheduler-proj.eros_scheduling_brain"
NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
BANK = [
    {"caption_id": n, "caption_text": text, "price_tier": "mid", "is_active": n != 4}
    for n, text in TEXTS.items()
]
KEPT = {"expirationTime": "4102444800000"}
READ = {
    "caption_bank": BANK,
    "usable_creators": [{"page_name": "clay", "is_active": True}],
    "usable_restrictions": [],
    "caption_terms": [{"caption_id": 2, "max_sends": 7, "source": "file"}],
    "added_captions": [],
}


@pytest.fixture(scope="module")
def session() -> Session:
    return analyse_all()[0]


@pytest.fixture
def agency(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name in ("schedule_recommendations", "usable_creators", "usable_restrictions", *TABLES):
        service.add_table(name, *_columns(name), rows=4)
    with serving(service) as address:
        for name, value in {
            "ENV": "production",
            "HOME": str(tmp_path),
            "BIGQUERY_ENDPOINT": address,
            "PROJECT_ID": DATASET.partition(".")[0],
        }.items():
            monkeypatch.setenv(f"EROS_{name}", value)
        yield service


def _columns(table: str) -> list[Any]:
    return [
        (c.name, "STRING", "REPEATED")
        if c.type.startswith("ARRAY")
        else (c.name, NAMES.get(c.type, c.type))
        for c in sql_library()[table].columns
    ]


def will_read(service: Service, *tables: str) -> None:
    """Have queries answered from READ."""
    for table in tables:
        listed = _columns(table)
        rows = [[row.get(column[0]) for column in listed] for row in READ[table]]
        service.will(Play(columns=listed, rows=rows), part=f"FROM `{DATASET}.{table}`")


def run(*words: str) -> Result:
    return CliRunner().invoke(captions, [*words, "--json"], catch_exceptions=False)


def said(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def backed_up(service: Service) -> list[str]:
    """The snapshots that were taken, in order."""
    taken = r"CREATE SNAPSHOT TABLE IF NOT EXISTS `[\w.-]+\.(\w+)`"
    return re.findall(taken, "\n".join(service.statements))


def loaded(service: Service, column: str) -> list[list[dict[str, Any]]]:
    """The rows of the uploads that have a column."""
    uploads = service.contents.values()
    return [rows.to_pylist() for rows in uploads if column in rows.column_names]


def parses(statements: Sequence[str]) -> None:
    """Google's parser takes every statement that was sent."""
    for statement in statements:
        assert parse_script(statement).many("statement_list_node")


def test_added_captions_go_to_the_agency_s_bank_after_a_snapshot(
    agency: Service, tmp_path: Path
) -> None:
    file = tmp_path / "new.csv"
    file.write_text(
        "caption_id,caption_text,price_tier,max_sends,suggested_price,active_until\n"
        "7512345678901234567,Bread at dawn 🍞,mid,3,$12.50,2025-12-24\n51,Soup at noon,bump,,,\n"
    )
    will_read(agency, "caption_bank", "usable_restrictions", "usable_creators")
    will_read(agency, "usable_restrictions", "usable_creators")
    found = said(run("add", str(file)))
    assert found["added"] == [7512345678901234567, 51]
    assert [re.sub(r"eros_snapshot__\w+__", "", name) for name in backed_up(agency)] == [*TABLES]
    (bank,) = loaded(agency, "caption_text")  # added_captions are for banks of files
    assert [(row["caption_id"], row["caption_text"]) for row in bank] == [
        (7512345678901234567, "Bread at dawn 🍞"),
        (51, "Soup at noon"),
    ]
    ((terms,),) = loaded(agency, "max_sends")
    assert (terms["max_sends"], terms["suggested_price"], terms["source"]) == (3, 12.5, "command")
    replaced = [s for s in agency.statements if "DELETE" in s]
    assert len(replaced) == 2
    assert all("IN UNNEST(@caption_id)" in s for s in replaced)
    parses(agency.statements)


def test_a_refused_row_writes_nothing(agency: Service, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text(f'caption_text,price_tier\n"{TEXTS[1]}",mid\n')
    will_read(agency, "caption_bank", "usable_restrictions", "usable_creators")
    will_read(agency, "usable_restrictions", "usable_creators")
    result = run("add", str(file))
    assert result.exit_code == 3
    assert "the bank has this text: caption 1" in json.loads(result.stdout)["refused"][0]
    assert agency.contents == {}
    assert backed_up(agency) == []


def test_of_many_refused_rows_the_first_are_listed_and_the_others_counted(
    agency: Service, tmp_path: Path
) -> None:
    file = tmp_path / "new.csv"
    variants = "".join(f"{TEXTS[1]} {n},mid\n".replace(", ", " ") for n in range(50))
    file.write_text(f"caption_text,price_tier\n{variants}")
    will_read(agency, "caption_bank", "usable_restrictions", "usable_creators")
    will_read(agency, "usable_restrictions", "usable_creators")
    result = CliRunner().invoke(captions, ["add", str(file)])
    assert result.exit_code == 3
    assert result.output.count("% the same as caption 1 of the bank") == 40
    assert "and 10 more: --json lists all" in result.output
    assert "0 captions can be added, 50 refused." in result.output


def test_retired_captions_keep_their_terms_and_the_bank_is_told(
    agency: Service, session: Session
) -> None:
    agency.will(
        Play(columns=[("caption_id", "INTEGER")], rows=[[1], [2]]),
        part="IN UNNEST(@ids)",
    )
    will_read(agency, "caption_terms")
    found = said(run("retire", "1", "2"))
    assert found["retired"] == [1, 2]
    (uploaded,) = loaded(agency, "max_sends")
    terms = {row["caption_id"]: row for row in uploaded}
    assert terms[2]["max_sends"] == 7
    assert [terms[n]["is_active"] for n in (1, 2)] == [False, False]
    (update,) = [s for s in agency.statements if "UPDATE" in s]
    assert f"`{DATASET}.caption_bank`" in update
    parses(agency.statements)
    selects = [s for s in agency.statements if "SELECT b.caption_id" in s]
    assert selects
    for statement in selects:
        text = f"-- What the bank has.\n{statement.replace(DATASET, '${dataset}').rstrip(';')};\n"
        findings = session.analyse(SQL / "operations" / "known_captions.sql", text).findings
        assert findings == []


def test_the_list_of_doubtful_captions_is_one_query(agency: Service) -> None:
    columns = [
        *(("caption_id", "INTEGER"), ("price_tier", "STRING"), ("caption_text", "STRING")),
        *(("sends", "INTEGER"), ("pages", "INTEGER"), ("prior_rate", "FLOAT")),
        *(("posterior_successes", "FLOAT"), ("posterior_failures", "FLOAT")),
        *((f"{h}_{k}", "FLOAT") for h in ("earlier", "later") for k in ("successes", "failures")),
    ]
    row = [9, "mid", "A worthless text", 8, 2, 0.01, 1.0, 2000.0, 5.0, 495.0, 5.0, 495.0]
    agency.will(Play(columns=columns, rows=[row]), part="caption_bandit_stats")
    (found,) = said(run("retire"))["captions"]
    assert (found["caption_id"], found["verdict"]) == (9, "worthless")
    parses(agency.statements)


def test_the_bank_is_put_back_from_its_snapshots(agency: Service) -> None:
    for table in TABLES:
        agency.add_table(f"eros_snapshot__captions_x__{table}", type="SNAPSHOT", **KEPT)
    result = CliRunner().invoke(captions, ["restore", "captions_x"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "The bank is as captions_x has it: 4 captions" in " ".join(result.output.split())
    assert "eros_snapshot__captions_x__caption_bank" in "\n".join(agency.statements)
    parses(agency.statements)


def test_what_fails_half_way_puts_the_bank_back(agency: Service, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("caption_text,price_tier,max_sends\nBread at dawn,mid,3\n")
    will_read(agency, "caption_bank", "usable_restrictions", "usable_creators")
    will_read(agency, "usable_restrictions", "usable_creators")

    def snapshots(_: object) -> None:
        for table, name in zip(TABLES, named(agency), strict=True):
            agency.add_table(name, type="SNAPSHOT", **KEPT)
            assert name.endswith(table)

    agency.will(Play(effect=snapshots), part="CREATE SNAPSHOT")
    wrong = ("invalidQuery", "the table has another column")
    agency.will(Play(error=wrong), part=f"`{DATASET}.caption_bank`")
    result = CliRunner().invoke(captions, ["add", str(file)])
    assert result.exit_code == 2
    assert "another column" in " ".join(result.output.split())
    assert any(f"COPY `{DATASET}.eros_snapshot__captions" in s for s in agency.statements)
    parses(agency.statements)


def named(service: Service) -> list[str]:
    """The snapshots that the last statement names."""
    return re.findall(r"eros_snapshot__\w+", service.statements[-1])
