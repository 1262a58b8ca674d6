"""Exports a week to a spreadsheet: read state, plan, send one batch, read back, compare.

Google applies a batch as a whole or not at all, so a reader never sees half a week. When the
response is lost, the state is read again and the batch planned from it; no batch is resent
blindly. When somebody changed the spreadsheet between read and write, Google refuses the batch, and
it is planned again from the new state.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

import tenacity

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.faults import (
    SheetsConflictError,
    SheetsError,
    SheetsProtectedError,
    SheetsRefusedError,
    SheetsUnavailableError,
)
from eros_assets.exporting.sheets.planning import (
    SheetPlan,
    SheetWeek,
    Values,
    plan_batch,
    revisions,
    tabs_to_read,
)
from eros_assets.exporting.sheets.state import SheetState, sheet_id

Status = Literal["succeeded", "unchanged"]
SHOWN = 3
ROUNDS = 3
"""Most writes of a week until it reads back as written."""


class SheetsChangedError(SheetsError):
    """The spreadsheet differs from what was written after every round."""


@dataclass(frozen=True, slots=True)
class ExportedSheet:
    """Result of an export.

    `digest` is the SHA-256 of what the spreadsheet shows of the week, `repaired` the cells that
    people had changed, one line each.
    """

    status: Status
    address: str
    title: str
    digest: str
    row_count: int
    reads: int
    writes: int
    bytes_written: int
    repaired: Sequence[str]


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
        repaired=export.repaired,
    )


class _Export:
    """The attempts of one export.

    `has_sent`: a batch may have been applied. `repaired` is what people had changed before.
    """

    def __init__(
        self, spreadsheet: Spreadsheet, week: SheetWeek, report: Callable[[str], None]
    ) -> None:
        self._spreadsheet = spreadsheet
        self._week = week
        self._report = report
        self._may_start_over = False
        self.has_sent = False
        self.repaired: Sequence[str] = ()

    def may_start_over(self, error: BaseException) -> bool:
        """Whether to start again from a new state; reports the error if so."""
        if self._may_start_over:
            self._report(f"{error}; the spreadsheet is read again before the next write")
        return self._may_start_over

    def carry_out(self) -> SheetPlan:
        """Read, plan, write and compare, in up to ROUNDS rounds until the cells are as written."""
        self._may_start_over = False
        state = self._spreadsheet.state()
        plan = self._write(state, self._values(tabs_to_read(state, self._week)))
        if not plan.requests:
            return plan
        rounds = 0
        while True:
            found = self._values(plan.tabs)
            wrong = plan.differences(found)
            if not wrong:
                return plan
            rounds += 1
            if rounds == ROUNDS:
                raise SheetsChangedError(
                    f"{self._spreadsheet.where.address}: {len(wrong)} cells are not as written: "
                    f"{'; '.join(wrong[:SHOWN])}; somebody is editing a tab that EROS writes: ask "
                    "them to write in Decision and Note of the Review tab alone, then run it again"
                )
            self._report(f"{wrong[0]}: somebody changed it meanwhile; written again")
            state = self._spreadsheet.state()
            is_ours = revisions(state, self._week) == plan.revisions
            plan = self._write(state, found if is_ours else {})
            if not plan.requests:
                return plan

    def _write(self, state: SheetState, found: Values) -> SheetPlan:
        plan = plan_batch(state, found, self._week)
        if not self.has_sent:
            self.repaired = plan.repaired
        if not plan.requests:
            return plan
        try:
            self._spreadsheet.change(list(plan.requests))
        except SheetsUnavailableError:
            # The next read of the state shows whether the batch was applied.
            self.has_sent = self._may_start_over = True
            raise
        except SheetsProtectedError as error:
            # What people protect of the tabs of reviews and decisions does not stop the week.
            if plan.week_requests and error.request >= plan.week_requests:
                self._spreadsheet.change(list(plan.requests[: plan.week_requests]))
            raise
        except SheetsRefusedError as error:
            if self._spreadsheet.state() == state:
                raise
            self._start_over(error)
        self.has_sent = True
        return plan

    def _values(self, tabs: Sequence[int]) -> Values:
        if not tabs:
            return {}
        try:
            return self._spreadsheet.values(tabs)
        except SheetsRefusedError as error:  # a tab was deleted
            self._start_over(error)

    def _start_over(self, error: SheetsRefusedError) -> NoReturn:
        self._may_start_over = True
        raise SheetsConflictError(
            f"{self._spreadsheet.where.address} was changed by somebody else in the middle of an "
            f"export ({error}); run it again when they are done"
        ) from error
