"""What pages sent before their first plan."""

import datetime as dt

import pandas as pd

from tests.sql.dataset import MONDAY, Dataset, Row, caption, fact
from tests.sql.test_sent_by_arm import planned

AS_OF = MONDAY + dt.timedelta(days=14)


def before(dataset: Dataset, plans: list[Row], facts: list[Row]) -> pd.DataFrame:
    dataset.put("schedule_recommendations", plans)
    dataset.put("caption_bank", [caption(n) for n in (1, 2, 3)])
    dataset.put("message_facts", facts)
    return dataset.warehouse.query(
        dataset.library["sent_before"].text, {"as_of": AS_OF, "lookback_days": 28}
    )


def sent(row_id: int, days: int, **changes: object) -> Row:
    return fact(
        row_id, **{"caption_id": 1, "send_date": MONDAY + dt.timedelta(days=days), **changes}
    )


def test_ppvs_of_the_weeks_before_the_first_plan_are_found(dataset: Dataset) -> None:
    facts = [
        sent(1, -1),
        sent(2, -28),
        sent(3, -29),
        sent(4, 0),
        sent(5, -3, message_type="Bump", price=None),
        sent(6, -3, caption_id=99),
        sent(7, -3, page_name="band"),
        sent(8, -3, age_hours=1.0, maturity=0.1),
    ]
    rows = before(dataset, [planned(1, 1, 2), planned(2, 1, 9, week_start=AS_OF)], facts)
    assert rows["row_id"].tolist() == [1, 2]
    assert rows["week_start"].tolist() == [MONDAY - dt.timedelta(days=n) for n in (7, 28)]
    assert set(rows["page_name"]) == {"cook"}


def test_a_draft_is_no_plan(dataset: Dataset) -> None:
    assert before(dataset, [planned(1, 1, 2, status="draft")], [sent(1, -1)]).empty
