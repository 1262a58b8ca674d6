"""Runs jobs to their end: client-chosen ids, lost answers, polling, retries.

The id of each attempt, `eros_<kind>_<operation>_<step>_<attempt>`, is chosen here before it is
sent: when the answer to a request is lost, the job is looked up by its id instead of being sent
once more, so no statement runs twice by accident. A new attempt, with a new id, is made only after
the one before is known to have failed and so to have committed nothing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from google.api_core.exceptions import Conflict, NotFound, ServiceUnavailable
from google.cloud import bigquery

from eros_assets.warehouse.bigquery.api import AnyJob, Client, QueryJob
from eros_assets.warehouse.bigquery.faults import (
    Fault,
    JobFailedError,
    fault_of,
    fault_of_result,
    is_transient,
)
from eros_assets.warehouse.bigquery.raised import bare_message
from eros_assets.warehouse.bigquery.retry_policy import RetryPolicy
from eros_assets.warehouse.protocol import WarehouseError

Answer = TypeVar("Answer")
Begun = TypeVar("Begun", bound=AnyJob)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs of one client in one location."""

    client: Client
    location: str
    retry_policy: RetryPolicy

    def exchange(self, request: Callable[[], Answer]) -> Answer:
        """Send a request that may be sent twice; again while it fails for a reason that passes."""
        return self.retry_policy.retrying(is_transient)(request)

    def asked(self, subject: str, request: Callable[[], Answer]) -> Answer:
        """Exchange a request that is no job.

        Raises:
            WarehouseError: BigQuery refused it, or could not be asked; `subject` begins it.
        """
        try:
            return self.exchange(request)
        except Exception as error:
            fault = fault_of(error)
            if fault is None:
                raise
            raise WarehouseError(
                f"{subject}: {bare_message(fault.message).rstrip('.')}. {fault.remedy} "
                f"(BigQuery: {fault.reason})"
            ) from error

    def complete(self, step: str, begin: Callable[[str], Begun]) -> Begun:
        """Begin a job by `begin(job_id)` and see it through, in a few attempts if need be.

        `step` is the part of the job ids that the attempts share.

        Raises:
            JobFailedError: the last attempt ended with an error.
            Exception: an exception of Google's clients: BigQuery could not be asked.
        """
        attempts = self.retry_policy.retrying(_may_be_tried_again)
        for attempt in attempts:
            with attempt:
                job_id = f"{step}_{attempt.retry_state.attempt_number}"
                job = self._begun(job_id, begin)
                self._wait(job)
                if job.error_result:
                    raise JobFailedError(
                        fault_of_result(job.error_result), job_id, job.num_child_jobs
                    )
                return job
        raise AssertionError("tenacity ends with a result or an exception")

    def children(self, job_id: str) -> list[QueryJob]:
        """The statements that a script ran, oldest first."""

        def listed() -> list[bigquery.QueryJob]:
            found = self.client.list_jobs(
                parent_job=job_id, retry=None, timeout=self.retry_policy.request_timeout
            )
            return [child for child in found if isinstance(child, bigquery.QueryJob)]

        newest_first = self.exchange(listed)
        newest_first.reverse()
        oldest_first = cast("list[QueryJob]", newest_first)
        return sorted(oldest_first, key=lambda child: child.created)

    def _begun(self, job_id: str, begin: Callable[[str], Begun]) -> Begun:
        def once() -> Begun:
            try:
                return begin(job_id)
            except Conflict:
                # The job is there: an earlier request was carried out though its answer was lost.
                try:
                    return self._job(job_id)
                except NotFound as missing:
                    raise ServiceUnavailable(f"job {job_id} is not visible yet") from missing
            except Exception as lost:
                if not is_transient(lost):
                    raise
                try:
                    return self._job(job_id)
                except NotFound:
                    raise lost from None

        return self.exchange(once)

    def _job(self, job_id: str) -> Any:
        return self.client.get_job(
            job_id,
            location=self.location,
            retry=None,
            timeout=self.retry_policy.request_timeout,
        )

    def _wait(self, job: AnyJob) -> None:
        """Poll until the job is done; an interrupted wait cancels the job."""

        def reload() -> None:
            job.reload(retry=None, timeout=self.retry_policy.request_timeout)

        try:
            for wait in self.retry_policy.polls():
                if job.state == "DONE":
                    return
                self.retry_policy.sleep(wait)
                self.exchange(reload)
            raise JobFailedError(
                Fault("timeout", f"not done after {self.retry_policy.job_timeout:.0f} s"),
                job.job_id,
            )
        except BaseException:
            if job.state != "DONE":
                self._cancel(job)
            raise

    def _cancel(self, job: AnyJob) -> None:
        with suppress(Exception):  # what broke the wait is the error to tell
            job.cancel(retry=None, timeout=self.retry_policy.request_timeout)


def _may_be_tried_again(error: BaseException) -> bool:
    return isinstance(error, JobFailedError) and error.fault.is_transient
