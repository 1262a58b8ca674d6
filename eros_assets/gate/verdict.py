"""One verdict of the gate for each state of a week: evaluated once, kept, used by all exports."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.gate import gate_findings, schedule_findings
from eros_assets.gate.findings import Finding, refuse_if_closed, withheld_by
from eros_assets.gate.rehearsal import SelectionWork
from eros_assets.tuning import read_knobs
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.refusals import unpublishable_pages, without_pages

if TYPE_CHECKING:
    import pandas as pd

ATTEMPTS = 3
"""Evaluations before a week that keeps changing is given up."""


class WeekChangedError(ErosError):
    """The week's schedules kept changing while they were judged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's conditions on one state of a week; `run_id` is the run that evaluated them."""

    week_start: dt.date
    state: str
    findings: tuple[Finding, ...]
    run_id: str

    @property
    def verdict_id(self) -> str:
        """The week and the first digits of the state."""
        return f"verdict_{self.week_start:%Y%m%d}_{self.state[:8]}"

    @property
    def publication_id(self) -> str:
        """The id of what may be published on this verdict, the same in files, sheet and bucket."""
        published = self.state
        if self.withheld:
            parts = repr((self.state, sorted(self.withheld)))
            published = hashlib.sha256(parts.encode()).hexdigest()
        return f"publication_{self.week_start:%Y%m%d}_{published[:8]}"

    @property
    def passed(self) -> bool:
        """Whether every condition holds."""
        return all(finding.passed for finding in self.findings)

    @property
    def withheld(self) -> Mapping[str, str]:
        """The pages that are withheld because of conditions, with the reasons."""
        return withheld_by(self.findings)


@dataclass(frozen=True, slots=True)
class JudgedWeek:
    """The messages to publish, as `active_messages` gives them, and the verdict on the week.

    `withheld` are pages in force that are not published, with the reason: a condition of the gate
    fails for them, or a text is lost. `in_force` has their messages too.
    """

    verdict: Verdict
    messages: "pd.DataFrame"
    withheld: Mapping[str, str]
    in_force: "pd.DataFrame"


def state_of_week(dataset: Dataset, week_start: dt.date) -> str:
    """The SHA-256 of all that a verdict is about.

    Messages in force with their texts, reservations, the deployed routines, and the tuning.
    """
    content = dataset.cached_query("week_state", week_start=week_start)["state"].iloc[0]
    routines = sorted((r.name, r.fingerprint) for r in dataset.warehouse.routines())
    tuning = sorted(read_knobs(dataset).items())
    return hashlib.sha256(repr((content, routines, tuning)).encode()).hexdigest()


def verdict_of_week(
    dataset: Dataset, week_start: dt.date, *, run_id: str, work: SelectionWork | None = None
) -> Verdict:
    """The verdict on what is in force for the week, evaluated when there is none.

    A verdict that passed holds as long as the state does: new history does not reopen it. One on
    which a condition fails is final for its run, so that all exports of a run do the same; another
    run asks again. `work` is the selection of the run that asks, where it has selected the week.

    Raises:
        WeekChangedError: the state changed during each evaluation.
    """
    for _ in range(ATTEMPTS):
        state = state_of_week(dataset, week_start)
        known = _kept(dataset, week_start, state)
        if known is not None and (known.passed or known.run_id == run_id):
            return known
        verdict = Verdict(week_start, state, gate_findings(dataset, week_start, work=work), run_id)
        if state_of_week(dataset, week_start) == state:
            _keep(dataset, verdict)
            return verdict
    raise WeekChangedError(
        f"week of {week_start}: its schedules changed while the gate was evaluated, {ATTEMPTS} "
        "times; run it again when the other run has ended"
    )


def judged_week(dataset: Dataset, week_start: dt.date, *, run_id: str) -> JudgedWeek:
    """The messages in force and a verdict on exactly them.

    Pages for which alone a condition fails are withheld.

    Raises:
        GateClosedError: a condition doesn't hold for the whole agency, or for any page in force;
            each one that failed is named.
        WeekChangedError: the week kept changing.
    """
    for _ in range(ATTEMPTS):
        verdict = verdict_of_week(dataset, week_start, run_id=run_id)
        refuse_if_closed(verdict.findings, f"week of {week_start}")
        messages = active_messages(dataset, week_start)
        if state_of_week(dataset, week_start) == verdict.state:
            withheld = _reasons(messages, verdict.findings)
            return JudgedWeek(verdict, without_pages(messages, withheld), withheld, messages)
    raise WeekChangedError(
        f"week of {week_start}: its schedules keep changing; run it again when the other run has "
        "ended"
    )


def withheld_pages(
    dataset: Dataset, week_start: dt.date, messages: "pd.DataFrame"
) -> Mapping[str, str]:
    """The pages that an export would withhold now, with the reasons; nothing is kept.

    By the verdict on the present state where there is one, else by the conditions on schedules
    alone: who compares what people find with what is in force needs no smoke test. `messages` are
    those in force.
    """
    known = _kept(dataset, week_start, state_of_week(dataset, week_start))
    findings = schedule_findings(dataset, week_start) if known is None else known.findings
    return _reasons(messages, findings)


def _reasons(messages: "pd.DataFrame", findings: Sequence[Finding]) -> Mapping[str, str]:
    """The pages to withhold: for conditions of the gate, and for what can't be written."""
    reasons = dict(withheld_by(findings))
    for page, reason in unpublishable_pages(messages).items():
        reasons[page] = f"{reasons[page]}; {reason}" if page in reasons else reason
    return reasons


def _kept(dataset: Dataset, week_start: dt.date, state: str) -> Verdict | None:
    kept = dataset.cached_query("gate_verdict", week_start=week_start, state=state)
    rows = kept.to_dict("records")
    if not rows:
        return None
    findings = tuple(
        Finding(
            row["condition"],
            row["meaning"],
            tuple(row["offenders"]),
            float(row["observed"]),
            float(row["threshold"]),
            _pages(row["pages"]),
        )
        for row in rows
    )
    return Verdict(week_start, state, findings, rows[0]["run_id"])


def _pages(stored: Sequence[str] | None) -> tuple[str, ...]:
    """The pages of a stored verdict; one that an earlier version stored has none."""
    return () if stored is None else tuple(stored)


def _keep(dataset: Dataset, verdict: Verdict) -> None:
    import pandas as pd

    rows = [
        {
            "verdict_id": verdict.verdict_id,
            "week_start": verdict.week_start,
            "state": verdict.state,
            "condition": finding.name,
            "position": position,
            "meaning": finding.meaning,
            "passed": finding.passed,
            "observed": float(finding.observed),
            "threshold": float(finding.threshold),
            "offenders": list(finding.offenders),
            "judged_at": dt.datetime.now(dt.UTC),
            "run_id": verdict.run_id,
            "pages": list(finding.pages),
        }
        for position, finding in enumerate(verdict.findings, start=1)
    ]
    dataset.load(
        "gate_verdicts",
        pd.DataFrame(rows),
        replacing={"week_start": verdict.week_start, "verdict_id": verdict.verdict_id},
    )
