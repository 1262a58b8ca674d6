"""What a condition of the gate says: what was seen, what is allowed, who broke it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eros_assets.errors import ErosError

SHOWN = 3
"""Offenders that an error names; a check's metadata has more."""


class GateClosedError(ErosError):
    """Something must not be published: each condition that failed is named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition, evaluated on the present data; it holds when nobody broke it.

    `observed` is what `threshold` is held against, in the unit that `meaning` says.
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
        """One line for people: the condition, what it saw, and the first who broke it."""
        seen = f"{self.name}: {self.meaning} Observed {self.observed:g}, allowed {self.threshold:g}"
        if self.passed:
            return f"{seen}."
        more = len(self.offenders) - SHOWN
        broken = "; ".join(self.offenders[:SHOWN]) + (f"; {more} more" if more > 0 else "")
        return f"{seen}: {broken}"


def counted(name: str, meaning: str, offenders: Sequence[str]) -> Finding:
    """A condition that nobody may break: what is observed is their number."""
    return Finding(name, meaning, tuple(offenders), len(offenders))


def refuse_if_closed(findings: Iterable[Finding], what: str) -> None:
    """Let `what` go on only when every condition holds.

    Raises:
        GateClosedError: one line for each condition that doesn't.
    """
    failed = [finding for finding in findings if not finding.passed]
    if failed:
        lines = "\n".join(f"  {finding.sentence}" for finding in failed)
        raise GateClosedError(
            f"{what}: nothing was published, {len(failed)} of the gate's conditions don't hold. "
            f"Mend the cause and run it again.\n{lines}"
        )
