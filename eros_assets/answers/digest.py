"""The weekly digest: a week in a sentence, and the three things to look at, by what they are worth.

Each kind of thing has a worth in USD, so that unlike things can be ranked. It is not what will be
lost, but what the thing is about.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eros_assets.alerts import Alert
from eros_assets.answers import things
from eros_assets.answers.things import Thing
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.week_report import WeekReport, money, ratio_text

MOST = 3
"""Things that a digest says in full."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A week's digest: its things by worth, and those that could not be found out, with why."""

    report: WeekReport
    things: Sequence[Thing]
    failed: Sequence[str] = ()

    @property
    def title(self) -> str:
        """The subject of the mail, the first line in Slack."""
        total = self.report.total
        earned = f"earned {money(total.earned_all)} until counted"
        if total.ratio.value is not None:
            earned += f", {ratio_text(total.ratio)} times what was expected"
        return f"week {self.report.iso_week} {earned}"

    @property
    def lines(self) -> Sequence[str]:
        """The things to look at, numbered; of others only what they are about."""
        shown, others = self.things[:MOST], self.things[MOST:]
        found = [f"{n}. {each.sentence} {each.remedy}" for n, each in enumerate(shown, start=1)]
        if others:
            also = "; ".join(f"{each.kind} ({money(each.worth)})" for each in others)
            found.append(f"Also: {also}.")
        return [*found, *(f"Could not be found out: {each}." for each in self.failed)]

    def alert(self, page: str) -> Alert:
        """The digest as an alert; `page` is where the report is."""
        return Alert(
            self.title,
            [
                *(self.lines or ["Nothing stands out."]),
                *self.report.sentences,
                f"Report: {page}",
            ],
        )


def digest_of(dataset: Dataset, report: WeekReport) -> Digest:
    """The digest of a week that was reported, and of what is planned after it.

    A kind of thing that can't be found out costs itself alone.
    """
    ahead = things.ahead_of(dataset, report.week_start)
    kinds: Sequence[tuple[str, Callable[[], Thing | None]]] = (
        (things.OUTSIDE, lambda: things.outside(report)),
        (things.NOT_SENT, lambda: things.not_sent(report)),
        (things.SHORTFALLS, lambda: things.shortfalls(dataset, report, ahead)),
        (things.WORN, lambda: things.worn(dataset, ahead)),
        (things.QUARANTINE, lambda: things.quarantined(dataset, report)),
        (things.REVIEWS, lambda: things.unanswered(dataset, ahead)),
    )
    found: list[Thing] = []
    failed: list[str] = []
    for kind, look in kinds:
        try:
            thing = look()
        except ErosError as error:
            failed.append(f"{kind}: {error}")
            continue
        if thing is not None:
            found.append(thing)
    return Digest(report, sorted(found, key=lambda t: (-t.worth, t.kind)), failed)
