"""A creator who leaves takes the schedules of weeks ahead, their reservations and files along."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from eros_assets.automation.withdrawal import withdraw_creators, withdrawal_run_config
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.withdrawal import (
    NothingToWithdrawError,
    withdraw_inactive,
    withdraw_pages,
)
from tests.assets.installed import TODAY, WEEK, Installed, copied

NOW = dt.datetime(2025, 11, 1, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Leaving:
    """An agency and one of its creators, who is no longer active."""

    agency: Installed
    page: str

    def scheduled(self) -> set[str]:
        return set(active_messages(self.agency.dataset, WEEK)["page_name"])

    def reserved(self) -> dict[str, int]:
        rows = self.agency.query(
            "SELECT page_name FROM `${dataset}.active_caption_assignments` WHERE is_active"
        )
        return rows["page_name"].value_counts().to_dict()


@pytest.fixture
def leaving(planned: Path, tmp_path: Path) -> Iterator[Leaving]:
    with copied(planned, tmp_path) as agency:
        page = sorted(set(active_messages(agency.dataset, WEEK)["page_name"]))[0]
        agency.change(
            "UPDATE `${dataset}.creators` SET is_active = FALSE WHERE page_name = @page", page=page
        )
        yield Leaving(agency, page)


def test_inactive_creator_leaves_a_week_that_has_not_begun(leaving: Leaving) -> None:
    before, reserved = leaving.scheduled(), leaving.reserved()
    found = withdraw_inactive(leaving.agency.dataset, WEEK, withdrawn_at=NOW)
    assert [each.page_name for each in found] == [leaving.page]
    assert found[0].messages == reserved.pop(leaving.page)
    assert leaving.scheduled() == before - {leaving.page}
    assert leaving.reserved() == reserved
    reasons = leaving.agency.query(
        "SELECT DISTINCT deactivation_reason AS reason "
        "FROM `${dataset}.active_caption_assignments` WHERE page_name = @page",
        page=leaving.page,
    )
    assert list(reasons["reason"]) == ["withdrawn"]
    assert withdraw_inactive(leaving.agency.dataset, WEEK, withdrawn_at=NOW) == []


def test_week_that_has_begun_stays(leaving: Leaving) -> None:
    settings = leaving.agency.dataset.settings
    later = open_dataset(settings.model_copy(update={"today": WEEK + dt.timedelta(days=1)}))
    assert withdraw_inactive(later, WEEK, withdrawn_at=NOW) == []
    with pytest.raises(NothingToWithdrawError, match=f"{leaving.page}: no schedule"):
        withdraw_pages(later, [leaving.page], withdrawn_at=NOW)
    assert leaving.page in leaving.scheduled()


def test_page_without_a_schedule_ahead_is_refused(leaving: Leaving) -> None:
    before = leaving.reserved()
    with pytest.raises(NothingToWithdrawError, match=r"nobody: no schedule .* nothing was changed"):
        withdraw_pages(leaving.agency.dataset, [leaving.page, "nobody"], withdrawn_at=NOW)
    assert leaving.reserved() == before


def test_withdrawn_page_has_no_file_left(leaving: Leaving) -> None:
    """By the job of the command; the creator may be active."""
    agency = leaving.agency
    other = sorted(leaving.scheduled())[1]
    before = agency.files()
    result = (
        build_definitions(agency.dataset.settings)
        .resolve_job_def(withdraw_creators.name)
        .execute_in_process(
            instance=agency.instance, run_config=withdrawal_run_config(leaving.page, other)
        )
    )
    assert result.success
    gone = {name for name in before if name.split(".")[0] in (leaving.page, other)}
    assert gone
    assert set(agency.files()) == set(before) - gone
    assert not leaving.scheduled() & {leaving.page, other}
    assert TODAY < WEEK
