"""A week reaches its Google Sheet, and what people decide there reaches the next build."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pandas as pd
import pytest
from pydantic import SecretStr

from eros_assets.automation.jobs import replace_messages, week_run_config, weekly_schedules
from eros_assets.automation.review import read_reviews, review_changes
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.exporting.sheets.decision_tabs import DECISION_TABS
from eros_assets.exporting.sheets.state import REVIEW, SUMMARY
from eros_assets.resources import SheetsResource
from eros_assets.weekly.replacing.requests import REJECTED
from tests.assets.installed import WEEK, Installed, installed
from tests.exporting.sheets_service.service import BATCH, GET, SPREADSHEET
from tests.exporting.sheets_service.weeks import BIG_ID, TIERS, Desk, opened_desk
from tests.gate.swift import pass_at_once
from tests.google.exchange import Trouble

TAB = "2025-W45"
SECRET = "c2VjcmV0IHBhcnQgb2YgYSBrZXk"

MESSAGES = (
    "row_id,page_name,message,sending_time,price,sent_count,viewed_count,purchased_count,earnings,"
    "message_type,caption_id\n"
)
BANK = (
    "caption_id,caption_text,content_category,price_tier,has_urgency,page_name,is_active,"
    "created_at\n"
)
CREATORS = "page_name,display_name,is_active\ncoach,=Coach(),True\ncook,Zoë Cook,True\n"
BUILD = ("selection", "schedules")
LINE = ("performance", *BUILD)


@pytest.fixture(scope="module", autouse=True)
def swift_smoke_tests() -> Iterator[None]:
    """What is published is judged by the other conditions of the gate."""
    with pytest.MonkeyPatch.context() as patch:
        pass_at_once(patch)
        yield


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with opened_desk() as desk:
        yield desk


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> Iterator[Installed]:
    """Two new creators and a bank; their first week is planned and in the sheet."""
    folder = tmp_path_factory.mktemp("agency")
    bank = "".join(
        f"{BIG_ID + n},{'=' * (n % 3)}Text {n},topic_{n % 5},{TIERS[n % 4]},False,,True,"
        "2025-01-01T00:00:00Z\n"
        for n in range(120)
    )
    history = folder / "history"
    history.mkdir()
    (history / "mass_messages.csv").write_text(MESSAGES)
    (history / "caption_bank.csv").write_text(BANK + bank)
    (history / "creators.csv").write_text(CREATORS)
    sheet = {"spreadsheet_id": SPREADSHEET, "sheets_endpoint": desk.address}
    with installed(folder, import_dir=history, **sheet) as agency:
        agency.set_up()
        # How fast this machine is today is no matter of these tests.
        agency.change("UPDATE `${dataset}.tuning` SET selector_max_seconds = 600.0 WHERE TRUE")
        make(agency, *assets_of(agency, *LINE), "schedule_sheet")
        yield agency


def assets_of(agency: Installed, *groups: str) -> list[str]:
    """The assets of the weekly line's groups."""
    graph = build_definitions(agency.dataset.settings).resolve_asset_graph()
    return [
        key.to_user_string()
        for key in graph.materializable_asset_keys
        if graph.get(key).group_name in groups
    ]


def make(agency: Installed, *assets: str, succeeds: bool = True) -> dg.ExecuteInProcessResult:
    """Materialize these assets of the week, and no others."""
    result = (
        build_definitions(agency.dataset.settings)
        .resolve_job_def(weekly_schedules.name)
        .execute_in_process(
            instance=agency.instance,
            partition_key=WEEK.isoformat(),
            asset_selection=[dg.AssetKey(name) for name in assets],
            run_config=week_run_config(),
            raise_on_error=succeeds,
        )
    )
    assert result.success is succeeds
    return result


def active(agency: Installed) -> pd.DataFrame:
    return agency.query(
        "SELECT schedule_id, page_name, message_number, caption_id, scheduled_send_time "
        "FROM `${dataset}.schedule_recommendations` WHERE is_active "
        "ORDER BY page_name, message_number"
    )


