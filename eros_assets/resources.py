"""The resources that assets, checks, sensors and jobs take: what differs between installations."""

import datetime as dt
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import dagster as dg
from pydantic import Field

from eros_assets.alerts import Alert, Delivery, tell
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.errors import ErosError
from eros_assets.settings import Settings
from eros_assets.work import work_of_many_operations

if TYPE_CHECKING:
    from eros_assets.exporting.sheets.client import Spreadsheet
    from eros_assets.exporting.sheets.retry_policy import RetryPolicy
    from eros_assets.publishing.bucket import BucketFolder
    from eros_assets.publishing.cloud_storage import CloudStorageBucket, RequestLimits

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext

HOW_TO_TURN_ON = (
    "there is no Google Sheet to work with: share one with the service account and set "
    "EROS_SPREADSHEET_ID to its address (docs/SHEETS.md says how)"
)

HOW_TO_SET_A_BUCKET = (
    "there is no bucket to export to: set EROS_EXPORT_BUCKET to the name of a Google Cloud Storage "
    "bucket (docs/DEPLOY.md says how)"
)


class NoSpreadsheetError(ErosError):
    """The installation has no Google Sheet."""


class NoBucketError(ErosError):
    """The installation has no bucket to export to."""


class SettingsResource(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]
    """A resource that works by the settings of the installation.

    They are a value and no config: who launches a run chooses none of them, and no secret among
    them is shown or stored.
    """

    settings: dg.ResourceDependency[Settings] = Field(repr=False)


class WarehouseResource(SettingsResource):
    """The dataset of the installation: on BigQuery in production, on DuckDB everywhere else."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Self]:
        """For a run, or a step with a process of its own."""
        del context  # all are alike
        with work_of_many_operations():
            yield self

    def dataset(self, context: Context | None = None, **labels: str) -> Dataset:
        """A handle on the dataset whose jobs carry the step, the run and the week of `context`."""
        return open_dataset(self.settings, **(_labels_of(context) | labels))


class AlertsResource(SettingsResource):
    """The channels by which people are told: Slack, e-mail, both or none."""

    def tell(self, alert: Alert) -> Delivery:
        """Send an alert by every configured channel.

        Raises:
            AlertError: channels are configured, and none took it.
        """
        return tell(self.settings, alert)


class WeekScope(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]
    """The pages that a run of the weekly line plans, and whether it may replace a begun week.

    Or single messages that it replaces.
    """

    pages: list[str] = Field(
        default=[],
        description="Pages to plan, as page_name in the table creators: [amber_lens]. The other "
        "pages keep what they have. Empty, as by default: every active creator. A page that is no "
        "active creator ends the run before it writes anything.",
    )
    stop_at_doubts: bool = Field(
        default=False,
        description="true: the run ends before anything is learned when too much of the history "
        "is quarantined or matches no caption, as the command `week` does. false, as by default: "
        "the run warns and goes on.",
    )
    force: bool = Field(
        default=False,
        description="true: plan what is left of a week that has begun again, and put it in the "
        "place of the schedules in force; make caption statistics again that are as of a later "
        "date. false, as by default: a page whose week has begun keeps its schedule. A week that "
        "has passed is refused either way.",
    )
    replace: list[str] = Field(
        default=[],
        description="Messages to replace one by one, while the rest of the week stays as it is: "
        "each the page and the number of the message, as in amber_lens 7, or rejected: every "
        "message that the Review tab rejects and that lies ahead. Each gets another caption, at "
        "its own time where no rule forbids it; no page is planned. A message that does not "
        "exist, was queued by hand or was sent already ends the run before it writes anything. "
        "Empty, as by default: the pages are planned, and of those that keep their schedule, "
        "because its week has begun, the rejected messages are replaced.",
    )

    @property
    def is_replacing(self) -> bool:
        """Whether single messages are replaced, and no page is planned."""
        return bool(self.replace)


class SheetsResource(SettingsResource):
    """The spreadsheet that people work in, and the way to it.

    Credentials are those of `EROS_SHEETS_KEY_JSON`, of `EROS_SHEETS_KEY_FILE`, or the application
    default ones; their scope is spreadsheets alone.
    """

    @property
    def spreadsheet_id(self) -> str | None:
        """The part of its address between /d/ and /edit; None: nothing is exported to a sheet."""
        return self.settings.spreadsheet_id

    @property
    def address(self) -> str | None:
        """Where people open the spreadsheet, or None when there is none."""
        return self.settings.sheet_address

    def spreadsheet(self, retry_policy: "RetryPolicy | None" = None) -> "Spreadsheet":
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

        settings = self.settings
        key = settings.sheets_key_json
        credentials = find_credentials(
            settings.sheets_key_file,
            key.get_secret_value() if key else None,
            at_google=settings.sheets_endpoint is None,
        )
        return Spreadsheet(
            self.spreadsheet_id,
            credentials,
            account=account_of(credentials),
            endpoint=settings.sheets_endpoint,
            timeout=settings.sheets_timeout_seconds,
            retry_policy=retry_policy,
        )


class ExportBucket(SettingsResource):
    """The Google Cloud Storage bucket that exports also go to.

    Stands on `dagster_gcp.GCSResource`: application-default credentials, and the variable
    STORAGE_EMULATOR_HOST for another server.
    """

    @property
    def location(self) -> str | None:
        """`name` or `name/prefix`; None: nothing is exported to a bucket."""
        return self.settings.export_bucket

    def week_folder(self, week_start: dt.date) -> "BucketFolder":
        """Where a week goes.

        Raises:
            NoBucketError: there is no bucket.
        """
        from eros_assets.publishing.bucket import BucketFolder

        return BucketFolder.of_week(self._location(), week_start)

    def connect(self, limits: "RequestLimits | None" = None) -> "CloudStorageBucket":
        """The bucket; no request is made yet.

        Args:
            limits: of its requests; those of `RequestLimits` by default.

        Raises:
            NoBucketError: there is no bucket.
            BucketCredentialsError: there are no credentials.
        """
        # Imported here: they take two seconds, and few runs need them.
        from dagster_gcp import GCSResource

        from eros_assets.publishing.cloud_storage import CloudStorageBucket

        name = self._location().partition("/")[0]
        return CloudStorageBucket(GCSResource().get_client, name, limits)

    def _location(self) -> str:
        if self.location is None:
            raise NoBucketError(HOW_TO_SET_A_BUCKET)
        return self.location


def _labels_of(context: Context | None) -> dict[str, str]:
    if context is None:
        return {}
    inner = (
        context.op_execution_context
        if isinstance(context, dg.AssetCheckExecutionContext)
        else context
    )
    labels = {"asset": inner.op.name, "run": inner.run_id}
    week = inner.run.tags.get("dagster/partition")
    return labels | ({"week": week} if week else {})
