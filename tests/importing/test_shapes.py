"""One history in the shapes that people's files have: each loads to the same tables."""

import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from eros_assets.importing.inputs import ImportedInputs, read_inputs
from eros_assets.importing.mistakes import InputFileError
from tests.importing.conftest import BANK, MESSAGES

Files = Mapping[str, str | bytes]

PLAIN = """\
row_id,page_name,message,sending_time,price,sent_count,viewed_count,purchased_count,earnings,message_type,caption_id
1,maya_cooks,"Crème, stew",2025-10-01T17:00:00Z,12.5,1280,140,2,25.0,PPV,11
2,maya_cooks,Bread & butter,2025-10-02T17:30:00Z,,980,150,0,0,Bump,
3,clay_and_kiln,Kiln day,2025-10-03T17:00:00Z,9,1100,50,1,9,PPV,12
"""
HEADER, *ROWS = PLAIN.splitlines(keepends=True)
ZONE = '[formats]\ntime_zone = "America/Los_Angeles"\n'


def rewritten(change: Callable[[str], str]) -> str:
    """The header with each name changed, and the rows as they are."""
    return ",".join(change(name) for name in HEADER.strip().split(",")) + "\n" + "".join(ROWS)


def separated(mark: str) -> str:
    frame = pd.read_csv(io.StringIO(PLAIN), dtype=str, keep_default_na=False)
    return frame.to_csv(sep=mark, index=False)


def columns(**changed: Any) -> pa.Table:
    """The history as a table of Parquet, some columns stored otherwise."""
    table = pacsv.read_csv(pa.BufferReader(PLAIN.encode()))
    given = {name: table.column(name) for name in table.schema.names}
    return pa.table(given | changed)


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT = f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'


@dataclass(frozen=True)
class Raw:
    """A cell as the workbook's XML has it: attributes, and what is in it."""

    attributes: str
    content: str


def formula(text: str, value: str = "") -> Raw:
    return Raw("", f"<f>{text}</f>{value}")


def workbook(merged: str = "", **sheets: list[list[Any]]) -> bytes:
    """A workbook as spreadsheets write it: text in place, numbers as numbers.

    `merged` are the ranges of merged cells, separated by spaces.
    """
    ranges = "".join(f'<mergeCell ref="{each}"/>' for each in merged.split())
    merges = f"<mergeCells>{ranges}</mergeCells>" if merged else ""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}">{DOCUMENT}</Relationships>')
        names = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>'
            for n, name in enumerate(sheets, start=1)
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/s{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        )
        for n, rows in enumerate(sheets.values(), start=1):
            body = "".join(
                f"<row r='{r}'>{''.join(cell(c, r, v) for c, v in enumerate(row))}</row>"
                for r, row in enumerate(rows, start=1)
            )
            book.writestr(
                f"xl/worksheets/s{n}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{merges}</worksheet>',
            )
    return buffer.getvalue()