def log(agency: Installed, status: str) -> pd.DataFrame:
    return agency.query(
        "SELECT * FROM `${dataset}.schedule_export_log` "
        "WHERE destination = 'sheets' AND status = @status ORDER BY page_name, exported_at",
        status=status,
    )


def everything_said(agency: Installed, run_id: str) -> str:
    """All that Dagster keeps of a run: events, errors with their causes, metadata, its config."""
    records = agency.instance.all_logs(run_id)
    run = agency.instance.get_run_by_id(run_id)
    return "\n".join([*(record.to_json() for record in records), str(run)])


def test_the_sheet_shows_what_is_in_force(agency: Installed, desk: Desk) -> None:
    planned = agency.query(
        "SELECT page_name, caption_id, caption_text, schedule_id "
        "FROM `${dataset}.schedule_recommendations_with_messages`"
    ).astype(str)
    shown = desk.sheets.tab(TAB).records()
    columns = ("Page", "Caption id", "Caption", "Schedule")
    assert sorted(tuple(record[column] for column in columns) for record in shown) == sorted(
        planned.itertuples(index=False, name=None)
    )
    assert len(shown) == len(active(agency))
    names = agency.query("SELECT page_name, display_name FROM `${dataset}.creators`")
    named = dict(zip(names["page_name"], names["display_name"], strict=True))
    assert all(record["Creator"] == named[record["Page"]] for record in shown)
    decided = [tab.name for tab in DECISION_TABS]
    assert desk.sheets.titles == [SUMMARY, REVIEW, TAB, "Sheet1", *decided]


def test_every_schedule_s_export_is_logged(agency: Installed) -> None:
    rows = log(agency, "succeeded")
    counts = active(agency).groupby("schedule_id").size()
    newest = rows[rows["schedule_id"].isin(counts.index)].drop_duplicates("schedule_id")
    assert dict(zip(newest["schedule_id"], newest["row_count"], strict=True)) == counts.to_dict()
    assert set(newest["checksum"].str.len()) == {64}
    assert all(
        newest["location"].str.startswith(f"https://docs.google.com/spreadsheets/d/{SPREADSHEET}")
    )


def test_files_and_sheet_say_alike_what_was_published(agency: Installed) -> None:
    files_of_week = ("schedule_csv", "schedule_calendar", "schedule_index")
    result = make(agency, *files_of_week, "schedule_sheet")
    files = next(
        each.metadata
        for each in result.asset_materializations_for_node("schedule_csv")
        if each.asset_key.to_user_string() == "schedule_csv"
    )
    (sheet,) = (e.metadata for e in result.asset_materializations_for_node("schedule_sheet"))
    folder = agency.dataset.week_folder(WEEK)
    content = (folder / "all-creators.csv").read_bytes()
    assert files["sha256"].value == hashlib.sha256(content).hexdigest()
    assert files["url"].value == (folder / "index.html").absolute().as_uri()
    assert sheet["tab"].value == TAB
    assert str(sheet["url"].value).startswith("https://docs.google.com/spreadsheets/d/1sHeEt")
    (digest,) = set(log(agency, str(sheet["status"].value))["checksum"])
    assert sheet["sha256"].value == digest
    for each in (files, sheet):
        assert each["dagster/row_count"].value == len(active(agency))


def test_an_unchanged_week_is_not_written_again(agency: Installed, desk: Desk) -> None:
    before, writes = desk.sheets.contents(), desk.sheets.writes
    make(agency, "schedule_sheet")
    assert desk.sheets.writes == writes
    assert desk.sheets.contents() == before
    assert set(log(agency, "unchanged")["schedule_id"]) == set(active(agency)["schedule_id"])


