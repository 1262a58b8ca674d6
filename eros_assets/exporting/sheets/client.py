"""A client of one spreadsheet: gspread with an endpoint, timeouts and bounded retries.

gspread's own retrying client retries forever, ignores Retry-After, and repeats a write without
knowing whether the first one was applied. Here reads are retried within bounds. A write is sent
once; the caller reads the state again to find out whether it was applied.
"""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import requests.exceptions
import tenacity
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from gspread.client import Client
from gspread.exceptions import APIError
from gspread.http_client import HTTPClient

from eros_assets.exporting.sheets.faults import (
    Refusal,
    SheetsCredentialsError,
    SheetsError,
    SheetsUnavailableError,
    SpreadsheetRef,
    error_of,
    retry_after,
)
from eros_assets.exporting.sheets.retry_policy import RetryPolicy
from eros_assets.exporting.sheets.state import STATE_FIELDS, SheetState, read_state

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from requests import Response

GOOGLE = "https://sheets.googleapis.com"
NO_TOKEN = "Google's server of access tokens was not available; run it again later"


class SheetsHTTPClient(HTTPClient):
    """Sends gspread's requests to the reference's endpoint and raises failures as SheetsError."""

    def __init__(
        self,
        auth: "Credentials",
        session: Any = None,
        *,
        where: SpreadsheetRef,
        timeout: float,
    ) -> None:
        super().__init__(auth, session)
        self.set_timeout(timeout)
        self._where = where
        self._deadline = timeout
        self.received = 0
        """Bytes of the answers, uncompressed."""

    def request(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, method: str, endpoint: str, *args: Any, **kwargs: Any
    ) -> "Response":
        """Send one request, without retries.

        Raises:
            SheetsError: no response, or an error response.
        """
        url = self._where.endpoint.rstrip("/") + endpoint.removeprefix(GOOGLE)
        send = partial(super().request, method, url, *args, **kwargs)
        try:
            response = within(self._deadline, send)
        except TimeoutError:
            raise SheetsUnavailableError(
                f"no whole answer from {self._where.endpoint} in {self._deadline:g} s; run it "
                "again later, or set EROS_SHEETS_TIMEOUT_SECONDS"
            ) from None
        except APIError as error:
            raise error_of(_refusal(error.response), self._where) from None
        except RefreshError as error:
            raise self._not_refreshed(error) from None
        except (KeyError, TypeError, AttributeError):
            # google-auth takes an answer of status 200 for a token without looking at it.
            raise SheetsUnavailableError(NO_TOKEN) from None
        except (TransportError, requests.exceptions.RequestException) as error:
            raise SheetsUnavailableError(
                f"no answer from {self._where.endpoint} ({type(error).__name__}); check the "
                "network and run it again"
            ) from None
        except GoogleAuthError as error:
            raise SheetsCredentialsError(
                f"the credentials of {self._where.whom} can't be used ({type(error).__name__}); "
                "make a new key, or `gcloud auth application-default login`"
            ) from None
        self.received += len(response.content)
        if not _is_json(response):
            raise error_of(Refusal(response.status_code, ""), self._where)
        return response

    def _not_refreshed(self, error: RefreshError) -> SheetsError:
        if error.retryable or not _is_oauth_error(error):
            return SheetsUnavailableError(NO_TOKEN)
        # The library's text may quote the response, so only the account is named.
        return SheetsCredentialsError(
            f"Google gives no access token to {self._where.whom}; the key may be revoked, or this "
            "machine's clock be wrong: make a new key, or `gcloud auth application-default login`"
        )


@dataclass
class Traffic:
    """Counts of requests to a spreadsheet, retries included."""

    reads: int = 0
    writes: int = 0
    bytes_written: int = 0
    bytes_read: int = 0


