"""refresh_message_facts: what is kept, what is put aside and why, and that nothing is lost."""

import datetime as dt
import json
import math
import unicodedata
from collections import Counter
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.dataset import LA, Dataset, Row, caption, la, message

DAY = dt.date(2025, 10, 1)

BROKEN = [
    ({"page_name": None}, "missing page_name"),
    ({"page_name": "  "}, "missing page_name"),
    ({"page_name": "Cook"}, "page_name is not [a-z0-9_]+"),
    ({"page_name": "cook "}, "page_name is not [a-z0-9_]+"),
    ({"sending_time": None}, "missing sending_time"),
    ({"message_type": None}, "message_type is not PPV or Bump"),
    ({"message_type": "ppv"}, "message_type is not PPV or Bump"),
    ({"sent_count": 0}, "sent_count is not above 0"),
    ({"sent_count": -5}, "sent_count is not above 0"),
    ({"sent_count": None}, "sent_count is not above 0"),
    ({"viewed_count": None}, "missing viewed_count"),
    ({"viewed_count": -1}, "a count is negative"),
    ({"purchased_count": -1}, "a count is negative"),
    ({"viewed_count": 1001}, "viewed_count exceeds sent_count"),
    ({"purchased_count": 401}, "purchased_count exceeds viewed_count"),
    ({"earnings": -0.01}, "earnings are negative"),
    ({"message": "Soup\x00 of the day"}, "message has a NUL character"),
    ({"message": "\x00"}, "message has a NUL character"),
]

VALID_EDGES: list[Row] = [
    {"sent_count": 1, "viewed_count": 1, "purchased_count": 1},
    {"viewed_count": 1000, "purchased_count": 1000},
    {"viewed_count": 0, "purchased_count": 0, "earnings": 0.0},
    {"purchased_count": None, "earnings": None},
    {"price": None, "message_type": "Bump", "purchased_count": 0, "earnings": 0.0},
    {"page_name": "a_1"},
    {"message": None},
    {"message": "Soup\x01\x0b\x1b\x7f\x85\u202e\ufffe of the day"},
]


def reason(row: Row) -> str | None:
    """The first rule that a row breaks by itself."""
    page, sent, viewed = row["page_name"], row["sent_count"], row["viewed_count"]
    bought = row["purchased_count"] or 0
    alphabet = set("abcdefghijklmnopqrstuvwxyz0123456789_")
    rules = [
        ("missing page_name", not (page or "").strip()),
        ("page_name is not [a-z0-9_]+", not set(page or "") <= alphabet),
        ("missing sending_time", row["sending_time"] is None),
        ("message_type is not PPV or Bump", row["message_type"] not in ("PPV", "Bump")),
        ("sent_count is not above 0", sent is None or sent <= 0),
        ("missing viewed_count", viewed is None),
        ("a count is negative", (viewed or 0) < 0 or bought < 0),
        ("viewed_count exceeds sent_count", (viewed or 0) > (sent or 0)),
        ("purchased_count exceeds viewed_count", bought > (viewed or 0)),
        ("earnings are negative", (row["earnings"] or 0) < 0),
    ]
    return next((name for name, broken in rules if broken), None)


def key(row: Row) -> object:
    """What a message is known by: its row_id, else page, minute and text."""
    return row["row_id"] or (row["page_name"], row["sending_time"], row["message"])


