"""The tabs of decisions as Dagster reads them: the asset, its check, and the sensor."""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest

from eros_assets.automation.sheet_decisions import decision_changes, read_decisions
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.exporting.sheets.decision_tabs import AVAILABILITY, OVERRIDES
from eros_assets.resources import SheetsResource
from eros_assets.weekly.sheet_decisions import shown_decisions
from tests.assets.installed import Installed, installed
from tests.exporting.sheets_service.service import BATCH, GET, SPREADSHEET
from tests.exporting.sheets_service.weeks import Desk, messages, opened_desk, week_of
from tests.google.exchange import Trouble

FILES = {
    "mass_messages.csv": "page_name,message,sending_time,price,sent_count,viewed_count,"
    "purchased_count,earnings,message_type\n",
    "caption_bank.csv": "caption_text,price_tier\nSoup of the day,mid\n",
    "creators.csv": "page_name,display_name\ncook,Zoë Cook\ncoach,\n",
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with opened_desk() as desk:
        yield desk


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> Iterator[Installed]:
    folder = tmp_path_factory.mktemp("agency")
    history = folder / "history"
    history.mkdir()
    for name, text in FILES.items():
        (history / name).write_text(text, encoding="utf-8")
    sheet = {"spreadsheet_id": SPREADSHEET, "sheets_endpoint": desk.address}
    with installed(folder, import_dir=history, **sheet) as agency:
        agency.set_up()
        yield agency


def check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = result.get_asset_check_evaluations()
    assert (found.check_name, found.blocking) == ("decisions_are_read", False)
    return found


def write(desk: Desk, tab: str, row: int, **cells: object) -> None:
    for title, value in cells.items():
        there = desk.sheets.tab(tab)
        there.type_in(row, there.column(title.replace("_", " ")), value)


def in_force(agency: Installed) -> list[str]:
    rows = agency.query(
        "SELECT page_name FROM `${dataset}.sheet_decisions` "
        "WHERE is_open AND fault IS NULL ORDER BY page_name"
    )
    return rows["page_name"].tolist()


def tick(agency: Installed, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    context = dg.build_sensor_context(
        instance=agency.instance,
        cursor=cursor,
        resources={"sheets": SheetsResource(settings=agency.dataset.settings)},
    )
    with context:
        found = decision_changes(context)
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def test_a_spreadsheet_without_the_tabs_says_nothing(agency: Installed) -> None:
    assert check(agency.run(read_decisions.name)).passed
    skipped = tick(agency, None)
    assert isinstance(skipped, dg.SkipReason)
    assert "export a week first" in (skipped.skip_message or "")


def test_a_line_that_can_not_be_read_fails_the_check_and_is_marked(
    agency: Installed, desk: Desk
) -> None:
    shown = shown_decisions(agency.dataset)
    assert shown.pages == ["coach", "cook"]
    desk.export(replace(week_of(messages()), decisions=shown))
    write(desk, AVAILABILITY.name, 1, Page="zoë cook", First_date="2025-11-10")
    write(desk, AVAILABILITY.name, 2, Page="coach", First_date="some day")
    write(desk, OVERRIDES.name, 1, Page="coach", PPVs_a_week=3)
    found = check(agency.run(read_decisions.name))
    assert not found.passed
    (offender,) = found.metadata["offenders"].value
    assert offender.startswith("Days off and hours row 3: its First date 'some day' is not a date")
    assert in_force(agency) == ["coach", "cook"]
    status = desk.sheets.tab(AVAILABILITY.name).records()[1]["Status"]
    assert status.startswith("not read: its First date 'some day'")
    write(desk, AVAILABILITY.name, 2, First_date="2025-11-11")
    assert check(agency.run(read_decisions.name)).passed
    assert in_force(agency) == ["coach", "coach", "cook"]
    assert not desk.sheets.tab(AVAILABILITY.name).records()[1]["Status"]


def test_what_was_read_holds_while_the_spreadsheet_is_not_shared(
    agency: Installed, desk: Desk
) -> None:
    before = in_force(agency)
    desk.sheets.trouble(GET, Trouble(status=403, message="The caller does not have permission"))
    found = check(agency.run(read_decisions.name))
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert in_force(agency) == before
    assert check(agency.run(read_decisions.name)).passed


def test_lines_that_can_not_be_marked_are_read_all_the_same(agency: Installed, desk: Desk) -> None:
    before = in_force(agency)
    write(desk, OVERRIDES.name, 2, Page="nobody", PPVs_a_week=3)
    desk.sheets.trouble(BATCH, Trouble(status=403, message="The caller does not have permission"))
    assert not check(agency.run(read_decisions.name)).passed
    assert in_force(agency) == before
    desk.sheets.tab(OVERRIDES.name).delete_line(2)


def test_without_a_spreadsheet_what_was_read_stays(agency: Installed) -> None:
    before = in_force(agency)
    settings = agency.dataset.settings.model_copy(update={"spreadsheet_id": None})
    alone = Installed(open_dataset(settings), agency.open_instance)
    alone.run(read_decisions.name)
    assert in_force(alone) == before
    assert isinstance(tick(alone, None), dg.SkipReason)
    sensors = {each.name for each in build_definitions(settings).sensors or ()}
    assert "decision_changes" not in sensors


def test_the_sensor_has_changes_read_once(agency: Installed, desk: Desk) -> None:
    first = tick(agency, None)
    assert isinstance(first, dg.SensorResult)
    assert [request.partition_key for request in first.run_requests or ()] == [None]
    assert isinstance(tick(agency, first.cursor), dg.SkipReason)
    write(desk, OVERRIDES.name, 1, PPVs_a_week=4)
    later = tick(agency, first.cursor)
    assert isinstance(later, dg.SensorResult)
    assert later.cursor != first.cursor
    sensor = build_definitions(agency.dataset.settings).resolve_sensor_def("decision_changes")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
