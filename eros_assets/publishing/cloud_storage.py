"""Objects of one Google Cloud Storage bucket: bounded requests, errors that say what to do.

Works on the client that `dagster_gcp.GCSResource` makes. The library's own retries are off, so
that each failed request becomes an error of this module first, and only `BucketUnavailableError`
is tried again. Every request may be repeated: an upload replaces the whole object.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import tenacity
from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError

from eros_assets.errors import ErosError
from eros_assets.publishing.bucket import StoredObject

Made = TypeVar("Made")

TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
LISTED_FIELDS = "items(name,md5Hash,contentType),nextPageToken"
LONGEST = 300


class BucketError(ErosError):
    """Google Cloud Storage refused a request."""


class BucketCredentialsError(BucketError):
    """There are no application-default credentials, or Google does not accept them."""


class BucketNotFoundError(BucketError):
    """There is no bucket of this name."""


class BucketAccessError(BucketError):
    """The account may not do this in the bucket."""


class BucketUnavailableError(BucketError):
    """Google Cloud Storage did not answer, or asked to try again later."""


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Bounds of one request and of its repetitions, seconds.

    Waits between attempts grow exponentially with full jitter. No attempt begins after `deadline`.
    """

    timeout: float = 60.0
    attempts: int = 6
    deadline: float = 180.0
    first_wait: float = 1.0
    longest_wait: float = 32.0

    def retrying(self) -> tenacity.Retrying:
        """Attempts at a request that may fail for a reason that passes."""
        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.attempts)
            | tenacity.stop_before_delay(self.deadline),
            wait=tenacity.wait_random_exponential(self.first_wait, self.longest_wait),
            retry=tenacity.retry_if_exception_type(BucketUnavailableError),
            reraise=True,
        )


class CloudStorageBucket:
    """One bucket, by a client of the `google-cloud-storage` package, which is untyped.

    Args:
        connect: makes the client.
        name: the bucket.
        limits: bounds of each request.

    Raises:
        BucketCredentialsError: there are no credentials.
    """

    def __init__(
        self, connect: Callable[[], Any], name: str, limits: RequestLimits | None = None
    ) -> None:
        self.name = name
        self.limits = limits or RequestLimits()
        try:
            self._client = connect()
        except GoogleAuthError as error:
            raise _error_of(error, f"gs://{name}") from None
        self._bucket = self._client.bucket(name)
        # The library's retries are off, see above.
        self._bounds: Mapping[str, Any] = {"timeout": self.limits.timeout, "retry": None}

    def objects(self, prefix: str) -> Mapping[str, StoredObject]:
        """The objects whose names begin with `prefix`, by name.

        Raises:
            BucketError: they can't be listed.
        """

        def listed() -> Mapping[str, StoredObject]:
            found = self._client.list_blobs(
                self._bucket, prefix=prefix, fields=LISTED_FIELDS, **self._bounds
            )
            return {blob.name: StoredObject(blob.md5_hash, blob.content_type) for blob in found}

        return self._request(listed)

    def upload(self, name: str, content: bytes, content_type: str) -> None:
        """Make or replace an object as a whole; Google verifies its checksum.

        Raises:
            BucketError: the object is as it was, or, after a lost answer, as it was to be.
        """

        def uploaded() -> None:
            blob = self._bucket.blob(name)
            # Objects of a public bucket are cached for an hour otherwise.
            blob.cache_control = "no-cache"
            blob.upload_from_string(content, content_type=content_type, **self._bounds)

        self._request(uploaded)

    def delete(self, name: str) -> None:
        """Delete an object; one that is gone already is no error.

        Raises:
            BucketError: it can't be deleted.
        """

        def deleted() -> None:
            try:
                self._bucket.blob(name).delete(**self._bounds)
            except NotFound:
                return

        self._request(deleted)

    def _request(self, ask: Callable[[], Made]) -> Made:
        def asked() -> Made:
            try:
                return ask()
            except (GoogleAPICallError, GoogleAuthError, OSError) as error:  # OSError: requests'
                where = f"gs://{self.name} at {self._client.api_endpoint}"
                raise _error_of(error, where) from None

        return self.limits.retrying()(asked)


def _error_of(error: Exception, where: str) -> BucketError:
    match error:
        case GoogleAPICallError():
            return _refusal(error, where)
        case DefaultCredentialsError():
            return BucketCredentialsError(
                f"there are no application-default credentials for {where}; attach a service "
                "account to this machine, set GOOGLE_APPLICATION_CREDENTIALS to its key file, or "
                "run `gcloud auth application-default login`"
            )
        case GoogleAuthError() if not (isinstance(error, TransportError) or error.retryable):
            # Its text may quote the answer of the token server.
            return BucketCredentialsError(
                f"Google gives no access token for {where} ({type(error).__name__}); the key may "
                "be revoked, or this machine's clock be wrong: make a new key, or run `gcloud auth "
                "application-default login`"
            )
        case _:
            return BucketUnavailableError(
                f"no answer for {where} ({type(error).__name__}); check the network and run it "
                "again"
            )


def _refusal(error: GoogleAPICallError, where: str) -> BucketError:
    status = int(error.code or 0)
    said = f"{status}: {words}" if (words := _words(error)) else str(status)
    if status in TRANSIENT_STATUSES:
        return BucketUnavailableError(
            f"Google Cloud Storage was not available for {where} ({said}); run it again later"
        )
    if status == 401:
        return BucketCredentialsError(
            f"Google does not accept the credentials for {where} ({said}); make a new key, or run "
            "`gcloud auth application-default login`"
        )
    if status == 403:
        return BucketAccessError(
            f"access to {where} is denied ({said}); grant the account roles/storage.objectUser on "
            "the bucket"
        )
    if status == 404:
        return BucketNotFoundError(
            f"there is no bucket {where} ({said}); make it, or correct EROS_EXPORT_BUCKET"
        )
    return BucketError(f"Google Cloud Storage refused a request for {where} ({said})")


def _words(error: GoogleAPICallError) -> str:
    """Google's own words, on one line; nothing of a page of HTML."""
    response: Any = error.response
    try:
        text = str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
