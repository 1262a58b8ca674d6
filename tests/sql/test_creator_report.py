"""The report on a creator: JSON with all its fields, numbers that pandas and the contracts give."""

import datetime as dt
import json
from typing import Any

import pandas as pd
import pytest

from eros_assets.warehouse.protocol import RaisedError
from tests.sql.dataset import Dataset, Row, creators, days_before, fact
from tests.sql.test_table_functions import random_facts

AS_OF = dt.date(2025, 11, 10)
LOOKBACK = 90  # tuning: account_lookback_days
PAGES = ("cook", "coach", "band", "idle")
FIELDS = [
    *("page_name", "as_of", "account_size", "behavioral_segment", "saturation_status"),
    *("saturation_score", "avg_emv", "recommended_ppv", "recommended_bump"),
    *("metrics", "baseline", "engagement", "anomalies"),
]


def report(dataset: Dataset, page: str | None, as_of: dt.date | None = AS_OF) -> dict[str, Any]:
    arguments = {"p_page_name": page, "p_as_of": as_of}
    return json.loads(
        str(dataset.warehouse.call("analyze_creator_performance", arguments).out["p_report"])
    )


@pytest.fixture(scope="module")
def history(shared: Dataset) -> pd.DataFrame:
    """The facts of the window. `band` has history and is no creator; `idle` the other way round."""
    rows = random_facts()
    shared.put("creators", creators("cook", "coach", "idle"))
    shared.put("message_facts", rows)
    facts = pd.DataFrame(rows)
    begin = days_before(AS_OF, LOOKBACK)
    return facts[(facts["send_date"] >= begin) & (facts["send_date"] < AS_OF)]


@pytest.mark.parametrize("page", PAGES)
def test_has_the_fields_of_the_contract_in_order(
    shared: Dataset, history: pd.DataFrame, page: str
) -> None:
    told = report(shared, page)
    assert list(told) == FIELDS
    assert (told["page_name"], told["as_of"]) == (page, "2025-11-10")


@pytest.mark.parametrize("page", PAGES)
def test_numbers_are_pandas(shared: Dataset, history: pd.DataFrame, page: str) -> None:
    told, mine = report(shared, page), history[history["page_name"] == page]
    counts = {
        "message_count": len(mine),
        "ppv_count": int((mine["message_type"] == "PPV").sum()),
        "bump_count": int((mine["message_type"] == "Bump").sum()),
        "recipients": int(mine["sent_count"].sum()),
        "views": int(mine["viewed_count"].sum()),
        "purchases": int(mine["purchased_count"].sum()),
    }
    assert {name: told["metrics"][name] for name in counts} == counts
    assert told["metrics"]["revenue"] == pytest.approx(mine["earnings"].sum(), rel=1e-12)
    assert told["baseline"]["message_count"] == len(mine)
    if mine.empty:
        assert told["avg_emv"] is None
        assert told["engagement"] == told["anomalies"] == []
        return
    emv = 1000 * mine["earnings"].sum() / mine["sent_count"].sum()
    assert told["avg_emv"] == told["metrics"]["avg_emv"] == pytest.approx(emv, rel=1e-12)
    assert told["baseline"]["median_emv"] == pytest.approx(mine["emv"].median(), rel=1e-12)
    assert told["baseline"]["first_send_date"] == mine["send_date"].min().isoformat()
    slots = mine.groupby(["day_of_week", "send_hour", "message_type"]).size()
    assert [
        (s["day_of_week"], s["send_hour"], s["message_type"]) for s in told["engagement"]
    ] == list(slots.index)
    assert [s["message_count"] for s in told["engagement"]] == slots.tolist()


def test_anomalies_are_those_of_detect_anomalies_newest_first(
    shared: Dataset, history: pd.DataFrame
) -> None:
    told = report(shared, "cook")["anomalies"]
    found = shared.table_function("detect_anomalies", AS_OF, LOOKBACK, "cook")
    expected = found.sort_values(["send_date", "metric"], ascending=[False, True])
    assert [(a["send_date"], a["metric"], a["severity"]) for a in told] == [
        (row["send_date"].isoformat(), row["metric"], row["severity"])
        for row in expected.to_dict("records")
    ]
    assert len({a["send_date"] for a in told}) > 1


def test_a_tired_page_is_recommended_fewer_ppvs_and_more_bumps(dataset: Dataset) -> None:
    """RED halves the middle of MICRO's PPVs, 6, and doubles its bumps, 4; YELLOW is in between."""
    facts = [*_page("tired", recent=2.0), *_page("well", recent=200.0), *_page("other", 200.0)]
    dataset.put("message_facts", [row | {"row_id": n} for n, row in enumerate(facts)])
    by_status = {}
    for page in ("tired", "well"):
        told = report(dataset, page)
        assert told["account_size"] == "SMALL"
        by_status[told["saturation_status"]] = (told["recommended_ppv"], told["recommended_bump"])
    # SMALL has 7 to 10 PPVs, middle 9; 5 to 7 bumps, middle 6. 4.5 rounds half away from zero.
    assert by_status == {"RED": (5, 12), "GREEN": (9, 6)}


def _page(name: str, recent: float) -> list[Row]:
    """A PPV a day of 200 USD, then two weeks of PPVs that earn `recent`."""
    return [
        fact(
            0,
            page_name=name,
            send_date=days_before(AS_OF, ago),
            earnings=recent if ago <= 14 else 200.0,
            viewed_count=int(recent * 2) if ago <= 14 else 400,
            purchased_count=0,
        )
        for ago in range(1, 61)
    ]


@pytest.mark.parametrize(
    ("page", "as_of", "said"),
    [
        ("nobody", AS_OF, "page nobody is neither in creators nor in message_facts"),
        (None, AS_OF, "page NULL"),
        ("cook", None, "p_as_of is NULL; give an LA date"),
    ],
)
def test_what_cannot_be_reported_on_is_named(
    shared: Dataset, history: pd.DataFrame, page: str | None, as_of: dt.date | None, said: str
) -> None:
    with pytest.raises(RaisedError, match=said):
        report(shared, page, as_of)


def test_the_query_of_all_creators_says_what_the_report_on_each_says(
    shared: Dataset, history: pd.DataFrame
) -> None:
    together = shared.warehouse.query(
        shared.library["creator_reports"].text,
        {"week_start": AS_OF, "account_lookback_days": LOOKBACK},
    ).to_dict("records")
    assert [row["page_name"] for row in together] == ["coach", "cook", "idle"]
    for row in together:
        told = report(shared, str(row["page_name"]))
        for name in ("account_size", "behavioral_segment", "saturation_status"):
            assert row[name] == told[name]
        for name in ("recommended_ppv", "recommended_bump"):
            assert int(row[name]) == told[name]
        for name in ("message_count", "revenue", "view_rate", "avg_emv"):
            assert row[name] == pytest.approx(_number(told["metrics"][name]), nan_ok=True)
        assert int(row["anomalies"]) == len(told["anomalies"])


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
