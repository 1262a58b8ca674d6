"""Small contents for every table of `sql/`, from seeds: few values, so that rows meet in joins.

Each table keeps its grain: no two rows have the same key, or what a ROW_NUMBER picks among equals
would be chance. Floats are multiples of a power of two: sums are exact in any order.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random

from eros_assets.calendar import ZONE
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.sql.histories import PAGES

Rows = list[dict[str, object]]

WEEK = dt.date(2025, 11, 3)  # begins the day after the clocks go back
MIDNIGHT = dt.datetime(2025, 11, 3, 8, tzinfo=dt.UTC)

KEYS: Mapping[str, Sequence[str]] = {
    "active_caption_assignments": ("assignment_key",),
    "caption_appeal": ("caption_id",),
    "caption_bandit_stats": ("page_name", "caption_id"),
    "caption_bank": ("caption_id",),
    "caption_priors": ("page_name", "price_tier"),
    "caption_selections": ("page_name", "week_start", "caption_id"),
    "creator_caption_restrictions": ("page_name",),
    "creators": ("page_name",),
    "deployment_definitions": ("point_id", "object_name"),
    "deployments": ("number",),
    "holiday_calendar": ("holiday_date",),
    "mass_messages": (),
    "message_facts": ("row_id",),
    "page_tastes": ("page_name", "content_category"),
    "quarantined_messages": (),
    "schedule_recommendations": ("schedule_id", "message_number"),
    "schedule_review": ("schedule_id", "message_number"),
    "schedule_shortfalls": ("page_name", "week_start", "stage", "price_tier"),
    "selection_candidates": ("page_name", "week_start", "arm", "caption_id"),
    "selection_pools": (),
    "weekly_volume_targets": ("page_name", "week_start"),
    # Added later: what is drawn for the tables above stays as it was.
    "creator_anomalies": ("page_name", "week_start", "send_date", "metric"),
    "creator_performance": ("page_name", "week_start"),
    "system_health": ("checked_at",),
    "emv_improvement": ("as_of", "scope"),
    "gate_verdicts": ("verdict_id", "condition"),
    "schedule_export_log": (),
    "caption_terms": ("caption_id",),
    "scheduled_messages": ("row_id",),
    "fitted_maturity": ("age_hours",),
    "message_days": ("send_date",),
    "creator_availability": (),
    "creator_overrides": (),
    "queued_messages": (),
    "sheet_decisions": (),
    "message_replacements": ("schedule_id", "message_number"),
    "caption_text_priors": ("caption_id",),
}

TEXTS: Mapping[str, Sequence[object]] = {
    "page_name": PAGES,
    "message_type": ("PPV", "Bump"),
    "price_tier": ("budget", "mid", "premium", "bump"),
    "content_category": ("recipes", "backstage", None),
    "status": ("draft", "active", "superseded"),
    "schedule_export_log.status": ("succeeded", "unchanged", "failed"),
    "destination": ("csv", "sheets", "bucket"),
    "tab": ("Queued messages", "Days off and hours", "Overrides"),
    "fault": (None, None, "its Page is empty"),
    "mass_messages.status": ("sent", "scheduled", "withdrawn", None),
    "message_facts.age_hours": (None, 60.0, 200.0),
    "message_facts.maturity": (None, 0.5, 1.0),
    "gate_verdicts.state": ("judged", "other"),
    "arm": ("treatment", "control"),
    "outcome": ("open", "replaced", "removed"),
    "asked_by": ("person", "review"),
    "caption_bandit_stats.stats_as_of": (WEEK + dt.timedelta(days=14),),
    "emv_improvement.scope": ("overall", "week"),
    "creator_anomalies.severity": ("WARN", "CRITICAL"),
    "creator_performance.saturation_status": ("RED", "RED", "GREEN"),
    "decision": ("approve", "reject", None),
    "stage": ("creator", "selector", "builder"),
    "behavioral_segment": ("EXPLORATORY", "BUDGET", "STANDARD", "PREMIUM", "LUXURY"),
    "size_tier": ("MICRO", "MEGA"),
    "point_id": ("d0001_passed", "d0001_before"),
    "schedule_id": tuple(f"sched_2025110{n % 2 + 3}_{PAGES[n % 3]}_{n}" for n in range(6)),
    "caption_text": ("Fresh bread 🍞", "Come and see", "fresh BREAD!!", "Café, today only", ""),
    "message": (
        "Fresh bread",
        "come and see…",
        "🍞 Fresh  bread 🍞",
        "Cafe\u0301 today only",
        None,
        "?",
    ),
}
WHOLE = {"number": 100, "caption_id": 8, "message_number": 8, "row_id": 10_000}


def small_tables(library: SqlLibrary, seed: int, size: int) -> dict[str, Rows]:
    """Up to `size` rows in each table but those of configuration.

    Each column draws from a stream of its own: a new column leaves the others as they were.
    """
    few = {"schedule_shortfalls": size // 8}
    return {
        name: _rows(library, name, key, few.get(name, size), seed) for name, key in KEYS.items()
    }


def _rows(library: SqlLibrary, name: str, key: Sequence[str], size: int, seed: int) -> Rows:
    kept: dict[object, dict[str, object]] = {}
    columns = {c.name: (c.type, Random(f"{seed} {name} {c.name}")) for c in library[name].columns}
    for number in range(size):
        row = {column: _value(name, column, of, chance) for column, (of, chance) in columns.items()}
        if "schedule_id" in row and "page_name" in row:
            row["page_name"] = next(p for p in PAGES if p in str(row["schedule_id"]))
        kept[tuple(row[column] for column in key) or number] = row
    return list(kept.values())


def _value(table: str, name: str, of: str, chance: Random) -> object:
    if texts := TEXTS.get(f"{table}.{name}") or TEXTS.get(name):
        return chance.choice(texts)
    if name == "week_start":
        return WEEK + dt.timedelta(days=chance.choice((0, 0, 0, 7, -7)))
    if name == "planned_at":
        return MIDNIGHT + dt.timedelta(days=chance.choice((-1, 3)))
    match of:
        case "INT64" if name in WHOLE:
            return chance.randint(1, WHOLE[name])
        case "INT64":
            return chance.choice((0, 1, 1, 2, 3, 5))
        case "FLOAT64":
            return chance.randint(0, 64) / 16
        case "BOOL":
            return chance.choice((True, True, False, None))
        case "DATE":
            return WEEK + dt.timedelta(days=chance.randint(-9, 9))
        case "TIMESTAMP":
            return MIDNIGHT + dt.timedelta(minutes=15 * chance.randint(-900, 900))
        case "STRING":
            return (
                chance.choice(("a", "b", "c", None))
                if not name.endswith("key")
                else str(chance.random())
            )
        case _:
            return chance.choice(([], ["recipes"], ["premium", "backstage"]))


def agency(seed: int) -> dict[str, Rows]:
    """The inputs of a small agency before WEEK: creators, captions, history, targets."""
    chance = Random(seed)
    bank = [_caption(number, chance) for number in range(1, 31)]
    messages = [_message(number, bank, chance) for number in range(80)]
    messages += [dict(messages[3]), {**messages[4], "row_id": messages[5]["row_id"]}]
    return {
        "creators": [
            {
                "page_name": page,
                "display_name": page,
                "is_active": page != PAGES[2] or seed % 2 == 0,
            }
            for page in PAGES
        ],
        "caption_bank": bank,
        "creator_caption_restrictions": [
            {
                "page_name": PAGES[0],
                "restricted_categories": ["backstage"],
                "restricted_price_tiers": ["premium"] if seed % 2 else [],
                "blocked_patterns": ["(?i)caption 7", r"\bNEVER\b"],
                "is_active": True,
            }
        ],
        "mass_messages": messages,
        "weekly_volume_targets": [
            {
                "page_name": page,
                "week_start": WEEK,
                "size_tier": "MICRO",
                "behavioral_segment": chance.choice(TEXTS["behavioral_segment"]),
                "ppv_count": 6,
                "bump_count": 3,
                "num_budget": 3,
                "num_mid": 2,
                "num_premium": 1,
                "num_bump": 3,
                "min_gap_minutes": 180,
                "max_messages_per_day": 8,
                "cooling_days": 0,
            }
            for page in PAGES
        ],
    }


def _caption(number: int, chance: Random) -> dict[str, object]:
    return {
        "caption_id": number if number % 10 else 2**53 + number,
        "caption_text": f"Caption {number}: bread, café & light 🍞",
        "content_category": chance.choice(("recipes", "backstage", "lessons")),
        "price_tier": ("budget", "mid", "premium", "bump")[number % 4],
        "has_urgency": chance.random() < 0.3,
        "page_name": chance.choice((None, None, None, *PAGES)),
        "is_active": chance.random() < 0.9,
        "created_at": MIDNIGHT - dt.timedelta(days=400),
    }


def _message(number: int, bank: Rows, chance: Random) -> dict[str, object]:
    caption = chance.choice(bank[:12])
    ppv = caption["price_tier"] != "bump"
    sent = chance.choice((1, 400, 4_000))
    viewed = chance.randint(0, sent)
    purchased = chance.randint(0, viewed // 4) if ppv else 0
    price = chance.choice((8.0, 14.5, 30.0)) if ppv else None
    text = str(caption["caption_text"])
    wrong: dict[str, object] = {}
    if number % 9 == 0:  # what the quarantine is for
        wrong = chance.choice(
            (
                {"page_name": None},
                {"page_name": "Not A Page"},
                {"sending_time": None},
                {"sent_count": 0},
                {"viewed_count": sent + 1},
                {"purchased_count": viewed + 1},
                {"earnings": -0.5},
                {"viewed_count": -1},
            )
        )
    return {
        "row_id": 2**53 + number,
        "page_name": chance.choice(PAGES),
        "message": chance.choice(
            (text, text.upper(), f"  {text}!! ", text.replace("é", "e\u0301"))
        ),
        "sending_time": MIDNIGHT - dt.timedelta(minutes=15 * chance.randint(1, 4 * 24 * 60)),
        "price": price,
        "sent_count": sent,
        "viewed_count": viewed,
        "purchased_count": purchased,
        "earnings": purchased * (price or 0.0),
        "message_type": "PPV" if ppv else "Bump",
        "caption_id": chance.choice((None, caption["caption_id"])),
        "status": chance.choice((None, None, "Sent", "scheduled", "withdrawn")),
        "counted_at": chance.choice((None, MIDNIGHT, MIDNIGHT - dt.timedelta(days=20))),
        **wrong,
    }


def drafts(selections: Sequence[Mapping[str, object]]) -> Rows:
    """A draft schedule of each page's selection of WEEK, a message an hour."""
    rows: Rows = []
    for page in PAGES:
        own = [each for each in selections if each["page_name"] == page]
        ordered = sorted(own, key=lambda each: int(str(each["caption_id"])))
        for number, selection in enumerate(ordered, 1):
            instant = MIDNIGHT + dt.timedelta(hours=20 * number)
            local = instant.astimezone(ZONE)
            rows.append(
                {
                    "schedule_id": f"sched_{WEEK:%Y%m%d}_{page}_0a1b2c3d",
                    "page_name": page,
                    "week_start": WEEK,
                    "message_number": number,
                    "scheduled_send_time": instant,
                    "send_date": local.date(),
                    "send_hour": local.hour,
                    "day_of_week": local.strftime("%A"),
                    "message_type": "Bump" if selection["price_tier"] == "bump" else "PPV",
                    "caption_id": selection["caption_id"],
                    "price_tier": selection["price_tier"],
                    "arm": selection["arm"],
                    "performance_score": selection["final_score"],
                    "status": "draft",
                    "is_active": False,
                    "planned_at": MIDNIGHT - dt.timedelta(days=1),
                    "is_forced": False,
                }
            )
    return rows