def refreshed(dataset: Dataset, rows: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts and quarantine after these have become the input."""
    dataset.put("mass_messages", rows)
    dataset.refresh_facts()
    return dataset.rows("message_facts", "row_id"), dataset.rows("quarantined_messages", "payload")


class TestRules:
    def test_every_broken_rule_is_named_and_the_row_kept(self, dataset: Dataset) -> None:
        rows = [message(n) | changes for n, (changes, _) in enumerate(BROKEN, start=1)]
        facts, quarantine = refreshed(dataset, rows)
        assert facts.empty
        told = {
            json.loads(payload)["message"]: why
            for payload, why in zip(quarantine["payload"], quarantine["reason"], strict=True)
        }
        assert told == {row["message"]: why for row, (_, why) in zip(rows, BROKEN, strict=True)}

    def test_what_is_unusual_but_possible_is_kept(self, dataset: Dataset) -> None:
        rows = [message(n) | changes for n, changes in enumerate(VALID_EDGES, start=1)]
        facts, quarantine = refreshed(dataset, rows)
        assert quarantine.empty
        assert len(facts) == len(rows)

    def test_the_payload_is_the_input_row(self, dataset: Dataset) -> None:
        row = message(7, sent_count=0, message='Said "hello" — ünïcode 🎉', earnings=12.5)
        _, quarantine = refreshed(dataset, [row])
        payload = json.loads(quarantine["payload"].iloc[0])
        assert payload.keys() == row.keys()
        assert payload["message"] == row["message"]
        assert payload["earnings"] == row["earnings"]
        assert dt.datetime.fromisoformat(payload["sending_time"]) == row["sending_time"]

    def test_of_duplicates_the_valid_one_is_kept(self, dataset: Dataset) -> None:
        """A broken copy that came first must not push out the good one."""
        broken = message(1, sent_count=0, sending_time=la(DAY, 1))
        good = message(1, sending_time=la(DAY, 5))
        later = message(1, sending_time=la(DAY, 9), page_name="painter")
        facts, quarantine = refreshed(dataset, [broken, later, good])
        assert facts["sending_time"].tolist() == [pd.Timestamp(good["sending_time"])]
        assert Counter(quarantine["reason"]) == Counter(
            ["sent_count is not above 0", "duplicate row_id"]
        )

    def test_each_copy_of_a_row_is_accounted_for(self, dataset: Dataset) -> None:
        facts, quarantine = refreshed(dataset, [message(1)] * 4 + [message(2, sent_count=0)] * 3)
        assert len(facts) == 1
        assert Counter(quarantine["reason"]) == Counter(
            {"duplicate row_id": 3, "sent_count is not above 0": 3}
        )
        assert sorted(quarantine["occurrence"]) == [1, 1, 2, 2, 3, 3]


ROWS = st.builds(
    message,
    st.one_of(st.none(), st.integers(1, 6)),
    page_name=st.sampled_from(["cook", "painter", "", "Cook", None]),
    sending_time=st.sampled_from([la(DAY, 8), la(DAY, 9), None]),
    sent_count=st.sampled_from([1000, 10, 0, -1, None]),
    viewed_count=st.sampled_from([0, 5, 400, -1, None]),
    purchased_count=st.sampled_from([0, 5, 20, -1, None]),
    earnings=st.sampled_from([0.0, 99.5, -1.0, None]),
    message_type=st.sampled_from(["PPV", "Bump", "Mail"]),
)


class TestAccounting:
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(rows=st.lists(ROWS, max_size=40))
    def test_facts_and_quarantine_are_the_input(self, dataset: Dataset, rows: list[Row]) -> None:
        """Whatever was there before: the examples follow each other in one dataset."""
        facts, quarantine = refreshed(dataset, rows)
        assert len(facts) + len(quarantine) == len(rows)
        alone = [reason(row) for row in rows]
        valid = {key(row) for row, why in zip(rows, alone, strict=True) if why is None}
        assert len(facts) == len(valid)
        assert {i for i in facts["row_id"] if i <= 6} == {i for i in valid if isinstance(i, int)}
        expected = Counter(why for why in alone if why is not None)
        found = Counter(quarantine["reason"])
        again = sum(found.pop(why, 0) for why in ("duplicate row_id", "replaced by newer counts"))
        assert found == +expected
        assert again == alone.count(None) - len(valid)

    def test_a_second_run_changes_nothing(self, dataset: Dataset) -> None:
        rows = [message(1), message(1), message(2, earnings=0.1 + 0.2), message(3, sent_count=0)]
        first = refreshed(dataset, rows)
        dataset.refresh_facts()
        second = (
            dataset.rows("message_facts", "row_id"),
            dataset.rows("quarantined_messages", "payload"),
        )
        for before, after in zip(first, second, strict=True):
            pd.testing.assert_frame_equal(before, after, check_exact=True)

    def test_the_order_of_the_input_does_not_matter(self, dataset: Dataset) -> None:
        rows = [
            message(1, sending_time=la(DAY, h), page_name=p, earnings=e)
            for h in (8, 9)
            for p in ("cook", "painter")
            for e in (1.0, 2.0)
        ]
        first, _ = refreshed(dataset, rows)
        second, _ = refreshed(dataset, rows[::-1])
        pd.testing.assert_frame_equal(first, second, check_exact=True)

    def test_what_changed_in_the_input_changes(self, dataset: Dataset) -> None:
        refreshed(dataset, [message(1), message(2), message(3, sent_count=0), message(4)])
        first = dataset.rows("quarantined_messages")
        facts, quarantine = refreshed(
            dataset,
            [
                message(1, earnings=500.0),  # changed
                message(2, sent_count=0),  # good before
                message(3, sent_count=900),  # bad before
                message(5),  # new; 4 is gone
            ],
        )
        assert facts["row_id"].tolist() == [1, 3, 5]
        assert facts["earnings"].tolist() == [500.0, 200.0, 200.0]
        assert facts["sent_count"].tolist() == [1000, 900, 1000]
        assert quarantine["row_id"].tolist() == [2]
        assert quarantine["quarantined_at"].iloc[0] > first["quarantined_at"].iloc[0]

    def test_what_stays_in_quarantine_keeps_its_time(self, dataset: Dataset) -> None:
        _, first = refreshed(dataset, [message(1, sent_count=0)])
        _, second = refreshed(dataset, [message(1, sent_count=0), message(2, sent_count=0)])
        kept = second[second["row_id"] == 1]
        assert kept["quarantined_at"].tolist() == first["quarantined_at"].tolist()


def normal(text: str) -> str:
    """Lower case, letters and digits, whatever the script."""
    lower = unicodedata.normalize("NFC", text).lower()
    return "".join(c for c in lower if unicodedata.category(c)[0] in "LN")


class TestCaptionMatching:
    def matched(self, dataset: Dataset, captions: list[Row], **changes: Any) -> int | None:
        dataset.put("caption_bank", captions)
        facts, _ = refreshed(dataset, [message(1, **changes)])
        found = facts["caption_id"].iloc[0]
        return None if pd.isna(found) else int(found)

    def test_case_punctuation_emoji_and_spaces_do_not_count(self, dataset: Dataset) -> None:
        dataset.put("caption_bank", [caption(3, caption_text="New bread today."), caption(4)])
        texts = [
            "new bread today",
            "NEW Bread TODAY",
            "  New   bread\n\ttoday ",
            "New bread, today!!!",
            "🥖 New bread today 🎉❤️",
            "«New» bread — today…",
            "New\u00a0bread\u3000today",
            "newbread today",
        ]
        facts, _ = refreshed(dataset, [message(n, message=t) for n, t in enumerate(texts)])
        assert facts["caption_id"].tolist() == [3] * len(texts)
        assert {normal(text) for text in texts} == {"newbreadtoday"}

    def test_entities_of_an_export_do_not_count(self, dataset: Dataset) -> None:
        dataset.put(
            "caption_bank", [caption(3, caption_text='Bread & "butter" today.'), caption(4)]
        )
        texts = [
            "Bread &amp; &quot;butter&quot; today",
            "Bread &AMP; butter&nbsp;today",
            "Bread &#38; &#x22;butter&#x22;&#160;today",
        ]
        facts, _ = refreshed(dataset, [message(n, message=t) for n, t in enumerate(texts)])
        assert facts["caption_id"].tolist() == [3] * len(texts)

    def test_other_words_are_another_text(self, dataset: Dataset) -> None:
        """Nor does a text without a letter or digit match another one."""
        captions = [caption(3, caption_text="New bread today."), caption(4, caption_text="!!")]
        dataset.put("caption_bank", captions)
        texts = ["new bread", "new bread tonight", "new bread today 2", "new broad today", "", "🥖"]
        facts, _ = refreshed(dataset, [message(n, message=t) for n, t in enumerate(texts)])
        assert facts["caption_id"].isna().all()

    def test_letters_of_any_script_and_accents_count(self, dataset: Dataset) -> None:
        texts = ["Crème brûlée", "Creme brulee", "Новый хлеб", "新しいパン", "Crème bru\u0302lée 2"]
        captions = [caption(n, caption_text=text) for n, text in enumerate(texts, start=1)]
        dataset.put("caption_bank", captions)
        sent = ["CRÈME BRÛLÉE!", "creme brulee", "новый ХЛЕБ…", "新しいパン🥖", "crème brûlée 2"]
        facts, _ = refreshed(dataset, [message(n, message=t) for n, t in enumerate(sent, start=1)])
        assert facts["caption_id"].tolist() == [1, 2, 3, 4, 5]
        assert [normal(t) for t in sent] == [normal(t) for t in texts]

    def test_a_given_caption_is_not_matched_anew(self, dataset: Dataset) -> None:
        captions = [caption(3, caption_text="Bread")]
        assert self.matched(dataset, captions, message="Bread", caption_id=99) == 99

    def test_the_pages_own_caption_before_any_pages(self, dataset: Dataset) -> None:
        captions = [
            caption(1, caption_text="Bread"),
            caption(2, caption_text="bread!", page_name="painter"),
            caption(3, caption_text="BREAD", page_name="cook"),
        ]
        assert self.matched(dataset, captions, message="Bread") == 3

    def test_another_pages_caption_never(self, dataset: Dataset) -> None:
        captions = [caption(2, caption_text="Bread", page_name="painter")]
        assert self.matched(dataset, captions, message="Bread") is None

    def test_the_smallest_id_of_equals(self, dataset: Dataset) -> None:
        captions = [caption(n, caption_text="Bread") for n in (30, 4, 12)]
        assert self.matched(dataset, captions, message="Bread") == 4

    def test_a_caption_of_the_messages_type_first(self, dataset: Dataset) -> None:
        """Before the page's own: views of a free copy would pass for purchases."""
        captions = [
            caption(1, caption_text="Bread", price_tier="premium", page_name="cook"),
            caption(2, caption_text="Bread", price_tier="bump"),
        ]
        assert self.matched(dataset, captions, message="Bread", message_type="Bump") == 2
        assert self.matched(dataset, captions, message="Bread", message_type="PPV") == 1

    def test_a_caption_no_longer_in_use_still_names_its_history(self, dataset: Dataset) -> None:
        captions = [caption(5, caption_text="Bread", is_active=False)]
        assert self.matched(dataset, captions, message="Bread") == 5


def edges_of(start: dt.datetime, minutes: int = 1) -> list[dt.datetime]:
    step = dt.timedelta(minutes=minutes)
    return [start - step, start, start + step]


class TestIdentity:
    """The same message again replaces the earlier row; what was not sent is no fact."""

    def test_the_newest_counts_replace_earlier_ones(self, dataset: Dataset) -> None:
        rows = [
            message(1, viewed_count=views, counted_at=la(dt.date(2025, 10, day)))
            for day, views in ((3, 300), (9, 380), (5, 390))
        ]
        facts, quarantine = refreshed(dataset, rows)
        assert facts["viewed_count"].tolist() == [380]
        assert quarantine["reason"].tolist() == ["replaced by newer counts"] * 2

    def test_without_a_time_of_counting_most_views_are_the_newest(self, dataset: Dataset) -> None:
        rows = [message(1, viewed_count=n) for n in (300, 400, 350)]
        rows += [message(None, viewed_count=n, message="Soup!") for n in (80, 90)]
        facts, _ = refreshed(dataset, rows)
        assert sorted(facts["viewed_count"]) == [90, 400]

    @settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        histories=st.lists(
            st.lists(st.lists(st.integers(0, 11), max_size=16), min_size=1, max_size=5),
            min_size=6,
            max_size=6,
        ),
        order=st.randoms(use_true_random=False),
    )
    def test_a_history_gives_the_same_facts_whole_in_parts_and_shuffled(
        self, dataset: Dataset, histories: list[list[list[int]]], order: Random
    ) -> None:
        """Twelve messages, counted after each export; half of them are known by page and text.

        Each history is that of a page.
        """

        def counted(place: int, number: int, export: int) -> Row:
            counts = {
                "page_name": f"page_{place}",
                "viewed_count": 100 + 30 * export,
                "counted_at": la(dt.date(2025, 11, 1 + export)),
            }
            given = 100 * place + number if number % 2 else None
            return message(given, message=f"Soup {number}", sending_time=la(DAY, number)) | counts

        last = [
            counted(place, n, len(exports))
            for place, exports in enumerate(histories)
            for n in range(12)
        ]
        parts = [
            counted(place, n, k)
            for place, exports in enumerate(histories)
            for k, numbers in enumerate(exports)
            for n in numbers
        ]
        parts += last
        whole, _ = refreshed(dataset, last)
        assert len(whole) == len(last) == 12 * len(histories)
        in_parts, quarantine = refreshed(dataset, parts)
        assert len(quarantine) == len(parts) - len(last)
        order.shuffle(parts)
        shuffled, _ = refreshed(dataset, parts)
        pd.testing.assert_frame_equal(in_parts, whole, check_exact=True)
        pd.testing.assert_frame_equal(shuffled, whole, check_exact=True)

    def test_a_message_without_row_id_is_known_by_page_minute_and_text(
        self, dataset: Dataset
    ) -> None:
        at = la(DAY, 9)
        rows = [
            message(None, message="Soup!", sending_time=at),
            message(None, message="SOUP", sending_time=at + dt.timedelta(seconds=59)),
            message(None, message="Soup!", sending_time=at + dt.timedelta(seconds=60)),
            message(None, message="Stew", sending_time=at),
            message(None, message="Soup!", sending_time=at, page_name="painter"),
        ]
        first, _ = refreshed(dataset, rows)
        assert len(first) == 4
        assert (first["row_id"] > 0).all()
        second, _ = refreshed(dataset, rows[::-1] + rows)
        pd.testing.assert_frame_equal(first, second)

    def test_another_message_of_the_same_row_id_is_quarantined(self, dataset: Dataset) -> None:
        rows = [
            message(1, counted_at=la(dt.date(2025, 10, 3))),
            message(1, counted_at=la(dt.date(2025, 10, 9)), page_name="painter"),
        ]
        facts, quarantine = refreshed(dataset, rows)
        assert facts["page_name"].tolist() == ["cook"]
        assert quarantine["reason"].tolist() == ["duplicate row_id"]

    def test_scheduled_and_future_messages_are_what_people_queued(self, dataset: Dataset) -> None:
        now = la(dt.date(2025, 10, 20))
        late = now + dt.timedelta(minutes=1)
        nothing = {"sent_count": None, "viewed_count": None, "purchased_count": None}
        rows = [
            message(1, status=" Scheduled ", **nothing),
            message(2, sending_time=late),
            message(3, sending_time=now),
            message(4, status="scheduled", page_name=None),
            message(5, sending_time=la(DAY, 18), counted_at=la(DAY, 17)),
        ]
        dataset.put("mass_messages", rows)
        dataset.refresh_facts(loaded_at=now)
        assert dataset.rows("message_facts")["row_id"].tolist() == [3]
        queued = dataset.rows("scheduled_messages", "row_id")
        assert queued["row_id"].tolist() == [1, 2, 5]
        assert queued["send_time"].tolist()[1] == pd.Timestamp(late)
        assert dataset.rows("quarantined_messages")["reason"].tolist() == ["missing page_name"]
        balance = dataset.warehouse.query(dataset.library["facts_and_quarantine_balance"].text)
        assert balance.iloc[0].tolist() == [5, 1, 3, 1]

    def test_a_scheduled_message_is_a_fact_once_it_was_sent(self, dataset: Dataset) -> None:
        queued = message(1, status="scheduled", sending_time=la(DAY, 8), sent_count=None)
        refreshed(dataset, [queued])
        assert len(dataset.rows("scheduled_messages")) == 1
        facts, quarantine = refreshed(dataset, [queued, message(1, sending_time=la(DAY, 9))])
        assert facts["send_hour"].tolist() == [9]
        assert dataset.rows("scheduled_messages").empty
        assert quarantine["reason"].tolist() == ["replaced by newer counts"]

    def test_a_withdrawn_message_stops_counting_at_its_withdrawal(self, dataset: Dataset) -> None:
        def counted(day: int, views: int, status: str) -> Row:
            at = la(dt.date(2025, 10, day))
            return message(1, viewed_count=views, status=status, counted_at=at)

        rows = [
            counted(2, 200, "sent"),
            counted(3, 240, "withdrawn"),
            counted(4, 250, "withdrawn"),
            counted(5, 260, "sent"),
        ]
        facts, _ = refreshed(dataset, rows)
        assert facts["viewed_count"].tolist() == [240]
        facts, quarantine = refreshed(dataset, [rows[0], rows[2] | {"sent_count": 0}])
        assert facts["viewed_count"].tolist() == [200], "the platform no longer counts it"
        assert quarantine["reason"].tolist() == ["replaced by newer counts"]

    @pytest.mark.parametrize("sending_time", [la(DAY, 8), la(DAY, 20)])
    @pytest.mark.parametrize(
        ("scheduled", "withdrawn"),
        [(None, None), (la(DAY, 2), la(DAY, 5)), (la(DAY, 5), la(DAY, 2))],
    )
    def test_a_message_that_is_withdrawn_before_its_time_is_neither_fact_nor_queued(
        self,
        dataset: Dataset,
        sending_time: dt.datetime,
        scheduled: dt.datetime | None,
        withdrawn: dt.datetime | None,
    ) -> None:
        nothing = {"viewed_count": None, "purchased_count": None, "sending_time": sending_time}
        for recipients in (None, 0):
            rows = [
                message(1, status="scheduled", counted_at=scheduled, sent_count=None, **nothing),
                message(1, status="withdrawn", counted_at=withdrawn, sent_count=recipients)
                | nothing,
            ]
            facts, quarantine = refreshed(dataset, rows)
            assert facts.empty
            assert dataset.rows("scheduled_messages").empty
            assert sorted(quarantine["reason"]) == [
                "replaced by newer counts",
                "withdrawn before it was sent",
            ]

    def test_an_unknown_status_is_a_fault(self, dataset: Dataset) -> None:
        _, quarantine = refreshed(dataset, [message(1, status="failed")])
        assert quarantine["reason"].tolist() == ["status is not sent, scheduled or withdrawn"]

    def test_a_message_that_is_not_sent_is_not_the_newest(self, dataset: Dataset) -> None:
        rows = [message(1), message(2, status="scheduled", sending_time=la(DAY, 23))]
        rows.append(message(3, sending_time=la(dt.date(2026, 1, 1))))
        dataset.put("mass_messages", rows)
        until = {"until": la(DAY, 23)}
        newest = dataset.warehouse.query(dataset.library["newest_message"].text, until)
        assert newest["newest"].tolist() == [pd.Timestamp(message(1)["sending_time"])]
        span = dataset.warehouse.query(dataset.library["history_span"].text, until)
        assert (span["messages"].iloc[0], span["newest"].iloc[0]) == (1, DAY)


