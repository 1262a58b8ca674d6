"""A week into a spreadsheet: read, plan, one batch, read back and compare.

Google carries out a batch as a whole or not at all, so nobody ever sees half a week. When its
answer is lost, what became of it is looked up and planned for again; nothing is sent blindly
twice. When somebody else was there between reading and writing, the batch is refused, and planned
again from what is there now.
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
"""How often a week is written until it reads back as written."""


class SheetsChangedError(SheetsError):
    """What reads back isn't what was written, again and again."""


@dataclass(frozen=True, slots=True)
class ExportedSheet:
    """A week as it stands in the spreadsheet. `digest` is the SHA-256 of what it shows."""

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
    """Have the spreadsheet show the week; `report` is told what had to be done again.

    Raises:
        SheetContentError: a message that no cell can hold; nothing is written.
        SheetsError: it could not be done. The week is as it was before, or whole.
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
    """One export over its attempts. `has_sent`: a batch of it may have been carried out."""

    def __init__(
        self, spreadsheet: Spreadsheet, week: SheetWeek, report: Callable[[str], None]
    ) -> None:
        self._spreadsheet = spreadsheet
        self._week = week
        self._report = report
        self._may_start_over = False
        self.has_sent = False

    def may_start_over(self, error: BaseException) -> bool:
        """Whether what went wrong may go well from another state; said in the log if so."""
        if self._may_start_over:
            self._report(f"{error}; looked at again before anything else is sent")
        return self._may_start_over

    def carry_out(self) -> SheetPlan:
        """Read, plan, write, compare; again when what is there is not what was written."""
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
            # Carried out or not: the next look tells.
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
        except SheetsRefusedError as error:  # a tab that was there is gone
            self._start_over(error)

    def _start_over(self, error: SheetsRefusedError) -> NoReturn:
        self._may_start_over = True
        raise SheetsConflictError(
            f"{self._spreadsheet.where.address} was changed by somebody else in the middle of an "
            f"export ({error}); run it again when they are done"
        ) from error
