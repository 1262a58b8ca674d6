"""A second history is merged for all imports to come, counted once, and can be left out again."""

from pathlib import Path

import pytest

from eros_assets.agency.histories import (
    HistoryError,
    merge_history,
    read_histories,
    unmerge_history,
)
from eros_assets.agency.identity import agency_of
from eros_assets.importing.inputs import ImportedInputs
from eros_assets.importing.mistakes import InputFileError
from eros_assets.settings import Settings
from tests.importing.conftest import BANK, CREATORS, MESSAGES

HEADER = MESSAGES.splitlines()[0] + "\n"
BANK_HEADER = BANK.splitlines()[0] + "\n"
MORE = HEADER + (
    "3,maya_cooks,Soup,2025-10-03 17:00:00 UTC,9,100,60,2,18,PPV,\n"
    "9,other_page,Stew,2025-10-04T17:00:00Z,9,100,50,1,9,PPV,9\n"
)
MORE_BANK = BANK_HEADER + "9,Stew,recipe,mid,0,,True,\n3,soup!,recipe,mid,0,,True,\n"


def history(folder: Path, messages: str = MORE, bank: str = MORE_BANK) -> Path:
    folder.mkdir()
    (folder / "mass_messages.csv").write_text(messages, encoding="utf-8")
    (folder / "caption_bank.csv").write_text(bank, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    first = history(tmp_path / "first", MESSAGES, BANK)
    (first / "creators.csv").write_text(CREATORS, encoding="utf-8")
    return Settings(home=tmp_path / "home", env="local", import_dir=first)


def ids(inputs: ImportedInputs) -> list[int]:
    return sorted(int(n) for n in inputs.tables["mass_messages"]["row_id"])


def test_both_histories_are_imported_from_then_on_each_message_once(
    settings: Settings, tmp_path: Path
) -> None:
    second = history(tmp_path / "second")
    merge_history(settings, second, "second")
    for file in second.iterdir():
        file.unlink()  # the home has a copy
    inputs = read_histories(settings)
    assert ids(inputs) == [1, 2, 3, 9]
    messages = inputs.tables["mass_messages"].set_index("row_id")
    assert messages.loc[3, "viewed_count"] == 60  # the later count
    bank = inputs.tables["caption_bank"].set_index("caption_id")
    assert bank.loc[3, "caption_text"] == "Soup"
    assert 9 in bank.index
    assert sorted(inputs.tables["creators"]["page_name"]) == [
        *("clay_and_kiln", "maya_cooks"),
        "other_page",
    ]
    assert "history second: 2 messages, 1 of them known already" in map(str, inputs.notes)


def test_a_history_can_be_left_out_again_and_merged_anew(
    settings: Settings, tmp_path: Path
) -> None:
    second = history(tmp_path / "second")
    merge_history(settings, second, "second")
    with pytest.raises(HistoryError, match="a history second was merged already"):
        merge_history(settings, second, "second")
    kept = unmerge_history(settings, "second")
    assert ids(read_histories(settings)) == [1, 2, 3]
    assert (kept / "mass_messages.csv").read_text(encoding="utf-8") == MORE
    merge_history(settings, second, "second")
    assert ids(read_histories(settings)) == [1, 2, 3, 9]
    with pytest.raises(HistoryError, match="no history third was merged; there is second"):
        unmerge_history(settings, "third")


@pytest.mark.parametrize(
    ("messages", "bank", "said"),
    [
        (MORE.replace("2025-10-03 17:00", "2025-10-03 18:00"), MORE_BANK, "row_id 3 is another"),
        (MORE.replace("3,maya_cooks", "3,other_page"), MORE_BANK, "row_id 3 is another message"),
        (MORE, MORE_BANK.replace("soup!", "Salad"), "caption_id 3 is another caption in second"),
        (MORE.replace("100,60", "100,x"), MORE_BANK, "viewed_count 'x' is not a whole number"),
    ],
)
def test_what_can_not_be_put_together_is_refused_and_nothing_is_kept(
    settings: Settings, tmp_path: Path, messages: str, bank: str, said: str
) -> None:
    with pytest.raises(InputFileError, match=said):
        merge_history(settings, history(tmp_path / "second", messages, bank), "second")
    assert agency_of(settings.home) is None
    assert not settings.home.exists()


def test_the_sample_is_merged_with_nothing(tmp_path: Path) -> None:
    second = history(tmp_path / "second")
    with pytest.raises(HistoryError, match="set EROS_IMPORT_DIR to the first history"):
        merge_history(Settings(home=tmp_path / "home", env="local"), second, "second")
