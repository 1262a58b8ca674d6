"""Exports a week to a spreadsheet: read state, plan, send one batch, read back, compare.

Google applies a batch as a whole or not at all, so a reader never sees half a week. When the
response is lost, the state is read again and the batch planned from it; no batch is resent
blindly. When somebody changed the spreadsheet between read and write, Google refuses the batch, and
it is planned again from the new state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn

import tenacity

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.faults import (
    SheetsConflictError,
    SheetsError,
    SheetsRefusedError,
    SheetsUnavailableError,
)
from eros_assets.exporting.sheets.planning import SheetPlan, SheetWeek, plan_batch, revisions
from eros_assets.exporting.sheets.state import SheetState, sheet_id
from eros_assets.exporting.sheets.verification import SHOWN, Difference, differences

Status = Literal["succeeded", "unchanged"]
ROUNDS = 3
"""Most writes of a week until it reads back as written."""


class SheetsChangedError(SheetsError):
    """The spreadsheet differs from what was written after every round."""


@dataclass(frozen=True, slots=True)
class ExportedSheet:
    """Result of an export. `digest` is the SHA-256 of what the spreadsheet shows of the week."""

    status: Status
    address: str
    title: str
    digest: str
    row_count: int
    reads: int
    writes: int
    bytes_written: int


def export_sheet(
    spreadsheet: Spreadsheet, week: SheetWeek, report: Callable[[str], None]
) -> ExportedSheet:
    """Write the week to the spreadsheet; `report` takes a line for each repeated step.

    Raises:
        SheetContentError: a text longer than a cell holds; nothing is written.
        SheetsError: the export failed; the tab shows the previous week or the new one, whole.
    """
    export = _Export(spreadsheet, week, report)
    plan = spreadsheet.retry_policy.retrying(tenacity.retry_if_exception(export.may_start_over))(
        export.carry_out
    )
    traffic = spreadsheet.traffic
    return ExportedSheet(
        status="succeeded" if export.has_sent else "unchanged",
        address=f"{spreadsheet.where.address}/edit#gid={sheet_id(week.week_name)}",
        title=plan.title,
        digest=plan.digest,
        row_count=len(week.messages),
        reads=traffic.reads,
        writes=traffic.writes,
        bytes_written=traffic.bytes_written,
    )


class _Export:
    """The attempts of one export. `has_sent`: a batch may have been applied."""

    def __init__(
        self, spreadsheet: Spreadsheet, week: SheetWeek, report: Callable[[str], None]
    ) -> None:
        self._spreadsheet = spreadsheet
        self._week = week
        self._report = report
        self._may_start_over = False
        self.has_sent = False

    def may_start_over(self, error: BaseException) -> bool:
        """Whether to start again from a new state; reports the error if so."""
        if self._may_start_over:
            self._report(f"{error}; the spreadsheet is read again before the next write")
        return self._may_start_over

    def carry_out(self) -> SheetPlan:
        """Read, plan, write and compare, in up to ROUNDS rounds until the cells are as written."""
        self._may_start_over = False
        plan = self._write(self._spreadsheet.state())
        for _ in range(ROUNDS - 1):
            if not (found := self._differences(plan)):
                return plan
            self._report(f"{found[0].sentence}: somebody changed it meanwhile; written again")
            state = self._spreadsheet.state()
            is_ours = revisions(state, self._week) == plan.revisions
            plan = self._write(state, rewrite=is_ours)
        if found := self._differences(plan):
            raise SheetsChangedError(
                f"{self._spreadsheet.where.address}: {len(found)} cells are not as written: "
                f"{'; '.join(each.sentence for each in found[:SHOWN])}; somebody is editing a "
                "tab that EROS writes: ask them to use the Review tab, then run it again"
            )
        return plan

    def _write(self, state: SheetState, *, rewrite: bool = False) -> SheetPlan:
        plan = plan_batch(state, self._week, rewrite=rewrite)
        if not plan.requests:
            return plan
        try:
            self._spreadsheet.change(list(plan.requests))
        except SheetsUnavailableError:
            # The next read of the state shows whether the batch was applied.
            self.has_sent = self._may_start_over = True
            raise
        except SheetsRefusedError as error:
            if self._spreadsheet.state() == state:
                raise
            self._start_over(error)
        self.has_sent = True
        return plan

    def _differences(self, plan: SheetPlan) -> list[Difference]:
        if not self.has_sent:
            return []
        try:
            tabs = [each.sheet_id for each in plan.expected]
            return differences(plan.expected, self._spreadsheet.values(tabs))
        except SheetsRefusedError as error:  # a tab was deleted
            self._start_over(error)

    def _start_over(self, error: SheetsRefusedError) -> NoReturn:
        self._may_start_over = True
        raise SheetsConflictError(
            f"{self._spreadsheet.where.address} was changed by somebody else in the middle of an "
            f"export ({error}); run it again when they are done"
        ) from error
