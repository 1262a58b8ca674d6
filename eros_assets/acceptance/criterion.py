"""One criterion of the acceptance, and how it is answered for an installation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from eros_assets.acceptance.installation import Installation
from eros_assets.acceptance.lines import Answer, failed, unknown

Needs = Literal["nothing", "tables", "deployment"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion, the command or asset that gives its evidence, and its judge.

    `needs` is what must be there before it can be judged: the tables, or a deployment in force.
    """

    text: str
    source: str
    judge: Callable[[Installation], Answer]
    needs: Needs = "tables"

    def answer(self, installation: Installation) -> Answer:
        """The answer; an error while the evidence is read fails this criterion and no other."""
        try:
            if self.needs != "nothing" and not installation.has_tables:
                return unknown("the warehouse has no tables yet: run make demo, or make deploy")
            if self.needs == "deployment" and installation.in_force is None:
                return unknown("nothing was deployed yet: run make deploy")
            return self.judge(installation)
        except Exception as error:  # whatever one criterion raises, the others are judged too
            return failed(f"{type(error).__name__}: {' '.join(str(error).split())}")
