"""Answers why a message is there: its caption, its time, its price, and what would change it.

Read from what was stored when the week was planned; nothing is drawn again.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eros_assets.answers.answer import Answer, shortened
from eros_assets.answers.hours import better_hours
from eros_assets.answers.lookup import Question
from eros_assets.answers.prices import price_lines
from eros_assets.answers.rivals import (
    Candidate,
    LeftOut,
    Limits,
    candidate_line,
    candidates_of,
    left_out,
    nearest_to,
    next_in_line,
)
from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.records import records


def why_message(dataset: Dataset, question: Question) -> Answer:
    """Why a message in force is there, from the tables of its week."""
    row = question.row
    local = row["scheduled_send_time"].astimezone(ZONE)
    title = (
        f"{question.schedule.display_name}, message {row['message_number']}: "
        f"{row['message_type']} on {local:%A %Y-%m-%d %H:%M} in Los Angeles"
    )
    about = [shortened(row["caption_text"], 200), f"Caption {row['caption_id']}, {_sort(row)}."]
    if row["source"] == "queued":
        sections = {
            "Message": about,
            "Why": [row["reason"] or "People queued it; the week is planned around it."],
            "What would change it": [
                "Its row in queued_messages: people set it, and EROS moves or replaces nothing."
            ],
        }
        return Answer(title, sections, _values(question, {}, [], []))
    knobs = read_knobs(dataset)
    said = _explanation(row["explanation"])
    selections = dataset.rows(
        "caption_selections", week_start=question.week_start, page_name=question.page
    )
    chosen = records(selections)
    limits = Limits.of(question.page, chosen, knobs)
    candidates = candidates_of(dataset, question)
    own = next((each for each in chosen if each["caption_id"] == row["caption_id"]), None)
    excluded = left_out(dataset, question, own["selected_at"] if own else row["created_at"])
    shown = nearest_to(candidates, int(row["caption_id"]))
    sections = {
        "Message": about,
        "Why this caption": list(_caption(question, said, own, dataset)),
        "What it competed with": [
            *(
                candidate_line(each, limits.fate_of(each), each.caption_id == row["caption_id"])
                for each in shown
            ),
            _logged(question, candidates, chosen, knobs),
        ],
        "Why others could not be chosen": [each.sentence for each in excluded]
        or ["Every caption of the tier could be chosen."],
        "Why this time": list(_time(dataset, question, said, knobs)),
        "Why this price": list(price_lines(dataset, question, said, knobs)),
        "What would change it": list(_changes(question, candidates, limits)),
    }
    return Answer(title, sections, _values(question, said, shown, excluded))


def _sort(row: Mapping[str, Any]) -> str:
    sort = row["price_tier"] if row["price_tier"] == "bump" else f"{row['price_tier']} PPV"
    return f"{sort}, {row['content_category']}" if row["content_category"] else str(sort)


def _explanation(text: str | None) -> Mapping[str, Any]:
    """What was stored with the message; nothing where it can't be read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _caption(
    question: Question, said: Mapping[str, Any], own: Mapping[str, Any] | None, dataset: Dataset
) -> Iterator[str]:
    row = question.row
    yield row["reason"] or "No reason was stored with it."
    tier = row["price_tier"]
    pools = dataset.query(
        "tier_pool", week_start=question.week_start, page=question.page, price_tier=tier
    )
    pool = next(iter(records(pools)), None)
    if pool is not None:
        places = f"{int(pool['treatment_places'])} places by score"
        if pool["control_places"]:
            places += f" and {int(pool['control_places'])} drawn uniformly"
        yield (
            f"{int(pool['captions']):,} {tier} captions could be chosen, for {places}; their mean "
            f"rate is {pool['mean_rate']:.2%}."
        )
    if "text_multiplier" in said:
        yield (
            f"Texts like this earned {said['text_multiplier']:.2f}× the page's mean: its prior "
            "begins with that, and fades as results come in."
        )
    if "draw" in said:
        yield (
            f"Its draw from the posterior was {said['draw']:.4f}; with the segment's weight and "
            f"diversity that gave score {said.get('score', 0.0):.3f}."
        )
    if own is not None and own["selection_probability"] is not None:
        arm = "by score" if row["arm"] != "control" else "had it not been drawn uniformly"
        yield (
            f"Logged chance to be chosen {arm}: {own['selection_probability']:.1%}; uniformly: "
            f"{own['control_probability']:.2%}."
        )
    if own is None:
        yield (
            "The selection of this week was made again since, and does not hold it; the schedule "
            "in force keeps it."
        )


