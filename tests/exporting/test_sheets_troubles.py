"""Failures of requests, concurrent exports, edits meanwhile, and invalid credentials."""

import datetime as dt
import json
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from eros_assets.exporting.sheets import credentials as access
from eros_assets.exporting.sheets.exporter import ROUNDS, SheetsChangedError
from eros_assets.exporting.sheets.faults import (
    SheetsAccessError,
    SheetsCredentialsError,
    SheetsError,
    SheetsProtectedError,
    SheetsQuotaError,
    SheetsRefusedError,
    SheetsUnavailableError,
    SpreadsheetNotFoundError,
    retry_after,
)
from eros_assets.exporting.sheets.retry_policy import RetryPolicy
from eros_assets.exporting.sheets.state import REVIEW, SUMMARY, sheet_id
from eros_assets.exporting.sheets.tables import WEEK_COLUMNS
from tests.exporting.sheets_service.service import BATCH, GET, VALUES
from tests.exporting.sheets_service.weeks import Desk, message, messages, week_of
from tests.google.exchange import Trouble, drop_after, drop_before, silence

WEEK = "2025-W46"
AT = {column.title: place for place, column in enumerate(WEEK_COLUMNS)}
BUSY = Trouble(status=429, message="Quota exceeded for quota metric 'Write requests'")
GATEWAY = Trouble(status=502, is_html=True)
DENIED = Trouble(status=403, message="The caller does not have permission")

PASSING = {
    "busy": BUSY,
    "busy, with a wait": Trouble(status=429, retry_after="17"),
    "unavailable": Trouble(status=503),
    "broken": Trouble(status=500),
    "too slow": Trouble(status=408),
    "a page of HTML": GATEWAY,
    "a page of HTML, as if all were well": Trouble(status=200, is_html=True),
    "JSON that ends in the middle": Trouble(content=b'{"sheets": [{"properties": {"sheetId'),
    "cut off before": drop_before(),
    "cut off after": drop_after(),
    "broken after": Trouble(status=500, carried_out=True),
}


def rows(desk: Desk, title: str = WEEK) -> int:
    return len(desk.sheets.tab(title).records())


# Transient errors


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_failed_write_is_checked_and_applied_once(desk: Desk, trouble: Trouble) -> None:
    desk.sheets.trouble(BATCH, trouble)
    exported = desk.show(messages())
    assert exported.status == "succeeded"
    assert exported.writes == (1 if trouble.carried_out else 2)
    assert rows(desk) == rows(desk, REVIEW) == 6
    assert len(desk.sheets.titles) == 4
    assert [request.method for request in desk.sheets.requests][:3] == [GET, BATCH, GET]
    assert len(desk.waits) == 1
    assert desk.waits[0] >= float(trouble.retry_after or 0)


@pytest.mark.parametrize("method", [GET, VALUES])
@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_failed_read_is_retried(desk: Desk, trouble: Trouble, method: str) -> None:
    desk.sheets.trouble(method, trouble)
    exported = desk.show(messages())
    assert (exported.reads, exported.writes) == (3, 1)
    assert rows(desk) == rows(desk, REVIEW) == 6


@pytest.mark.parametrize("method", [GET, VALUES])
@pytest.mark.parametrize("content", [b"{}", b"null", b"[]", b'"ok"', b'{"sheets": []}'])
def test_answer_of_something_else_is_not_taken_for_an_empty_spreadsheet(
    desk: Desk, content: bytes, method: str
) -> None:
    desk.show(messages())
    desk.sheets.trouble(method, Trouble(content=content))
    again = desk.show(messages())
    assert (again.status, again.reads) == ("unchanged", 3)
    assert rows(desk) == rows(desk, REVIEW) == 6


@pytest.mark.parametrize("method", [GET, BATCH, VALUES])
def test_request_without_response_times_out_and_is_retried(desk: Desk, method: str) -> None:
    desk.sheets.trouble(method, silence())
    assert desk.show(messages(), timeout=0.15).status == "succeeded"
    assert rows(desk) == rows(desk, REVIEW) == 6


