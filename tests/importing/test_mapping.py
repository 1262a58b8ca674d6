"""A mapping that can't be used is refused with its line, its key and what would be right."""

import pytest

from eros_assets.importing.mapping import parse_mapping
from eros_assets.importing.mistakes import InputFileError

MISTAKES = [
    ("[formats\n", "eros_import.toml: is not TOML: "),
    ("[formats]\ntimezone = 'UTC'\n", "line 2: formats.timezone: there is no such key"),
    ("[formats]\ntime_zone = 'PDT8'\n", "line 2: formats.time_zone: 'PDT8' is no time zone; write"),
    ("[formats]\ntime_format = 'mdy'\n", "line 2: formats.time_format: 'mdy' is not one of iso,"),
    ("[formats]\ndecimal = ';'\n", "line 2: formats.decimal: Input should be '.' or ','"),
    (
        "[formats]\ntime_of_day = '25:00'\n",
        "line 2: formats.time_of_day: '25:00' is no time of",
    ),
    ("[formats]\ncurrency = 'EUR'\n", "formats: currency = 'EUR' needs its rate, such as usd_per"),
    ("[formats]\nusd_per = { euro = 1 }\n", "line 2: formats.usd_per: euro = 1.0: write what one"),
    ("[formats]\nwords = { x = 'z' }\n", "line 2: formats.words: 'x' = 'z': the word must be one"),
    ("[pages]\nA = 'A b'\n", "line 1: pages: 'A' = 'A b': a page is lower-case letters, digits"),
    ("[messages]\n", "line 1: messages: there is no such key"),
    (
        "[mass_messages.columns]\nsend_count = 'Sent'\n",
        "mass_messages.columns.send_count: mass_messages has no such column (it has row_id, page_n",
    ),
    (
        "[mass_messages.columns]\nprice = { }\n",
        "line 2: mass_messages.columns.price: give one of column, columns, value, file_name and by",
    ),
    (
        "[mass_messages.columns]\nprice = { column = 'a', value = 1 }\n",
        "give one of column, columns, value, file_name and by_price; it has column and value",
    ),
    (
        "[mass_messages.columns]\npage_name = { file_name = 'x.csv' }\n",
        "'x.csv' must have one group in (), the part that is the value",
    ),
    (
        "[mass_messages.columns]\npage_name = { file_name = '(' }\n",
        "'(' is not a pattern: ",
    ),
    (
        "[mass_messages.columns]\nprice = { by_price = true }\n",
        "mass_messages.columns.price: by_price = true is for message_type",
    ),
    (
        "[caption_bank.columns]\nprice_tier = { by_price = { mid = 20, premium = 10 } }\n",
        "premium = 10 is below mid = 20",
    ),
    ("[creators]\nfrom_messages = true\n", "creators.from_messages: only caption_bank can be made"),
    (
        "[mass_messages]\nfiles = 'a/*.csv'\n",
        "line 2: mass_messages.files: 'a/*.csv': files lie",
    ),
    ("[mass_messages]\nheader_rows = 3\n", "line 2: mass_messages.header_rows: Input should be"),
    (
        "[mass_messages]\ntable = 'stats'\nheader_rows = 2\n",
        "mass_messages: header_rows is for files, and stats is a table",
    ),
    (
        "[formats]\nzones = { EST = 'Eastern' }\n",
        "line 2: formats.zones: EST = 'Eastern' is no time zone; write one such as",
    ),
    ("[formats]\nzones = { EST = '-25:00' }\n", "EST = '-25:00' is no time zone; write one such"),
    ("[mass_messages]\nencoding = 'utf-9'\n", "'utf-9' is no encoding; write one such as"),
    ("[mass_messages]\ndelimiter = ';;'\n", "line 2: mass_messages.delimiter: String should have"),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_in_the_mapping_is_named(text: str, words: str) -> None:
    with pytest.raises(InputFileError) as caught:
        parse_mapping(text)
    assert words in str(caught.value)
    assert str(caught.value).startswith("eros_import.toml")


def test_formats_of_a_column_go_before_those_of_its_table_and_of_all() -> None:
    mapping = parse_mapping(
        '[formats]\ntime_zone = "UTC"\ndecimal = ","\n'
        '[mass_messages]\n[mass_messages.formats]\ndecimal = "."\n'
        '[mass_messages.columns]\nprice = { column = "p", nothing = "x" }\n'
    )
    [table] = mapping.mass_messages
    formats = table.columns["price"].over(table.formats.over(mapping.formats))
    assert (formats.time_zone, formats.decimal, formats.nothing) == ("UTC", ".", ("x",))
