"""What is wrong in files is said at once: file, row, column, rule."""

import gzip
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eros_assets.errors import ErosError
from eros_assets.importing.inputs import read_inputs
from eros_assets.importing.mistakes import InputFileError
from tests.importing.conftest import BANK, FILES, Spoil


def lines_of(folder: Path) -> list[str]:
    with pytest.raises(InputFileError) as caught:
        read_inputs(folder)
    return str(caught.value).splitlines()


MISTAKES = [
    ("caption_bank budget -> gold", "line 5: price_tier 'gold' is not one of budget, mid, premium"),
    ("caption_bank true -> maybe", "line 3: has_urgency 'maybe' is not True or False (or yes, no"),
    (
        "caption_bank \n3, -> \n,",
        "line 5: caption_id is missing: write a whole number such as 1000471",
    ),
    ("caption_bank budget -> ", "line 5: price_tier is missing: write one of budget, mid, pre"),
    ("caption_bank clay_and_kiln -> ☆", "line 3: page_name '☆' is not lower-case"),
    (
        "caption_bank \n3, -> \n-2141578500986492765,",
        "line 5: caption_id -2141578500986492765 is in",
    ),
    ("mass_messages 00 UTC -> 00", "line 5: sending_time '2025-10-03 17:00:00' has no time zone: "),
    (
        "mass_messages 2025-10-03 17 -> 3/10/2025 17",
        "line 5: sending_time '3/10/2025 17:00:00 UTC' ",
    ),
    (
        "mass_messages 2025-10-03 -> 2025-13-03",
        "line 5: sending_time '2025-13-03 17:00:00 UTC' is ",
    ),
    ("mass_messages 280.0 -> 280.5", "line 3: sent_count '280.5' is not a whole number"),
    (
        "mass_messages -2141578500986492765 -> -2.1e18",
        "line 3: caption_id '-2.1e18' is not a whole",
    ),
    (
        "mass_messages 7512 -> 97512",
        "line 2: caption_id '97512345678901234567' is outside the range",
    ),
    ("mass_messages 12.5 -> 12.5x", "line 2: price '12.5x' is not a finite number"),
    ("mass_messages 12.5 -> 1e999", "line 2: price '1e999' is not a finite number"),
    ("creators maya_cooks -> мая", "line 3: page_name 'мая' is not lower-case"),
    ("creators maya_cooks -> clay_and_kiln", "line 3: page_name 'clay_and_kiln' is in line 2 alr"),
    ("creators Clay & Kiln -> Clay, Kiln", "line 2: has 4 columns, the header 3: is a quote not"),
    ("creators display_name -> displayname2", "unknown column 'displayname2': did you mean displ"),
    ("creators page_name, -> display_name,", "column display_name is there 2 times"),
    (
        "creator_caption_restrictions bump -> bump;silver",
        "line 3: restricted_price_tiers 'silver' is not one of budget, mid, premium, bump",
    ),
    (
        'creator_caption_restrictions "[""tutorial""]" -> [\'tutorial\']',
        "line 3: restricted_categories \"['tutorial']\" is not a list: write a JSON array",
    ),
    (
        "creator_caption_restrictions bump,, -> bump,(?<=a)b,",
        "line 3: blocked_patterns '(?<=a)b' is not an RE2 pattern: invalid perl operator",
    ),
]


@pytest.mark.parametrize(("change", "expected"), MISTAKES)
def test_a_mistake_is_named_with_its_place_and_rule(
    spoil: Spoil, change: str, expected: str
) -> None:
    table, _, pieces = change.partition(" ")
    old, _, new = pieces.partition(" -> ")
    found = lines_of(spoil(f"{table}.csv", old, new))
    colon = " " if expected.startswith("line") else ": "
    assert any(line.startswith(f"{table}.csv{colon}{expected}") for line in found), found


def test_a_word_of_a_tier_is_refused_with_what_to_write(spoil: Spoil) -> None:
    with pytest.raises(InputFileError) as caught:
        read_inputs(spoil("caption_bank.csv", "budget", "Gold"))
    assert str(caught.value).endswith(
        "line 5: price_tier 'Gold' is not one of budget, mid, premium, bump: say what it means in "
        'eros_import.toml, under [formats], such as words = { "gold" = "budget" }'
    )