def test_a_rejected_message_is_replaced_and_its_note_stays(agency: Installed, desk: Desk) -> None:
    planned = active(agency)
    page = planned["page_name"].iloc[0]
    own = planned[planned["page_name"] == page]
    rejected, approved = own.iloc[0], own.iloc[1]
    review = desk.sheets.tab(REVIEW)
    for row, decision, note in ((rejected, "reject", "not this week"), (approved, "approve", None)):
        where = {"Schedule": row["schedule_id"], "Message": int(row["message_number"])}
        review.write_beside("Decision", decision, **where)
        review.write_beside("Note", note or "fine", **where)

    agency.run(read_reviews.name, WEEK)
    stored = agency.query(
        "SELECT caption_id, decision, note FROM `${dataset}.schedule_review` ORDER BY decision"
    )
    assert stored.to_dict("records") == [
        {"caption_id": approved["caption_id"], "decision": "approve", "note": "fine"},
        {"caption_id": rejected["caption_id"], "decision": "reject", "note": "not this week"},
    ]

    make(agency, *assets_of(agency, *BUILD), "schedule_sheet")
    after = active(agency)
    renewed = after[after["page_name"] == page]
    assert rejected["caption_id"] not in set(renewed["caption_id"])
    assert len(renewed) == len(own)
    assert renewed["schedule_id"].iloc[0] != own["schedule_id"].iloc[0]
    assert str(rejected["caption_id"]) not in {
        record["Caption id"] for record in desk.sheets.tab(TAB).records() if record["Page"] == page
    }
    lines = desk.sheets.tab(REVIEW).records()
    noted = [line for line in lines if line["Note"] == "not this week"]
    assert [(line["Decision"], line["Schedule"]) for line in noted] == [
        ("reject", rejected["schedule_id"])
    ]
    carried = [
        line
        for line in lines
        if line["Decision"] == "approve" and line["Schedule"] == renewed["schedule_id"].iloc[0]
    ]
    again = renewed.loc[renewed["caption_id"] == approved["caption_id"], "scheduled_send_time"]
    # approval_moves_minutes: one whose time moved by more is asked for again
    kept = any(abs(again - approved["scheduled_send_time"]) <= pd.Timedelta(minutes=120))
    assert [line["Note"] for line in carried] == ["fine"] * kept
    assert len(lines) == len({(line["Schedule"], line["Message"]) for line in lines})


def test_a_reject_in_the_week_under_way_replaces_that_message_alone(
    agency: Installed, desk: Desk
) -> None:
    """Review tab, sensor, run, sheet; one that was sent stays, and the tab says so."""
    make(agency, "schedule_sheet")
    settings = agency.dataset.settings.model_copy(update={"today": WEEK + dt.timedelta(days=2)})
    wednesday = Installed(open_dataset(settings), agency.open_instance)
    instant = wednesday.dataset.planning_instant()
    before = active(agency)
    coach = before[before["page_name"] == "coach"]
    sent = coach[coach["scheduled_send_time"] <= instant].iloc[0]
    rejected, approved = (
        coach[coach["scheduled_send_time"] > instant].iloc[place] for place in (1, 2)
    )
    review = desk.sheets.tab(REVIEW)
    for row, decision in ((sent, "reject"), (rejected, "x"), (approved, "ok")):
        where = {"Schedule": row["schedule_id"], "Message": int(row["message_number"])}
        review.write_beside("Decision", decision, **where)
    wednesday.run(read_reviews.name, WEEK)
    assert waiting(wednesday, None)[0] == [WEEK.isoformat()]
    _, cursor = waiting(wednesday, None)
    assert waiting(wednesday, cursor)[0] == []
    late = [
        line["Message"]
        for line in review.records()
        if "too late" in str(line["Status"]) and line["Schedule"] == sent["schedule_id"]
    ]
    assert late == [sent["message_number"]]

    job = build_definitions(settings).resolve_job_def(replace_messages.name)
    for _ in range(2):  # the second run has nothing to do
        assert job.execute_in_process(
            instance=agency.instance,
            partition_key=WEEK.isoformat(),
            run_config=week_run_config(replace=[REJECTED]),
        ).success
        after = active(agency)
        kept = ["page_name", "message_number", "scheduled_send_time"]
        pd.testing.assert_frame_equal(before[kept], after[kept])
        changed = before[before["caption_id"] != after["caption_id"]]
        assert list(changed["message_number"]) == [rejected["message_number"]]
        assert list(changed["page_name"]) == ["coach"]
    waits = waiting(wednesday, cursor)[0]
    assert waits == []
    shown = {
        (record["Page"], record["Caption id"], record["Schedule"])
        for record in desk.sheets.tab(TAB).records()
    }
    assert shown == {
        (row["page_name"], str(row["caption_id"]), row["schedule_id"])
        for row in after.to_dict("records")
    }
    schedule = after.loc[after["page_name"] == "coach", "schedule_id"].iloc[0]
    lines = {
        line["Message"]: line["Decision"]
        for line in review.records()
        if line["Schedule"] == schedule
    }
    assert lines[approved["message_number"]] == "approve"
    assert lines[rejected["message_number"]] is None
    recorded = agency.query("SELECT * FROM `${dataset}.message_replacements`")
    assert list(recorded["caption_id"]) == [rejected["caption_id"]]
    assert list(recorded["asked_by"]) == ["review"]
    for row in (sent, rejected, approved):
        where = {"Schedule": row["schedule_id"], "Message": int(row["message_number"])}
        review.write_beside("Decision", "", **where)
    agency.run(read_reviews.name, WEEK)


