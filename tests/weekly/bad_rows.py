"""Rows of input tables that break a rule, or look as if they did, and who may notice.

Each case is added to a small agency of four good pages. `Case.said` is what must be said of it, and
where; `Case.costs` is the page that may be without a schedule. No other page may be different.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Where = Literal["quarantined_messages", "quarantined_inputs", "schedule_shortfalls"]
SAYING: tuple[Where, ...] = ("quarantined_messages", "quarantined_inputs", "schedule_shortfalls")
Row = Mapping[str, Any]

WEEK = dt.date(2025, 11, 10)
PAGES = ("anna", "bella", "carla", "dora")
OWN = "dora"  # shares no caption with the others: what it gets or not changes nothing for them
SHARED_TOPICS = [f"topic_{n}" for n in range(8)]


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Case:
    """Rows added to a table, after `ddl`, which others than EROS may have run on it."""

    name: str
    table: str
    rows: Sequence[Row]
    where: Sequence[Where] = ()
    said: str = ""
    costs: str | None = None
    ddl: Sequence[str] = ()

    @property
    def batch(self) -> object:
        """Cases of one batch are planned together: what one of them broke would show in all.

        Those that cost a page are of one table, so that no other table's case costs it for them.
        Those with `ddl` are planned apart: it changes the tables of all.
        """
        return self.table if self.costs is not None else "", self.costs, bool(self.ddl)


FLOAT_COUNTS = tuple(
    f"ALTER TABLE {{table}} ALTER COLUMN {column} SET DATA TYPE DOUBLE"
    for column in ("sent_count", "viewed_count", "purchased_count")
)


def message(**changes: Any) -> Row:
    row: dict[str, Any] = {
        "row_id": 1_000_001,
        "page_name": "anna",
        "message": "One more",
        "sending_time": instant("2025-10-30T18:00:00"),
        "price": 10.0,
        "sent_count": 1000,
        "viewed_count": 400,
        "purchased_count": 20,
        "earnings": 200.0,
        "message_type": "PPV",
        "caption_id": None,
    }
    return row | changes


def caption(**changes: Any) -> Row:
    row: dict[str, Any] = {
        "caption_id": 5001,
        "caption_text": "A caption too many",
        "content_category": "topic_1",
        "price_tier": "mid",
        "has_urgency": False,
        "page_name": None,
        "is_active": True,
        "created_at": instant("2025-10-01T00:00:00"),
    }
    return row | changes


def creator(**changes: Any) -> Row:
    return {"page_name": "extra", "display_name": "Extra", "is_active": True} | changes


def restriction(**changes: Any) -> Row:
    row: dict[str, Any] = {
        "page_name": OWN,
        "restricted_categories": [],
        "restricted_price_tiers": [],
        "blocked_patterns": [],
        "is_active": True,
    }
    return row | changes


def _message(name: str, reason: str, *, ddl: Sequence[str] = (), **changes: Any) -> Case:
    rows = [message(**changes)]
    return Case(name, "mass_messages", rows, ["quarantined_messages"], reason, ddl=ddl)


def _caption(name: str, reason: str, **changes: Any) -> Case:
    return Case(name, "caption_bank", [caption(**changes)], ["quarantined_inputs"], reason)


def _creator(name: str, reason: str, costs: str | None = None, **changes: Any) -> Case:
    rows = [creator(**changes)]
    return Case(name, "creators", rows, ["quarantined_inputs"], reason, costs=costs)


def _restriction(name: str, reason: str, **changes: Any) -> Case:
    rows = [restriction(**changes)]
    table = "creator_caption_restrictions"
    return Case(name, table, rows, ["schedule_shortfalls", "quarantined_inputs"], reason, costs=OWN)


INT64_MAX = 2**63 - 1
NAN, INFINITE = float("nan"), float("inf")

MESSAGES = (
    _message("a message without a page", "missing page_name", page_name=None),
    _message("a page that is a path", "page_name is not [a-z0-9_]+", page_name="../../evil"),
    _message("a page of other letters", "page_name is not [a-z0-9_]+", page_name="ámber_漢"),
    _message("a page in other case", "page_name is not [a-z0-9_]+", page_name="Anna"),
    _message("a page of 300 letters", "page_name is longer than 100", page_name="a" * 300),
    _message("a message without a time", "missing sending_time", sending_time=None),
    _message(
        "a message of the year 1",
        "sending_time is not from 2000 to 2099",
        sending_time=instant("0001-01-01T00:00:00"),
    ),
    _message(
        "a message of the year 9999",
        "sending_time is not from 2000 to 2099",
        sending_time=instant("9999-12-31T23:59:59"),
    ),
    _message("a type in other case", "message_type is not PPV or Bump", message_type="ppv"),
    _message("a negative count", "sent_count is not above 0", sent_count=-5, viewed_count=0),
    Case(
        "two counts whose sum passes INT64",
        "mass_messages",
        [
            message(row_id=1_000_001, sent_count=INT64_MAX, viewed_count=INT64_MAX),
            message(row_id=1_000_002, sent_count=INT64_MAX, viewed_count=INT64_MAX),
        ],
        ["quarantined_messages"],
        "sent_count is above 100,000,000",
    ),
    _message("a count of 1e30", "a count is not a whole number", sent_count=1e30, ddl=FLOAT_COUNTS),
    _message(
        "a count that is NaN", "a count is not a whole number", viewed_count=NAN, ddl=FLOAT_COUNTS
    ),
    _message(
        "an infinite count",
        "a count is not a whole number",
        purchased_count=INFINITE,
        ddl=FLOAT_COUNTS,
    ),
    _message("earnings that are NaN", "earnings are not a number up to", earnings=NAN),
    _message("infinite earnings", "earnings are not a number up to", earnings=INFINITE),
    _message("earnings of minus infinity", "earnings are negative", earnings=-INFINITE),
    _message("earnings of 1e300", "earnings are not a number up to", earnings=1e300),
    _message("a price that is NaN", "price is not a number up to", price=NAN),
    _message("an infinite price", "price is not a number up to", price=INFINITE),
    _message("a negative price", "price is negative", price=-9.0),
    _message("more views than recipients", "viewed_count exceeds sent_count", viewed_count=1001),
    _message("a row_id that is there", "duplicate row_id", row_id=1),
    _message(
        "a text with a NUL byte and no views",
        "message has a NUL character",
        message="a\x00b",
        viewed_count=None,
    ),
    Case(
        "a message dated after today",
        "mass_messages",
        [message(sending_time=instant("2031-05-05T12:00:00"))],
    ),
    Case(
        "a column that a person added",
        "mass_messages",
        [message(sent_count=0, viewed_count=0)],
        ["quarantined_messages"],
        "sent_count is not above 0",
        ddl=["ALTER TABLE {table} ADD COLUMN note VARCHAR"],
    ),
    Case(
        "a column that a person added to the facts",
        "message_facts",
        [],
        ddl=["ALTER TABLE {table} ADD COLUMN note VARCHAR"],
    ),
    Case(
        "the facts' columns in another order",
        "message_facts",
        [],
        ddl=[
            "ALTER TABLE {table} DROP COLUMN price",
            "ALTER TABLE {table} ADD COLUMN price DOUBLE",
        ],
    ),
)

CAPTIONS = (
    _caption("a caption without an id", "missing caption_id", caption_id=None),
    _caption(
        "a caption_id with another tier",
        "caption_id has an older row",
        caption_id=1,
        price_tier="premium",
    ),
    _caption(
        "a caption_id twice, without a date",
        "caption_id has an older row",
        caption_id=1,
        created_at=None,
    ),
    _caption("a text that is NULL", "caption_text is blank", caption_text=None),
    _caption("an empty text", "caption_text is blank", caption_text=""),
    _caption("a blank text", "caption_text is blank", caption_text=" \t\n\u00a0\u2003"),
    _caption(
        "a text of invisible characters", "caption_text is blank", caption_text="\u200b\ufeff"
    ),
    _caption(
        "a text of 140 kB", "caption_text is longer than 50,000", caption_text="long " * 28_000
    ),
    _caption("a text with a NUL byte", "caption_text has a control", caption_text="a\x00b"),
    _caption("a text with an escape", "caption_text has a control", caption_text="\x1b[31mred"),
    _caption("an unknown tier", "price_tier is not budget", price_tier="gold"),
    _caption("a tier in other case", "price_tier is not budget", price_tier="Mid"),
    _caption("a tier that is NULL", "price_tier is not budget", price_tier=None),
    _caption("a caption of another page's case", "page_name is not", page_name="Anna"),
    _caption("a caption that may be active", "is_active is NULL", is_active=None),
    _caption(
        "a category of a megabyte",
        "content_category is longer than 200",
        content_category="c" * 1_000_000,
    ),
    _caption("a category of two lines", "content_category has a control", content_category="a\nb"),
    Case(
        "a caption written in the year 9999",
        "caption_bank",
        [caption(created_at=instant("9999-12-31T00:00:00"), page_name="nobody")],
    ),
    Case(
        "a caption of the least id",
        "caption_bank",
        [caption(caption_id=-(2**63), page_name="nobody")],
    ),
)

CREATORS = (
    _creator("a page that is a path too", "page_name is not [a-z0-9_]+", page_name="../../evil"),
    _creator("a page of letters of others", "page_name is not [a-z0-9_]+", page_name="ámber_漢"),
    _creator("a page that differs by case", "page_name is not [a-z0-9_]+", page_name="ANNA"),
    _creator("a page with a line break", "page_name is not [a-z0-9_]+", page_name="anna\n"),
    _creator("a page with a NUL byte", "page_name is not [a-z0-9_]+", page_name="an\x00na"),
    _creator("a long page", "page_name is longer than 100", page_name="a" * 300),
    _creator("a page that is NULL", "missing page_name", page_name=None),
    _creator("a blank page", "missing page_name", page_name="  "),
    _creator(
        "a creator without anything",
        "missing page_name",
        page_name=None,
        display_name=None,
        is_active=None,
    ),
    _creator("a creator who may be active", "is_active is NULL", is_active=None),
    _creator(
        "a creator twice",
        "the page has another row",
        page_name="anna",
        display_name="Anna the second",
    ),
    _creator(
        "a creator twice, with NULLs",
        "is_active is NULL",
        page_name="anna",
        display_name=None,
        is_active=None,
    ),
    _creator(
        "a creator twice, not active",
        "contradict one another",
        costs=OWN,
        page_name=OWN,
        is_active=False,
    ),
    Case(
        "a name of a megabyte",
        "creators",
        [creator(page_name="ended", display_name="n" * 1_000_000, is_active=False)],
        ["quarantined_inputs"],
        "display_name is longer than 200",
    ),
    Case(
        "a name with a NUL byte",
        "creators",
        [creator(page_name="left", display_name="n\x00m", is_active=False)],
        ["quarantined_inputs"],
        "display_name has a control",
    ),
)

RESTRICTIONS = (
    _restriction("a pattern that does not compile", '"("', blocked_patterns=["ok", "("]),
    _restriction("a pattern of another dialect", r'"(?<=a)b"', blocked_patterns=[r"(?<=a)b"]),
    _restriction("a pattern that ends in a backslash", "is not an RE2", blocked_patterns=["a\\"]),
    _restriction(
        "a pattern that is too large", "too large together", blocked_patterns=["(a{1000}){1000}"]
    ),
    _restriction(
        "a pattern of many classes",
        "too large together, 13000 with each repetition",
        blocked_patterns=[r"never\p{L}{200}"],
    ),
    _restriction(
        "a repetition of more digits than a number has",
        "too large together",
        blocked_patterns=["x{" + "9" * 40 + "}"],
    ),
    _restriction("an empty pattern", "an empty pattern", blocked_patterns=[""]),
    _restriction("a restricted tier in other case", '"Mid"', restricted_price_tiers=["Mid"]),
    _restriction("a restriction that may hold", "is_active is NULL", is_active=None),
    _restriction("a restriction in other case", 'is not written "dora"', page_name="Dora "),
    Case(
        "a restriction of nobody",
        "creator_caption_restrictions",
        [restriction(page_name=None)],
        ["quarantined_inputs"],
        "missing page_name",
    ),
    Case(
        "a restriction of an unknown page",
        "creator_caption_restrictions",
        [restriction(page_name="nobody", blocked_patterns=["("])],
        ["quarantined_inputs"],
        "is not an RE2 pattern",
    ),
    Case(
        "a restriction of a page that is mistyped",
        "creator_caption_restrictions",
        [restriction(page_name="dorra")],
        ["quarantined_inputs"],
        "the page is not in creators",
    ),
    Case(
        "a broken pattern not in force",
        "creator_caption_restrictions",
        [restriction(blocked_patterns=["("], is_active=False)],
    ),
    Case(
        "lists with NULL items",
        "creator_caption_restrictions",
        [
            restriction(
                blocked_patterns=[None, "never there"],
                restricted_categories=[None],
                restricted_price_tiers=[None],
            )
        ],
    ),
    Case(
        "lists that are NULL",
        "creator_caption_restrictions",
        [
            restriction(
                blocked_patterns=None, restricted_categories=None, restricted_price_tiers=None
            )
        ],
    ),
    Case(
        "the same restrictions twice",
        "creator_caption_restrictions",
        [restriction(restricted_categories=SHARED_TOPICS)] * 2,
    ),
    Case(
        "20,000 categories",
        "creator_caption_restrictions",
        [restriction(restricted_categories=[f"never_{n}" for n in range(20_000)])],
    ),
    Case(
        "a quotation without an end",
        "creator_caption_restrictions",
        [
            restriction(blocked_patterns=[r"\Qnever there"]),
            restriction(blocked_patterns=["never there either"], page_name="anna"),
        ],
    ),
    _restriction(
        "patterns that are too large together",
        "too large together",
        blocked_patterns=[rf"never{n}\p{{L}}{{30}}" for n in range(6)],
    ),
)

OTHERS = (
    Case(
        "a holiday without a factor",
        "holiday_calendar",
        [{"holiday_date": WEEK, "holiday_name": "Nothing", "volume_factor": None}],
    ),
    Case(
        "a holiday whose factor is NaN",
        "holiday_calendar",
        [{"holiday_date": WEEK, "holiday_name": "Nothing", "volume_factor": NAN}],
    ),
    Case(
        "a holiday whose factor is infinite",
        "holiday_calendar",
        [{"holiday_date": WEEK, "holiday_name": "Nothing", "volume_factor": INFINITE}],
    ),
    Case(
        "a holiday without a date",
        "holiday_calendar",
        [{"holiday_date": None, "holiday_name": "Nothing", "volume_factor": 1.0}],
    ),
    Case(
        "a review of nothing",
        "schedule_review",
        [
            {
                "schedule_id": None,
                "message_number": None,
                "page_name": None,
                "week_start": WEEK,
                "caption_id": None,
                "decision": "reject",
            }
        ],
    ),
    Case(
        "a reservation of no caption",
        "active_caption_assignments",
        [
            {
                "assignment_key": None,
                "page_name": None,
                "caption_id": None,
                "is_active": True,
                "scheduled_send_date": WEEK,
            }
        ],
    ),
)


def _availability(name: str, reason: str, **changes: Any) -> Case:
    row = {"page_name": "anna", "first_date": WEEK, "last_date": WEEK}
    return Case(name, "creator_availability", [row | changes], ["quarantined_inputs"], reason)


def _override(name: str, reason: str, **changes: Any) -> Case:
    row = {"page_name": "anna", "weekly_ppv": 3}
    return Case(name, "creator_overrides", [row | changes], ["quarantined_inputs"], reason)


def _queued(name: str, reason: str, **changes: Any) -> Case:
    row = {
        "page_name": "anna",
        "send_time": instant("2025-11-11T20:00:00"),
        "message_type": "PPV",
        "message": "A text of its own",
        "price": 10.0,
    }
    return Case(name, "queued_messages", [row | changes], ["quarantined_inputs"], reason)


DECISIONS = (
    _availability("a day off of nobody", "missing page_name", page_name=None),
    _availability("a day off of a stranger", "the page is not in creators", page_name="nobody"),
    _availability("a day off without a beginning", "missing first_date", first_date=None),
    _availability("a day off without an end", "missing last_date", last_date=None),
    _availability(
        "a day off that ends before it begins",
        "last_date is before first_date",
        last_date=WEEK - dt.timedelta(days=1),
    ),
    _availability("an hour that no clock shows", "first_hour is not 0 to 23", first_hour=24),
    _availability("a negative hour", "last_hour is not 0 to 23", last_hour=-1),
    _override("numbers of nobody", "missing page_name", page_name=" "),
    _override("numbers of a stranger", "the page is not in creators", page_name="nobody"),
    _override("a negative number of PPVs", "weekly_ppv is not 0 to 200", weekly_ppv=-1),
    _override("a thousand bumps", "weekly_bump is not 0 to 200", weekly_bump=1000),
    _override("a gap of two days", "min_gap_minutes is not 0 to 1320", min_gap_minutes=2880),
    _override("a maximum below nothing", "is not 0 to 60", max_messages_per_day=-3),
    _override("a row that sets nothing", "it sets nothing", weekly_ppv=None),
    _override(
        "numbers that end before they begin",
        "valid_until is before valid_from",
        valid_from=WEEK,
        valid_until=WEEK - dt.timedelta(days=1),
    ),
    _queued("a queued message of nobody", "missing page_name", page_name=None),
    _queued("a queued message of a stranger", "the page is not in creators", page_name="nobody"),
    _queued("a queued message without a time", "missing send_time", send_time=None),
    _queued("a queued message of no type", "is not PPV or Bump", message_type="Story"),
    _queued("a queued message without text", "neither a caption_id nor a message", message=" "),
    _queued(
        "a queued caption that is not there",
        "the caption is not in caption_bank, and there is no message",
        caption_id=9_999_999,
        message=None,
    ),
    _queued("a queued message for nothing", "price is not 0 to 10,000", price=-1.0),
    _queued("a price that is no number", "price is not", price=NAN),
    _queued("a queued control character", "has a control character", message="bell \x07"),
    _queued("an endless queued message", "longer than 50,000 characters", message="a" * 50_001),
)

CASES = (*MESSAGES, *CAPTIONS, *CREATORS, *RESTRICTIONS, *DECISIONS, *OTHERS)


def batch_of(case: Case) -> list[Case]:
    """The cases of its batch, each message with an id of its own."""
    alike = [each for each in CASES if each.batch == case.batch]
    return [
        replace(
            each, rows=[_renumbered(row, 1_000_001 + 10 * n + m) for m, row in enumerate(each.rows)]
        )
        for n, each in enumerate(alike)
    ]


def _renumbered(row: Row, row_id: int) -> Row:
    return {**row, "row_id": row_id} if (row.get("row_id") or 0) > 1_000_000 else row