class TestTimes:
    def test_dates_hours_and_weekdays_are_los_angeles(self, dataset: Dataset) -> None:
        """Both changes of the clocks, the end of a year, midnights, and every hour of a week."""
        hour = dt.timedelta(hours=1)
        spring, autumn = dt.date(2026, 3, 8), dt.date(2025, 11, 2)
        times = [
            *edges_of(la(spring, 0)),
            *edges_of(la(spring, 1, 59) + dt.timedelta(minutes=1)),  # 01:59 PST, then 03:00 PDT
            *edges_of(la(autumn, 0)),
            *edges_of(la(autumn, 1)),
            *edges_of(la(autumn, 1, fold=1)),  # 01:00 for the second time
            *edges_of(la(dt.date(2026, 1, 1), 0)),
            *edges_of(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
            *edges_of(la(dt.date(2024, 2, 29), 0)),
            *(la(autumn, 0) + n * hour for n in range(-30, 200)),
        ]
        facts, _ = refreshed(
            dataset, [message(n, sending_time=t) for n, t in enumerate(times, start=1)]
        )
        walls = [t.astimezone(LA) for t in times]
        assert facts["send_date"].tolist() == [w.date() for w in walls]
        assert facts["send_hour"].tolist() == [w.hour for w in walls]
        assert facts["day_of_week"].tolist() == [w.isoweekday() for w in walls]
        assert facts["sending_time"].tolist() == [pd.Timestamp(t) for t in times]

    def test_the_repeated_hour_is_one_oclock_twice(self, dataset: Dataset) -> None:
        autumn = dt.date(2025, 11, 2)
        rows = [message(n, sending_time=la(autumn, 1, 30, fold=n)) for n in (0, 1)]
        facts, _ = refreshed(dataset, rows)
        assert facts["send_hour"].tolist() == [1, 1]
        assert facts["sending_time"].diff().iloc[1] == pd.Timedelta(hours=1)


class TestRates:
    def test_are_shares_and_dollars_per_thousand(self, dataset: Dataset) -> None:
        rows = [
            message(1, sent_count=800, viewed_count=200, purchased_count=7, earnings=91.0),
            message(2, viewed_count=0, purchased_count=0, earnings=0.0),
            message(3, purchased_count=None, earnings=None),
        ]
        facts, _ = refreshed(dataset, rows)
        assert facts["view_rate"].tolist() == [0.25, 0.0, 0.4]
        assert facts["purchase_rate"].iloc[0] == pytest.approx(7 / 200, abs=1e-15)
        assert math.isnan(facts["purchase_rate"].iloc[1])
        assert facts["purchase_rate"].iloc[2] == 0
        assert facts["emv"].tolist() == [113.75, 0.0, 0.0]
        assert facts["earnings"].tolist() == [91.0, 0.0, 0.0]
