"""A history is the same whole, in overlapping parts, and shuffled: each message once, as newest."""

import random
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from eros_assets.importing.inputs import ImportedInputs, read_inputs
from eros_assets.importing.mistakes import InputFileError
from tests.importing.conftest import BANK

HEADER = (
    "page_name,message,sending_time,price,sent_count,viewed_count,purchased_count,earnings,"
    "message_type,counted_at,status\n"
)


def row(n: int, *, views: int = 50, counted: str = "", status: str = "sent") -> str:
    day = f"2025-10-{1 + n % 28:02d}T{n % 24:02d}:00:00Z"
    return f"page_{n % 3},Soup {n},{day},9,1000,{views},1,{n},PPV,{counted},{status}\n"


ROWS = [row(n) for n in range(60)]


def read(folder: Path, **files: str) -> ImportedInputs:
    for old in folder.glob("mass_messages*"):
        old.unlink()
    (folder / "caption_bank.csv").write_text(BANK)
    for name, text in files.items():
        (folder / f"mass_messages_{name}.csv").write_text(HEADER + text)
    return read_inputs(folder)


def messages(folder: Path, **files: str) -> pd.DataFrame:
    rows = read(folder, **files).tables["mass_messages"]
    return rows.sort_values("row_id", ignore_index=True)


def test_whole_overlapping_and_shuffled_are_the_same(tmp_path: Path) -> None:
    whole = messages(tmp_path, all="".join(ROWS))
    shuffled = random.Random(5).sample(ROWS, len(ROWS))
    assert len(whole) == len(ROWS)
    assert_frame_equal(messages(tmp_path, all="".join(shuffled)), whole)
    parts = {"a": "".join(ROWS[:40]), "b": "".join(ROWS[20:]), "c": "".join(shuffled[:30])}
    assert_frame_equal(messages(tmp_path, **parts), whole)
    assert_frame_equal(messages(tmp_path, twice="".join(ROWS + ROWS)), whole)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_later_counts_replace_earlier_ones_whatever_the_files_are_called(
    tmp_path: Path, order: str
) -> None:
    early, late = order
    files = {early: row(1, views=50), late: row(1, views=80)}
    found = read(tmp_path, **files)
    assert found.tables["mass_messages"]["viewed_count"].tolist() == [80]
    assert found.replaced == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",PPV,", ",Bump,", "message_type is PPV in mass_messages_a.csv line 3, Bump in mass_"),
        (",9,1000,", ",12,1000,", "price is 9.0 in mass_messages_a.csv line 3, 12.0 in mass_"),
    ],
)
def test_files_that_disagree_on_more_than_counts_are_said_and_the_newest_row_counts(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    later = row(1, views=80).replace(old, new)
    found = read(tmp_path, a=row(2) + row(1), b=later)
    [note] = [str(each) for each in found.notes if "differ" in str(each)]
    assert note.startswith(
        "mass_messages: 1 message differs between files in more than counts; the newest row "
        f"counts: {said}messages_b.csv line 2"
    )
    kept = found.tables["mass_messages"].set_index("message").loc["Soup 1"]
    assert (kept["message_type"], kept["price"]) == (
        ("Bump", 9.0) if "Bump" in new else ("PPV", 12.0)
    )


def test_a_value_that_one_file_lacks_is_no_disagreement(tmp_path: Path) -> None:
    found = read(tmp_path, a=row(1), b=row(1).replace(",9,1000,", ",,1000,"))
    assert not [note for note in found.notes if "differ" in str(note)]


def test_the_time_of_counting_goes_before_the_counts(tmp_path: Path) -> None:
    rows = row(1, views=80, counted="2025-11-01T00:00:00Z") + row(
        1, views=70, counted="2025-11-05T00:00:00Z"
    )
    found = read(tmp_path, all=rows + rows)
    assert found.replaced == 3
    kept = found.tables["mass_messages"].sort_values("counted_at")
    assert kept["viewed_count"].tolist() == [80, 70], "how counts grew tells how they ripen"
    assert kept["row_id"].nunique() == 1


def test_the_same_text_in_another_minute_or_page_is_another_message(tmp_path: Path) -> None:
    again = ROWS[1].replace(":00:00Z", ":01:00Z", 1)
    other = ROWS[1].replace("page_1", "page_2")
    assert len(messages(tmp_path, all=ROWS[1] + again + other)) == 3
    assert len(messages(tmp_path, all=ROWS[1] + ROWS[1].replace(":00:00Z", ":00:59Z", 1))) == 1
    assert len(messages(tmp_path, all=ROWS[1] + ROWS[1].replace("Soup 1", "SOUP 1!"))) == 1


def test_scheduled_and_withdrawn_messages_keep_their_status(tmp_path: Path) -> None:
    rows = row(1) + row(2, status="scheduled") + row(3, status="Withdrawn") + row(4, status="")
    found = read(tmp_path, all=rows)
    rows_of = found.tables["mass_messages"]
    assert rows_of["message"].tolist() == ["Soup 1", "Soup 2", "Soup 3", "Soup 4"]
    assert rows_of["status"].tolist() == ["sent", "scheduled", "withdrawn", None]
    assert "mass_messages: 1 scheduled, not sent yet: no facts" in map(str, found.notes)
    assert "mass_messages: 1 withdrawn: they count until then" in map(str, found.notes)


def test_a_status_in_other_words_is_refused_until_they_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="status 'unsent' is not one of sent, scheduled, with"):
        read(tmp_path, all=row(1, status="unsent"))
    mapping = tmp_path / "eros_import.toml"
    mapping.write_text('[formats]\nwords = { unsent = "withdrawn" }\n')
    assert len(messages(tmp_path, all=row(1, status="unsent"))) == 1
    mapping.write_text('[mass_messages]\nignore = "Status"\n')
    assert len(messages(tmp_path, all=row(1, status="unsent"))) == 1