def waiting(agency: Installed, cursor: str | None) -> tuple[list[str], str | None]:
    """One tick of the sensor: the weeks whose rejected messages it has replaced, its cursor."""
    definitions = build_definitions(agency.dataset.settings)
    with dg.build_sensor_context(
        instance=agency.instance, cursor=cursor, definitions=definitions
    ) as context:
        data = definitions.resolve_sensor_def("rejected_messages").evaluate_tick(context)
    return [request.partition_key or "" for request in data.run_requests or []], data.cursor


def test_reading_the_same_reviews_again_changes_no_row(agency: Installed) -> None:
    agency.run(read_reviews.name, WEEK)  # approvals that were carried over to the new schedule
    query = "SELECT * FROM `${dataset}.schedule_review` ORDER BY schedule_id, message_number"
    before = agency.query(query)
    agency.run(read_reviews.name, WEEK)
    pd.testing.assert_frame_equal(agency.query(query), before)


def reviews(agency: Installed) -> pd.DataFrame:
    return agency.query("SELECT * FROM `${dataset}.schedule_review` ORDER BY 1, 2")


def check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = result.get_asset_check_evaluations()
    assert found.check_name == "reviews_are_read"
    return found


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=403, message="The caller does not have permission"),
        Trouble(status=404, message="Requested entity was not found."),
        Trouble(status=401),
    ],
)
def test_the_week_is_planned_on_known_reviews_when_the_sheet_cannot_be_read(
    agency: Installed, desk: Desk, trouble: Trouble
) -> None:
    before = reviews(agency)
    assert not before.empty
    desk.sheets.trouble(GET, trouble)
    found = check(agency.run(read_reviews.name, WEEK))
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert not found.blocking
    assert "1sHeEt" in (found.description or "") or "make a new key" in (found.description or "")
    pd.testing.assert_frame_equal(reviews(agency), before)
    assert check(agency.run(read_reviews.name, WEEK)).passed


def test_an_unreadable_line_is_quarantined_and_the_others_are_read(
    agency: Installed, desk: Desk
) -> None:
    review = desk.sheets.tab(REVIEW)
    first, second, third = (
        {"Schedule": row["schedule_id"], "Message": int(row["message_number"])}
        for row in active(agency)[active(agency)["page_name"] == "cook"].head(3).to_dict("records")
    )
    review.write_beside("Decision", "perhaps", **first)
    review.write_beside("Note", "the blue one", **second)
    review.write_beside("Note", "beside its number", **third)
    review.write_beside("Message", 99, **third)
    found = check(agency.run(read_reviews.name, WEEK))
    assert not found.passed
    assert reviews(agency)["note"].eq("the blue one").sum() == 1
    quarantined = agency.query("SELECT * FROM `${dataset}.quarantined_reviews` WHERE is_open")
    assert sorted(quarantined["decision"].dropna()) == ["perhaps"]
    assert list(quarantined["note"].dropna()) == ["beside its number"]
    said = " ".join(found.metadata["offenders"].value)
    assert "Decision 'perhaps' is not approve or reject" in said
    assert "no schedule of the week has message 99" in said
    marked = {line["Decision"]: line["Status"] for line in review.records() if line["Status"]}
    assert "Decision 'perhaps' is not" in marked["perhaps"]
    assert "no schedule of the week has message 99" in marked[None]

    review.write_beside("Message", third["Message"], Note="beside its number")
    review.write_beside("Decision", "OK ", **first)
    assert check(agency.run(read_reviews.name, WEEK)).passed
    kept = agency.query("SELECT is_open FROM `${dataset}.quarantined_reviews` WHERE tab_row > 0")
    assert list(kept["is_open"]) == [False, False]
    for where in (first, second, third):
        review.write_beside("Decision", "", **where)
        review.write_beside("Note", "", **where)
    agency.run(read_reviews.name, WEEK)


