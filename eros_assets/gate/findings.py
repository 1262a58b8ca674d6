"""The result of a condition of the gate: the value observed, the value allowed, the offenders.

A condition that some pages alone break withholds these pages, and the others are published. Any
other condition that fails closes the gate for the whole agency.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eros_assets.errors import ErosError

SHOWN = 3
"""Offenders that an error names; a check's metadata has more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition, evaluated on the current data; it holds when there are no offenders.

    `observed` is compared with `threshold`, in the unit that `meaning` gives. `pages` has the page
    that each offender is about, in their order; it is empty where the whole agency is concerned.
    """

    name: str
    meaning: str
    offenders: Sequence[str]
    observed: float
    threshold: float = 0
    pages: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether the condition holds."""
        return not self.offenders

    @property
    def closes(self) -> bool:
        """Whether it closes the gate for all pages: it fails, and not for some pages alone."""
        return not self.passed and not self.pages

    @property
    def withheld(self) -> Mapping[str, str]:
        """The pages that it withholds, each with its first offender."""
        first: dict[str, str] = {}
        if self.pages:
            for page, offender in zip(self.pages, self.offenders, strict=True):
                first.setdefault(page, offender)
        return first

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


def counted_by_page(name: str, meaning: str, offenders: Iterable[tuple[str, str]]) -> Finding:
    """A condition that allows no offender; each comes with the page that it is about."""
    pairs = tuple(offenders)
    return Finding(
        name,
        meaning,
        tuple(text for _, text in pairs),
        len(pairs),
        pages=tuple(page for page, _ in pairs),
    )


def closed_where_all_fail(
    findings: Iterable[Finding], judged: Collection[str]
) -> tuple[Finding, ...]:
    """The findings; each of them closes the gate where they would withhold all pages `judged`."""
    every = tuple(findings)
    withheld = {page for finding in every for page in finding.withheld}
    if withheld and withheld.issuperset(judged):
        return tuple(replace(finding, pages=()) for finding in every)
    return every


def withheld_by(findings: Iterable[Finding]) -> Mapping[str, str]:
    """The pages that conditions withhold, each with the conditions, offenders, and what to do.

    None where the gate is closed: it is closed for all.
    """
    every = tuple(findings)
    if any(finding.closes for finding in every):
        return {}
    found: dict[str, list[str]] = {}
    for finding in every:
        for page, offender in finding.withheld.items():
            found.setdefault(page, []).append(f"{finding.name}: {offender}")
    return {
        page: f"{'; '.join(broken)}: plan this page again, with force where its week has begun, "
        "or roll back"
        for page, broken in sorted(found.items())
    }


def refuse_if_closed(findings: Iterable[Finding], what: str) -> None:
    """Raise where a condition closes the gate; `what` is what was to be published.

    Raises:
        GateClosedError: one line for each condition that doesn't hold.
    """
    every = tuple(findings)
    if any(finding.closes for finding in every):
        failed = [finding for finding in every if not finding.passed]
        lines = "\n".join(f"  {finding.sentence}" for finding in failed)
        raise GateClosedError(
            f"{what}: nothing was published, {len(failed)} of the gate's conditions don't hold. "
            f"Fix the cause and run it again.\n{lines}",
            every,
        )