def cell(column: int, row: int, value: Any) -> str:
    place = f"r='{chr(65 + column)}{row}'"
    if value is None or value == "":
        return ""
    if isinstance(value, Raw):
        return f"<c {place} {value.attributes}>{value.content}</c>"
    if isinstance(value, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c {place}><v>{value!r}</v></c>"


def sheet_rows(text: str = PLAIN) -> list[list[Any]]:
    """The rows of a sheet; what looks like a number is one."""
    frame = pd.read_csv(io.StringIO(text), header=None, dtype=str, keep_default_na=False)
    return [[number_or_text(v) for v in row] for row in frame.itertuples(index=False)]


def with_cell(row: int, column: int, value: Any) -> list[list[Any]]:
    """The rows of a sheet, one cell of them changed; row and column from 0."""
    rows = sheet_rows()
    rows[row][column] = value
    return rows


def number_or_text(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


LOCAL = PLAIN.replace("2025-10-01T17:00:00Z", "2025-10-01 10:00:00").replace(
    "2025-10-02T17:30:00Z", "2025-10-02 10:30:00"
)
LOCAL = LOCAL.replace("2025-10-03T17:00:00Z", "2025-10-03 10:00:00")
RENAMED = PLAIN.replace("sent_count", "Recipients")
PEOPLE = PLAIN.replace("maya_cooks", "Maya Cooks").replace("clay_and_kiln", "Clay & Kiln")
FANS = HEADER.replace("\n", ",Fans\n") + "".join(ROWS).replace("\n", ",7\n")
UNITS = "id,page,text,UTC,USD,fans,fans,fans,USD,,id\n"
GROUPS = "Message,,,,,Counts,,,,,\n"
TWO_SHEETS = workbook(A=sheet_rows()[:3], B=[sheet_rows()[0], *sheet_rows()[3:]])
SERIALS = workbook(
    Sheet1=[
        sheet_rows()[0],
        *(
            [*row[:3], serial, *row[4:]]
            for row, serial in zip(
                sheet_rows()[1:],
                (45931.0 + 17 / 24, 45932.0 + 35 / 48, 45933.0 + 17 / 24),
                strict=True,
            )
        ),
    ]
)
COUNTS_BELOW = [None] * 5 + HEADER.split(",")[5:8]
TWO_ROWS = [*HEADER.split(",")[:5], "Counts", None, None, *HEADER.strip().split(",")[8:]]
TWICE = (
    '[[mass_messages]]\nfiles = "a.csv"\n'
    '[[mass_messages]]\nfiles = "b.csv"\ncolumns.sent_count = "Recipients"\n'
)
EPOCH = pa.array([0, 1, 2], pa.timestamp("s"))
TIMES = ["2025-10-01T17:00:00Z", "2025-10-02T17:30:00Z", "2025-10-03T17:00:00Z"]
TEXTS = [
    *((n, columns().column(n)) for n in columns().schema.names if n != "sending_time"),
    ("sending_time", pa.array(TIMES)),
]
NO_PAGE = "\n".join(
    line.replace("page_name,", "").replace("maya_cooks,", "") for line in PLAIN.splitlines()[:3]
)

SHAPES: dict[str, tuple[Files, str]] = {
    "plain": ({"mass_messages.csv": PLAIN}, ""),
    "gzip": ({"mass_messages.csv.gz": gzip.compress(PLAIN.encode())}, ""),
    "tsv": ({"mass_messages.tsv": separated("\t")}, ""),
    "text file with tabs": ({"mass_messages.txt": separated("\t")}, ""),
    "semicolons": ({"mass_messages.csv": separated(";")}, ""),
    "tabs": ({"mass_messages.csv": separated("\t")}, ""),
    "pipes": ({"mass_messages.csv": separated("|")}, ""),
    "sep line": ({"mass_messages.csv": "sep=;\r\n" + separated(";")}, ""),
    "sep line of commas": ({"mass_messages.csv": "sep=,\n" + PLAIN}, ""),
    "byte order mark": ({"mass_messages.csv": "\ufeff" + PLAIN}, ""),
    "byte order mark and sep line": ({"mass_messages.csv": "\ufeffsep=;\n" + separated(";")}, ""),
    "utf-16": ({"mass_messages.csv": PLAIN.encode("utf-16")}, ""),
    "utf-16 big endian": ({"mass_messages.csv": b"\xfe\xff" + PLAIN.encode("utf-16-be")}, ""),
    "utf-16 without mark": ({"mass_messages.csv": PLAIN.encode("utf-16-le")}, ""),
    "utf-16 with tabs, as Excel saves": (
        {"mass_messages.txt": separated("\t").encode("utf-16")},
        "",
    ),
    "windows-1252": ({"mass_messages.csv": PLAIN.encode("windows-1252")}, ""),
    "windows-1252 with semicolons": (
        {"mass_messages.csv": separated(";").encode("windows-1252")},
        "",
    ),
    "a named encoding": (
        {"mass_messages.csv": PLAIN.encode("mac_roman")},
        '[mass_messages]\nencoding = "mac_roman"\n',
    ),
    "a named delimiter": (
        {"mass_messages.csv": separated("^")},
        '[mass_messages]\ndelimiter = "^"\n',
    ),
    "windows line ends": ({"mass_messages.csv": PLAIN.replace("\n", "\r\n")}, ""),
    "old mac line ends": ({"mass_messages.csv": PLAIN.replace("\n", "\r")}, ""),
    "no line end at the end": ({"mass_messages.csv": PLAIN.rstrip("\n")}, ""),
    "blank lines": ({"mass_messages.csv": PLAIN.replace("\n", "\n\n")}, ""),
    "blank lines before the header": ({"mass_messages.csv": "\n\n" + PLAIN}, ""),
    "rows of commas at the end": ({"mass_messages.csv": PLAIN + ",,,,,,,,,,\n,,,,,,,,,,\n"}, ""),
    "one title line": ({"mass_messages.csv": "Message report\n" + PLAIN}, ""),
    "title lines": (
        {"mass_messages.csv": "Report of October\nfrom 1 to 3, all pages\n\n" + PLAIN},
        "",
    ),
    "a group row above the header": (
        {"mass_messages.csv": GROUPS + PLAIN},
        "",
    ),
    "a title with one quote": ({"mass_messages.csv": 'Prints of 5" and more\n' + PLAIN}, ""),
    "the header's line is named": (
        {"mass_messages.csv": HEADER + "about,the,next,header\n" + PLAIN},
        "[mass_messages]\nheader_line = 3\n",
    ),
    "a row of units below the header": (
        {
            "mass_messages.csv": HEADER
            + "id,page,text,UTC,USD,fans,fans,fans,USD,,id\n"
            + "".join(ROWS)
        },
        "",
    ),
    "units in brackets below some headers": (
        {"mass_messages.csv": HEADER + ",,,[UTC],(USD),,,,(USD),,\n" + "".join(ROWS)},
        "",
    ),
    "types below the header": (
        {
            "mass_messages.csv": HEADER
            + "INT64,STRING,STRING,TIMESTAMP,FLOAT64,INT64,INT64,INT64,FLOAT64,STRING,INT64\n"
            + "".join(ROWS)
        },
        "",
    ),
    "rows to skip are named": (
        {"mass_messages.csv": HEADER + "0,,x,,,,,,,,\n0,,y,,,,,,,,\n" + "".join(ROWS)},
        "[mass_messages]\nskip_after_header = 2\n",
    ),
    "the header again between rows": (
        {"mass_messages.csv": HEADER + ROWS[0] + ROWS[1] + HEADER + ROWS[2]},
        "",
    ),
    "empty columns at the end": (
        {"mass_messages.csv": PLAIN.replace("\n", ",,\n")},
        "",
    ),
    "rows longer by empty cells": (
        {"mass_messages.csv": HEADER + ROWS[0].replace("\n", ",,\n") + ROWS[1] + ROWS[2]},
        "",
    ),
    "an index column without a name": (
        {"mass_messages.csv": "," + HEADER + "".join(f"{n},{r}" for n, r in enumerate(ROWS))},
        "",
    ),
    "unknown columns": (
        {
            "mass_messages.csv": PLAIN.replace("\n", ",7\n").replace(
                "caption_id,7", "caption_id,Fans"
            )
        },
        "",
    ),
    "headers in capitals": ({"mass_messages.csv": rewritten(str.upper)}, ""),
    "headers as titles": (
        {"mass_messages.csv": rewritten(lambda n: n.replace("_", " ").title())},
        "",
    ),
    "headers with spaces around": ({"mass_messages.csv": rewritten(lambda n: f" {n} ")}, ""),
    "headers with dashes": (
        {"mass_messages.csv": rewritten(lambda n: n.replace("_", "-"))},
        "",
    ),
    "headers in camel case": (
        {"mass_messages.csv": rewritten(lambda n: n.title().replace("_", ""))},
        "",
    ),
    "headers in quotes": ({"mass_messages.csv": rewritten(lambda n: f'"{n}"')}, ""),
    "columns in another order": (
        {
            "mass_messages.csv": pd.read_csv(io.StringIO(PLAIN), dtype=str)
            .iloc[:, ::-1]
            .to_csv(index=False)
        },
        "",
    ),
    "everything quoted": (
        {
            "mass_messages.csv": pd.read_csv(
                io.StringIO(PLAIN), dtype=str, keep_default_na=False
            ).to_csv(index=False, quoting=1)
        },
        "",
    ),
    "a column under another name": (
        {"mass_messages.csv": RENAMED},
        '[mass_messages.columns]\nsent_count = "Recipients"\n',
    ),
    "a mapped name in another case": (
        {"mass_messages.csv": RENAMED},
        '[mass_messages.columns]\nsent_count = "recipients"\n',
    ),
    "another file name": (
        {"Stats October.csv": PLAIN},
        '[mass_messages]\nfiles = "Stats*.csv"\n',
    ),
    "one file for each month": (
        {
            "mass_messages_2025-10a.csv": HEADER + ROWS[0],
            "mass_messages_2025-10b.csv": HEADER + ROWS[1] + ROWS[2],
        },
        "",
    ),
    "files of several kinds": (
        {
            "mass_messages 1.csv": HEADER + ROWS[0],
            "mass_messages 2.csv.gz": gzip.compress((HEADER + ROWS[1]).encode()),
            "mass_messages 3.tsv": (HEADER + ROWS[2]).replace(",", "\t"),
        },
        "",
    ),
    "files whose messages overlap": (
        {
            "mass_messages_1.csv": HEADER + ROWS[0] + ROWS[1].replace(",150,", ",120,"),
            "mass_messages_2.csv": HEADER + ROWS[1] + ROWS[2],
        },
        "",
    ),
    "several tables of one mapping": (
        {"a.csv": HEADER + ROWS[0] + ROWS[1], "b.csv": RENAMED.splitlines()[0] + "\n" + ROWS[2]},
        TWICE,
    ),
    "local times": ({"mass_messages.csv": LOCAL}, ZONE),
    "types by price": (
        {"mass_messages.csv": PLAIN.replace("message_type", "kind")},
        "[mass_messages.columns]\nmessage_type = { by_price = true }\n",
    ),
    "types in lower case": (
        {"mass_messages.csv": PLAIN.replace("PPV", "ppv").replace("Bump", "BUMP")},
        "",
    ),
    "types in other words": (
        {"mass_messages.csv": PLAIN.replace("PPV", "Locked").replace("Bump", "free")},
        '[formats.words]\nlocked = "PPV"\nFree = "Bump"\n',
    ),
    "pages as people write them": (
        {"mass_messages.csv": PEOPLE},
        "",
    ),
    "pages that the mapping names": (
        {"mass_messages.csv": PLAIN.replace("maya_cooks", "@maya.official")},
        '[pages]\n"@maya.official" = "maya_cooks"\n',
    ),
    "entities": (
        {"mass_messages.csv": PLAIN.replace("Bread &", "Bread &amp;")},
        "[formats]\nhtml = true\n",
    ),
    "a workbook": ({"mass_messages.xlsx": workbook(Sheet1=sheet_rows())}, ""),
    "a workbook with titles": (
        {"mass_messages.xlsx": workbook(Sheet1=[["Report"], [], *sheet_rows()])},
        "",
    ),
    "a workbook with notes in another sheet": (
        {"mass_messages.xlsx": workbook(Read_me=[["About this file"]], Data=sheet_rows())},
        "",
    ),
    "a workbook whose formulas have values": (
        {"mass_messages.xlsx": workbook(Sheet1=with_cell(1, 5, formula("1200+80", "<v>1280</v>")))},
        "",
    ),
    "a workbook whose formulas give no text, or nothing that was found": (
        {
            "mass_messages.xlsx": workbook(
                Sheet1=[
                    *with_cell(2, 4, Raw('t="str"', '<f>IF(A3=2,"",9)</f><v></v>'))[:3],
                    *with_cell(3, 4, 9.0)[3:],
                ]
            )
        },
        "",
    ),
    "a workbook with a group row that is merged": (
        {
            "mass_messages.xlsx": workbook(
                merged="A1:E1 F1:H1",
                Sheet1=[["Message", *[None] * 4, "Counts"], *sheet_rows()],
            )
        },
        "",
    ),
    "a workbook whose header is merged over two rows": (
        {
            "mass_messages.xlsx": workbook(
                merged="A1:A2 B1:B2 C1:C2 D1:D2 E1:E2 F1:H1 I1:I2 J1:J2 K1:K2",
                Sheet1=[TWO_ROWS, COUNTS_BELOW, *sheet_rows()[1:]],
            )
        },
        "",
    ),
    "a workbook whose pages are merged": (
        {"mass_messages.xlsx": workbook(merged="B2:B3", Sheet1=with_cell(2, 1, None))},
        "",
    ),
    "formulas of columns that are left out": (
        {
            "mass_messages.xlsx": workbook(
                Sheet1=[
                    [*sheet_rows()[0], "Rate"],
                    *([*row, formula("1/0")] for row in sheet_rows()[1:]),
                ]
            )
        },
        "",
    ),
    "sheets that are named": (
        {"mass_messages.xlsx": TWO_SHEETS},
        '[mass_messages]\nsheet = ["A", "B"]\n',
    ),
    "all sheets": (
        {"mass_messages.xlsx": TWO_SHEETS},
        '[mass_messages]\nsheet = "*"\n',
    ),
    "serial dates of a workbook": (
        {"mass_messages.xlsx": SERIALS},
        '[formats]\ntime_zone = "UTC"\ntime_format = "excel"\n',
    ),
    "parquet": ({"mass_messages.parquet": parquet(columns())}, ""),
    "parquet of text": (
        {"mass_messages.parquet": parquet(pa.table({n: c.cast(pa.string()) for n, c in TEXTS}))},
        "",
    ),
    "parquet with dictionaries": (
        {
            "mass_messages.parquet": parquet(
                columns(
                    page_name=columns().column("page_name").dictionary_encode(),
                    message_type=columns().column("message_type").dictionary_encode(),
                )
            )
        },
        "",
    ),
    "parquet with decimals": (
        {
            "mass_messages.parquet": parquet(
                columns(
                    price=columns().column("price").cast(pa.decimal128(10, 2)),
                    earnings=columns().column("earnings").cast(pa.decimal128(10, 2)),
                )
            )
        },
        "",
    ),
    "parquet with counts as numbers with a point": (
        {"mass_messages.parquet": parquet(columns(sent_count=pa.array([1280.0, 980.0, 1100.0])))},
        "",
    ),
    "parquet with local times": (
        {
            "mass_messages.parquet": parquet(
                columns(
                    sending_time=columns()
                    .column("sending_time")
                    .cast(pa.timestamp("us", "America/Los_Angeles"))
                    .combine_chunks()
                    .cast(pa.string())
                    .to_pandas()
                    .str[:19]
                    .pipe(pd.to_datetime)
                )
            )
        },
        ZONE,
    ),
    "parquet with Unix seconds": (
        {
            "mass_messages.parquet": parquet(
                columns(sending_time=pa.array([1759338000, 1759426200, 1759510800]))
            )
        },
        '[formats]\ntime_format = "unix"\n',
    ),
    "parquet with the index of pandas": (
        {"mass_messages.parquet": parquet(columns(__index_level_0__=pa.array([5, 6, 7])))},
        "",
    ),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> ImportedInputs:
    return read_inputs(written(tmp_path_factory.mktemp("plain"), SHAPES["plain"][0], ""))


def written(folder: Path, files: Files, mapping: str) -> Path:
    for name, content in ({"caption_bank.csv": BANK} | dict(files)).items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    if mapping:
        (folder / "eros_import.toml").write_text(mapping, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_loads_to_the_same_messages(
    name: str, tmp_path: Path, expected: ImportedInputs
) -> None:
    files, mapping = SHAPES[name]
    read = read_inputs(written(tmp_path, files, mapping))
    assert_frame_equal(read.tables["mass_messages"], expected.tables["mass_messages"])
    assert read.tables["creators"]["page_name"].tolist() == ["clay_and_kiln", "maya_cooks"]


REFUSED: dict[str, tuple[Files, str, str]] = {
    "no comma outside quotes": (
        {"mass_messages.csv": PLAIN.replace('"Crème, stew"', '"Crème, stew')},
        "",
        "mass_messages.csv line 2: has 3 columns",
    ),
    "a row too short": (
        {"mass_messages.csv": HEADER + "1,maya_cooks,x\n" + ROWS[1]},
        "",
        "mass_messages.csv line 2: has 3 columns, the header 11",
    ),
    "two delimiters": (
        {"mass_messages.csv": HEADER.replace(",", ";") + "".join(ROWS)},
        "",
        "the header 11: is a quote not closed, or a ';' outside quotes?",
    ),
    "two sheets alike": (
        {"mass_messages.xlsx": workbook(May=sheet_rows(), June=sheet_rows())},
        "",
        "has several sheets that look like the table (May, June): name them in eros_import.toml",
    ),
    "a sheet that is not there": (
        {"mass_messages.xlsx": workbook(May=sheet_rows())},
        '[mass_messages]\nsheet = "June"\n',
        "has no sheet 'June': May",
    ),
    "an encoding that does not fit": (
        {"mass_messages.csv": PLAIN.encode("windows-1252")},
        '[mass_messages]\nencoding = "utf-8"\n',
        "is not utf-8: byte",
    ),
    "no such line of the header": (
        {"mass_messages.csv": PLAIN},
        "[mass_messages]\nheader_line = 9\n",
        "has no row that begins on line 9 (header_line)",
    ),
    "a column that is not there": (
        {"mass_messages.csv": PLAIN},
        '[mass_messages.columns]\nsent_count = "Recipients"\n',
        "sent_count: eros_import.toml names the column 'Recipients', which is not in the file; it",
    ),
    "a file that is not there": (
        {"mass_messages.csv": PLAIN},
        '[mass_messages]\nfiles = "stats*.csv"\n',
        "no file is named stats*.csv (mass_messages.files in eros_import.toml)",
    ),
    "two columns of one name": (
        {"mass_messages.csv": PLAIN.replace("row_id,page_name", "Page Name,page-name")},
        "",
        "mass_messages.csv: column page_name is there 2 times",
    ),
    "numbers given anew in each file": (
        {
            "mass_messages_a.csv": HEADER + ROWS[0],
            "mass_messages_b.csv": HEADER + ROWS[2].replace("3,", "1,", 1),
        },
        "",
        "row_id 1 is another message in mass_messages_a.csv line 2: where files number their",
    ),
    "two pages of one name": (
        {"mass_messages.csv": PEOPLE.replace("Maya Cooks", "Maya+Cooks", 1)},
        "",
        "page_name 'Maya Cooks' and 'Maya+Cooks' would both be maya_cooks",
    ),
    "page of a file's name that does not match": (
        {"mass_messages.csv": PLAIN},
        "[mass_messages.columns]\npage_name = { file_name = 'stats_(.+)\\.csv' }\n",
        "page_name: the file's name does not match 'stats_(.+)\\\\.csv'",
    ),
    "local times without a zone": (
        {"mass_messages.csv": LOCAL},
        "",
        "line 2: sending_time '2025-10-01 10:00:00' has no time zone: end it with Z or",
    ),
    "parquet times without a zone": (
        {"mass_messages.parquet": parquet(columns(sending_time=EPOCH))},
        "",
        "mass_messages.parquet row 1: sending_time 1970-01-01T00:00:00 has no time zone",
    ),
    "ids whose digits a spreadsheet has lost": (
        {"mass_messages.xlsx": workbook(Sheet1=[sheet_rows()[0], [1.82e18, *sheet_rows()[1][1:]]])},
        "",
        "row 2: row_id '1.820000e+18' is not a whole number (all its digits, no exponent)",
    ),
    "a formula without its value": (
        {"mass_messages.xlsx": workbook(Sheet1=with_cell(1, 4, formula("12+.5", "<v></v>")))},
        "",
        "mass_messages.xlsx row 2: price '=12+.5' is a formula without its value: open the file",
    ),
    "a text formula without its value": (
        {"mass_messages.xlsx": workbook(Sheet1=with_cell(1, 2, Raw('t="str"', "<f>Z1</f>")))},
        "",
        "mass_messages.xlsx row 2: message '=Z1' is a formula without its value",
    ),
    "an error of a formula": (
        {
            "mass_messages.xlsx": workbook(
                Sheet1=with_cell(3, 8, Raw('t="e"', "<f>1/0</f><v>#DIV/0!</v>"))
            )
        },
        "",
        "mass_messages.xlsx row 4: earnings '#DIV/0!' is an error of the spreadsheet: mend its",
    ),
    "one number for several rows": (
        {"mass_messages.xlsx": workbook(merged="F2:F3", Sheet1=with_cell(2, 5, None))},
        "",
        "mass_messages.xlsx row 2: sent_count '1280' is one number for several rows: unmerge the",
    ),
    "a column that one of several files lacks": (
        {"mass_messages_a.csv": RENAMED, "mass_messages_b.csv": PLAIN},
        '[mass_messages.columns]\nsent_count = "Recipients"\n',
        "files of another kind need a [[mass_messages]] of their own, with `files`",
    ),
    "two columns that differ by case, neither in ours": (
        {"mass_messages.csv": PLAIN.replace("price", "PRICE").replace("caption_id", "Price")},
        "",
        "mass_messages.csv: column price is there 2 times",
    ),
    "a compressed file cut in the middle": (
        {"mass_messages.csv.gz": gzip.compress(PLAIN.encode())[:90]},
        "",
        "mass_messages.csv.gz: can't be read: ends in the middle: copy it again, or export it",
    ),
    "a compressed file with a broken checksum": (
        {"mass_messages.csv.gz": gzip.compress(PLAIN.encode())[:-8] + b"12345678"},
        "",
        "mass_messages.csv.gz: can't be read: is damaged (CRC check failed): copy it again",
    ),
    "a file that is compressed by its name alone": (
        {"mass_messages.csv.gz": PLAIN},
        "",
        "mass_messages.csv.gz: can't be read: is not compressed: name it without .gz",
    ),
    "a bank from messages without its tier": (
        {"mass_messages.csv": PLAIN},
        "[caption_bank]\nfrom_messages = true\n",
        'a bank from messages needs the tier of paid captions: { value = "mid" }',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_shape_that_has_no_one_reading_is_refused(name: str, tmp_path: Path) -> None:
    files, mapping, words = REFUSED[name]
    with pytest.raises(InputFileError) as caught:
        read_inputs(written(tmp_path, files, mapping))
    assert words in str(caught.value)


def test_page_and_type_come_from_the_file_name_and_the_price(
    tmp_path: Path, expected: ImportedInputs
) -> None:
    mapping = (
        '[mass_messages]\nfiles = "stats_*.csv"\n[mass_messages.columns]\n'
        "page_name = { file_name = 'stats_(.+)\\.csv' }\nmessage_type = { by_price = true }\n"
    )
    read = read_inputs(written(tmp_path, {"stats_Maya Cooks.csv": NO_PAGE}, mapping))
    assert read.tables["mass_messages"]["page_name"].tolist() == ["maya_cooks"] * 2
    assert read.tables["mass_messages"]["message_type"].tolist() == ["PPV", "Bump"]
    assert read.tables["creators"]["display_name"].tolist() == ["Maya Cooks"]


def test_what_was_decided_without_asking_is_noted(tmp_path: Path) -> None:
    text = "Report\n" + PLAIN.replace("row_id", "No.").replace("caption_id", "Ref")
    read = read_inputs(written(tmp_path, {"mass_messages.csv": text.encode("windows-1252")}, ""))
    assert [str(note) for note in read.notes if note.file == "mass_messages.csv"] == [
        "mass_messages.csv: read as windows-1252",
        "mass_messages.csv: 1 line above the header left out",
        "mass_messages.csv: columns left out: No., Ref",
        "mass_messages.csv: no column row_id: a message is known by its page, minute and text",
        "mass_messages.csv: no column caption_id: messages are matched to captions by their text",
    ]


def test_creators_and_bank_with_defaults(tmp_path: Path) -> None:
    bank = "caption_text,price_tier\nKiln day,mid\nSoup,Budget\nkiln day!,mid\n"
    files = {
        "mass_messages.csv": MESSAGES,
        "caption_bank.csv": bank,
        "creators.csv": "page_name\nA\n",
    }
    read = read_inputs(written(tmp_path, files, ""))
    made = read.tables["caption_bank"]
    assert made["caption_text"].tolist() == ["Kiln day", "Soup"]
    assert made["price_tier"].tolist() == ["mid", "budget"]
    assert made["is_active"].tolist() == [True, True]
    assert made["has_urgency"].tolist() == [False, False]
    assert made["caption_id"].is_unique
    assert read.tables["creators"].to_dict("records") == [
        {"page_name": "a", "display_name": None, "is_active": True}
    ]


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_with_its_mark_is_read(folder: Path, encoding: str) -> None:
    marked = ("" if encoding == "utf-32" else "\ufeff") + MESSAGES
    (folder / "mass_messages.csv").write_bytes(marked.encode(encoding))
    assert len(read_inputs(folder).tables["mass_messages"]) == 3


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        (b"PK\x03\x04", "is no text but a workbook or another ZIP archive: name a workbook .xlsx"),
        (b"PAR1", "is no text but a Parquet file: name it .parquet"),
        (b"\x1f\x8b", "is no text but compressed: name it .csv.gz"),
        (b"\xd0\xcf\x11\xe0", "is no text but a workbook of an old kind: save it as .xlsx"),
        (b"%PDF", "is no text but a PDF: export a table instead"),
    ],
)
def test_a_file_of_another_kind_is_named_as_what_it_is(
    folder: Path, begins: bytes, said: str
) -> None:
    (folder / "mass_messages.csv").write_bytes(begins + bytes(range(256)))
    with pytest.raises(InputFileError) as caught:
        read_inputs(folder)
    assert str(caught.value) == f"mass_messages.csv: can't be read: {said}"


def test_a_second_column_of_the_same_name_but_for_its_case_is_said(folder: Path) -> None:
    header, row = MESSAGES.splitlines()[:2]
    text = f"{header},Price\n{row},3\n"
    (folder / "mass_messages.csv").write_text(text, encoding="utf-8")
    notes = [str(note) for note in read_inputs(folder).notes]
    assert "mass_messages.csv: columns left out: Price" in notes


def test_a_column_that_differs_by_case_from_a_mapped_one_is_said(tmp_path: Path) -> None:
    text = PLAIN.replace("sent_count", "Sent").replace("caption_id", "sent")
    mapping = '[mass_messages.columns]\nsent_count = "Sent"\n'
    read = read_inputs(written(tmp_path, {"mass_messages.csv": text}, mapping))
    assert read.tables["mass_messages"]["sent_count"].tolist() == [1280, 980, 1100]
    assert "mass_messages.csv: columns left out: sent" in [str(note) for note in read.notes]


def test_a_file_that_grows_while_it_is_read_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.read_bytes

    def read_while_others_write(file: Path) -> bytes:
        content = whole(file)
        if file.name == "mass_messages.csv":
            with file.open("ab") as stream:
                stream.write(b"4,maya_cooks,half a ro")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_while_others_write)
    with pytest.raises(InputFileError, match=r"^mass_messages\.csv: changed while it was read \("):
        read_inputs(folder)


def test_dates_of_decisions_are_read_as_dates(folder: Path) -> None:
    (folder / "creator_availability.csv").write_text(
        'page_name,first_date,last_date,reason\nmaya_cooks,2025-11-03,"Nov 5, 2025",holiday\n'
    )
    [row] = read_inputs(folder).tables["creator_availability"].to_dict("records")
    assert (row["first_date"], row["last_date"]) == (dt.date(2025, 11, 3), dt.date(2025, 11, 5))