class Spreadsheet:
    """One spreadsheet, opened by its id."""

    def __init__(
        self,
        spreadsheet_id: str,
        credentials: "Credentials",
        *,
        account: str | None,
        endpoint: str | None = None,
        timeout: float = 60.0,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self.where = SpreadsheetRef(spreadsheet_id, endpoint or GOOGLE, account)
        self.retry_policy = retry_policy or RetryPolicy()
        self.traffic = Traffic()
        client = Client(
            credentials,
            http_client=partial(SheetsHTTPClient, where=self.where, timeout=timeout),  # pyright: ignore[reportArgumentType]
        )
        self._http = cast(SheetsHTTPClient, client.http_client)
        self._url = f"{GOOGLE}/v4/spreadsheets/{spreadsheet_id}"

    def state(self) -> SheetState:
        """The tabs and their metadata, without cells. One read.

        Raises:
            SheetsError: the spreadsheet can't be read.
        """
        return read_state(
            self._read(
                lambda: self._http.fetch_sheet_metadata(
                    self.where.spreadsheet_id, {"fields": STATE_FIELDS}
                ),
                "sheets",
            )
        )

    def values(self, tabs: Sequence[int]) -> dict[int, Sequence[Sequence[Any]]]:
        """The values of whole tabs, by tab id, without trailing empty cells. One read.

        Raises:
            SheetsRefusedError: a tab no longer exists.
            SheetsError: the values can't be read.
        """
        filters = [{"gridRange": {"sheetId": tab}} for tab in tabs]
        return {int(where["sheetId"]): values for where, values in self._matched(filters, "ROWS")}

    def columns(self, places: Mapping[int, Sequence[int]]) -> dict[tuple[int, int], list[Any]]:
        """The values of columns from the first row on, by tab id and column. One read.

        Raises:
            SheetsRefusedError: a tab or column no longer exists.
            SheetsError: the values can't be read.
        """
        filters = [
            {"gridRange": {"sheetId": tab, "startColumnIndex": c, "endColumnIndex": c + 1}}
            for tab, columns in places.items()
            for c in columns
        ]
        found: dict[tuple[int, int], list[Any]] = {}
        for where, values in self._matched(filters, "COLUMNS"):
            column = int(where.get("startColumnIndex", 0))
            found[int(where["sheetId"]), column] = list(values[0]) if values else []
        return found

    def _matched(
        self, filters: Sequence[Mapping[str, Any]], dimension: str
    ) -> Iterator[tuple[Mapping[str, Any], Sequence[Sequence[Any]]]]:
        url = f"{self._url}/values:batchGetByDataFilter"
        body = {
            "dataFilters": filters,
            "majorDimension": dimension,
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER",
        }
        answer = self._read(
            lambda: self._http.request("post", url, json=body).json(), "valueRanges"
        )
        for matched in answer["valueRanges"]:
            for asked in matched["dataFilters"]:
                yield asked["gridRange"], matched["valueRange"].get("values", [])

    def change(self, requests_: list[dict[str, Any]]) -> None:
        """Apply all requests or none, with one `spreadsheets.batchUpdate` that is sent once.

        Raises:
            SheetsUnavailableError: it is unknown whether the batch was applied.
            SheetsRefusedError: the batch does not fit the present state; nothing was written.
            SheetsError: nothing was written.
        """
        # Compact JSON is half the size of what the client would send.
        body = json.dumps({"requests": requests_}, separators=(",", ":"), ensure_ascii=False)
        content = body.encode("utf-8")
        self.traffic.writes += 1
        self.traffic.bytes_written += len(content)
        self._http.request(
            "post",
            f"{self._url}:batchUpdate",
            data=content,
            headers={"Content-Type": "application/json; charset=utf-8"},
        )

    def _read(self, ask: Callable[[], Any], has: str) -> Any:
        """An answer with the list `has`, which is never empty; without it, it isn't Google's."""

        def counted() -> Any:
            self.traffic.reads += 1
            before = self._http.received
            answer = ask()
            self.traffic.bytes_read += self._http.received - before
            if not isinstance(answer, dict) or not answer.get(has):
                raise SheetsUnavailableError(
                    f"the answer of {self.where.endpoint} has no {has}; a proxy may have cut or "
                    "replaced it: run it again later"
                )
            return cast(dict[str, Any], answer)

        passing = tenacity.retry_if_exception_type(SheetsUnavailableError)
        return self.retry_policy.retrying(passing)(counted)


def within(seconds: float, send: "Callable[[], Response]") -> "Response":
    """The answer, all of it, within a time.

    The timeout of requests is that of each piece: a server that sends a byte now and then would
    hold the caller for ever. The thread that is given up ends with its connection.

    Raises:
        TimeoutError: there is no whole answer by then.
    """
    outcome: Future[Response] = Future()

    def answer() -> None:
        try:
            outcome.set_result(send())
        except BaseException as error:  # raised again in the caller's thread
            outcome.set_exception(error)

    threading.Thread(target=answer, daemon=True).start()
    return outcome.result(seconds)


def _is_oauth_error(error: RefreshError) -> bool:
    """Whether the token server refuses; a page of HTML or a gateway's error is no refusal.

    https://www.rfc-editor.org/rfc/rfc6749#section-5.2
    """
    return any(isinstance(each, dict) and "error" in each for each in error.args)


def _is_json(response: "Response") -> bool:
    try:
        response.json()
    except ValueError:
        return False
    return True


def _refusal(response: "Response") -> Refusal:
    wait = retry_after(response.headers.get("Retry-After"), dt.datetime.now(dt.UTC))
    try:
        error = response.json()["error"]
        details = json.dumps([error.get("details"), error.get("errors")])
        reasons = " ".join(
            reason for reason in ("SERVICE_DISABLED", "storageQuotaExceeded") if reason in details
        )
        message = " ".join(filter(None, (str(error.get("message", "")), reasons)))
    except (ValueError, KeyError, TypeError, AttributeError):
        message = ""  # an HTML page has no useful message
    return Refusal(response.status_code, message, wait)
