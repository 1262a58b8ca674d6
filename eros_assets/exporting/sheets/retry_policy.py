"""Bounds of retries, and the waits between them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tenacity

from eros_assets.exporting.sheets.faults import SheetsUnavailableError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Number of attempts, and waits in seconds.

    Waits grow exponentially with full jitter and are at least as long as Retry-After. A Retry-After
    longer than `longest_asked` ends the retries. Google's quotas are per minute, so two waits of
    `longest_wait` reach the next minute. `sleep` is replaced in tests.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 32.0
    longest_asked: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def retrying(self, retry: Any) -> tenacity.Retrying:
        """Retries of a call, on the conditions of tenacity's `retry`."""
        return tenacity.Retrying(
            stop=self._is_over,
            wait=self._wait,
            retry=retry,
            sleep=self.sleep,
            reraise=True,
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        jitter = tenacity.wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait)
        return max(jitter(state), _asked(state) or 0.0)

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        is_asked_for_more = (_asked(state) or 0.0) > self.longest_asked
        return state.attempt_number >= self.attempts or is_asked_for_more


def _asked(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, SheetsUnavailableError) else None
