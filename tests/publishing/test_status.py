"""What a failed command says is in force and published is read from the tables."""

import datetime as dt

from eros_assets.publishing.status import week_status
from tests.assets.installed import WEEK, Installed

OTHER_WEEK = dt.date(2025, 12, 1)


def test_a_published_week_is_said_with_its_schedules_and_its_time(agency: Installed) -> None:
    [in_force, published] = week_status(agency.dataset, WEEK)
    [[schedules, messages]] = agency.query(
        """
        SELECT COUNT(DISTINCT schedule_id) AS schedules, COUNT(*) AS messages
        FROM `${dataset}.schedule_recommendations` WHERE is_active
        """
    ).to_numpy()
    assert in_force == (
        f"Week of {WEEK}: {schedules} schedules with {messages} messages are in force."
    )
    assert published.startswith("Published (files, 20")
    assert published.endswith(f"Los Angeles): {schedules} schedules.")


def test_a_week_that_was_never_planned_is_said_so(agency: Installed) -> None:
    assert week_status(agency.dataset, OTHER_WEEK) == [
        f"Week of {OTHER_WEEK}: no schedule is in force.",
        "Nothing was published for this week.",
    ]


def test_files_of_a_schedule_that_is_no_longer_in_force_are_said(agency: Installed) -> None:
    agency.change(
        """
        UPDATE `${dataset}.schedule_recommendations` SET status = 'superseded', is_active = FALSE
        WHERE page_name = (SELECT MIN(page_name) FROM `${dataset}.schedule_recommendations`)
        """
    )
    [_, published] = week_status(agency.dataset, WEEK)
    assert published.endswith("schedules, 1 of them no longer in force.")


def test_a_locked_schedule_that_was_not_published_is_said(agency: Installed) -> None:
    agency.change(
        """
        DELETE FROM `${dataset}.schedule_export_log`
        WHERE page_name = (SELECT MIN(page_name) FROM `${dataset}.schedule_recommendations`)
        """
    )
    [_, published] = week_status(agency.dataset, WEEK)
    assert published.endswith("; 1 schedules in force are not among them.")


def test_drafts_that_are_not_locked_are_counted(agency: Installed) -> None:
    agency.change(
        """
        UPDATE `${dataset}.schedule_recommendations` SET status = 'draft', is_active = FALSE
        WHERE page_name = (SELECT MIN(page_name) FROM `${dataset}.schedule_recommendations`)
        """
    )
    [in_force, _] = week_status(agency.dataset, WEEK)
    assert in_force.endswith("are in force, 1 drafts are not locked.")
