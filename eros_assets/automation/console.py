"""The logger of runs that are started in a terminal: steps, warnings and failed checks."""

import logging
from typing import TYPE_CHECKING, Any

import dagster as dg

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
    description="One line per step with its seconds; warnings and failures in colour.",
)
"""The logger `console` of every job."""


FOLLOWS_FROM_FAILURE = "Dependencies for step"
"""Begins Dagster's message about a step that is skipped after a failure; it is not shown."""


class StepLines(logging.Handler):
    """Turns Dagster's records into lines."""

    def __init__(self, terminal: "Console") -> None:
        super().__init__(logging.DEBUG)
        self._terminal = terminal

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record when a person would want it."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            self._print_message(record, str(meta.get("orig_message") or record.getMessage()))
        elif event.is_step_success:
            seconds = event.step_success_data.duration_ms / 1000
            self._terminal.print(f"  {event.step_key:<44}{seconds:>8.1f} s", style="green")
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            self._print_check(event.event_specific_data)

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
