"""At the end of a command people read which pages are in force and were not published, and why."""

import pytest

from eros_assets.cli import planning
from tests.assets.installed import WEEK, Installed
from tests.gate.swift import swift_smoke_tests as swift_smoke_tests
from tests.publishing.test_changed_by_hand import CHANGES, PAGE


@pytest.mark.usefixtures("swift_smoke_tests")
@pytest.mark.parametrize("name", ["no time", "message deleted"])
def test_a_command_says_what_it_withheld_and_why(
    agency: Installed, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    settings = agency.dataset.settings
    before = planning._where_to_look(settings, WEEK)
    capsys.readouterr()
    assert before["withheld"] == {}
    agency.change(CHANGES[name].script, page=PAGE)
    agency.run("export_schedules", WEEK)

    given = planning._where_to_look(settings, WEEK)

    said = " ".join(capsys.readouterr().out.split())
    assert f"In force and not published: {PAGE}. The other pages are published." in said
    assert f"{PAGE}: 0 of 1 messages: " in said
    assert "schedules_are_as_planned: " in said
    assert f"{len(before['pages']) - 1} schedules, " in said
    assert "1 more in force are withheld." in said
    assert list(given["withheld"]) == [PAGE]
    assert given["pages"] == [each for each in before["pages"] if each["page"] != PAGE]
