"""Values as people write them: which are taken, as what, and what is said of the others."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.importing.inputs import read_inputs
from eros_assets.importing.mistakes import InputFileError
from tests.importing.conftest import BANK

ZONE = 'time_zone = "America/Los_Angeles"'
COMMA = 'decimal = ","'
POINT = 'decimal = "."'
EURO = "usd_per = { EUR = 1.1 }"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


TAKEN: list[tuple[str, str, str, Any]] = [
    # Money.
    ("earnings", "1234.5", "", 1234.5),
    ("earnings", "$1,234.50", "", 1234.5),
    ("earnings", "1,234.50", "", 1234.5),
    ("earnings", "1.234,50", "", 1234.5),
    ("earnings", "1 234,50", "", 1234.5),
    ("earnings", "1\u00a0234,50", "", 1234.5),
    ("earnings", "1'234.50", "", 1234.5),
    ("earnings", "1,234,567", "", 1234567.0),
    ("earnings", "1.234.567", "", 1234567.0),
    ("earnings", "12,34,567.5", "", 1234567.5),
    ("earnings", "12,5", "", 12.5),
    ("earnings", "0,123", "", 0.123),
    ("earnings", "1e3", "", 1000.0),
    ("earnings", "+12.50", "", 12.5),
    ("earnings", "-12.50", "", -12.5),
    ("earnings", "−12.50", "", -12.5),
    ("earnings", "($12.50)", "", -12.5),
    ("earnings", "-$12.50", "", -12.5),
    ("earnings", "$-12.50", "", -12.5),
    ("earnings", "$ 12.50", "", 12.5),
    ("earnings", "12.50 $", "", 12.5),
    ("earnings", "US$12.50", "", 12.5),
    ("earnings", "USD 12.50", "", 12.5),
    ("earnings", "12.50 USD", "", 12.5),
    ("earnings", " 12.50 ", "", 12.5),
    ("earnings", ".5", "", 0.5),
    ("earnings", "5.", "", 5.0),
    ("earnings", "1,234", POINT, 1234.0),
    ("earnings", "1,234", COMMA, 1.234),
    ("earnings", "1.234", COMMA, 1234.0),
    ("earnings", "1.234", "", 1.234),
    ("earnings", "1234,5", COMMA, 1234.5),
    ("earnings", "10 €", EURO, 11.0),
    ("earnings", "€10", EURO, 11.0),
    ("earnings", "10", f'{EURO}\ncurrency = "EUR"', 11.0),
    ("earnings", "10,50", f'{EURO}\ncurrency = "EUR"', 11.55),
    ("earnings", "10 USD", f'{EURO}\ncurrency = "EUR"', 10.0),
    ("earnings", "$1.2K", "", 1200.0),
    ("earnings", "1,5k", COMMA, 1500.0),
    ("earnings", "1.25M", "", 1250000.0),
    # Nothing.
    ("price", "-", "", None),
    ("price", "–", "", None),
    ("price", "N/A", "", None),
    ("price", "null", "", None),
    ("price", "NaN", "", None),
    ("price", "None", "", None),
    ("price", "free", 'nothing = "free"', None),
    ("caption_id", "-", "", None),
    ("message", "n/a", 'nothing = "N/A"', None),
    ("message", "n/a", "", "n/a"),
    # Counts and ids.
    ("sent_count", "48.0", "", 48),
    ("sent_count", "480.000", POINT, 480),
    ("sent_count", "480.000", COMMA, 480000),
    ("sent_count", "1,234", "", 1234),
    ("sent_count", "1 234", "", 1234),
    ("sent_count", "1,234,567", "", 1234567),
    ("sent_count", "1.234.567", "", 1234567),
    ("sent_count", "1e3", "", 1000),
    ("sent_count", "1.2e3", "", 1200),
    ("sent_count", "1.234", COMMA, 1234),
    ("sent_count", "1,000", POINT, 1000),
    ("sent_count", "+7", "", 7),
    ("sent_count", "1.3K", "", 1300),
    ("sent_count", "2M", "", 2000000),
    ("sent_count", "1\u2009280", "", 1280),
    ("sent_count", "1’280", "", 1280),
    ("caption_id", "9223372036854775807", "", 9223372036854775807),
    ("caption_id", "1820000000000001.0", "", 1820000000000001),
    # Types.
    ("message_type", "ppv", "", "PPV"),
    ("message_type", " BUMP ", "", "Bump"),
    ("message_type", "locked", 'words = { Locked = "PPV" }', "PPV"),
    ("message_type", "something", "", "something"),
    # Instants.
    ("sending_time", "2025-10-01T17:00:00Z", "", at("2025-10-01T17:00+00:00")),
    ("sending_time", "2025-10-01 10:00:00-07:00", "", at("2025-10-01T17:00+00:00")),
    ("sending_time", "2025-10-01 17:00:00 UTC", "", at("2025-10-01T17:00+00:00")),
    ("sending_time", "2025-10-01T17:00:00.123456Z", "", at("2025-10-01T17:00:00.123456+00:00")),
    ("sending_time", "Wed, 01 Oct 2025 17:00:00 +0000", "", at("2025-10-01T17:00+00:00")),
    # Local times.
    ("sending_time", "2025-10-01 10:00:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "2025-10-01T10:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "2025-10-01 10:00:00.5", ZONE, at("2025-10-01T10:00:00.5-07:00")),
    ("sending_time", "2025/10/01 10:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "Oct 1, 2025 at 10:00 AM", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "Oct 1, 2025 10:00 PM", ZONE, at("2025-10-01T22:00-07:00")),
    ("sending_time", "October 1, 2025, 10:00 pm", ZONE, at("2025-10-01T22:00-07:00")),
    ("sending_time", "Wed, Oct 1, 2025 10:00 a.m.", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "1 Oct 2025 10:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "01-Oct-2025 10:00:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "1st October 2025, 10:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "Sept 14, 2025 at 12:13 AM", ZONE, at("2025-09-14T00:13-07:00")),
    ("sending_time", "2025-12-01 10:00", ZONE, at("2025-12-01T10:00-08:00")),
    ("sending_time", "2025-10-01 9:05 PM", ZONE, at("2025-10-01T21:05-07:00")),
    ("sending_time", "2025/10/01 12:05:30am", ZONE, at("2025-10-01T00:05:30-07:00")),
    ("sending_time", "2025-10-01T12:00 p.m.", ZONE, at("2025-10-01T12:00-07:00")),
    ("sending_time", "14-Oct-25 21:05", ZONE, at("2025-10-14T21:05-07:00")),
    ("sending_time", "14.October.2025 9:05pm", ZONE, at("2025-10-14T21:05-07:00")),
    ("sending_time", "Saturday 18 October 2025 19:00", ZONE, at("2025-10-18T19:00-07:00")),
    ("sending_time", "2025-W40-3 10:00", ZONE, at("2025-10-01T10:00-07:00")),
    ("sending_time", "2025W403T10:00:00Z", "", at("2025-10-01T10:00+00:00")),
    # Names of zones.
    ("sending_time", "2025-10-01 10:00 PDT", "", at("2025-10-01T10:00-07:00")),
    ("sending_time", "2025-10-01 10:00 PM (EDT)", "", at("2025-10-01T22:00-04:00")),
    ("sending_time", "Oct 1, 2025 10:00 AM CDT", "", at("2025-10-01T10:00-05:00")),
    ("sending_time", "2025-12-01 10:00 MST", "", at("2025-12-01T10:00-07:00")),
    ("sending_time", "2025-11-02 01:30 PDT", "", at("2025-11-02T01:30-07:00")),
    ("sending_time", "2025-11-02 01:30 PST", "", at("2025-11-02T01:30-08:00")),
    ("sending_time", "2025-10-01 10:00 PT", "", at("2025-10-01T10:00-07:00")),
    ("sending_time", "2025-10-01 10:00 GMT", ZONE, at("2025-10-01T10:00+00:00")),
    ("sending_time", "2025-10-01 10:00 GMT+2", "", at("2025-10-01T10:00+02:00")),
    ("sending_time", "2025-10-01 10:00 UTC+02", "", at("2025-10-01T10:00+02:00")),
    ("sending_time", "2025-10-01 10:00 (UTC -05:30)", "", at("2025-10-01T10:00-05:30")),
    (
        "sending_time",
        "2025-07-01 10:00 EST",
        'zones = { EST = "America/New_York" }',
        at("2025-07-01T10:00-04:00"),
    ),
    ("sending_time", "2025-07-01 10:00 EST", 'zones = { EST = "-05:00" }', at("2025-07-01T15:00Z")),
    (
        "sending_time",
        "2025-07-01 10:00 CET",
        'zones = { CET = "Europe/Paris" }',
        at("2025-07-01T10:00+02:00"),
    ),
    (
        "sending_time",
        "10/01/2025 9:05 PM EDT",
        'time_format = "%m/%d/%Y %I:%M %p"',
        at("2025-10-01T21:05-04:00"),
    ),
    # Formats.
    (
        "sending_time",
        "10/01/2025 22:00",
        f'{ZONE}\ntime_format = "%m/%d/%Y %H:%M"',
        at("2025-10-01T22:00-07:00"),
    ),
    (
        "sending_time",
        "01.10.2025 10:00",
        f'{ZONE}\ntime_format = "%d.%m.%Y %H:%M"',
        at("2025-10-01T10:00-07:00"),
    ),
    (
        "sending_time",
        "10/01/2025 22:00 -0700",
        'time_format = "%m/%d/%Y %H:%M %z"',
        at("2025-10-01T22:00-07:00"),
    ),
    (
        "sending_time",
        "1.10.25",
        f'{ZONE}\ntime_format = ["iso", "%d.%m.%y"]\ntime_of_day = "09:00"',
        at("2025-10-01T09:00-07:00"),
    ),
    ("sending_time", "1759338000", 'time_format = "unix"', at("2025-10-01T17:00+00:00")),
    ("sending_time", "1759338000000", 'time_format = "unix_ms"', at("2025-10-01T17:00+00:00")),
    (
        "sending_time",
        "45931.416666666664",
        f'{ZONE}\ntime_format = "excel"',
        at("2025-10-01T10:00-07:00"),
    ),
    # Dates alone.
    ("sending_time", "2025-10-01", f'{ZONE}\ntime_of_day = "12:00"', at("2025-10-01T12:00-07:00")),
    ("sending_time", "Oct 1, 2025", f'{ZONE}\ntime_of_day = "12:00"', at("2025-10-01T12:00-07:00")),
    # Hours that a clock shows twice or never.
    (
        "sending_time",
        "2025-11-02 01:30",
        f'{ZONE}\nrepeated_hour = "earlier"',
        at("2025-11-02T01:30-07:00"),
    ),
    (
        "sending_time",
        "2025-11-02 01:30",
        f'{ZONE}\nrepeated_hour = "later"',
        at("2025-11-02T01:30-08:00"),
    ),
    (
        "sending_time",
        "2025-03-09 02:30",
        f'{ZONE}\nskipped_hour = "earlier"',
        at("2025-03-09T01:30-08:00"),
    ),
    (
        "sending_time",
        "2025-03-09 02:30",
        f'{ZONE}\nskipped_hour = "later"',
        at("2025-03-09T03:30-07:00"),
    ),
    ("message", "Bread &amp; butter", "html = true", "Bread & butter"),
    ("message", "Bread &amp; butter", "", "Bread &amp; butter"),
]

REFUSED: list[tuple[str, str, str, str]] = [
    (
        "earnings",
        "1,234",
        "",
        "'1,234' is 1234 or 1.234: write in eros_import.toml, under [formats",
    ),
    ("earnings", "1.234,50", POINT, "'1.234,50' is not a finite number: write it such as 1234.50"),
    ("earnings", "1234.50", COMMA, "'1234.50' is not a finite number"),
    ("earnings", "12,34", POINT, "is not a finite number"),
    ("earnings", "1 23", "", "is not a finite number"),
    ("earnings", "twelve", "", "write a number such as 12.50, or nothing"),
    ("earnings", "10 €", "", "is in EUR, and amounts are in USD: write in eros_import.toml"),
    ("earnings", "12.5.0", "", "is not a finite number"),
    ("earnings", "(12.50", "", "is not a finite number"),
    ("earnings", "1e999", "", "is not a finite number"),
    ("sent_count", "280.5", "", "is not a whole number: write it such as 1234"),
    ("sent_count", "1.234", "", "is not a whole number, unless it is 1234: write then in eros_im"),
    (
        "sent_count",
        "12 %",
        "",
        "is not a whole number but a share: map it as such, with percent_of",
    ),
    ("sent_count", "many", "", "is not a whole number"),
    ("sent_count", "480.000", "", "is 480000 or 480.000: write in eros_import.toml, under [form"),
    ("caption_id", "1,234", "", "is not a whole number (all its digits, no exponent)"),
    ("caption_id", "1.82E+15", "", "is not a whole number (all its digits, no exponent)"),
    ("caption_id", "01K0", "", "is not a whole number (all its digits, no exponent)"),
    (
        "sending_time",
        "2025-10-01 10:00",
        "",
        "has no time zone: end it with Z or an offset such as",
    ),
    (
        "sending_time",
        "2025-07-01 10:00 EST",
        ZONE,
        (
            "is 2025-07-01T10:00:00-05:00, or 2025-07-01T10:00:00-04:00 where EST means the clocks "
            'of America/New_York: write in eros_import.toml, under [formats], zones = { EST = "'
        ),
    ),
    (
        "sending_time",
        "2025-10-01 10:00 CET",
        ZONE,
        "ends with CET, which may be several time zones: write in eros_import.toml, under [for",
    ),
    ("sending_time", "2025-10-01 10:00 UTC+25", ZONE, "ends with UTC+25, which may be several"),
    ("sending_time", "2025-10-01 13:05 PM", ZONE, "is not an ISO 8601 time"),
    ("sending_time", "2025-W54-1 10:00", ZONE, "is not an ISO 8601 time"),
    ("sending_time", "soon EST", ZONE, "is not an ISO 8601 time"),
    ("sending_time", "45931", f'{ZONE}\ntime_format = "excel"', "is a date without a time of day"),
    ("caption_id", "1.2K", "", "is not a whole number (all its digits, no exponent)"),
    (
        "sending_time",
        "03/04/2025 10:00",
        ZONE,
        (
            'is 4 March 2025 with time_format = "%m/%d/%Y %H:%M" or 3 April 2025 with '
            'time_format = "%d/%m/%Y %H:%M"'
        ),
    ),
    (
        "sending_time",
        "28/04/2025 10:00",
        ZONE,
        'is 28 April 2025 with time_format = "%d/%m/%Y %H:%M": write it in eros_import.toml',
    ),
    ("sending_time", "3.4.25 9:05 PM", ZONE, '3 April 2025 with time_format = "%d.%m.%y %I:%M %p"'),
    ("sending_time", "2025-10-01", ZONE, "is a date without a time of day: write in eros_import"),
    ("sending_time", "1759338000", ZONE, 'is a number: write time_format = "unix" in eros_import'),
    ("sending_time", "1759338000000", "", 'is a number: write time_format = "unix_ms"'),
    ("sending_time", "45931.5", "", 'is a number: write time_format = "excel"'),
    ("sending_time", "2025-13-01 10:00", ZONE, "is not an ISO 8601 time"),
    ("sending_time", "yesterday", ZONE, "is not an ISO 8601 time"),
    (
        "sending_time",
        "2025-11-02 01:30",
        ZONE,
        (
            "comes twice in America/Los_Angeles: it is 2025-11-02T01:30:00-07:00 or "
            "2025-11-02T01:30:00-08:00; write in eros_import.toml"
        ),
    ),
    (
        "sending_time",
        "2025-03-09 02:30",
        ZONE,
        (
            "does not exist in America/Los_Angeles, where clocks skip that hour: it is "
            "2025-03-09T01:30:00-08:00 or 2025-03-09T03:30:00-07:00"
        ),
    ),
    (
        "sending_time",
        "10/13/2025",
        f'{ZONE}\ntime_format = "%d/%m/%Y"',
        "is not written as '%d/%m/%Y' (time_format in eros_import.toml)",
    ),
]

BOOLS = [
    *(
        ("yes", "", True),
        ("No", "", False),
        ("Y", "", True),
        ("TRUE", "", True),
        ("0.0", "", False),
    ),
    ("ja", 'words = { ja = "yes", nein = "no" }', True),
]


def folder_with(folder: Path, column: str, text: str, formats: str) -> Path:
    row: dict[str, Any] = {
        "row_id": 1,
        "page_name": "maya_cooks",
        "message": "Soup",
        "sending_time": "2025-10-01T17:00:00Z",
        "price": 9,
        "sent_count": 100,
        "viewed_count": 50,
        "purchased_count": 1,
        "earnings": 9,
        "message_type": "PPV",
        "caption_id": 3,
    }
    messages = pd.DataFrame([row | {column: text}])
    messages.to_csv(folder / "mass_messages.csv", index=False)
    (folder / "caption_bank.csv").write_text(BANK)
    (folder / "eros_import.toml").write_text(
        f"[mass_messages]\n[mass_messages.formats]\n{formats}\n", encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize(("column", "text", "formats", "value"), TAKEN)
def test_a_value_with_one_reading_is_taken(
    tmp_path: Path, column: str, text: str, formats: str, value: object
) -> None:
    read = read_inputs(folder_with(tmp_path, column, text, formats)).tables["mass_messages"]
    found = read[column].iloc[0]
    assert (None if pd.isna(found) else found) == (
        pytest.approx(value) if isinstance(value, float) else value
    )


@pytest.mark.parametrize(("column", "text", "formats", "words"), REFUSED)
def test_a_value_without_one_reading_is_refused_with_what_to_write(
    tmp_path: Path, column: str, text: str, formats: str, words: str
) -> None:
    with pytest.raises(InputFileError) as caught:
        read_inputs(folder_with(tmp_path, column, text, formats))
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"mass_messages.csv line 2: {column} {text!r} ")
    assert words in line


@pytest.mark.parametrize(("text", "formats", "value"), BOOLS)
def test_words_of_yes_and_no_are_taken(
    tmp_path: Path, text: str, formats: str, value: bool
) -> None:
    folder = folder_with(tmp_path, "price", "9", "")
    (folder / "caption_bank.csv").write_text(BANK.replace("true", text))
    (folder / "eros_import.toml").write_text(f"[formats]\n{formats}\n")
    assert read_inputs(folder).tables["caption_bank"]["has_urgency"].iloc[1] == value


def test_a_point_is_doubtful_beside_decimal_commas(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "earnings", "1.234", "")
    with (folder / "mass_messages.csv").open("a") as file:
        file.write('2,maya_cooks,Soup,2025-10-02T17:00:00Z,9,100,50,1,"2.500,50",PPV,3\n')
    with pytest.raises(InputFileError, match=r"earnings '1\.234' is 1234 or 1\.234: write in"):
        read_inputs(folder)


def test_percentages_become_counts(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "viewed_count", "32.34%", "")
    (folder / "eros_import.toml").write_text(
        '[mass_messages.columns]\nviewed_count = { column = "viewed_count", '
        'percent_of = "sent_count" }\n'
    )
    assert read_inputs(folder).tables["mass_messages"]["viewed_count"].tolist() == [32]


def test_date_and_time_of_two_columns_are_joined(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "sending_time", "2025-10-01", "")
    text = (folder / "mass_messages.csv").read_text().replace("2025-10-01,", "2025-10-01,10:15,")
    text = text.replace("sending_time,", "Day,Time,")
    (folder / "mass_messages.csv").write_text(text)
    (folder / "eros_import.toml").write_text(
        f"[formats]\n{ZONE}\n[mass_messages.columns]\n"
        'sending_time = { columns = ["Day", "Time"] }\n'
    )
    times = read_inputs(folder).tables["mass_messages"]["sending_time"]
    assert times.tolist() == [at("2025-10-01T10:15-07:00")]


def test_a_time_that_can_not_be_read_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "sending_time", "Oct 1st of 2025, 10ish", ZONE)
    with (folder / "mass_messages.csv").open("a") as file:
        file.write("2,maya_cooks,Soup,Oct 2 2025 10:00,9,100,50,1,2.5,PPV,3\n")
    with pytest.raises(InputFileError) as caught:
        read_inputs(folder)
    [line] = str(caught.value).splitlines()
    assert line.startswith("mass_messages.csv line 2: sending_time 'Oct 1st of 2025, 10ish' is not")


def test_price_tiers_by_price(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "price", "9", "")
    bank = "caption_text,Price\nA,5\nB,$12\nC,30\nD,\nE,0\n"
    (folder / "caption_bank.csv").write_text(bank)
    (folder / "eros_import.toml").write_text(
        "[caption_bank.columns]\n"
        'price_tier = { by_price = { mid = 12, premium = 25, column = "Price" } }\n'
    )
    tiers = read_inputs(folder).tables["caption_bank"]["price_tier"]
    assert tiers.tolist() == ["budget", "mid", "premium", "bump", "bump"]


def test_counts_with_three_zeros_are_whole_beside_counts_that_show_decimals(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "sent_count", "480.000", "")
    with (folder / "mass_messages.csv").open("a") as file:
        file.write("2,maya_cooks,Soup,2025-10-02T17:00:00Z,9,1480.000,50,1,2.5,PPV,3\n")
    counts = read_inputs(folder).tables["mass_messages"]["sent_count"]
    assert counts.tolist() == [480, 1480]
