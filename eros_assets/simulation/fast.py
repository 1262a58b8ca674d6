"""Plans weeks without a warehouse: numpy in place of the SQL, then the planner itself.

A test checks that it chooses as the SQL does: the same captions, arms, scores and schedules.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eros_assets.calendar import la_instant
from eros_assets.planning.identity import schedule_id
from eros_assets.planning.model import WeekPlan
from eros_assets.planning.volume import WeeklyTarget
from eros_assets.simulation.catalogue import Tables, catalogue_of
from eros_assets.simulation.facts import facts_of, sorted_facts
from eros_assets.simulation.learning import learned
from eros_assets.simulation.outlook import day_number, slot_values, week_targets
from eros_assets.simulation.policies import ScoringPolicy, Situation
from eros_assets.simulation.selection import Selections, reservations_in_force, select
from eros_assets.simulation.texts import Texts
from eros_assets.tuning import Knobs
from eros_assets.weekly.drafting import PageInputs, draft_page
from eros_assets.weekly.scope import WeekPlanScope

SCHEDULE_COLUMNS = (
    *("schedule_id", "page_name", "message_number", "sending_time", "message_type"),
    *("caption_id", "price_tier", "arm"),
)


@dataclass(frozen=True, eq=False)
class FastWeek:
    """A planned week: the choice, and every page's plan by index of the page."""

    week_start: dt.date
    targets: Mapping[int, WeeklyTarget]
    selections: Selections
    plans: Mapping[int, WeekPlan]


class FastLine:
    """The weekly line in memory: history in, schedules out, for any policy."""

    def __init__(
        self, tables: Tables, tuning: Tables, knobs: Knobs, policy: ScoringPolicy, seed: str
    ) -> None:
        """Start from an agency's input tables.

        Args:
            tables: the four input tables.
            tuning: the configuration tables, as `configuration_tables` reads them.
            knobs: the row of `tuning`, changed as the study wants.
            policy: scores the captions.
            seed: first part of every draw's key, as `EROS_SEED`.
        """
        self.catalogue = catalogue_of(tables)
        self.texts = Texts.of(self.catalogue)
        self.facts = sorted_facts(tables["mass_messages"], self.catalogue)
        self.knobs = knobs
        self.policy = policy
        self._tuning = tuning
        self._seed = seed
        self._reserved_dates = np.zeros(0, dtype=np.int64)
        self._reserved_captions = np.zeros(0, dtype=np.int64)

    def situation(self, week_start: dt.date) -> Situation:
        """What is known before a week."""
        as_of = day_number(week_start)
        known = learned(self.facts, self.catalogue, self.knobs, as_of, self.texts)
        return Situation(week_start, self.facts, known, self.catalogue, self.knobs, self._seed)

    def decide(self, week_start: dt.date) -> FastWeek:
        """Choose and place the week's captions; nothing is kept."""
        situation = self.situation(week_start)
        targets = week_targets(self.facts, self.catalogue, self._tuning, self.knobs, week_start)
        reserved = reservations_in_force(
            self._reserved_dates,
            self._reserved_captions,
            week_start,
            int(self.knobs["reservation_days"]),
            self.catalogue.caption_ids.size,
        )
        selections = select(situation, targets, reserved, self.policy, self._tuning)
        slots = slot_values(self.facts, self.catalogue, self.knobs, week_start)
        scope = WeekPlanScope(
            week_start=week_start,
            planned_at=la_instant(week_start),
            pages=tuple(self.catalogue.pages[page] for page in targets),
            left_alone={},
            is_everyone=True,
            force=False,
        )
        plans = {
            page: draft_page(
                PageInputs(
                    page_name=self.catalogue.pages[page],
                    target=target_record(target),
                    captions=selections.records(page, self.catalogue),
                    slots=slots.get(page, []),
                    sent=[],
                ),
                self.knobs,
                scope,
            )
            for page, target in targets.items()
        }
        return FastWeek(week_start, targets, selections, plans)

    def plan(self, week_start: dt.date) -> pd.DataFrame:
        """The week's messages."""
        week = self.decide(week_start)
        rows = [
            row
            for page, plan in week.plans.items()
            for row in _rows(self.catalogue.pages[page], week_start, plan)
        ]
        return pd.DataFrame(rows, columns=list(SCHEDULE_COLUMNS))

    def append(self, messages: pd.DataFrame) -> None:
        """Add a week's messages to the history; each has reserved its caption."""
        sent = facts_of(messages, self.catalogue)
        self.facts = self.facts.followed_by(sent)
        self._reserved_dates = np.concatenate((self._reserved_dates, sent.date))
        self._reserved_captions = np.concatenate((self._reserved_captions, sent.caption))


def target_record(target: WeeklyTarget) -> dict[str, object]:
    """The target as a row of `week_targets.sql`."""
    return {
        "min_gap_minutes": target.min_gap_minutes,
        "max_messages_per_day": target.max_messages_per_day,
        "cooling_days": target.cooling_days,
        "sending_hours": target.sending_hours,
    }


def _rows(page_name: str, week_start: dt.date, plan: WeekPlan) -> list[tuple[object, ...]]:
    identifier = schedule_id(page_name, week_start, plan.messages)
    return [
        (
            *(identifier, page_name, message.number, pd.Timestamp(message.send_time)),
            *(message.caption.message_type, message.caption.caption_id),
            *(message.caption.price_tier, message.caption.arm),
        )
        for message in plan.messages
    ]
