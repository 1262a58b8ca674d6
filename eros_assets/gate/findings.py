"""The result of a condition of the gate: the value observed, the value allowed, the offenders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eros_assets.errors import ErosError

SHOWN = 3
"""Offenders that an error names; a check's metadata has more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition, evaluated on the current data; it holds when there are no offenders.

    `observed` is compared with `threshold`, in the unit that `meaning` gives.
    """

    name: str
    meaning: str
    offenders: Sequence[str]
    observed: float
    threshold: float = 0

    @property
    def passed(self) -> bool:
        """Whether the condition holds."""
        return not self.offenders

    @property
    def sentence(self) -> str:
        """One line: the condition, the value observed, and the first offenders."""
        seen = f"{self.name}: {self.meaning} Observed {self.observed:g}, allowed {self.threshold:g}"
        if self.passed:
            return f"{seen}."
        more = len(self.offenders) - SHOWN
        broken = "; ".join(self.offenders[:SHOWN]) + (f"; {more} more" if more > 0 else "")
        return f"{seen}: {broken}"


class GateClosedError(ErosError):
    """Nothing is published; names each condition that failed. `findings` are all conditions."""

    def __init__(self, message: str, findings: Iterable[Finding]) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


def counted(name: str, meaning: str, offenders: Sequence[str]) -> Finding:
    """A condition that allows no offender; `observed` is their number."""
    return Finding(name, meaning, tuple(offenders), len(offenders))


def refuse_if_closed(findings: Iterable[Finding], what: str) -> None:
    """Raise unless every condition holds; `what` is what was to be published.

    Raises:
        GateClosedError: one line for each condition that doesn't.
    """
    every = tuple(findings)
    failed = [finding for finding in every if not finding.passed]
    if failed:
        lines = "\n".join(f"  {finding.sentence}" for finding in failed)
        raise GateClosedError(
            f"{what}: nothing was published, {len(failed)} of the gate's conditions don't hold. "
            f"Fix the cause and run it again.\n{lines}",
            every,
        )