def test_it_is_one_of_our_errors_with_its_parts(spoil: Spoil) -> None:
    with pytest.raises(ErosError) as caught:
        read_inputs(spoil("caption_bank.csv", "budget", "gold"))
    assert isinstance(caught.value, InputFileError)
    mistake = caught.value.mistakes[0]
    assert (mistake.file, mistake.row, mistake.column) == (
        "caption_bank.csv",
        "line 5",
        "price_tier",
    )


def test_a_missing_column_is_said_with_those_wanted_and_those_there(spoil: Spoil) -> None:
    short = "display_name,is_active\nMaya,1\n"
    [line] = lines_of(spoil("creators.csv", FILES["creators.csv"], short))
    assert line == (
        "creators.csv: missing column page_name (wanted: page_name, display_name, is_active; "
        "there: display_name, is_active): `python -m eros_assets inspect` proposes a mapping"
    )


def test_several_missing_columns_are_one_line(folder: Path) -> None:
    (folder / "caption_bank.csv").write_text("caption_id,caption_id\n")
    assert any(
        line.startswith("caption_bank.csv: missing columns caption_text, price_tier (wanted: ")
        for line in lines_of(folder)
    )


def test_lines_are_counted_through_values_blank_lines_and_misshapen_rows(folder: Path) -> None:
    text = (
        BANK + '4,"a\r\nb\n\nc",recipe,mid,0,,1,\n\n5,too,short\n"6\n",x\n7,x,recipe,gold,0,,1,\n'
    )
    (folder / "caption_bank.csv").write_text(text, newline="")
    wanted = text[: text.index("7,x,")].replace("\r\n", "\n").count("\n") + 1
    found = lines_of(folder)
    assert any(line.startswith(f"caption_bank.csv line {wanted}: price_tier") for line in found)
    assert any(line.startswith(f"caption_bank.csv line {wanted - 3}: has 3 col") for line in found)
    assert any(line.startswith(f"caption_bank.csv line {wanted - 2}: has 2 col") for line in found)


def test_all_kinds_are_shown_and_many_of_a_kind_are_counted(folder: Path) -> None:
    rows = "".join(f"{n},x,recipe,gold,maybe,,True,\n" for n in range(10, 5010))
    (folder / "caption_bank.csv").write_text(BANK + rows)
    (folder / "creators.csv").write_text("page_name,is_activ\n☆,1\n")
    found = lines_of(folder)
    assert "caption_bank.csv: 4,997 more like it in price_tier" in found
    assert "caption_bank.csv: 4,997 more like it in has_urgency" in found
    assert sum("'gold'" in line for line in found) == 3
    assert any("'is_activ': did you mean is_active?" in line for line in found)
    assert any("'☆' is not lower-case" in line for line in found)


def test_a_long_list_of_kinds_is_cut(folder: Path) -> None:
    for n in range(25):
        (folder / f"creators_{n}.csv").write_text("page_name\n☆\n")
    found = lines_of(folder)
    assert len(found) == 21
    assert re.fullmatch(r"... and [0-9]+ other kinds of mistakes", found[-1])


