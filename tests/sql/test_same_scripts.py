"""Procedures and scripts of `sql/` do the same to the tables on both engines.

The embedded engine runs them as it always does; on the other side Google's reference implementation
evaluates each of their statements (`tests.googlesql.scripts`). A week goes through all of them in
turn: history in, statistics, selection, reports, locks.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import RaisedError, Typed
from tests.googlesql import scripts
from tests.googlesql.analysis import SQL
from tests.googlesql.evaluation import Given, reference
from tests.googlesql.rules import AUDIT_COLUMNS
from tests.shipped import give_translated_sql, shipped_library
from tests.sql.embedded import Embedded, frame_rows
from tests.sql.equality import differences
from tests.sql.small_tables import PAGES, WEEK, agency, drafts

Rows = list[dict[str, object]]
Arguments = Mapping[str, Typed]

DATE = Typed(WEEK, "DATE")
WRITTEN = (
    "message_facts",
    "scheduled_messages",
    "fitted_maturity",
    "message_days",
    "quarantined_messages",
    "caption_bandit_stats",
    "caption_priors",
    "caption_appeal",
    "page_tastes",
    "selection_candidates",
    "selection_pools",
    "caption_selections",
    "schedule_recommendations",
    "active_caption_assignments",
)


@dataclass
class Both:
    """The same tables in both engines."""

    warehouse: DuckDBWarehouse
    embedded: Embedded
    google: scripts.Script

    def fill(self, tables: Mapping[str, Rows]) -> None:
        self.embedded.fill(tables)
        self.google.tables.update(tables)

    def run(self, operation: str, **parameters: Typed) -> None:
        path = SQL / "operations" / f"{operation}.sql"
        self.google.run(path, {n: Given(p.value, p.type) for n, p in parameters.items()})
        self.warehouse.run(path.read_text(), parameters)
        self._compare()

    def call(self, procedure: str, arguments: Arguments) -> None:
        """OUT values, rows of the last SELECT and tables are the same."""
        given = {name: Given(typed.value, typed.type) for name, typed in arguments.items()}
        self.google.last = None
        out = self.google.call(procedure, given)
        result = self.warehouse.call(procedure, arguments)
        assert not differences([_read(out)], [_read(result.out)])
        if self.google.last is not None:
            expected = _audited(self.google.last.rows)
            assert not differences(expected, _audited(frame_rows(result.rows)))
        self._compare()

    def refuse(self, procedure: str, arguments: Arguments) -> str:
        """Both raise with the same message, which is returned, and change nothing."""
        given = {name: Given(typed.value, typed.type) for name, typed in arguments.items()}
        with pytest.raises(scripts.RaisedError) as expected:
            self.google.call(procedure, given)
        with pytest.raises(RaisedError) as found:
            self.warehouse.call(procedure, arguments)
        assert str(expected.value) in str(found.value)
        self._compare()
        return str(expected.value)

    def _compare(self) -> None:
        for name in WRITTEN:
            columns = reference().columns(name)
            rows = self.google.tables.get(name, [])
            expected = [{column: row.get(column) for column in columns} for row in rows]
            found = self.embedded.evaluate(f"SELECT * FROM `${{dataset}}.{name}`")
            different = differences(_audited(expected), _audited(found))
            assert not different, f"{name}: " + "\n".join(different)


def _read(out: Mapping[str, object]) -> dict[str, object]:
    """OUT values, JSON as what it says: the last digit of a number in it is the engine's own."""
    return {
        name: json.loads(value) if isinstance(value, str) and value.startswith("{") else value
        for name, value in out.items()
    }


