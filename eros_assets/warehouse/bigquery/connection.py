"""Connects to BigQuery: credentials and clients."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import cast

import google.auth
from dagster_gcp import BigQueryResource
from google.api_core.client_info import ClientInfo
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery
from google.cloud.bigquery_storage import BigQueryReadClient
from pydantic import Field

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery.api import Client
from eros_assets.warehouse.protocol import WarehouseError

AGENT = ClientInfo(user_agent="eros-assets")


class ProjectBigQuery(BigQueryResource):
    """BigQuery of one project; `bigquery` on the UI's Resources page, for assets of your own too.

    Dagster's resource, with an address that may be another server's, and a name by which Google's
    logs know its requests. Credentials are the machine's application-default ones; they never pass
    through the process environment, so `gcp_credentials` is refused.
    """

    endpoint: str | None = Field(
        default=None, description="Address of a BigQuery-compatible server, without credentials."
    )

    @classmethod
    def of(cls, settings: Settings) -> "ProjectBigQuery":
        """The resource of an installation."""
        return cls(
            project=settings.project_id,
            location=settings.location,
            endpoint=settings.bigquery_endpoint,
        )

    def credentials(self) -> Credentials:
        """Application-default credentials; anonymous ones for another endpoint.

        Raises:
            WarehouseError: this machine has no application-default credentials.
        """
        if self.gcp_credentials:
            raise WarehouseError(
                "BigQuery: gcp_credentials would be written into the process environment; use "
                "application-default credentials (GOOGLE_APPLICATION_CREDENTIALS) instead"
            )
        if self.endpoint:
            return AnonymousCredentials()
        try:
            found = google.auth.default(scopes=bigquery.Client.SCOPE)
        except DefaultCredentialsError as error:
            raise WarehouseError(
                "BigQuery: no application-default credentials on this machine. Run `gcloud auth "
                "application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to the path of "
                "a service account's key file"
            ) from error
        return cast("tuple[Credentials, str | None]", found)[0]

    @contextmanager
    def get_client(self) -> Generator[bigquery.Client]:
        """A client of the project.

        Raises:
            WarehouseError: this machine has no application-default credentials.
        """
        yield self._client(self.credentials())

    def connection(self) -> "Connection":
        """The clients that the warehouse works with.

        Raises:
            WarehouseError: this machine has no application-default credentials.
        """
        credentials = self.credentials()
        return Connection(
            cast("Client", self._client(credentials)),
            storage=cache(
                lambda: None if self.endpoint else BigQueryReadClient(credentials=credentials)
            ),
        )

    def _client(self, credentials: Credentials) -> bigquery.Client:
        return bigquery.Client(
            project=self.project,
            location=self.location,
            credentials=credentials,
            client_options=ClientOptions(api_endpoint=self.endpoint) if self.endpoint else None,
            client_info=AGENT,
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """Clients of one project. `storage` makes the Storage API's, or None where there is none."""

    client: Client
    storage: Callable[[], BigQueryReadClient | None]


def connect(settings: Settings) -> Connection:
    """The clients of an installation.

    Raises:
        WarehouseError: this machine has no application-default credentials.
    """
    return ProjectBigQuery.of(settings).connection()
