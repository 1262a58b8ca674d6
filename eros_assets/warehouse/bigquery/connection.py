"""Connects to BigQuery: credentials and clients.

`dagster_gcp.BigQueryResource` is not used: it only calls `bigquery.Client(project, location)`,
can't be pointed at another address, and its credentials change the process environment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import cast

import google.auth
from google.api_core.client_info import ClientInfo
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery
from google.cloud.bigquery_storage import BigQueryReadClient

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery.api import Client
from eros_assets.warehouse.protocol import WarehouseError

Found = tuple[Credentials, str | None]
AGENT = ClientInfo(user_agent="eros-assets")


@dataclass(frozen=True, slots=True)
class Connection:
    """Clients of one project. `storage` makes the Storage API's, or None where there is none."""

    client: Client
    storage: Callable[[], BigQueryReadClient | None]


def connect(settings: Settings) -> Connection:
    """Clients with application-default credentials; anonymous ones for another endpoint.

    Raises:
        WarehouseError: this machine has no application-default credentials.
    """
    if settings.bigquery_endpoint:
        options = ClientOptions(api_endpoint=settings.bigquery_endpoint)
        client = bigquery.Client(
            project=settings.project_id,
            location=settings.location,
            credentials=AnonymousCredentials(),
            client_options=options,
            client_info=AGENT,
        )
        return Connection(cast("Client", client), storage=lambda: None)
    try:
        found = cast("Found", google.auth.default(scopes=bigquery.Client.SCOPE))
    except DefaultCredentialsError as error:
        raise WarehouseError(
            "BigQuery: no application-default credentials on this machine. Run `gcloud auth "
            "application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to the path of a "
            "service account's key file"
        ) from error
    credentials, _ = found
    client = bigquery.Client(
        project=settings.project_id,
        location=settings.location,
        credentials=credentials,
        client_info=AGENT,
    )
    return Connection(
        cast("Client", client), storage=cache(lambda: BigQueryReadClient(credentials=credentials))
    )
