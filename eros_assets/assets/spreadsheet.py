"""The Google Sheet that people work in, as the asset graph reaches it."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from eros_assets.errors import ErosError
from eros_assets.settings import Settings, sheet_address

if TYPE_CHECKING:
    from eros_assets.exporting.sheets.client import Spreadsheet
    from eros_assets.exporting.sheets.patience import Patience

HOW_TO_TURN_ON = (
    "there is no Google Sheet to work with: share one with the service account and set "
    "EROS_SPREADSHEET_ID to its address (docs/SHEETS.md says how)"
)


class NoSpreadsheetError(ErosError):
    """The installation has no Google Sheet."""


class SheetsResource(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]
    """The spreadsheet that people work in, and the way to it.

    Credentials are those of `key_json`, of `key_file`, or the application default ones; their
    scope is spreadsheets alone.
    """

    spreadsheet_id: str | None = Field(default=None, description="Its id; None: there is none.")
    endpoint: str | None = Field(
        default=None, description="Address of another server of the Sheets API."
    )
    timeout_seconds: float = Field(default=60.0, description="Of one request.")
    key_file: str | None = Field(default=None, description="Key file of a service account.")
    key_json: str | None = Field(default=None, repr=False, description="That key as JSON.")

    @property
    def address(self) -> str | None:
        """Where people open the spreadsheet, or None when there is none."""
        return sheet_address(self.spreadsheet_id) if self.spreadsheet_id else None

    def spreadsheet(self, patience: "Patience | None" = None) -> "Spreadsheet":
        """The way to the spreadsheet.

        Raises:
            SheetsCredentialsError: no credentials that could be used.
            NoSpreadsheetError: there is no spreadsheet.
        """
        if self.spreadsheet_id is None:
            raise NoSpreadsheetError(HOW_TO_TURN_ON)
        # Imported here: gspread and Google's libraries are heavy, and few runs need them.
        from eros_assets.exporting.sheets.client import Spreadsheet
        from eros_assets.exporting.sheets.credentials import account_of, find_credentials

        credentials = find_credentials(
            Path(self.key_file) if self.key_file else None,
            self.key_json,
            at_google=self.endpoint is None,
        )
        return Spreadsheet(
            self.spreadsheet_id,
            credentials,
            account=account_of(credentials),
            endpoint=self.endpoint,
            timeout=self.timeout_seconds,
            patience=patience,
        )


def sheets_resource(settings: Settings) -> SheetsResource:
    """As the settings say. Dagster is told the key's variable, never the key."""
    return SheetsResource(
        spreadsheet_id=settings.spreadsheet_id,
        endpoint=settings.sheets_endpoint,
        timeout_seconds=settings.sheets_timeout_seconds,
        key_file=str(settings.sheets_key_file) if settings.sheets_key_file else None,
        key_json=dg.EnvVar("EROS_SHEETS_KEY_JSON") if settings.sheets_key_json else None,
    )