@pytest.mark.parametrize("method", [GET, BATCH, VALUES])
def test_server_that_drips_bytes_ends_at_the_deadline(desk: Desk, method: str) -> None:
    """Each byte comes within the timeout of a piece."""
    desk.sheets.trouble(method, Trouble(carried_out=True, is_dripping=True))
    assert desk.show(messages(), timeout=0.3).status == "succeeded"
    assert rows(desk) == rows(desk, REVIEW) == 6


@pytest.mark.parametrize("method", [GET, BATCH, VALUES])
def test_retries_end_after_six_attempts(desk: Desk, method: str) -> None:
    desk.sheets.trouble(method, *[BUSY] * 50)
    with pytest.raises(SheetsQuotaError, match="run it again in a few minutes"):
        desk.show(messages())
    assert sum(request.method == method for request in desk.sheets.requests) == 6
    assert len(desk.waits) == 5
    assert max(desk.waits) <= 32


def test_too_long_retry_after_ends_retries_at_once(desk: Desk) -> None:
    desk.sheets.trouble(GET, Trouble(status=429, retry_after="3600"))
    with pytest.raises(SheetsQuotaError):
        desk.show(messages())
    assert desk.sheets.reads == 1
    assert desk.waits == []


def test_waits_grow_with_jitter() -> None:
    waits: list[float] = []

    def fail() -> None:
        raise SheetsUnavailableError("busy")

    retry_policy = RetryPolicy(attempts=12, sleep=waits.append)
    for _ in range(20):
        with pytest.raises(SheetsUnavailableError):
            retry_policy.retrying(lambda state: state.outcome.failed)(fail)
    assert len(set(waits)) == len(waits) == 220
    assert all(wait <= 2 ** (n % 11) for n, wait in enumerate(waits))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", 30.0),
        (" 0 ", 0.0),
        ("Mon, 10 Nov 2025 08:00:10 GMT", 10.0),
        ("Mon, 10 Nov 2025 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, dt.datetime(2025, 11, 10, 8, tzinfo=dt.UTC)) == seconds


# Permanent errors

FINAL: dict[str, tuple[Trouble, type[SheetsError], str]] = {
    "not shared": (
        DENIED,
        SheetsAccessError,
        r"eros@agency\.iam\..* may not write https://docs.*/d/1sHe.* add that address as Editor",
    ),
    "API off": (
        Trouble(status=403, message="Google Sheets API has not been used in project 1 before"),
        SheetsAccessError,
        "turn it on under APIs & Services",
    ),
    "no scope": (
        Trouble(status=403, message="Request had insufficient authentication scopes."),
        SheetsAccessError,
        r"lack the scope of Google Sheets .*/auth/spreadsheets",
    ),
    "no storage": (
        Trouble(status=403, message="storageQuotaExceeded"),
        SheetsAccessError,
        "the owner makes room there",
    ),
    "storage of the owner": (
        Trouble(status=403, message="The user's Drive storage quota has been exceeded."),
        SheetsAccessError,
        "a service account owns no storage",
    ),
    "gone": (
        Trouble(status=404, message="Requested entity was not found."),
        SpreadsheetNotFoundError,
        "set EROS_SPREADSHEET_ID to the part of its address between /d/ and /edit",
    ),
    "who?": (Trouble(status=401, message="invalid"), SheetsCredentialsError, "make a new key"),
    "refused": (Trouble(status=400, message="Invalid value"), SheetsRefusedError, "Invalid value"),
    "no page of ours": (Trouble(status=404, is_html=True), SpreadsheetNotFoundError, "no spread"),
}


@pytest.mark.parametrize("method", [GET, BATCH])
@pytest.mark.parametrize("case", FINAL)
def test_permanent_error_is_not_retried_and_says_what_to_do(
    desk: Desk, case: str, method: str
) -> None:
    trouble, error, says = FINAL[case]
    desk.show(messages(each=2))
    before = desk.sheets.contents()
    desk.sheets.trouble(method, trouble)
    with pytest.raises(error, match=says):
        desk.show(messages())
    assert desk.sheets.contents() == before
    assert desk.waits == []


def test_review_tab_that_is_protected_against_eros_does_not_stop_the_week(desk: Desk) -> None:
    """The week's tab is written without it, and each export fails with what to do until then."""
    desk.show(messages())
    review = desk.sheets.tab(REVIEW).grid()
    desk.sheets.tab(REVIEW).is_locked = True
    new = "sched_20251110_cook_99999999"
    changed = [*messages(("coach",)), *(message(n, schedule_id=new) for n in (1, 2))]
    for writes in (2, 1):
        sent = desk.sheets.writes
        with pytest.raises(SheetsProtectedError, match=r"let that address edit it, or remove"):
            desk.show(changed)
        assert desk.sheets.writes - sent == writes
        assert new in {record["Schedule"] for record in desk.sheets.tab(WEEK).records()}
        assert desk.sheets.tab(REVIEW).grid() == review
    desk.sheets.tab(REVIEW).is_locked = False
    assert desk.show(changed).status == "succeeded"
    assert new in {record["Schedule"] for record in desk.sheets.tab(REVIEW).records()}


def test_week_that_is_protected_against_eros_stays_whole(desk: Desk) -> None:
    desk.show(messages())
    before = desk.sheets.contents()
    desk.sheets.tab(WEEK).is_locked = True
    with pytest.raises(SheetsProtectedError, match=r"protected against eros@agency\.iam"):
        desk.show(messages(each=2))
    assert desk.sheets.contents() == before


def test_unknown_spreadsheet_id_is_named(desk: Desk) -> None:
    with pytest.raises(SpreadsheetNotFoundError, match="no spreadsheet somebody-elses at http"):
        desk.show(messages(), spreadsheet_id="somebody-elses")


def test_full_spreadsheet_error_says_what_to_delete(desk: Desk) -> None:
    desk.sheets.tabs[0].rows = 384_600
    with pytest.raises(SheetsError, match=r"is full .* delete the tabs of old weeks"):
        desk.show(messages(each=30))
    assert desk.sheets.titles == ["Sheet1"]


# Concurrent exports and edits


def test_concurrent_exports_of_a_week_write_each_line_once(desk: Desk) -> None:
    """The second export finds the week written by the first and writes nothing."""
    other: list[Any] = []
    desk.sheets.before_batch.append(lambda: other.append(desk.show(messages(), run="run-2")))
    mine = desk.show(messages())
    assert other[0].status == "succeeded"
    assert mine.digest == other[0].digest
    assert rows(desk) == rows(desk, REVIEW) == 6
    assert sorted(desk.sheets.titles) == sorted([SUMMARY, REVIEW, WEEK, "Sheet1"])


def test_concurrent_exports_of_different_content_leave_one_of_them_whole(desk: Desk) -> None:
    desk.show(messages(each=1))
    other: list[Any] = []
    desk.sheets.before_batch.append(lambda: other.append(desk.show(messages(each=5), run="run-2")))
    mine = desk.show(messages(each=3), run="run-3")
    assert other
    assert rows(desk) == mine.row_count
    assert len(desk.sheets.tab(WEEK).bandings) == 1
    assert len(desk.sheets.tab(WEEK).metadata) == 6


def test_concurrent_exports_of_two_weeks_are_both_in_the_summary(desk: Desk) -> None:
    later = dt.date(2025, 11, 17)
    desk.show(messages(each=1))
    desk.sheets.before_batch.append(
        lambda: desk.export(week_of(messages(week_start=later), later, run="run-2")) and None
    )
    desk.show(messages(each=3), run="run-3")
    shown = [row[0] for row in desk.sheets.tab(SUMMARY).grid()]
    assert shown[1:3] == ["2025-W47", WEEK]


def test_later_export_is_not_mistaken_for_an_edit(desk: Desk) -> None:
    """It writes the Summary between this export's write and its read."""
    later = dt.date(2025, 11, 17)
    desk.sheets.after_batch.append(
        lambda: desk.export(week_of(messages(week_start=later), later, run="run-2")) and None
    )
    assert desk.show(messages()).status == "succeeded"
    assert [row[0] for row in desk.sheets.tab(SUMMARY).grid()][1:3] == ["2025-W47", WEEK]
    assert rows(desk) == 6


def test_cell_edited_after_the_write_is_written_again(desk: Desk) -> None:
    desk.sheets.after_batch.append(lambda: desk.sheets.tab(WEEK).type_in(2, AT["Caption"], "=oops"))
    exported = desk.show(messages())
    assert (exported.reads, exported.writes) == (4, 2)
    assert "=oops" not in str(desk.sheets.contents())
    assert "2025-W46!M3 is '=oops', not 'Recipe 2" in desk.said[0]


@pytest.mark.parametrize("value", ["7512345678901234569", 7512345678901234569, True, 0])
def test_changed_caption_id_is_detected(desk: Desk, value: Any) -> None:
    desk.sheets.after_batch.append(
        lambda: desk.sheets.tab(WEEK).type_in(1, AT["Caption id"], value)
    )
    assert desk.show([message(1)]).writes == 2


def test_repeated_edits_end_the_export_and_name_the_cell(desk: Desk) -> None:
    def edit() -> None:
        desk.sheets.tab(WEEK).type_in(1, AT["Caption"], f"edit {len(desk.sheets.after_batch)}")

    desk.sheets.after_batch += [edit] * 10
    with pytest.raises(SheetsChangedError, match="1 cells are not as written: 2025-W46!M2 is"):
        desk.show(messages())
    assert desk.sheets.writes == ROUNDS


def test_rows_added_below_are_removed(desk: Desk) -> None:
    def add() -> None:
        desk.sheets.tab(WEEK).rows += 5
        desk.sheets.tab(WEEK).type_in(9, 0, "me too")

    desk.sheets.after_batch.append(add)
    desk.show(messages())
    assert desk.sheets.tab(WEEK).rows == 7


def test_tab_deleted_after_the_write_is_created_again(desk: Desk) -> None:
    def delete() -> None:
        gone = sheet_id(WEEK)
        del desk.sheets.tabs[gone]
        desk.sheets.order.remove(gone)

    desk.sheets.after_batch.append(delete)
    desk.show(messages())
    assert rows(desk) == 6


def test_tab_renamed_before_the_write_is_still_written(desk: Desk) -> None:
    desk.show(messages(each=1))
    desk.sheets.before_batch.append(lambda: setattr(desk.sheets.tab(WEEK), "title", "Mine"))
    desk.show(messages())
    assert rows(desk, "Mine") == 6


def test_metadata_ids_in_use_are_avoided(desk: Desk) -> None:
    """Ids are hashes of names, so they can collide."""
    desk.show(messages(each=1))
    first = set(desk.sheets.tab(WEEK).metadata)
    desk.sheets.tabs[0].metadata = {
        n: {"metadataId": n, "metadataKey": "x", "metadataValue": "", "location": {}} for n in first
    }
    gone = desk.sheets.tab(WEEK).sheet_id
    del desk.sheets.tabs[gone]
    desk.sheets.order.remove(gone)
    desk.show(messages(each=1))
    assert not first & set(desk.sheets.tab(WEEK).metadata)


# Credentials

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
SECRET = PRIVATE.splitlines()[3]
ACCOUNT = "eros@agency.iam.gserviceaccount.com"


@pytest.fixture
def tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[str, list[tuple[int, dict[str, Any]]]]]:
    """A token server: its URL, and the responses that it gives, in order, before valid tokens."""
    # Google's library would look up the key's regional access boundary at Google.
    monkeypatch.setattr(
        "google.auth._regional_access_boundary_utils._RegionalAccessBoundaryManager"
        ".maybe_start_refresh",
        lambda *_: None,
    )
    answers: list[tuple[int, dict[str, Any]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            good = {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer"}
            status, body = answers.pop(0) if answers else (200, good)
            page = body.get("") if isinstance(body, dict) else None
            content = page.encode() if page else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=lambda: server.serve_forever(poll_interval=0.005))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/token", answers
    server.shutdown()
    server.server_close()
    thread.join()


def key(token_uri: str, **changes: Any) -> str:
    content = {
        "type": "service_account",
        "project_id": "agency",
        "private_key_id": "1",
        "private_key": PRIVATE,
        "client_email": ACCOUNT,
        "client_id": "2",
        "token_uri": token_uri,
    }
    return json.dumps({name: v for name, v in (content | changes).items() if v is not None})


def test_one_access_token_serves_all_requests(desk: Desk, tokens: Any) -> None:
    found = access.find_credentials(None, key(tokens[0]), at_google=True)
    assert access.account_of(found) == ACCOUNT
    desk.show(messages(), credentials=found)
    used = {request.headers["authorization"] for request in desk.sheets.requests}
    assert used == {"Bearer token-1"}


def test_key_is_read_from_a_file(desk: Desk, tokens: Any, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(key(tokens[0]))
    found = access.find_credentials(file, None, at_google=True)
    assert desk.show(messages(), credentials=found).status == "succeeded"


def test_only_the_spreadsheets_scope_is_requested(tokens: Any) -> None:
    found = access.find_credentials(None, key(tokens[0]), at_google=True)
    assert found.scopes == ["https://www.googleapis.com/auth/spreadsheets"]  # pyright: ignore


def test_other_server_gets_anonymous_credentials_without_a_key() -> None:
    found = access.find_credentials(None, None, at_google=False)
    assert type(found).__name__ == "AnonymousCredentials"
    assert access.account_of(found) is None


@pytest.mark.parametrize("method", [GET, BATCH, VALUES])
def test_access_token_that_expires_meanwhile_is_renewed(
    desk: Desk, tokens: Any, method: str
) -> None:
    desk.sheets.trouble(method, Trouble(status=401, message="Request had invalid credentials."))
    found = access.find_credentials(None, key(tokens[0]), at_google=True)
    assert desk.show(messages(), credentials=found).status == "succeeded"
    assert rows(desk) == rows(desk, REVIEW) == 6
    assert len(desk.sheets.titles) == 4


def test_unavailable_token_server_is_retried(desk: Desk, tokens: Any) -> None:
    tokens[1].extend([(503, {"error": "backend_error"})] * 3)
    found = access.find_credentials(None, key(tokens[0]), at_google=True)
    assert desk.show(messages(), credentials=found).status == "succeeded"


@pytest.mark.parametrize(
    "answer",
    [(502, {"": "<html>Bad gateway</html>"}), (504, {}), (200, {"": "<html>"}), (404, {"": "x"})],
)
def test_gateway_of_the_token_server_is_retried(
    desk: Desk, tokens: Any, answer: tuple[int, Any]
) -> None:
    tokens[1].append(answer)
    found = access.find_credentials(None, key(tokens[0]), at_google=True)
    assert desk.show(messages(), credentials=found).status == "succeeded"
    assert tokens[1] == []


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: f"\ufeff{text}",
        lambda text: text.replace("\\n", "\\\\n"),
        lambda text: text.replace("\\n", "\n"),
        lambda text: f"  {text}\n",
    ],
    ids=["byte order mark", "escaped twice", "line breaks", "blanks"],
)
@pytest.mark.parametrize("in_file", [True, False])
def test_key_that_an_editor_or_a_shell_changed_is_read(
    changed: Callable[[str], str], in_file: bool, tmp_path: Path
) -> None:
    file = tmp_path / "key.json"
    content = changed(key("http://x"))
    file.write_text(content, encoding="utf-8")
    found = access.find_credentials(
        file if in_file else None, None if in_file else content, at_google=True
    )
    assert access.account_of(found) == ACCOUNT


def test_with_an_endpoint_no_other_host_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key's token server can't be reached, and no connection leaves for another host."""
    asked: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        asked.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    monkeypatch.setattr(socket, "getaddrinfo", _only_loopback(socket.getaddrinfo))
    found = access.find_credentials(None, key("http://tokens.invalid/token"), at_google=False)
    assert access.account_of(found) == ACCOUNT
    assert desk.show(messages(), credentials=found).status == "succeeded"
    port = int(desk.address.rsplit(":", 1)[1])
    assert set(asked) == {("127.0.0.1", port)}
    (bearer,) = {request.headers["authorization"] for request in desk.sheets.requests}
    claims = jwt.decode(bearer.removeprefix("Bearer "), verify=False)
    assert claims["scope"] == "https://www.googleapis.com/auth/spreadsheets"
    assert claims["aud"] == "https://sheets.googleapis.com/"


def _only_loopback(look_up: Callable[..., Any]) -> Callable[..., Any]:
    def looked_up(host: str, *args: Any, **kwargs: Any) -> Any:
        assert host == "127.0.0.1", f"{host} is looked up"
        return look_up(host, *args, **kwargs)

    return looked_up


def test_revoked_key_error_names_the_account_and_not_the_key(desk: Desk, tokens: Any) -> None:
    tokens[1].append((400, {"error": "invalid_grant", "error_description": f"bad {SECRET}"}))
    found = access.find_credentials(None, key(tokens[0]), at_google=True)
    with pytest.raises(SheetsCredentialsError, match=ACCOUNT) as caught:
        desk.show(messages(), credentials=found)
    assert SECRET not in _everything_said(caught.value)
    assert desk.sheets.requests == []


WRONG_KEYS: dict[str, Callable[[], str]] = {
    "no JSON": lambda: f"{PRIVATE}",
    "cut off": lambda: key("http://x")[:-40],
    "a list": lambda: json.dumps([PRIVATE]),
    "another type": lambda: key("http://x", type="authorized_user"),
    "no address": lambda: key("http://x", client_email=None),
    "no private part": lambda: key("http://x", private_key=None),
    "half a private part": lambda: key("http://x", private_key=PRIVATE[:400]),
}


@pytest.mark.parametrize("case", WRONG_KEYS)
@pytest.mark.parametrize("in_file", [True, False])
def test_invalid_key_error_names_its_source_and_not_the_key(
    case: str, in_file: bool, tmp_path: Path
) -> None:
    content = WRONG_KEYS[case]()
    file = tmp_path / "key.json"
    file.write_text(content)
    with pytest.raises(SheetsCredentialsError) as caught:
        access.find_credentials(
            file if in_file else None, None if in_file else content, at_google=True
        )
    said = _everything_said(caught.value)
    place = f"EROS_SHEETS_KEY_FILE={file}" if in_file else "EROS_SHEETS_KEY_JSON"
    assert said.startswith(place)
    assert not any(line in said for line in PRIVATE.splitlines() if len(line) > 10)


def test_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SheetsCredentialsError, match=r"key\.json: No such file"):
        access.find_credentials(tmp_path / "key.json", None, at_google=True)


def test_missing_default_credentials_error_says_how_to_log_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(SheetsCredentialsError, match="gcloud auth application-default login"):
        access.find_credentials(None, None, at_google=True)


def _everything_said(error: BaseException | None) -> str:
    """The text of an error and of its displayed causes."""
    said = ""
    while error is not None:
        said += f"{error} {error!r} "
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said
