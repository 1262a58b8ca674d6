"""Captions that say the same are one: evidence, rest, reservation, and once a week agency-wide."""

import datetime as dt
from typing import Any

import pytest

from eros_assets.warehouse.protocol import RaisedError
from tests.sql.dataset import (
    MONDAY,
    Dataset,
    Row,
    assignment,
    caption,
    creators,
    days_before,
    la,
    purchases,
    review,
)

SOUP, SOUP_AGAIN, STEW = 30, 10, 20
OLD, NEW = la(dt.date(2024, 1, 1)), la(dt.date(2025, 1, 1))
EACH = {"budget": 9, "mid": 9, "premium": 9, "bump": 9}


def bank(**of_the_copy: Any) -> list[Row]:
    """Two captions say the same; the older one, with the greater id, is used."""
    return [
        caption(SOUP, caption_text="Soup &amp; bread, today!", created_at=OLD),
        caption(SOUP_AGAIN, caption_text="SOUP & bread today 🥖", created_at=NEW) | of_the_copy,
        caption(STEW, caption_text="Stew today"),
    ]


def contents(dataset: Dataset) -> dict[int, int]:
    rows = dataset.rows("caption_contents")
    return dict(zip(rows["caption_id"], rows["content_id"], strict=True))


def chosen(dataset: Dataset, page: str | None = None) -> list[tuple[str, int]]:
    rows = dataset.select(page, counts=EACH)
    return sorted(zip(rows["page_name"], rows["caption_id"], strict=True))


@pytest.fixture(autouse=True)
def _pages(dataset: Dataset) -> None:
    dataset.put("creators", creators("cook", "coach"))
    dataset.put("caption_bank", bank())


def test_the_oldest_in_use_stands_for_its_content(dataset: Dataset) -> None:
    assert contents(dataset) == {SOUP: SOUP, SOUP_AGAIN: SOUP, STEW: STEW}
    retired = [row | {"is_active": row["caption_id"] != SOUP} for row in bank()]
    dataset.put("caption_bank", retired)
    assert contents(dataset) == {SOUP: SOUP_AGAIN, SOUP_AGAIN: SOUP_AGAIN, STEW: STEW}
    dataset.put("caption_bank", [row | {"created_at": None} for row in bank()])
    assert contents(dataset)[SOUP] == SOUP_AGAIN


def test_texts_without_a_letter_are_contents_of_their_own(dataset: Dataset) -> None:
    captions = [caption(n, caption_text=text) for n, text in enumerate(["🥖", "!!", "🥖"], 1)]
    dataset.put("caption_bank", captions)
    assert contents(dataset) == {1: 1, 2: 2, 3: 3}


def test_the_bank_keeper_is_told_of_duplicates_in_use(dataset: Dataset) -> None:
    dataset.put("caption_bank", [*bank(price_tier="mid"), caption(40, caption_text="stew TODAY")])
    [first, second] = dataset.rows("duplicate_captions", "caption_id").to_dict("records")
    assert (first["caption_id"], first["content_id"]) == (SOUP_AGAIN, SOUP)
    assert (first["price_tier"], first["used_price_tier"]) == ("mid", "budget")
    assert (second["caption_id"], second["content_id"]) == (40, STEW)
    dataset.put("caption_bank", bank(is_active=False))
    assert dataset.rows("duplicate_captions").empty


def test_a_content_goes_to_one_page_once_whatever_the_tiers(dataset: Dataset) -> None:
    """Three contents, of each of which a copy is of another tier."""
    dishes = {100: ("pie", "budget"), 200: ("jam", "premium"), 300: ("tea", "bump")}
    dataset.put(
        "caption_bank",
        [
            caption(n + place, caption_text=f"{dish} {mark}", price_tier=tier, created_at=since)
            for n, (dish, of_copy) in dishes.items()
            for place, mark, tier, since in ((1, "&amp;", "budget", OLD), (0, "&", of_copy, NEW))
        ],
    )
    assert chosen(dataset, "cook") == [("cook", 101), ("cook", 201), ("cook", 301)]
    assert chosen(dataset, "coach") == [], "cook has all"


def test_a_page_may_use_a_content_when_it_may_use_any_of_its_captions(dataset: Dataset) -> None:
    cases: list[tuple[str, str, str | None, set[str]]] = [
        ("pie", "cook", "coach", {"cook", "coach"}),
        ("jam", "painter", "coach", {"coach"}),
        ("tea", "painter", None, {"cook", "coach"}),
    ]
    dataset.put(
        "caption_bank",
        [
            row
            for n, (dish, first, second, _) in enumerate(cases, 1)
            for row in (
                caption(n, caption_text=dish, page_name=first, created_at=OLD),
                caption(n + 50, caption_text=f"{dish}!", page_name=second, created_at=NEW),
            )
        ],
    )
    for page in ("cook", "coach"):
        for table in ("caption_selections", "selection_candidates", "selection_pools"):
            dataset.put(table, [])
        usable = [(page, n) for n, (*_, pages) in enumerate(cases, 1) if page in pages]
        assert chosen(dataset, page) == usable


