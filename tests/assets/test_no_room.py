"""A week that can't hold every caption says so: in a row, in the run's metadata and in its log."""

import dagster as dg

from eros_assets.assets.schedules import schedule_recommendations
from eros_assets.definitions import resources_of
from eros_assets.planning.model import Rule
from eros_assets.resources import WeekScope
from tests.assets.installed import WEEK, Installed

BOUND = "no room in the week: most messages a day (max_messages_per_day)"


def test_what_has_no_room_is_said_with_the_rule_that_bound(agency: Installed) -> None:
    targets = agency.query(
        "SELECT page_name, ppv_count, bump_count FROM `${dataset}.weekly_volume_targets` "
        "WHERE cooling_days = 0 ORDER BY page_name LIMIT 1"
    ).iloc[0]
    page, wanted = targets["page_name"], int(targets["ppv_count"] + targets["bump_count"])
    agency.change(
        "UPDATE `${dataset}.weekly_volume_targets` SET max_messages_per_day = 1 "
        "WHERE page_name = @page",
        page=page,
    )

    run = dg.materialize(
        [schedule_recommendations],
        partition_key=WEEK.isoformat(),
        instance=agency.instance,
        resources={
            **resources_of(agency.dataset.settings),
            "week_scope": WeekScope(pages=[page]),
        },
    )

    rows = agency.query(
        "SELECT * FROM `${dataset}.schedule_shortfalls` "
        "WHERE page_name = @page AND stage = 'placement' ORDER BY price_tier",
        page=page,
    )
    drafts = agency.query(
        "SELECT price_tier, performance_score FROM `${dataset}.schedule_recommendations` "
        "WHERE page_name = @page AND status = 'draft'",
        page=page,
    )
    assert len(drafts) == 7
    assert int((rows["wanted"] - rows["got"]).sum()) == wanted - 7 > 0
    assert set(rows["reason"]) == {BOUND}

    (told,) = run.asset_materializations_for_node("schedule_recommendations")
    sentences = told.metadata["dropped"].value
    logged = [entry.user_message for entry in agency.instance.all_logs(run.run_id)]
    assert isinstance(sentences, list)
    assert len(sentences) == len(rows)
    assert all(BOUND in str(sentence) and sentence in logged for sentence in sentences)


def test_every_rule_has_words() -> None:
    assert all(rule.words.endswith(f"({rule.value})") for rule in Rule)
