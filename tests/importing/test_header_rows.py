"""A header of two rows is read as one where one row does not name the columns; data is not."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pandas.testing import assert_frame_equal

from eros_assets.__main__ import main
from eros_assets.importing.header_rows import Wanted, header_of, joined_names
from eros_assets.importing.inputs import ImportedInputs, read_inputs
from eros_assets.importing.mapping import parse_mapping
from eros_assets.importing.mistakes import InputFileError
from eros_assets.importing.proposal import proposed_mapping
from tests.importing.conftest import MESSAGES
from tests.importing.test_shapes import PLAIN, ROWS, Files, number_or_text, workbook, written

UPPER = "row,page,,sending,,sent,viewed,purchased,,message,caption\n"
LOWER = "id,name,message,time,price,count,count,count,earnings,type,id\n"
DATA = "".join(ROWS)
NAMED = "ID,Page,Message,Sent,Price,Sent,Opened,Sold,Earned,Kind,Caption\n"
PARTS = "no,name,text,date,asked,count,count,count,gross,,number\n"
MAPPED = """\
[mass_messages.columns]
row_id = "ID no"
message = "Message text"
sending_time = "Sent date"
price = "Price asked"
sent_count = "Sent count"
viewed_count = "Opened count"
purchased_count = "Sold count"
earnings = "earned GROSS"
message_type = "Kind"
caption_id = "Caption number"
"""
ONE_PART = MAPPED.replace("Message text", "Message").replace("Price asked", "asked")
HALF_MERGED = (
    "row_id,page_name,message,sending_time,price,Counts,,,earnings,message_type,caption_id\n"
)
COUNTS = ",,,,,sent_count,viewed_count,purchased_count,,,\n"
WINDOWS = PLAIN.replace("viewed_count", "Views").replace("purchased_count", "Views")
DAYS = ",,,,,,7d,30d,,,\n"
OF_DAYS = """\
[mass_messages]
columns.viewed_count = "Views 7d"
columns.purchased_count = "Views 30d"
"""


def rows_of(text: str) -> list[list[Any]]:
    """The rows of a sheet for lines without quoted commas."""
    lines = (line.replace('"Crème, stew"', "Crème; stew").split(",") for line in text.splitlines())
    return [[number_or_text(cell.replace(";", ",")) for cell in line] for line in lines]


def semicolons(text: str) -> str:
    commas = text.replace('"Crème, stew"', "Crème_ stew").replace(",", ";")
    return commas.replace("Crème_ stew", '"Crème, stew"')


TWO_ROWS: dict[str, tuple[Files, str]] = {
    "groups over parts, no mapping": ({"mass_messages.csv": UPPER + LOWER + DATA}, ""),
    "semicolons": ({"mass_messages.csv": semicolons(UPPER + LOWER + DATA)}, ""),
    "tabs": ({"mass_messages.tsv": semicolons(UPPER + LOWER + DATA).replace(";", "\t")}, ""),
    "windows line ends": (
        {"mass_messages.csv": (UPPER + LOWER + DATA).replace("\n", "\r\n")},
        "",
    ),
    "an upper row without its empty end": (
        {
            "mass_messages.csv": UPPER.replace(",caption\n", "\n")
            + LOWER.replace("type,id", "type,caption_id")
            + DATA
        },
        "",
    ),
    "parts that the mapping names": ({"mass_messages.csv": NAMED + PARTS + DATA}, MAPPED),
    "the lower or the upper name alone": ({"mass_messages.csv": NAMED + PARTS + DATA}, ONE_PART),
    "names above, and parts below one of them": (
        {"mass_messages.csv": HALF_MERGED + COUNTS + DATA},
        "",
    ),
    "title lines above": (
        {"mass_messages.csv": "Report of October\nAll pages\n\n" + UPPER + LOWER + DATA},
        "",
    ),
    "an empty line between": ({"mass_messages.csv": UPPER + "\n" + LOWER + DATA}, ""),
    "units below": (
        {"mass_messages.csv": UPPER + LOWER + ",,,[UTC],(USD),,,,(USD),,\n" + DATA},
        "",
    ),
    "both rows again between the data": (
        {"mass_messages.csv": UPPER + LOWER + ROWS[0] + UPPER + LOWER + ROWS[1] + ROWS[2]},
        "",
    ),
    "the first of the two is named": (
        {"mass_messages.csv": "sent,viewed\n" + UPPER + LOWER + DATA},
        "[mass_messages]\nheader_line = 2\n",
    ),
    "names with numbers that the mapping says are a header": (
        {
            "mass_messages.csv": WINDOWS.splitlines(keepends=True)[0] + DAYS + DATA,
        },
        OF_DAYS.replace("columns.", "header_rows = 2\ncolumns.", 1),
    ),
    "a workbook with merged groups": (
        {
            "mass_messages.xlsx": workbook(
                merged="B1:C1 D1:E1 H1:I1", Sheet1=rows_of(UPPER + LOWER + DATA)
            )
        },
        "",
    ),
    "a workbook with groups that stand in the first of their columns": (
        {"mass_messages.xlsx": workbook(Sheet1=rows_of(UPPER + LOWER + DATA))},
        "",
    ),
    "a workbook with titles, merged over the whole": (
        {
            "mass_messages.xlsx": workbook(
                merged="A1:K1 B3:C3 D3:E3 H3:I3",
                Sheet1=[["Report of October"], [], *rows_of(UPPER + LOWER + DATA)],
            )
        },
        "",
    ),
    "a workbook whose header row is named": (
        {"mass_messages.xlsx": workbook(Sheet1=rows_of("sent,viewed\n" + UPPER + LOWER + DATA))},
        "[mass_messages]\nheader_line = 2\nheader_rows = 2\n",
    ),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> ImportedInputs:
    return read_inputs(written(tmp_path_factory.mktemp("plain"), {"mass_messages.csv": PLAIN}, ""))


@pytest.mark.parametrize("name", TWO_ROWS)
def test_two_rows_are_one_header(name: str, tmp_path: Path, expected: ImportedInputs) -> None:
    files, mapping = TWO_ROWS[name]
    read = read_inputs(written(tmp_path, files, mapping))
    assert_frame_equal(read.tables["mass_messages"], expected.tables["mass_messages"])
    assert any(" are one header: " in note.text for note in read.notes)


def test_what_is_read_as_a_header_is_said_with_its_lines(tmp_path: Path) -> None:
    files: Files = {"mass_messages.csv": "Report\n\n" + UPPER + LOWER + DATA}
    titles, header = [str(note) for note in read_inputs(written(tmp_path, files, "")).notes[:2]]
    assert titles == "mass_messages.csv: 1 line above the header left out"
    assert header == (
        "mass_messages.csv: lines 3 and 4 are one header: row id, page name, message, "
        "sending time, price, sent count, viewed count, purchased count, earnings, message type, "
        "caption id"
    )


def test_lines_are_counted_from_the_first_of_the_file(tmp_path: Path) -> None:
    text = "Report\n\n" + UPPER + LOWER + DATA.replace("1280", "many")
    with pytest.raises(InputFileError, match=r"csv line 5: sent_count 'many' is not a whole"):
        read_inputs(written(tmp_path, {"mass_messages.csv": text}, ""))


WORDS = {
    "a first row of words": (
        "caption_text,price_tier,content_category\nprice,mid,caption\nSoup,budget,craft\n",
        "",
        ["price", "Soup"],
    ),
    "words that would make names of mapped columns": (
        "Caption,Price\nText,mid\nSoup,budget\n",
        '[caption_bank.columns]\ncaption_text = "Caption"\nprice_tier = "Price"\n',
        ["Text", "Soup"],
    ),
    "a name that is one alone": (
        "caption_text,price_tier,page\nname,mid,\nSoup,budget,\n",
        "",
        ["name", "Soup"],
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_first_row_of_words_is_data_where_the_row_above_names_the_columns(
    name: str, tmp_path: Path
) -> None:
    bank, mapping, texts = WORDS[name]
    read = read_inputs(
        written(tmp_path, {"mass_messages.csv": MESSAGES, "caption_bank.csv": bank}, mapping)
    )
    assert read.tables["caption_bank"]["caption_text"].tolist() == texts


def test_a_row_of_data_completes_no_header_that_lacks_a_column(tmp_path: Path) -> None:
    lacking = "caption_text,Tier\nprice,mid\nSoup,budget\n"
    files: Files = {"mass_messages.csv": MESSAGES, "caption_bank.csv": lacking}
    with pytest.raises(InputFileError) as caught:
        read_inputs(written(tmp_path, files, ""))
    [line] = str(caught.value).splitlines()
    assert "missing column price_tier (wanted: " in line
    assert "there: caption_text, Tier)" in line


def test_a_row_with_numbers_may_be_either_and_both_readings_are_said(tmp_path: Path) -> None:
    text = WINDOWS.splitlines(keepends=True)[0] + DAYS + DATA
    with pytest.raises(InputFileError) as caught:
        read_inputs(written(tmp_path, {"mass_messages.csv": text}, OF_DAYS))
    first = str(caught.value).splitlines()[0]
    assert "names the column 'Views 7d', which is not in the file" in first
    assert first.endswith(
        "; if lines 1 and 2 are one header (row_id, page_name, message, sending_time, price, "
        "sent_count, Views 7d, Views 30d, earnings, message_type, caption_id), write header_rows = "
        "2, and header_rows = 1 if line 2 is data under [mass_messages] in eros_import.toml"
    )


def test_a_header_that_lacks_a_column_is_said_with_its_other_reading(tmp_path: Path) -> None:
    lacking = (UPPER + LOWER).replace("viewed", "clicked")
    with pytest.raises(InputFileError) as caught:
        read_inputs(written(tmp_path, {"mass_messages.csv": lacking + DATA}, ""))
    [line] = str(caught.value).splitlines()
    assert "missing column viewed_count (wanted: " in line
    assert (
        "lines 1 and 2 are read as one header; if line 1 alone is the header (row, page, " in line
    )
    assert line.endswith("write header_rows = 1 under [mass_messages] in eros_import.toml")


def test_one_row_is_one_row_where_the_mapping_says_so(tmp_path: Path) -> None:
    files: Files = {"mass_messages.csv": UPPER + LOWER + DATA}
    with pytest.raises(InputFileError, match="missing columns page_name, sending_time, "):
        read_inputs(written(tmp_path, files, "[mass_messages]\nheader_rows = 1\n"))


def test_a_row_of_a_sheet_that_is_not_there_is_said(tmp_path: Path) -> None:
    files: Files = {"mass_messages.xlsx": workbook(Sheet1=rows_of(PLAIN))}
    with pytest.raises(InputFileError, match=r"has no text in row 99 \(header_line\)"):
        read_inputs(written(tmp_path, files, "[mass_messages]\nheader_line = 99\n"))


def test_a_merged_title_names_only_the_columns_that_it_is_merged_over() -> None:
    wanted = Wanted(frozenset({"sentdate", "sentcount", "text"}))
    upper, lower = ["Sent", "", ""], ["date", "count", "who"]
    assert joined_names(upper, lower, wanted) == ("Sent date", "Sent count", "Sent who")
    assert joined_names(upper, lower, wanted, [(0, 1)]) == ("Sent date", "Sent count", "who")


def test_a_name_that_two_columns_have_below_is_no_name_alone() -> None:
    wanted = Wanted(frozenset({"sentdate", "date"}))
    names = joined_names(["Sent", "Updated"], ["date", "date"], wanted)
    assert names == ("Sent date", "Updated date")


def test_equal_readings_are_the_one_row() -> None:
    header = header_of(
        [["Counts", ""], ["sent", "viewed"], ["3", "2"]], Wanted(frozenset({"sent"}))
    )
    assert header is not None
    assert (header.names, header.other) == (("sent", "viewed"), None)


def test_a_split_header_is_proposed_with_its_rows_and_loads(tmp_path: Path) -> None:
    text = (
        "Kiln studio,,,,,,\n"
        "Page,Message,Sent,Sent,Opened,Sold,Earned\n"
        "handle,body,date,count,count,count,gross\n"
        'Maya,Kiln day,2025-10-01 10:00,1280,140,2,"25,00"\n'
        'Maya,Soup,2025-10-02 10:00,980,150,0,"0,00"\n'
    )
    (tmp_path / "october.csv").write_text(text, encoding="utf-8")
    toml = proposed_mapping(tmp_path).toml
    assert "header_rows = 2\n" in toml
    assert 'sending_time = "Sent date"  # 2025-10-01 10:00' in toml
    assert 'viewed_count = "Opened"' in toml
    read = read_inputs(tmp_path, parse_mapping(toml)).tables["mass_messages"]
    assert read["sent_count"].tolist() == [1280, 980]
    assert read["earnings"].tolist() == [25.0, 0.0]
    assert read["page_name"].tolist() == ["maya", "maya"]


def test_inspect_says_which_rows_are_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "files"
    folder.mkdir()
    written(folder, {"mass_messages.csv": UPPER + LOWER + DATA}, "")
    said = CliRunner().invoke(main, ["inspect", str(folder)])
    assert said.exit_code == 0, said.output
    assert "No mapping is needed." in said.output
    assert "mass_messages.csv: lines 1 and 2 are one header: row id, page name" in said.output
