"""What is typed after `week --replace`."""

import click
import pytest
from click.testing import CliRunner

from eros_assets.cli.planning import main
from eros_assets.cli.replacing import requests_of


@pytest.mark.parametrize(
    ("typed", "requests"),
    [
        (["7"], ["anna 7"]),
        (["7,12"], ["anna 7", "anna 12"]),
        (["7", " 12, 3 "], ["anna 7", "anna 12", "anna 3"]),
        (["Rejected"], ["rejected"]),
        (["7,rejected"], ["anna 7", "rejected"]),
        ([], []),
    ],
)
def test_numbers_are_requests_of_the_page(typed: list[str], requests: list[str]) -> None:
    assert requests_of(typed, ["anna"], force=False) == requests


@pytest.mark.parametrize(
    ("typed", "pages", "force", "said"),
    [
        (["seven"], ["anna"], False, "'seven' is neither the number of a message nor 'rejected'"),
        (["-7"], ["anna"], False, "'-7' is neither"),
        (["7.5"], ["anna"], False, "'7.5' is neither"),
        ([" , "], ["anna"], False, "give the numbers of messages"),
        (["7"], [], False, "give the page with --page"),
        (["7"], ["anna", "bella"], False, "give the page with --page"),
        (["7"], ["anna"], True, "--force plans it again: give one"),
    ],
)
def test_what_is_no_request_is_refused(
    typed: list[str], pages: list[str], force: bool, said: str
) -> None:
    with pytest.raises(click.UsageError) as refused:
        requests_of(typed, pages, force=force)
    assert said in str(refused.value)


def test_every_page_may_have_its_rejected_messages_replaced() -> None:
    assert requests_of(["rejected"], [], force=False) == ["rejected"]


@pytest.mark.parametrize("week", ["2025-11-04x", "soon", "2025-13-01"])
def test_a_week_that_is_no_date_ends_the_command_at_once(week: str) -> None:
    told = CliRunner().invoke(main, ["week", "--week", week])
    assert told.exit_code == 2
    assert "--week" in told.output
