"""Turns faults into errors that a user can act on."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from eros_assets.warehouse.bigquery.api import QueryJob
from eros_assets.warehouse.bigquery.faults import Fault, JobFailedError
from eros_assets.warehouse.bigquery.raised import bare_message, is_raised, place_in
from eros_assets.warehouse.bigquery.running import Runner
from eros_assets.warehouse.protocol import Job, RaisedError, WarehouseError


@dataclass(frozen=True, slots=True)
class Account:
    """What happened and where: `place` names procedure, line and statement where known."""

    fault: Fault
    message: str
    place: str | None


def account_of(runner: Runner, error: Exception, fault: Fault, statement: str) -> Account:
    """A failure with the message and place of the script's statement that failed."""
    message = bare_message(fault.message)
    place = _in_statement(place_in(fault.message), statement)
    if isinstance(error, JobFailedError) and error.child_count:
        with suppress(Exception):  # the script's own error is told all the same
            failed = [child for child in runner.children(error.job_id) if child.error_result]
            if failed:
                place = _in_script(failed[-1]) or place
                inner = bare_message(str((failed[-1].error_result or {}).get("message", "")))
                if inner not in message:
                    message = f"{message}: {inner}".removeprefix(": ")
    return Account(fault, message, place)


def warehouse_error(
    account: Account, subject: str, job: Job, job_id: str | None, sources: Sequence[str]
) -> WarehouseError:
    """The error to raise: RaisedError, with its bare message, when one of `sources` raised it.

    `job_id` is the BigQuery job that failed, if there was one.
    """
    if is_raised(account.message, sources):
        return RaisedError(account.message, job)
    place = f" at {account.place}" if account.place else ""
    origin = f"BigQuery: {account.fault.reason}" + (f", job {job_id}" if job_id else "")
    message = account.message.rstrip(".")
    return WarehouseError(f"{subject}: {message}{place}. {account.fault.remedy} ({origin})", job)


def _in_script(child: QueryJob) -> str | None:
    statistics = child.script_statistics
    if statistics is None or not statistics.stack_frames:
        return None
    frame = statistics.stack_frames[0]
    line = f"line {frame.start_line}, column {frame.start_column}"
    text = str(frame.text or "").strip().split("\n", 1)[0]
    return f"{frame.procedure_id or 'script'} {line}: {text}".removesuffix(": ")


def _in_statement(place: str | None, statement: str) -> str | None:
    if place is None or not (found := re.fullmatch(r"(\d+):(\d+)", place)):
        return place
    line, lines = int(found[1]), statement.splitlines()
    text = lines[line - 1].strip() if 1 <= line <= len(lines) else ""
    return f"line {line}, column {found[2]}: {text}".removesuffix(": ")
