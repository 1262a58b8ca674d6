"""What is learned stands while what it is made from is as it was, and only then."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from eros_assets.assets.performance import LEARNED, SORTED, caption_bandit_stats, message_facts
from eros_assets.assets.text_priors import TABLE, caption_text_priors
from eros_assets.assets.unchanged import UNCHANGED, MadeFrom
from eros_assets.definitions import resources_of
from eros_assets.settings import Settings
from tests.assets.installed import WEEK, Installed, copied

STEPS = (message_facts, caption_text_priors, caption_bandit_stats)
TABLES = {*SORTED, TABLE, *LEARNED}


@pytest.fixture(scope="module")
def seen_made(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample agency, to be copied, with the records of a Dagster that has seen it learn."""
    folder = tmp_path_factory.mktemp("learned")
    with copied(planned, folder, remembers=False) as agency:
        assert made_again(agency) == TABLES
        agency.keep_records()
    return folder


@pytest.fixture
def learned(seen_made: Path, tmp_path: Path) -> Iterator[Installed]:
    """The sample agency, whose facts and statistics this instance of Dagster has seen made."""
    with copied(seen_made, tmp_path) as agency:
        yield agency


def made_again(
    agency: Installed, week: dt.date = WEEK, *, force: bool = False, **facts: bool
) -> set[str]:
    """Sort and learn; the tables that were made again. `facts` is the config of that step."""
    settings: Settings = agency.dataset.settings.model_copy(update={"week": week})
    result = dg.materialize(
        STEPS,
        instance=agency.instance,
        resources=resources_of(settings),
        run_config={
            "resources": {"week_scope": {"config": {"force": force}}},
            "ops": {"message_facts": {"config": facts}},
        },
    )
    events = [e.materialization for e in result.get_asset_materialization_events()]
    assert {e.asset_key.to_user_string() for e in events} == TABLES
    return {e.asset_key.to_user_string() for e in events if UNCHANGED not in e.metadata}


def test_nothing_is_made_again_of_the_same(learned: Installed) -> None:
    rows = learned.query("SELECT * FROM `${dataset}.caption_bandit_stats` ORDER BY 1, 2, 3")
    assert made_again(learned) == set()
    again = learned.query("SELECT * FROM `${dataset}.caption_bandit_stats` ORDER BY 1, 2, 3")
    assert again.equals(rows)  # when they were last updated, too


def test_what_stands_is_shown_as_it_was_made_and_says_so(learned: Installed) -> None:
    def shown() -> dict[str, Any]:
        event = learned.instance.get_latest_materialization_event(dg.AssetKey("caption_priors"))
        assert event is not None
        assert event.asset_materialization is not None
        return dict(event.asset_materialization.metadata)

    first = shown()
    made_again(learned)
    second = shown()
    assert {"preview", "fits", "picture"} <= first.keys()
    assert all(second[name] == first[name] for name in ("preview", "fits", "picture"))
    made_again(learned)
    assert shown()[UNCHANGED] == second[UNCHANGED]
    assert "nothing that it is made from has changed" in second[UNCHANGED].value