def test_a_sheet_that_is_not_shared_fails_in_the_log_and_leaves_what_was(
    agency: Installed, desk: Desk
) -> None:
    before = desk.sheets.contents()
    agency.change(
        "UPDATE `${dataset}.creators` SET display_name = CONCAT(display_name, '!') WHERE TRUE"
    )
    desk.sheets.trouble(BATCH, Trouble(status=403, message="The caller does not have permission"))
    make(agency, "schedule_sheet", succeeds=False)
    assert desk.sheets.contents() == before
    rows = log(agency, "failed")
    assert set(rows["schedule_id"]) == set(active(agency)["schedule_id"])
    assert rows["error_message"].str.contains("add that address as Editor").all()
    assert set(rows["row_count"]) == {0}
    make(agency, "schedule_sheet")
    assert len(log(agency, "failed")) == len(rows)


def test_nothing_of_a_key_is_kept_of_any_run(agency: Installed) -> None:
    key = {"type": "service_account", "client_email": "x@y", "private_key": SECRET}
    changes = {"sheets_key_json": SecretStr(json.dumps(key))}
    settings = agency.dataset.settings.model_copy(update=changes)
    keyed = Installed(open_dataset(settings), agency.open_instance)
    result = keyed.run(read_reviews.name, WEEK)
    make(keyed, "schedule_sheet", succeeds=False)
    said = everything_said(agency, result.run_id)
    assert "EROS_SHEETS_KEY_JSON is not a whole key of a service account" in said
    assert SECRET not in said
    assert SECRET not in repr(SheetsResource(settings=settings))


def test_without_a_spreadsheet_the_sheet_is_shown_with_a_line_how_to_turn_it_on(
    agency: Installed,
) -> None:
    """No run has it: a backfill that waited for it would count as failed."""
    settings = agency.dataset.settings.model_copy(update={"spreadsheet_id": None})
    graph = build_definitions(settings).resolve_asset_graph()
    sheet = graph.get(dg.AssetKey("schedule_sheet"))
    assert not sheet.is_executable
    assert sheet.automation_condition is None
    assert "Not set up: there is no Google Sheet" in (sheet.description or "")
    assert "set EROS_SPREADSHEET_ID to its address" in (sheet.description or "")
    alone = Installed(open_dataset(settings), agency.open_instance)
    result = alone.run("export_schedules", WEEK)
    assert "schedule_sheet" not in {event.step_key for event in result.all_events}


# The sensor


def look(agency: Installed, cursor: str | None) -> tuple[list[str], str | None, str | None]:
    """One tick: the weeks it has read, its cursor, why it did nothing."""
    settings = agency.dataset.settings
    definitions = build_definitions(settings)
    with dg.build_sensor_context(
        instance=agency.instance,
        cursor=cursor,
        definitions=definitions,
        resources={"sheets": SheetsResource(settings=settings)},
    ) as context:
        data = definitions.resolve_sensor_def("review_changes").evaluate_tick(context)
    weeks = [request.partition_key or "" for request in data.run_requests or []]
    return weeks, data.cursor, data.skip_message


def test_the_sensor_has_changes_read_back_once(agency: Installed, desk: Desk) -> None:
    weeks, cursor, _ = look(agency, None)
    assert weeks == [WEEK.isoformat()]
    assert look(agency, cursor) == ([], cursor, "the Review tabs say nothing new")
    where = {"Decision": "reject"}
    desk.sheets.tab(REVIEW).write_beside("Note", "thought again", **where)
    weeks, later, _ = look(agency, cursor)
    assert weeks == [WEEK.isoformat()]
    assert later != cursor


