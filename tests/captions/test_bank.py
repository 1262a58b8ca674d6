"""The bank is changed as a whole, can be put back, and keeps its changes through imports."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.captions import bank
from eros_assets.captions.bank import (
    CaptionError,
    Terms,
    add_captions,
    restore_captions,
    retire_captions,
    with_decisions,
)
from eros_assets.captions.evidence import doubtful_captions
from eros_assets.dataset import Dataset
from eros_assets.importing.captions import read_captions, terms_of

NOW = dt.datetime(2025, 11, 3, 9, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=1)


def state(dataset: Dataset) -> dict[str, list[dict[Any, Any]]]:
    return {
        name: dataset.rows(name).astype(str).sort_values("caption_id").to_dict("records")
        for name in bank.TABLES
    }


def new_rows(folder: Path) -> pd.DataFrame:
    file = folder / "new.csv"
    file.write_text(
        "caption_id,caption_text,price_tier,active_from,active_until,max_sends,suggested_price\n"
        "50,Bread at dawn,mid,2025-11-10,2025-12-24,3,$12.50\n"
        "51,Soup at noon,bump,,,,\n",
        encoding="utf-8",
    )
    return read_captions(file).rows


def of_files(dataset: Dataset) -> dict[str, pd.DataFrame]:
    """What the agency's files have: the bank as it was first."""
    frame = dataset.rows("caption_bank").astype(
        {"caption_id": "int64", "is_active": "bool", "has_urgency": "bool"}
    )
    return {"caption_bank": frame}


def test_additions_stand_in_the_bank_with_their_terms_and_can_be_put_back(
    dataset: Dataset, tmp_path: Path
) -> None:
    before = state(dataset)
    backup = add_captions(dataset, new_rows(tmp_path), now=NOW)
    added = dataset.rows("caption_bank", caption_id=50).iloc[0]
    assert (added["caption_text"], added["price_tier"], bool(added["is_active"])) == (
        *("Bread at dawn", "mid"),
        True,
    )
    [terms] = dataset.rows("caption_terms").to_dict("records")
    assert (terms["active_from"], terms["active_until"]) == (
        dt.date(2025, 11, 10),
        dt.date(2025, 12, 24),
    )
    assert (terms["max_sends"], terms["suggested_price"], terms["source"]) == (3, 12.5, "command")
    assert restore_captions(dataset, backup) == 4
    assert state(dataset) == before
    with pytest.raises(CaptionError, match="no backup captions_x"):
        restore_captions(dataset, "captions_x")


def test_what_fails_half_way_leaves_what_was_there(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(dataset)
    load = Dataset.load

    def failing(self: Dataset, table: str, data: Any, **more: Any) -> Any:
        if table == "caption_bank":
            raise OSError("the disk is full")
        return load(self, table, data, **more)

    monkeypatch.setattr(Dataset, "load", failing)
    with pytest.raises(OSError, match="disk is full"):
        add_captions(dataset, new_rows(tmp_path), now=NOW)
    assert state(dataset) == before


def test_captions_are_retired_at_once_or_by_date_and_sends(dataset: Dataset) -> None:
    retire_captions(dataset, [1, 3, 1], Terms(), now=NOW)
    retire_captions(dataset, [2], Terms(dt.date(2025, 12, 1), 5), now=LATER)
    active = dataset.rows("usable_captions").set_index("caption_id")["is_active"]
    assert active.to_dict() == {1: False, 2: True, 3: False, 4: False}
    terms = dataset.rows("caption_terms").set_index("caption_id")
    assert (terms.loc[2, "active_until"], terms.loc[2, "max_sends"]) == (dt.date(2025, 12, 1), 5)
    with pytest.raises(CaptionError, match="no caption 77, 99; nothing was changed"):
        retire_captions(dataset, [1, 99, 77], Terms(), now=LATER)


def test_terms_that_are_given_later_leave_the_others_as_they_are(
    dataset: Dataset, tmp_path: Path
) -> None:
    add_captions(dataset, new_rows(tmp_path), now=NOW)
    retire_captions(dataset, [50], Terms(max_sends=1), now=LATER)
    [terms] = dataset.rows("caption_terms").to_dict("records")
    assert (terms["max_sends"], terms["active_until"]) == (1, dt.date(2025, 12, 24))


def test_an_import_undoes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    files = of_files(dataset)
    add_captions(dataset, new_rows(tmp_path), now=NOW)
    retire_captions(dataset, [1], Terms(), now=LATER)
    of_file = pd.DataFrame({"caption_id": [50, 3], "max_sends": [9, 2]}).reindex(
        columns=["caption_id", *bank.TERMS]
    )
    loaded = with_decisions(dataset, files, of_file)
    merged = loaded["caption_bank"].set_index("caption_id")
    assert merged["is_active"].to_dict() == {
        1: False,
        2: True,
        3: True,
        4: False,
        50: True,
        51: True,
    }
    terms = loaded["caption_terms"].set_index("caption_id")
    assert terms["max_sends"].dropna().to_dict() == {50: 3, 3: 2}
    assert terms["source"].to_dict() == {50: "command", 1: "command", 3: "file"}
    dataset.load("caption_bank", loaded["caption_bank"])
    dataset.load("caption_terms", loaded["caption_terms"])
    again = with_decisions(dataset, files, of_file)
    assert len(again["caption_bank"]) == 6
    assert len(again["caption_terms"]) == 3


def test_an_added_caption_that_the_files_have_by_now_is_theirs(
    dataset: Dataset, tmp_path: Path
) -> None:
    files = of_files(dataset)
    add_captions(dataset, new_rows(tmp_path), now=NOW)
    theirs = files["caption_bank"].iloc[[0]].assign(caption_id=50, caption_text="Bread at dawn!")
    files["caption_bank"] = pd.concat([files["caption_bank"], theirs], ignore_index=True)
    merged = with_decisions(dataset, files, None)["caption_bank"].set_index("caption_id")
    assert merged.loc[50, "caption_text"] == "Bread at dawn!"
    assert len(merged) == 6


def test_only_captions_with_a_term_have_terms(tmp_path: Path) -> None:
    assert list(terms_of(new_rows(tmp_path))["caption_id"]) == [50]


def evidence(**changed: Any) -> pd.DataFrame:
    row: dict[str, Any] = {
        "caption_id": 1,
        "price_tier": "mid",
        "caption_text": "Bread",
        "sends": 8,
        "pages": 2,
        "posterior_successes": 10.0,
        "posterior_failures": 990.0,
        "prior_rate": 0.01,
        **{f"{half}_successes": 5.0 for half in ("earlier", "later")},
        **{f"{half}_failures": 495.0 for half in ("earlier", "later")},
    }
    return pd.DataFrame([row | changed])


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, None),
        ({"posterior_successes": 1.0, "posterior_failures": 2000.0}, "worthless"),
        ({"posterior_successes": 1.0, "posterior_failures": 200.0}, None),
        ({"earlier_successes": 50.0, "later_successes": 1.0}, "worn"),
        ({"earlier_successes": 5.0, "later_successes": 1.0}, None),
        ({"prior_rate": float("nan"), "posterior_failures": 1e6}, None),
    ],
)
def test_captions_are_doubted_only_where_the_interval_says_so(
    changed: dict[str, Any], verdict: str | None
) -> None:
    found = doubtful_captions(evidence(**changed))
    assert [each.verdict for each in found] == ([] if verdict is None else [verdict])
    for each in found:
        assert each.posterior.lower <= each.posterior.mean <= each.posterior.upper