def test_the_page_of_a_retired_caption_may_not_use_it(dataset: Dataset) -> None:
    dataset.put("caption_bank", bank(page_name="coach", is_active=False))
    captions = dataset.rows("caption_bank").to_dict("records")
    captions[0]["page_name"] = "cook"
    dataset.put("caption_bank", captions)
    assert ("coach", SOUP) not in chosen(dataset, "coach")


FOUR = ("pie", "jam", "tea", "ale")
"""Texts of captions 1 to 4, which are used; 51 to 54 say the same."""


def four_contents(dataset: Dataset) -> None:
    dataset.put(
        "caption_bank",
        [
            caption(n + place, caption_text=f"{dish}{mark}", created_at=since)
            for n, dish in enumerate(FOUR, 1)
            for place, mark, since in ((0, "", OLD), (50, "!", NEW))
        ],
    )


def test_a_content_rests_whichever_of_its_captions_was_sent(dataset: Dataset) -> None:
    four_contents(dataset)
    day = days_before(MONDAY, 2)
    sent = [purchases(n, n, 1, 50, page_name="cook", send_date=day) for n in (1, 52)]
    dataset.put("message_facts", sent)
    assert chosen(dataset, "cook") == [("cook", 3), ("cook", 4)]
    assert chosen(dataset, "coach") == [("coach", 1), ("coach", 2)]


def test_a_content_is_reserved_or_rejected_whichever_of_its_captions_is(dataset: Dataset) -> None:
    four_contents(dataset)
    held = [assignment(n, days_before(MONDAY, 2)) for n in (1, 52)]
    dataset.put("active_caption_assignments", held)
    dataset.put("schedule_review", [review(53, "reject")])
    assert chosen(dataset, "cook") == [("cook", 4)]


def test_captions_that_say_the_same_share_their_evidence(dataset: Dataset) -> None:
    rows = [
        purchases(n, c, 5, 100, page_name="cook", send_date=days_before(MONDAY, 30 + n))
        for n, c in enumerate([SOUP, SOUP_AGAIN, SOUP_AGAIN, STEW], 1)
    ]
    dataset.put("message_facts", rows)
    dataset.update_performance(MONDAY)
    stats = dataset.rows("caption_bandit_stats", "caption_id").set_index("caption_id")
    assert stats["send_count"].to_dict() == {STEW: 1, SOUP: 3}
    assert stats["successes"].to_dict() == {STEW: 5, SOUP: 15}
    found = dataset.select("cook", counts=EACH).set_index("caption_id")
    assert found["successes"].to_dict() == {STEW: 5, SOUP: 15}


def draft(schedule_id: str, page: str, caption_id: int, day: dt.date) -> Row:
    return {
        "schedule_id": schedule_id,
        "page_name": page,
        "week_start": MONDAY,
        "message_number": 1,
        "scheduled_send_time": la(day),
        "send_date": day,
        "send_hour": 12,
        "message_type": "PPV",
        "caption_id": caption_id,
        "price_tier": "budget",
        "status": "draft",
        "is_active": False,
        "planned_at": la(days_before(MONDAY, 1)),
        "is_forced": False,
    }


def test_a_draft_is_not_locked_while_another_caption_of_its_content_is_held(
    dataset: Dataset,
) -> None:
    dataset.put("schedule_recommendations", [draft("sched_a", "cook", SOUP, MONDAY)])
    dataset.put("active_caption_assignments", [assignment(SOUP_AGAIN, MONDAY)])
    with pytest.raises(RaisedError, match=f"caption {SOUP} is reserved by sched_elsewhere"):
        dataset.lock("sched_a")


def test_of_two_drafts_of_one_content_one_is_locked(dataset: Dataset) -> None:
    rows = [draft("sched_a", "cook", SOUP, MONDAY), draft("sched_b", "coach", SOUP_AGAIN, MONDAY)]
    dataset.put("schedule_recommendations", rows)
    assert dataset.lock("sched_").out["p_locked"] == 1


def test_two_reservations_of_one_content_are_reported(dataset: Dataset) -> None:
    held = [assignment(SOUP, MONDAY), assignment(SOUP_AGAIN, MONDAY, schedule_id="sched_b")]
    dataset.put("active_caption_assignments", held)
    found = dataset.warehouse.query(dataset.library["captions_reserved_twice"].text)
    assert len(found) == 1