def test_text_that_is_not_utf8_is_located(folder: Path) -> None:
    text = BANK.replace("Soup", "Crème").encode("latin-1") + "4,Été,recipe,mid,0,,1,".encode()
    (folder / "caption_bank.csv").write_bytes(text)
    [line] = lines_of(folder)
    assert line == (
        r"caption_bank.csv line 5: caption_text 'Cr\\xe8me' is not UTF-8 text: save the file as "
        'UTF-8, or name its encoding in eros_import.toml, such as encoding = "windows-1252"'
    )


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_a_text_of_parquet_that_is_not_utf8_is_named_with_its_row(
    folder: Path, kind: pa.DataType
) -> None:
    """Some programs store other bytes, or half of an emoji, as text."""
    texts = [b"Stew", b"half \xed\xa0\xbd", b"Bread"]
    size = 8 if kind == pa.large_string() else 4
    ends = b"".join(n.to_bytes(size, "little") for n in (0, 4, 12, 17))
    text = pa.Array.from_buffers(kind, 3, [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))])
    bank = pa.table({"caption_text": text, "price_tier": ["mid", "mid", "mid"]})
    (folder / "caption_bank.csv").unlink()
    pq.write_table(bank, folder / "caption_bank.parquet")
    [line] = [each for each in lines_of(folder) if "UTF-8" in each]
    assert line.startswith("caption_bank.parquet row 2: caption_text 'half ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("caption_bank.csv", b""),
        ("caption_bank.csv", BANK.encode("utf-16")[:-1]),
        ("caption_bank.csv", BANK.replace("Soup", "Суп дня").encode("windows-1251")),
        ("caption_bank.csv", BANK.replace("Soup", "żółty").encode("windows-1250")),
        ("caption_bank.xlsx", b"this is no workbook"),
        ("caption_bank.csv.gz", b"this is no gzip file"),
        ("caption_bank.csv.gz", gzip.compress(BANK.encode())[:-20]),
        ("caption_bank.parquet", b"PAR1 but not really"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, name: str, content: bytes) -> None:
    (folder / "caption_bank.csv").unlink()
    (folder / name).write_bytes(content)
    [line] = lines_of(folder)
    assert line.startswith(f"{name}: can't be read: ")


def test_a_table_given_twice_is_refused(folder: Path) -> None:
    (folder / "creators.csv.gz").write_bytes(gzip.compress(FILES["creators.csv"].encode()))
    [line] = lines_of(folder)
    assert line.endswith("creators.csv and creators.csv.gz are the same table: keep one of them")


@pytest.mark.parametrize("name", ["mass_messages", "caption_bank"])
def test_a_table_that_must_be_there_is_missed(folder: Path, name: str) -> None:
    (folder / f"{name}.csv").rename(folder / f"{name}.ods")
    [line] = lines_of(folder)
    assert line.startswith(f"{folder}: no {name}.csv, .csv.gz, .tsv, .parquet or .xlsx (there is ")
    assert f"(there is {name}.ods): name its files in eros_import.toml" in line


def test_no_folder_no_inputs(tmp_path: Path) -> None:
    assert lines_of(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'} is not a folder"]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("is_active", [2], "creators.parquet row 1: is_active 2 is not True or False"),
        ("display_name", [7.5], "creators.parquet: display_name is stored as double, not as STR"),
        ("page_name", ["☆"], "creators.parquet row 1: page_name '☆' is not lower-case letters"),
    ],
)
def test_parquet_of_the_wrong_type_is_refused(
    folder: Path, column: str, values: list[object], expected: str
) -> None:
    (folder / "creators.csv").unlink()
    columns = {"page_name": ["a"], "display_name": ["A"], "is_active": [True]} | {column: values}
    pq.write_table(pa.table(columns), folder / "creators.parquet")
    [line] = lines_of(folder)
    assert line.startswith(expected)


@pytest.mark.parametrize(
    ("column", "values", "rule"),
    [
        ("caption_id", pa.array([1.0, 2.0**60]), "row 2: caption_id 1.152921504606847e+18 is bey"),
        ("caption_id", pa.array([1.5, 2.0]), "row 1: caption_id 1.5 is not a whole number"),
        ("caption_id", pa.array([2**63, 1], pa.uint64()), "row 1: caption_id 9223372036854775808 "),
        (
            "created_at",
            pa.array([0, 1], pa.timestamp("us")),
            "row 1: created_at 1970-01-01T00:00:00 has no",
        ),
    ],
)
def test_parquet_values_that_lose_their_meaning_are_refused(
    folder: Path, column: str, values: pa.Array, rule: str
) -> None:
    (folder / "caption_bank.csv").unlink()
    columns: dict[str, object] = {
        "caption_id": [1, 2],
        "caption_text": ["a", "b"],
        "content_category": ["x", "x"],
        "price_tier": ["mid", "mid"],
        "has_urgency": [True, False],
        "page_name": [None, None],
        "is_active": [True, True],
        "created_at": pa.array([None, None], pa.timestamp("us", "UTC")),
    }
    pq.write_table(pa.table(columns | {column: values}), folder / "caption_bank.parquet")
    assert lines_of(folder)[0].startswith(f"caption_bank.parquet {rule}")