CHANGES = {
    "a caption's text": (
        (
            "UPDATE `${dataset}.caption_bank` SET caption_text = 'Sunrise over the pier'"
            " WHERE caption_id = (SELECT MIN(caption_id) FROM `${dataset}.caption_bank`)"
        ),
        TABLES,
    ),
    "a message's purchases": (
        (
            "UPDATE `${dataset}.mass_messages` SET purchased_count = purchased_count + 1"
            " WHERE row_id = (SELECT MIN(row_id) FROM `${dataset}.message_facts`"
            " WHERE message_type = 'PPV')"
        ),
        TABLES,
    ),
    "a knob": ("UPDATE `${dataset}.tuning` SET stats_half_life_days = 20 WHERE TRUE", TABLES),
    "what was learned, by hand": (
        (
            "UPDATE `${dataset}.caption_bandit_stats` SET total_revenue = total_revenue + 1"
            " WHERE caption_id = (SELECT MIN(caption_id) FROM `${dataset}.caption_bandit_stats`)"
        ),
        {*LEARNED},
    ),
    "a learned row that is gone": (
        "DELETE FROM `${dataset}.caption_priors` WHERE price_tier = 'mid'",
        {*LEARNED},
    ),
    "a page's audience": (
        (
            "UPDATE `${dataset}.creators` SET is_active = NOT is_active WHERE page_name ="
            " (SELECT MIN(page_name) FROM `${dataset}.creators`)"
        ),
        {*LEARNED},
    ),
    "a table that nothing here reads": (
        "DELETE FROM `${dataset}.selection_pools` WHERE TRUE",
        set[str](),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_learned_from(learned: Installed, what: str) -> None:
    script, expected = CHANGES[what]
    learned.change(script)
    assert made_again(learned) == expected
    assert made_again(learned) == set()


def test_another_week_is_learned_anew_from_the_same_facts(learned: Installed) -> None:
    assert made_again(learned, WEEK + dt.timedelta(days=7)) == {TABLE, *LEARNED}


def test_force_makes_everything_again(learned: Installed) -> None:
    assert made_again(learned, force=True) == TABLES


@pytest.mark.parametrize("recent", [True, False])
def test_facts_that_people_changed_are_made_from_the_history_again(
    learned: Installed, recent: bool
) -> None:
    before = learned.week_tables()
    learned.change("UPDATE `${dataset}.message_facts` SET earnings = 0 WHERE purchased_count > 0")
    made_again(learned, recent=recent)
    assert learned.week_tables() == before


def test_facts_are_made_anew_on_demand(learned: Installed) -> None:
    assert made_again(learned, anew=True) == {*SORTED}


def test_an_old_message_that_a_daily_update_did_not_look_at_is_left_for_the_next_week(
    learned: Installed,
) -> None:
    oldest = "SELECT MIN(send_date) AS day FROM `${dataset}.message_facts`"
    learned.change(
        "UPDATE `${dataset}.mass_messages` SET purchased_count = 0, viewed_count = 1 WHERE row_id ="
        " (SELECT MIN(row_id) FROM `${dataset}.message_facts` WHERE purchased_count > 0"
        f" AND send_date < DATE_ADD(({oldest}), INTERVAL 20 DAY))"
    )
    before = learned.query("SELECT * FROM `${dataset}.message_facts` ORDER BY row_id")
    made_again(learned, recent=True)
    daily = learned.query("SELECT * FROM `${dataset}.message_facts` ORDER BY row_id")
    assert daily.equals(before)
    assert made_again(learned) == TABLES
    weekly = learned.query("SELECT * FROM `${dataset}.message_facts` ORDER BY row_id")
    assert not weekly.equals(before)


def test_a_view_that_is_another_is_learned_from(learned: Installed) -> None:
    warehouse = learned.dataset.warehouse
    [usable] = [d for d in warehouse.definitions() if d.name == "usable_captions"]
    other = usable.text.replace("reason IS NULL", "reason IS NULL AND TRUE")
    assert other != usable.text
    warehouse.define([replace(usable, text=other)])
    assert made_again(learned) == TABLES


def test_other_code_makes_everything_again(
    learned: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eros_assets.assets.unchanged._code", lambda: "another version")
    assert made_again(learned) == TABLES


def test_what_changes_while_a_step_runs_is_not_taken_for_learned(
    learned: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned.change(CHANGES["a knob"][0])
    real = MadeFrom.version

    def changed_before(self: MadeFrom) -> dg.DataVersion | None:
        learned.change(CHANGES["a caption's text"][0])
        return real(self)

    with monkeypatch.context() as patch:
        patch.setattr(MadeFrom, "version", changed_before)
        made_again(learned)
    # The text changed under the first step; the others read it as it is now.
    assert made_again(learned) == {*SORTED}
    assert made_again(learned) == set()
