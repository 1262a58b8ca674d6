"""Bounds of retries and of polling: how often to try again, and how long to wait."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds of retries and of polling, in seconds.

    Waits between attempts grow exponentially with full jitter (from 0 to the bound), so that two
    runs whose transactions collided don't collide again. `sleep` is replaced in tests.
    """

    attempts: int = 7
    first_wait: float = 1.0
    longest_wait: float = 30.0
    request_timeout: float = 120.0
    job_timeout: float = 3600.0
    first_poll: float = 0.1
    longest_poll: float = 5.0
    sleep: Callable[[float], None] = time.sleep

    @property
    def job_timeout_ms(self) -> int:
        """The time after which BigQuery ends a job, in milliseconds."""
        return int(self.job_timeout * 1000)

    def retrying(self, is_transient: Callable[[BaseException], bool]) -> Retrying:
        """Attempts at something that may fail for a reason that passes."""
        return Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait),
            retry=retry_if_exception(is_transient),
            sleep=self.sleep,
            reraise=True,
        )

    def polls(self) -> Iterator[float]:
        """Waits between two looks at a running job, until its time is over by a minute."""
        left = self.job_timeout + 60.0
        for wait in chain(self._growing_polls(), repeat(self.longest_poll)):
            if left <= 0:
                return
            left -= wait
            yield wait

    def _growing_polls(self) -> Iterator[float]:
        wait = self.first_poll
        while wait < self.longest_poll:
            yield wait
            wait *= 1.5