def _logged(
    question: Question,
    candidates: Sequence[Candidate],
    chosen: Sequence[object],
    knobs: Knobs,
) -> str:
    """What the log of the selection has, or why it has nothing."""
    if candidates:
        return (
            f"These are the nearest of {len(candidates):,} logged candidates. A chance is logged "
            "of chosen PPVs alone; rates of captions that were not chosen are those of the "
            "statistics as they are now."
        )
    days = int(knobs["selection_log_days"])
    if chosen:
        return (
            f"The candidates of week {question.week_start} are no longer kept: those of weeks more "
            f"than {days} days before the newest selected week are deleted (selection_log_days)."
        )
    return f"Nothing is stored of the selection of week {question.week_start}."


def _time(
    dataset: Dataset, question: Question, said: Mapping[str, Any], knobs: Knobs
) -> Iterator[str]:
    row = question.row
    local = row["scheduled_send_time"].astimezone(ZONE)
    if row["slot_value"] is not None:
        rank = f", no. {said['slot_rank']} of the page's hours" if "slot_rank" in said else ""
        yield (
            f"{local:%A} {local:%H}:00 is worth {row['slot_value']:.2f} times the mean of the "
            f"page's hours for a {row['message_type']}{rank}."
        )
    if "rank" in said:
        yield (
            f"It is the week's no. {said['rank']} message by value: captions of higher score get "
            "hours of higher worth, within the gaps and limits of each day."
        )
    yield from better_hours(dataset, question, knobs)


def _changes(question: Question, candidates: Sequence[Candidate], limits: Limits) -> Iterator[str]:
    row, page = question.row, question.page
    after = next_in_line(candidates, limits)
    if after is not None:
        own = next((c for c in candidates if c.caption_id == row["caption_id"]), None)
        gap = f", {own.score - after.score:.3f} less" if own and row["arm"] != "control" else ""
        yield (
            f"Next in line is caption {after.caption_id} with score {after.score:.3f}{gap}: "
            f"{shortened(after.text, 60)}. It comes up when this one is rejected in the tab "
            f"Review, or taken out: `python -m eros_assets week --page {page} --replace "
            f"{row['message_number']}` leaves the rest of the week as it is."
        )
    yield (
        f"To use the caption nowhere any more: python -m eros_assets captions retire "
        f"{row['caption_id']}. To keep it from this page: its category, tier or words in "
        "creator_caption_restrictions."
    )
    yield (
        "To send it at a time of your own: a row in queued_messages; other hours or days: "
        "creator_availability; other volume or gaps: creator_overrides (docs/DECISIONS.md)."
    )
    yield (
        "What changes the belief is results: its next sends, here or on other pages, move rate "
        f"and interval; then `python -m eros_assets week --page {page}` plans again."
    )


def _values(
    question: Question,
    said: Mapping[str, Any],
    candidates: Sequence[Candidate],
    excluded: Sequence[LeftOut],
) -> dict[str, Any]:
    row = question.row
    return {
        "page": question.page,
        "week": question.week_start.isoformat(),
        "message": {
            name: value.isoformat() if isinstance(value, dt.datetime) else value
            for name, value in row.items()
            if name != "explanation"
        },
        "explanation": dict(said),
        "candidates": [
            {
                "caption_id": each.caption_id,
                "rank": each.rank,
                "draw": each.draw,
                "score": each.score,
                "chance": each.chance,
                "rate": each.mean,
                "interval": each.bounds,
                "chosen_by": each.chosen_by,
                "is_this": each.caption_id == row["caption_id"],
            }
            for each in candidates
        ],
        "left_out": [
            {"reason": each.reason, "captions": each.captions, "examples": list(each.examples)}
            for each in excluded
        ],
        "is_chosen_by_page": any(
            c.chosen_by == question.page for c in candidates if c.caption_id == row["caption_id"]
        ),
    }
