"""Classifies BigQuery's errors: transient or not, and what to do about the others.

Reasons and their meaning: https://cloud.google.com/bigquery/docs/error-messages
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import requests.exceptions
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError, TransportError

TRANSIENT_REASONS = frozenset(
    {
        "backendError",
        "badGateway",
        "internalError",
        "jobBackendError",
        "jobInternalError",
        "jobRateLimitExceeded",
        "rateLimitExceeded",
        "tableUnavailable",
    }
)
TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

# Reported as invalidQuery, like every mistake in a statement; only the text tells them apart.
ABORTED = re.compile(
    r"Transaction is aborted due to concurrent update|Could not serialize access to table"
)

CONNECTION = "connection"
CREDENTIALS = "credentials"
CERTIFICATE = "certificate"

REMEDIES: Mapping[str, str] = {
    "accessDenied": "Grant the service account roles/bigquery.jobUser on the project and "
    "roles/bigquery.dataOwner on the dataset (docs/DEPLOY.md)",
    "billingNotEnabled": "Enable billing for the project",
    "billingTierLimitExceeded": "Narrow the statement, or raise the project's billing tier",
    "blocked": "Ask Google Cloud support why the project is blocked",
    "bytesBilledLimitExceeded": "Narrow the statement (pages, dates), or raise "
    "EROS_MAXIMUM_BYTES_BILLED",
    CERTIFICATE: "Check the certificate and protocol of EROS_BIGQUERY_ENDPOINT, this machine's "
    "certificates and its clock",
    CONNECTION: "Check the network and EROS_BIGQUERY_ENDPOINT, then run it again",
    CREDENTIALS: "Renew the credentials: `gcloud auth application-default login`, or another key "
    "in GOOGLE_APPLICATION_CREDENTIALS",
    "duplicate": "Something of this name is there already; look at it before removing it",
    "invalid": "Mend the data or the request as the message says",
    "invalidQuery": "Mend the statement at the place named",
    "notFound": "Deploy the object first; check EROS_PROJECT_ID, EROS_DATASET and EROS_LOCATION",
    "quotaExceeded": "Wait until the quota is renewed, or ask for more in the Cloud console",
    "resourcesExceeded": "Narrow the statement (pages, dates): it needs more memory than one gets",
    "responseTooLarge": "Narrow the statement (pages, columns)",
    "stopped": "It was cancelled; run it again unless that was meant",
    "timeout": "Narrow the statement (pages, dates)",
}
TRANSIENT_REMEDY = "BigQuery stayed unavailable over every retry; run it again later"
ABORTED_REMEDY = (
    "Other jobs kept changing the same table over every retry; run it again when they are done"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: BigQuery's reason, its message, and the HTTP status when it came with one."""

    reason: str
    message: str
    status: int | None = None

    @property
    def is_abort(self) -> bool:
        """Whether a concurrent change of the same table aborted the statement."""
        return ABORTED.search(self.message) is not None

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed later."""
        return (
            self.reason in TRANSIENT_REASONS
            or self.reason == CONNECTION
            or self.is_abort
            or (self.reason not in REMEDIES and self.status in TRANSIENT_STATUSES)
        )

    @property
    def remedy(self) -> str:
        """What a person can do about it."""
        if self.is_abort:
            return ABORTED_REMEDY
        if self.reason in TRANSIENT_REASONS:
            return TRANSIENT_REMEDY
        fallback = TRANSIENT_REMEDY if self.is_transient else "See the job in the Cloud console"
        return REMEDIES.get(self.reason, fallback)


class JobFailedError(Exception):
    """A job ended with an error; kept inside the engine."""

    def __init__(self, fault: Fault, job_id: str, child_count: int = 0) -> None:
        """`child_count` is how many statements a script had run by then."""
        super().__init__(fault.message)
        self.fault = fault
        self.job_id = job_id
        self.child_count = child_count


def fault_of(error: BaseException) -> Fault | None:
    """The fault behind an exception of Google's clients, or None when it isn't one of theirs."""
    match error:
        case JobFailedError():
            return error.fault
        case GoogleAPICallError():
            return _fault_of_answer(error)
        case requests.exceptions.SSLError():
            return Fault(CERTIFICATE, "the other side of the connection can't be trusted")
        case requests.exceptions.RequestException() | ConnectionError() | TransportError():
            # Not the error's own text: requests repeats whole URLs in it.
            return Fault(CONNECTION, f"the connection failed ({type(error).__name__})")
        case TimeoutError():
            return Fault(CONNECTION, "no answer in time")
        case GoogleAuthError():
            reason = CONNECTION if cast("bool", error.retryable) else CREDENTIALS
            return Fault(reason, str(error.args[0] if error.args else error))
        case _:
            return None


def fault_of_result(result: Mapping[str, Any]) -> Fault:
    """The fault in a job's `status.errorResult`."""
    return Fault(str(result.get("reason", "unknown")), str(result.get("message", "")))


def is_transient(error: BaseException) -> bool:
    """Whether an exception is a fault that passes."""
    fault = fault_of(error)
    return fault is not None and fault.is_transient


def _fault_of_answer(error: GoogleAPICallError) -> Fault:
    details = cast("Sequence[object]", error.errors)
    status = int(error.code) if isinstance(error.code, int) else None
    first = details[0] if details else None
    if isinstance(first, Mapping):
        detail = cast("Mapping[str, Any]", first)
        return Fault(
            str(detail.get("reason", "unknown")),
            str(detail.get("message", "")),
            status,
        )
    return Fault("unknown", str(cast("object", error.message)), status)
