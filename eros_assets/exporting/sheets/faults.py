"""Errors of Google Sheets: which ones are transient, and what to do about the others.

https://developers.google.com/workspace/sheets/api/troubleshoot-api-errors
"""

import datetime as dt
import email.utils
import re
from dataclasses import dataclass

from eros_assets.errors import ErosError

TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
CELL_LIMIT = re.compile(r"above the limit of \d+ cells", re.IGNORECASE)
PROTECTED = re.compile(r"edit a protected (cell|range|sheet|object)", re.IGNORECASE)
REQUEST = re.compile(r"requests\[(\d+)\]")
STORAGE_FULL = re.compile(r"storage quota.* exceeded", re.IGNORECASE)
SERVICE_DISABLED = re.compile(r"SERVICE_DISABLED|has not been used in project|is disabled")
LONGEST = 300


class SheetsError(ErosError):
    """A permanent error of Google Sheets, and the base of the others."""


class SheetsAccessError(SheetsError):
    """The account has no write access, or the API is off."""


class SheetsProtectedError(SheetsAccessError):
    """A range is protected against the account; nothing was written.

    `request` is the place of the refused request in its batch; -1 when Google does not name it.
    """

    def __init__(self, message: str, request: int) -> None:
        super().__init__(message)
        self.request = request


class SpreadsheetNotFoundError(SheetsError):
    """No spreadsheet has this id."""


class SheetsCredentialsError(SheetsError):
    """There are no credentials, or Google rejects them."""


class SheetsRefusedError(SheetsError):
    """The request does not fit the spreadsheet's state; nothing was written."""


class SheetsConflictError(SheetsError):
    """Somebody changed the spreadsheet between reading and writing; nothing was written."""


class SheetsUnavailableError(SheetsError):
    """A transient error. It is unknown whether a write was applied.

    `retry_after` is the wait that the service asks for, in seconds.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SheetsQuotaError(SheetsUnavailableError):
    """The quota of requests per minute is used up."""


@dataclass(frozen=True, slots=True)
class SpreadsheetRef:
    """A spreadsheet as errors name it: its id, the endpoint, and the account that asks for it."""

    spreadsheet_id: str
    endpoint: str
    account: str | None

    @property
    def address(self) -> str:
        """The URL of the spreadsheet for people."""
        return f"https://docs.google.com/spreadsheets/d/{self.spreadsheet_id}"

    @property
    def whom(self) -> str:
        """The account to share it with."""
        return self.account or "the account of the application-default credentials"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error response. `message` is Google's, or empty when the response is HTML."""

    status: int
    message: str
    retry_after: float | None = None


def error_of(refusal: Refusal, where: SpreadsheetRef) -> SheetsError:
    """The error for a refusal, with what to do."""
    said = f"{refusal.status}: {_short(refusal.message)}" if refusal.message else refusal.status
    if refusal.status == 429:
        return SheetsQuotaError(
            f"Google Sheets' quota of requests a minute is used up ({said}); run it again in a few "
            "minutes, or ask for more under IAM & Admin › Quotas in the Cloud console",
            refusal.retry_after,
        )
    if refusal.status in TRANSIENT_STATUSES or refusal.status < 400:
        return SheetsUnavailableError(
            f"Google Sheets was not available ({said}); run it again later", refusal.retry_after
        )
    if PROTECTED.search(refusal.message):
        named = REQUEST.search(refusal.message)
        return SheetsProtectedError(
            f"a range of {where.address} is protected against {where.whom} ({said}): under Data › "
            "Protect sheets and ranges, let that address edit it, or remove the protection",
            int(named[1]) if named else -1,
        )
    if refusal.status == 403:
        return SheetsAccessError(_access(refusal, where, str(said)))
    if refusal.status == 404:
        return SpreadsheetNotFoundError(
            f"there is no spreadsheet {where.spreadsheet_id} at {where.endpoint} ({said}); open "
            "yours and set EROS_SPREADSHEET_ID to the part of its address between /d/ and /edit"
        )
    if refusal.status == 401:
        return SheetsCredentialsError(
            f"Google does not take the credentials of {where.whom} ({said}); make a new key, or "
            "`gcloud auth application-default login`"
        )
    if CELL_LIMIT.search(refusal.message):
        return SheetsError(
            f"{where.address} is full ({said}); delete the tabs of old weeks, or set "
            "EROS_SPREADSHEET_ID to a new spreadsheet"
        )
    return SheetsRefusedError(
        f"Google Sheets refused the request for {where.address} ({said}); look whether somebody "
        "changed its tabs, and run it again"
    )


def _access(refusal: Refusal, where: SpreadsheetRef, said: str) -> str:
    if "storageQuotaExceeded" in refusal.message or STORAGE_FULL.search(refusal.message):
        return (
            f"the Google Drive of the owner of {where.address} is full ({said}): the owner makes "
            "room there, or a person with room makes a new spreadsheet and shares it; a service "
            "account owns no storage, and sharing again changes nothing"
        )
    if SERVICE_DISABLED.search(refusal.message):
        return (
            f"the Google Sheets API is off in the project of {where.whom} ({said}); turn it on "
            "under APIs & Services › Library in the Cloud console"
        )
    if "insufficient authentication scopes" in refusal.message:
        return (
            f"the credentials of {where.whom} lack the scope of Google Sheets ({said}): make the "
            "machine, or log in, with the scope https://www.googleapis.com/auth/spreadsheets "
            "(docs/DEPLOY.md)"
        )
    return (
        f"{where.whom} may not write {where.address} ({said}); open it, Share, and add that "
        "address as Editor; if the tab or a range is protected, let it edit that too"
    )


def retry_after(header: str | None, now: dt.datetime) -> float | None:
    """The wait in seconds of a Retry-After header, which is a number or a date."""
    if header is None:
        return None
    text = header.strip()
    if text.isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max(0.0, (until - now).total_seconds())


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
