"""The logger of runs that are started in a terminal: steps, warnings and failed checks."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.execution.plan.objects import ErrorSource

from eros_assets.errors import root_cause

if TYPE_CHECKING:
    from rich.console import Console

CONSOLE_LOGGER = {"loggers": {"console": {"config": {}}}}
"""Run config that turns the logger on; Dagster's own would print every event."""


def step_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    """A logger whose records become lines in the terminal."""
    from rich.console import Console  # imported here: only a run needs it

    logger = logging.Logger("eros", logging.DEBUG)
    logger.addHandler(StepLines(Console(highlight=False, soft_wrap=True, markup=False)))
    return logger


console = dg.LoggerDefinition(
    step_logger,
    description="One line per step with its seconds and rows; warnings and failures in colour.",
)
"""The logger `console` of every job."""


INTERRUPTED = ErrorSource.INTERRUPT

FOLLOWS_FROM_FAILURE = "Dependencies for step"
"""Begins Dagster's message about a step that is skipped after a failure; it is not shown."""


class StepLines(logging.Handler):
    """Turns Dagster's records into lines."""

    def __init__(self, terminal: "Console") -> None:
        super().__init__(logging.DEBUG)
        self._terminal = terminal
        self._rows: int | None = None  # of the step under way, as far as it said

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record when a person would want it."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            self._print_message(record, str(meta.get("orig_message") or record.getMessage()))
        elif event.event_type is dg.DagsterEventType.STEP_START:
            self._rows = None
        elif event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            self._count(event.step_materialization_data.materialization.metadata)
        elif event.is_step_success:
            seconds = event.step_success_data.duration_ms / 1000
            line = f"  {event.step_key:<44}{seconds:>8.1f} s{self._counted()}"
            self._terminal.print(line, style="green")
        elif event.is_step_failure and event.step_failure_data.error_source is INTERRUPTED:
            self._terminal.print(f"  {event.step_key} was stopped", style="yellow")
        elif event.is_step_failure:
            cause = root_cause(event.step_failure_data.error).partition("\n")[0]
            self._terminal.print(f"  {event.step_key} failed: {cause}", style="red")
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            self._print_check(event.event_specific_data)

    def _counted(self) -> str:
        if self._rows is None:
            return ""
        return f"{self._rows:>12,} {'row' if self._rows == 1 else 'rows'}"

    def _count(self, metadata: Mapping[str, dg.MetadataValue[Any]]) -> None:
        """Add the rows of a table; where it has weeks, those of the run's week."""
        for name in ("dagster/partition_row_count", "dagster/row_count"):
            if name in metadata:
                self._rows = (self._rows or 0) + int(metadata[name].value)
                return

    def _print_message(self, record: logging.LogRecord, message: str) -> None:
        if message.startswith(FOLLOWS_FROM_FAILURE):
            return
        if record.levelno >= logging.ERROR:
            self._terminal.print(f"    {message}", style="red")
        elif record.levelno >= logging.WARNING:
            self._terminal.print(f"    {message}", style="yellow")
        elif record.levelno >= logging.INFO:
            self._terminal.print(f"    {message}", style="dim")

    def _print_check(self, evaluation: Any) -> None:
        if not evaluation.passed:
            style = "red" if evaluation.severity is dg.AssetCheckSeverity.ERROR else "yellow"
            self._terminal.print(
                f"    check {evaluation.check_name}: {evaluation.description}", style=style
            )
