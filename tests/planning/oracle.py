"""The optimal week by CP-SAT, from the contracts alone: what the planner is measured against.

The model knows whole hours where only the value matters and quarter hours where gaps do:

- `ppv[t]`, `bump[t]`: a message starts in slot t; gaps are "at most one in every window".
- `place[c, k]`: caption k lies in cell c, a (day, hour); a cell has as many captions as messages.
  Hours past midnight are 24 and more of the day on which the sending hours began.
- A message that is fixed starts in a slot of its own, be it off the grid or outside the hours, and
  nothing else starts there. With its category and tier it is one of the week's PPVs.
- `at[i, c]`: the i-th PPV of the week lies in cell c; positions ascend through the cells, so that
  category and tier of a position, and with them pairs and runs, follow.

It needs PPV gaps of an hour or more, as all size tiers have them: one PPV a cell.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

from ortools.sat.python import cp_model

from eros_assets.planning.model import Caption, SentMessage, SlotValues, WeekPlan, WeekRules

LA = ZoneInfo("America/Los_Angeles")
SCALE = 10**6
A_DAY = 24 * 60

Cell = tuple[int, int]


@dataclass(frozen=True)
class Optimum:
    """What CP-SAT proved: no week is worth more than `bound`; it found one worth `value`.

    `found` is false when there is no week, or none was found in time.
    """

    value: float
    bound: float
    proven: bool
    seconds: float
    found: bool = True


class WeekModel:
    """The week as a CP-SAT model."""

    def __init__(
        self,
        captions: Sequence[Caption],
        rules: WeekRules,
        values: SlotValues,
        not_before: dt.datetime | None = None,
        sent: Sequence[SentMessage] = (),
    ) -> None:
        assert rules.min_gap_minutes >= 60
        self.model = cp_model.CpModel()
        self.rules, self.values = rules, values
        # A message that is fixed is a caption without worth, at its time.
        self.fixed = {
            -1 - n: (
                Caption(
                    -1 - n, s.message_type, s.price_tier or f"fixed {n}", s.content_category, 0
                ),
                s.send_time,
            )
            for n, s in enumerate(sent)
        }
        captions = [*captions, *(caption for caption, _ in self.fixed.values())]
        self.ppvs = [c for c in captions if c.message_type == "PPV"]
        self.bumps = [c for c in captions if c.message_type == "Bump"]
        # (day, minute) of every open slot.
        self.slots: list[tuple[int, int]] = []
        self.cut: set[int] = set()
        hours = [_hours(rules, day) for day in range(7)]
        longest = max((last - first for first, last in filter(None, hours)), default=0)
        # Hours that pass midnight end where the next open date's begin, or the week does.
        end = 7 * A_DAY
        for day in range(6, -1, -1):
            if (span := hours[day]) is None:
                continue
            if span[1] - span[0] < longest:
                self.cut.add(day)
            last = min(span[1], end - day * A_DAY - 15)
            end = day * A_DAY + span[0]
            for minute in range(span[0], last + 1, 15):
                midnight = rules.week_start + dt.timedelta(days=day + minute // A_DAY)
                clock = dt.time(minute % A_DAY // 60, minute % 60)
                wall = dt.datetime.combine(midnight, clock, tzinfo=LA)
                if not_before is not None and wall < not_before:
                    self.cut.add(day)
                else:
                    self.slots.append((day, minute))
        self.hours = hours
        self.fixed_slots = {self._slot(time): kind for kind, time in self.fixed.values()}
        self.slots = sorted({*self.slots, *self.fixed_slots})
        self.closed = [day for day in range(7) if hours[day] is None]
        self.cells = sorted({(day, minute // 60) for day, minute in self.slots})
        self._messages()
        for caption, time in self.fixed.values():
            slot = self._slot(time)
            start, other = self.ppv, self.bump
            if caption.message_type == "Bump":
                start, other = other, start
            self.model.add(start[slot] == 1)
            self.model.add(other[slot] == 0)
            self.model.add(self.place[_cell(slot), caption.caption_id] == 1)
        self._balance()
        self.at = self._positions()
        penalties = self._sameness()
        self.value = sum(self._worth()) - sum(penalties)
        self.model.maximize(self.value)

    def _messages(self) -> None:
        model, rules = self.model, self.rules
        self.ppv = {t: model.new_bool_var(f"ppv{t}") for t in self.slots}
        self.bump = {t: model.new_bool_var(f"bump{t}") for t in self.slots}
        for day in range(7):
            today = [t for t in self.slots if t[0] == day]
            if day < rules.cooling_days:
                model.add(sum(self.ppv[t] for t in today if t not in self.fixed_slots) == 0)
            model.add(sum(self.ppv[t] + self.bump[t] for t in today) <= rules.max_messages_per_day)
            if rules.max_ppvs_per_day is not None:
                model.add(sum(self.ppv[t] for t in today) <= rules.max_ppvs_per_day)
            for start in today:
                window = self._following(start, rules.message_gap_minutes)
                model.add_at_most_one(
                    [self.ppv[t] for t in window] + [self.bump[t] for t in window]
                )
                window = self._following(start, rules.min_gap_minutes)
                model.add_at_most_one([self.ppv[t] for t in window])
        self.place = {
            (cell, caption.caption_id): model.new_bool_var(f"place{cell}{caption.caption_id}")
            for cell in self.cells
            for caption in (*self.ppvs, *self.bumps)
        }
        for captions, start in ((self.ppvs, self.ppv), (self.bumps, self.bump)):
            for caption in captions:
                model.add_exactly_one([self.place[cell, caption.caption_id] for cell in self.cells])
            for cell in self.cells:
                placed = sum(self.place[cell, c.caption_id] for c in captions)
                model.add(placed == sum(start[t] for t in self.slots if _cell(t) == cell))

    def _slot(self, time: dt.datetime) -> tuple[int, int]:
        wall = time.astimezone(LA)
        day = (wall.date() - self.rules.week_start).days
        minute = wall.hour * 60 + wall.minute
        before = self.hours[day - 1] if day else None
        own = self.hours[day]
        if before is None or before[1] < minute + A_DAY or (own is not None and own[0] <= minute):
            return day, minute
        return day - 1, minute + A_DAY

    def _following(self, start: tuple[int, int], minutes: int) -> list[tuple[int, int]]:
        """The slots from `start` on that are less than `minutes` later, the next days' too."""
        return [t for t in self.slots if 0 <= _since_monday(t) - _since_monday(start) < minutes]

    def _balance(self) -> None:
        level = self.model.new_int_var(0, len(self.ppvs), "level")
        days = [day for day in range(self.rules.cooling_days, 7) if day not in self.closed]
        whole = [day for day in days if day not in self.cut]
        for day in days:
            count = sum(self.ppv[t] for t in self.slots if t[0] == day)
            if whole:
                self.model.add(count <= level + 1)
            if day in whole:
                self.model.add(count >= level)

    def _positions(self) -> dict[tuple[int, Cell], cp_model.IntVar]:
        model, cells = self.model, self.cells
        n = len(self.ppvs)
        at = {(i, c): model.new_bool_var(f"at{i}{c}") for i in range(n) for c in cells}
        # reached[i, c]: the i-th PPV lies in c or before it.
        reached = {(i, c): model.new_bool_var(f"by{i}{c}") for i in range(n) for c in cells}
        for i in range(n):
            model.add_exactly_one([at[i, c] for c in cells])
            model.add(reached[i, cells[0]] == at[i, cells[0]])
            for before, cell in pairwise(cells):
                model.add(reached[i, cell] == reached[i, before] + at[i, cell])
                if i + 1 < n:
                    model.add_implication(reached[i + 1, cell], reached[i, before])
            if i + 1 < n:
                model.add(reached[i + 1, cells[0]] == 0)
        for cell in cells:
            starts = sum(self.ppv[t] for t in self.slots if _cell(t) == cell)
            model.add(sum(at[i, cell] for i in range(n)) == starts)
        return at

    def _sameness(self) -> list[cp_model.LinearExprT]:
        categories: dict[str, list[int]] = defaultdict(list)
        tiers: dict[str, list[int]] = defaultdict(list)
        for caption in self.ppvs:
            if caption.content_category is not None:
                categories[caption.content_category].append(caption.caption_id)
            tiers[caption.price_tier].append(caption.caption_id)
        return [
            *self._in_a_row(categories, 2, round(self.rules.category_penalty * SCALE)),
            *self._in_a_row(tiers, 3, round(self.rules.tier_penalty * SCALE)),
        ]

    def _in_a_row(
        self, groups: dict[str, list[int]], length: int, penalty: int
    ) -> list[cp_model.LinearExprT]:
        """A penalty for every `length` neighbouring positions of one group."""
        model, n = self.model, len(self.ppvs)
        costs: list[cp_model.LinearExprT] = []
        same = [model.new_bool_var(f"same{length}at{i}") for i in range(max(n - length + 1, 0))]
        for name, ids in groups.items():
            if len(ids) < length:
                continue
            holds = [model.new_bool_var(f"{name}{length}at{i}") for i in range(n)]
            model.add(sum(holds) == len(ids))
            for cell in self.cells:
                here = sum(self.place[cell, k] for k in ids)
                for i in range(n):
                    model.add(holds[i] >= self.at[i, cell] + here - 1)
            for i, row in enumerate(same):
                model.add(row >= sum(holds[i : i + length]) - (length - 1))
        costs.extend(penalty * row for row in same)
        return costs

    def _worth(self) -> list[cp_model.LinearExprT]:
        terms: list[cp_model.LinearExprT] = []
        for caption in (*self.ppvs, *self.bumps):
            kind = caption.message_type
            weight = 1.0 if kind == "PPV" else self.rules.bump_weight
            for cell in self.cells:
                day, hour = (cell[0] + cell[1] // 24) % 7, cell[1] % 24
                worth = weight * self.values.value(day + 1, hour, kind) * caption.worth
                terms.append(round(worth * SCALE) * self.place[cell, caption.caption_id])
        return terms

    def hint(self, plan: WeekPlan) -> None:
        """Begin from a plan."""
        chosen: set[object] = set()
        position = 0
        for message in plan.messages:
            slot = self._slot(message.send_time)
            chosen |= {
                (message.caption.message_type, slot),
                ("place", _cell(slot), message.caption.caption_id),
            }
            if message.caption.message_type == "PPV":
                chosen.add(("at", position, _cell(slot)))
                position += 1
        for t in self.slots:
            self.model.add_hint(self.ppv[t], ("PPV", t) in chosen)
            self.model.add_hint(self.bump[t], ("Bump", t) in chosen)
        for (cell, k), var in self.place.items():
            self.model.add_hint(var, ("place", cell, k) in chosen)
        for (i, cell), var in self.at.items():
            self.model.add_hint(var, ("at", i, cell) in chosen)


def _cell(slot: tuple[int, int]) -> Cell:
    return slot[0], slot[1] // 60


def _since_monday(slot: tuple[int, int]) -> int:
    return slot[0] * A_DAY + slot[1]


def _hours(rules: WeekRules, day: int) -> tuple[int, int] | None:
    """The first and last minute of a day's hours, past midnight 1440 and more; None: closed."""
    date = rules.week_start + dt.timedelta(days=day)
    if date not in rules.exceptions:
        return rules.first_hour * 60, rules.last_hour * 60
    hours = rules.exceptions[date]
    if hours is None:
        return None
    return hours.first * 60, hours.last * 60 + (A_DAY if hours.last < hours.first else 0)


def optimum(
    captions: Sequence[Caption],
    rules: WeekRules,
    values: SlotValues,
    *,
    not_before: dt.datetime | None = None,
    sent: Sequence[SentMessage] = (),
    start: WeekPlan | None = None,
    effort: float = 60.0,
    gap: float = 0.0,
    workers: int = 1,
) -> Optimum:
    """Solve the week; `gap` is the relative distance of value and bound that counts as proven.

    `effort` is CP-SAT's deterministic time, about seconds: it ends the search at the same point on
    any machine.
    """
    week = WeekModel(captions, rules, values, not_before, sent)
    if start is not None:
        week.hint(start)
        # A plan is a week: the optimum is no less. Said outright, it cuts the search by half.
        week.model.add(week.value >= round(start.objective * SCALE) - len(captions))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 7
    solver.parameters.max_deterministic_time = effort
    solver.parameters.relative_gap_limit = gap
    solver.parameters.linearization_level = 2
    status = solver.solve(week.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Optimum(float("nan"), float("nan"), False, solver.wall_time, found=False)
    return Optimum(
        solver.objective_value / SCALE,
        solver.best_objective_bound / SCALE,
        status == cp_model.OPTIMAL,
        solver.wall_time,
    )