def _audited(rows: Sequence[Mapping[str, object]]) -> Rows:
    """Rows with audit instants, which no two runs share, as whether there is one."""
    return [
        {name: value is not None if name in AUDIT_COLUMNS else value for name, value in row.items()}
        for row in rows
    ]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    settings = load_settings({"home": tmp_path_factory.mktemp("home")})
    give_translated_sql(settings.home)
    warehouse, library = DuckDBWarehouse(settings), shipped_library()
    with warehouse.session(), storage_of(settings.warehouse_file).opened() as connection:
        for each in library.deploy_order():
            warehouse.deploy(each)
        embedded = Embedded(connection, library)
        both = Both(warehouse, embedded, scripts.Script(reference(), {}))
        tables = configuration_tables(settings, library)
        both.fill({name: frame_rows(frame) for name, frame in tables.items()})
        yield both


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_goes_the_same_way_through_every_script(engines: Both, seed: int) -> None:
    engines.fill({**{name: [] for name in WRITTEN}, **agency(seed)})

    loaded_at = Typed(dt.datetime(2030, 1, 1, tzinfo=dt.UTC), "TIMESTAMP")
    given = {
        "loaded_at": loaded_at,
        "made_by": Typed("these rules", "STRING"),
        "is_anew": Typed(False, "BOOL"),
    }
    whole, recent = Typed(True, "BOOL"), Typed(False, "BOOL")
    engines.run("refresh_message_facts", **given, is_whole=whole)
    for table in ("message_facts", "scheduled_messages", "quarantined_messages"):
        assert engines.google.tables[table]
    engines.run("refresh_message_facts", **given, is_whole=whole)
    changed = [dict(row) for row in engines.google.tables["mass_messages"]]
    for row in changed[::5]:
        row["earnings"] = 8.0
        row["sending_time"] = changed[1]["sending_time"]
    engines.fill({"mass_messages": changed[2:]})
    engines.run("refresh_message_facts", **given, is_whole=recent)
    engines.run("refresh_message_facts", **given, is_whole=whole)

    lookback = Typed(540, "INT64")
    performance = {"p_as_of": DATE, "p_lookback_days": lookback}
    engines.call("update_caption_performance", performance)
    assert engines.google.tables["caption_bandit_stats"]
    assert engines.google.tables["caption_priors"]
    engines.call("update_caption_performance", performance)

    engines.call("select_captions_for_creator", _selection(None, (None, None, None, None)))
    assert engines.google.tables["caption_selections"]
    engines.call("select_captions_for_creator", _selection(PAGES[1], (1, 2, 0, 30)))

    for page in PAGES[:2]:
        arguments = {"p_page_name": Typed(page, "STRING"), "p_as_of": DATE}
        engines.call("analyze_creator_performance", arguments)

    engines.fill({"schedule_recommendations": drafts(engines.google.tables["caption_selections"])})
    first = str(engines.google.tables["schedule_recommendations"][0]["schedule_id"])
    engines.call("lock_caption_assignments", {"p_schedule_id": Typed(first, "STRING")})
    assert engines.google.tables["active_caption_assignments"]
    week = Typed(f"sched_{WEEK:%Y%m%d}_", "STRING")
    engines.call("lock_caption_assignments", {"p_schedule_id": week})
    engines.call("lock_caption_assignments", {"p_schedule_id": week})


def test_what_a_procedure_refuses_it_refuses_in_the_same_words(engines: Both) -> None:
    engines.fill({**{name: [] for name in WRITTEN}, **agency(3)})
    nobody = Typed("nobody", "STRING")
    assert "nobody" in engines.refuse(
        "analyze_creator_performance", {"p_page_name": nobody, "p_as_of": DATE}
    )
    assert "nobody" in engines.refuse("lock_caption_assignments", {"p_schedule_id": nobody})
    none = {"p_as_of": DATE, "p_lookback_days": Typed(0, "INT64")}
    assert "p_lookback_days" in engines.refuse("update_caption_performance", none)
    tuesday = {**_selection(None, (None,) * 4), "p_week_start": Typed(None, "DATE")}
    engines.refuse("select_captions_for_creator", tuesday)


def test_a_held_caption_is_named_by_both(engines: Both) -> None:
    engines.fill({**{name: [] for name in WRITTEN}, **agency(3)})
    chosen = [
        {
            "page_name": page,
            "caption_id": 2**53 + 10,
            "price_tier": "mid",
            "arm": "treatment",
            "final_score": 1.0,
        }
        for page in PAGES[:2]
    ]
    engines.fill({"schedule_recommendations": drafts(chosen)})
    one, other = (row["schedule_id"] for row in engines.google.tables["schedule_recommendations"])
    engines.call("lock_caption_assignments", {"p_schedule_id": Typed(str(one), "STRING")})
    message = engines.refuse(
        "lock_caption_assignments", {"p_schedule_id": Typed(str(other), "STRING")}
    )
    assert str(2**53 + 10) in message


def _selection(page: str | None, counts: Sequence[int | None]) -> Arguments:
    names = ("p_num_budget", "p_num_mid", "p_num_premium", "p_num_bump")
    return {
        "p_page_name": Typed(page, "STRING"),
        "p_week_start": DATE,
        **{name: Typed(count, "INT64") for name, count in zip(names, counts, strict=True)},
        "p_seed": Typed("eros", "STRING"),
    }