def test_a_column_that_is_gone_is_said_by_a_run_and_comes_back_with_what_was_read(
    agency: Installed, desk: Desk
) -> None:
    """Also beside lines that are no longer in force: a rejected caption stays rejected."""
    agency.run(read_reviews.name, WEEK)
    before = reviews(agency)
    shown = set(active(agency)["schedule_id"])
    assert {"reject"} <= set(before.loc[~before["schedule_id"].isin(shown), "decision"])
    _, cursor, _ = look(agency, None)
    review = desk.sheets.tab(REVIEW)
    review.delete_column(review.column("Decision"))
    weeks, later, _ = look(agency, cursor)
    assert weeks == [WEEK.isoformat()]
    assert look(agency, later)[0] == []
    found = check(agency.run(read_reviews.name, WEEK))
    assert not found.passed
    assert "its column Decision is missing" in " ".join(found.metadata["offenders"].value)
    pd.testing.assert_frame_equal(reviews(agency), before)
    make(agency, "schedule_sheet")
    assert check(agency.run(read_reviews.name, WEEK)).passed
    pd.testing.assert_frame_equal(reviews(agency), before)


def test_a_decision_in_a_copy_of_the_tab_is_quarantined(agency: Installed, desk: Desk) -> None:
    own = desk.sheets.tab(REVIEW)
    cells = {place: {**cell} for place, cell in own.cells.items()}
    desk.sheets.tabs[77] = replace(
        own, sheet_id=77, title="Copy of Review", cells=cells, metadata={}
    )
    desk.sheets.order.append(77)
    assert check(agency.run(read_reviews.name, WEEK)).passed
    row = active(agency).iloc[-1]
    where = {"Schedule": row["schedule_id"], "Message": int(row["message_number"])}
    before = reviews(agency)
    desk.sheets.tabs[77].write_beside("Decision", "x", **where)
    found = check(agency.run(read_reviews.name, WEEK))
    said = " ".join(found.metadata["offenders"].value)
    assert "tab Copy of Review row" in said
    assert "write it into the tab Review" in said
    kept = agency.query("SELECT decision FROM `${dataset}.quarantined_reviews` WHERE is_open")
    assert list(kept["decision"]) == ["x"]
    pd.testing.assert_frame_equal(reviews(agency), before)
    del desk.sheets.tabs[77]
    desk.sheets.order.remove(77)
    assert check(agency.run(read_reviews.name, WEEK)).passed


def test_the_sensor_does_nothing_where_there_is_nothing_to_watch(agency: Installed) -> None:
    settings = agency.dataset.settings.model_copy(update={"spreadsheet_id": None})
    with dg.build_sensor_context(
        instance=agency.instance, resources={"sheets": SheetsResource(settings=settings)}
    ) as context:
        skipped = review_changes(context)
    assert isinstance(skipped, dg.SkipReason)
    assert "EROS_SPREADSHEET_ID" in (skipped.skip_message or "")


def test_the_sensor_runs_by_itself_and_only_where_there_is_a_spreadsheet(
    agency: Installed,
) -> None:
    watched = agency.dataset.settings
    for name in ("review_changes", "rejected_messages"):
        sensor = build_definitions(watched).resolve_sensor_def(name)
        assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
        alone = build_definitions(watched.model_copy(update={"spreadsheet_id": None}))
        assert name not in {each.name for each in alone.sensors or ()}


# The gate; last, because what is broken here stays so


def test_a_week_that_does_not_pass_the_gate_is_not_published(agency: Installed, desk: Desk) -> None:
    agency.change("UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE WHERE TRUE")
    requests = len(desk.sheets.requests)
    make(agency, "schedule_sheet", succeeds=False)
    assert len(desk.sheets.requests) == requests
    rows = log(agency, "failed")
    assert rows["error_message"].str.contains("every_message_is_reserved").any()
