"""What a page asks for a tier, and how many people see it: its own history first."""

from typing import Any

import pytest

from tests.sql.dataset import MONDAY, Dataset, Row, caption, creators, days_before, fact

DAYS = 90


def sent(row_id: int, caption_id: int, price: float | None, **changes: Any) -> Row:
    kind = "PPV" if price else "Bump"
    at: dict[str, Any] = {"send_date": days_before(MONDAY, 10)}
    return fact(row_id, caption_id=caption_id, price=price, message_type=kind, **{**at, **changes})


def prices(dataset: Dataset, facts: list[Row], *pages: str) -> dict[tuple[str, str], Row]:
    tiers = {1: "budget", 2: "mid", 3: "premium", 4: "bump"}
    dataset.put("creators", creators(*pages))
    dataset.put("caption_bank", [caption(c, price_tier=tier) for c, tier in tiers.items()])
    dataset.put("message_facts", facts)
    dataset.update_performance(MONDAY)
    rows = dataset.warehouse.query(dataset.library["tier_prices"].text, {"pages": list(pages)})
    return {(row["page_name"], row["price_tier"]): row for row in rows.to_dict("records")}


def test_the_price_is_the_median_that_the_page_asked_for_the_tier(dataset: Dataset) -> None:
    facts = [
        *(sent(n, 1, price) for n, price in enumerate((7.0, 9.0, 8.0, 30.0))),
        *(sent(10 + n, 2, price) for n, price in enumerate((15.0, 15.0, 16.0))),
        sent(20, 1, 99.0, page_name="band"),
    ]
    found = prices(dataset, facts, "cook")
    assert found["cook", "budget"]["suggested_price"] == 8.0
    assert found["cook", "mid"]["suggested_price"] == 15.0
    assert found["cook", "mid"]["earnings_per_success"] == 15.0


def test_sends_outside_the_window_do_not_count(dataset: Dataset) -> None:
    facts = [
        sent(1, 1, 8.0, send_date=days_before(MONDAY, DAYS)),
        sent(2, 1, 80.0, send_date=days_before(MONDAY, DAYS + 1)),
        sent(3, 1, 90.0, send_date=MONDAY),
    ]
    assert prices(dataset, facts, "cook")["cook", "budget"]["suggested_price"] == 8.0


def test_a_page_without_sends_of_the_tier_has_the_agency_s_price(dataset: Dataset) -> None:
    facts = [sent(1, 1, 8.0), sent(2, 3, 30.0, page_name="band", sent_count=500)]
    found = prices(dataset, facts, "cook", "band")
    assert found["cook", "premium"]["suggested_price"] == 30.0
    assert found["cook", "premium"]["recipients"] == 1000


def test_a_page_without_history_has_prices_and_rates_but_no_recipients(dataset: Dataset) -> None:
    found = prices(dataset, [sent(1, 1, 8.0)], "cook", "novice")["novice", "budget"]
    assert found["suggested_price"] == 8.0
    assert found["trials_per_recipient"] == pytest.approx(0.4)
    assert found["recipients"] != found["recipients"] or found["recipients"] is None


def test_a_bump_has_no_price_and_earns_what_bumps_earned(dataset: Dataset) -> None:
    facts = [
        sent(1, 4, None, purchased_count=0, earnings=0.0, sent_count=3000, viewed_count=1000),
        sent(2, 4, None, purchased_count=0, earnings=50.0, sent_count=3000, viewed_count=1500),
    ]
    found = prices(dataset, facts, "cook")["cook", "bump"]
    assert found["suggested_price"] != found["suggested_price"]
    assert found["recipients"] == 3000
    assert found["trials_per_recipient"] == 1.0
    assert found["earnings_per_success"] == pytest.approx(0.02)


def test_rates_are_those_that_ripe_messages_will_have(dataset: Dataset) -> None:
    """Half of the views of a message are there; one that is hours old tells its price alone."""
    facts = [
        sent(1, 1, 8.0, viewed_count=400),
        sent(2, 1, 8.0, viewed_count=200, age_hours=60.0, maturity=0.5),
        sent(3, 1, 9.0, viewed_count=10, age_hours=5.0, maturity=0.1, sent_count=4000),
        sent(4, 1, 9.0, viewed_count=10, age_hours=5.0, maturity=0.1, sent_count=4000),
        sent(5, 1, 9.0, viewed_count=10, age_hours=5.0, maturity=0.1, sent_count=4000),
    ]
    found = prices(dataset, facts, "cook")["cook", "budget"]
    assert found["trials_per_recipient"] == pytest.approx(0.4)
    assert (found["suggested_price"], found["recipients"]) == (9.0, 4000)


def test_every_page_has_a_row_for_every_tier(dataset: Dataset) -> None:
    assert len(prices(dataset, [], "cook", "band")) == 8
