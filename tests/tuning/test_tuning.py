"""The shipped tuning fits the tables of sql/, an agency's own replaces it, mistakes are named."""

import csv
import re
from typing import Any

import pandas as pd
import pytest

from eros_assets.errors import ErosError
from eros_assets.tuning import CONFIGURATION_TABLES, PLAIN_TABLES, SHIPPED_KNOBS, TuningError
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.tuning.conftest import SHIPPED, TuningFolder

FILES = sorted(path.name for path in SHIPPED.glob("*.csv"))
KINDS = {"INT64": "int64", "FLOAT64": "float64", "STRING": "object", "DATE": "object"}


def rows_of(name: str) -> list[dict[str, str]]:
    with (SHIPPED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# The shipped files


def test_every_configuration_table_has_the_columns_and_types_of_its_sql(
    shipped: dict[str, pd.DataFrame], library: SqlLibrary
) -> None:
    assert shipped.keys() == {*CONFIGURATION_TABLES}
    for name, frame in shipped.items():
        declared = {column.name: KINDS[column.type] for column in library[name].columns}
        assert {str(c): str(kind) for c, kind in frame.dtypes.items()} == declared, name


def test_every_file_of_the_folder_is_read(shipped: dict[str, pd.DataFrame]) -> None:
    tables = {f"{name}.csv" for name in (*PLAIN_TABLES, "tuning")}
    assert {*FILES} == tables | {"holiday_volume.csv", "commercial_days.csv"}


@pytest.mark.parametrize("row", rows_of("tuning.csv"), ids=lambda row: row["knob"])
def test_every_knob_is_in_its_range_and_has_a_unit_that_its_column_has_too(
    row: dict[str, str], shipped: dict[str, pd.DataFrame], library: SqlLibrary
) -> None:
    knob = row["knob"]
    value = shipped["tuning"][knob].item()
    assert value == float(row["value"])
    assert float(row["least"]) <= value <= float(row["most"])
    assert float(row["least"]) < float(row["most"])
    description = {c.name: c.description for c in library["tuning"].columns}[knob]
    assert description.endswith(f"Unit: {row['unit']}.")


def test_no_setting_looks_back_further_than_weekly_rows_are_kept(library: SqlLibrary) -> None:
    """What people said or sent is kept for ever; what is made of it each week or hour is not."""
    longest = max(float(row["most"]) for row in rows_of("tuning.csv") if row["unit"] == "days")
    for_ever = {
        *("mass_messages", "queued_messages", "message_facts", "quarantined_reviews"),
        "active_caption_assignments",
    }
    partitioned = [t for t in library.of_kind("table") if "\nPARTITION BY" in t.text]
    kept = {
        table.name: re.findall(r"partition_expiration_days = (\d+)", table.text)
        for table in partitioned
    }
    assert {name for name, days in kept.items() if not days} == for_ever
    assert min(int(days) for each in kept.values() for days in each) > longest


@pytest.mark.parametrize(
    ("table", "key", "names"),
    [
        ("account_size_tiers", "size_tier", "MICRO SMALL MEDIUM LARGE MEGA"),
        ("saturation_responses", "saturation_status", "GREEN YELLOW RED"),
        ("segment_rules", "behavioral_segment", "EXPLORATORY BUDGET STANDARD PREMIUM LUXURY"),
    ],
)
def test_tiers_statuses_and_segments_are_those_of_the_contract(
    table: str, key: str, names: str, shipped: dict[str, pd.DataFrame]
) -> None:
    assert list(shipped[table][key]) == names.split()


def test_tiers_are_those_of_the_contract(shipped: dict[str, pd.DataFrame]) -> None:
    rows = shipped["account_size_tiers"].set_index("size_tier").T.to_dict("list")
    assert rows == {
        "MICRO": [0, 5, 7, 3, 5, 180, 8],
        "SMALL": [5_000, 7, 10, 5, 7, 150, 10],
        "MEDIUM": [25_000, 10, 14, 7, 10, 120, 15],
        "LARGE": [100_000, 14, 18, 10, 14, 90, 20],
        "MEGA": [500_000, 18, 25, 14, 18, 75, 25],
    }


def test_saturation_is_answered_as_the_contract_says(shipped: dict[str, pd.DataFrame]) -> None:
    rows = shipped["saturation_responses"].drop(columns="recommended_action")
    assert rows.set_index("saturation_status").T.to_dict("list") == {
        "GREEN": [0, 1, 1, 0, 0],
        "YELLOW": [0.30, 0.75, 1.2, 30, 0],
        "RED": [0.60, 0.5, 2, 60, 2],
    }


def test_segments_split_and_weigh_as_the_contract_says(shipped: dict[str, pd.DataFrame]) -> None:
    rows = shipped["segment_rules"].set_index("behavioral_segment")
    shares = rows[["budget_share", "mid_share", "premium_share"]]
    assert shares.T.to_dict("list") == {
        "EXPLORATORY": [0.60, 0.30, 0.10],
        "BUDGET": [0.60, 0.30, 0.10],
        "STANDARD": [0.30, 0.45, 0.25],
        "PREMIUM": [0.15, 0.35, 0.50],
        "LUXURY": [0.15, 0.35, 0.50],
    }
    assert pd.isna(rows.loc["EXPLORATORY", "min_avg_price"])
    assert list(rows["min_avg_price"].dropna()) == [0, 12, 20, 35]
    factors = rows.filter(like="_multiplier").stack()
    assert factors[factors != 1].to_dict() == {
        ("BUDGET", "budget_multiplier"): 1.15,
        ("PREMIUM", "premium_multiplier"): 1.25,
        ("LUXURY", "premium_multiplier"): 1.25,
    }


def test_a_score_s_parts_add_up_to_one(shipped: dict[str, pd.DataFrame]) -> None:
    knobs = shipped["tuning"].iloc[0]
    parts = ("emv", "view", "streak", "volume")
    assert sum(knobs[f"saturation_{part}_weight"] for part in parts) == pytest.approx(1)


# An agency's own files


def test_an_own_file_replaces_the_shipped_one_and_no_other(
    folder: TuningFolder, shipped: dict[str, pd.DataFrame]
) -> None:
    folder.edit("tuning.csv", "control_share,0.10", "control_share,0")
    own = folder.tables()
    assert own["tuning"]["control_share"].item() == 0
    pd.testing.assert_frame_equal(
        own["tuning"].drop(columns="control_share"), shipped["tuning"].drop(columns="control_share")
    )
    for name in CONFIGURATION_TABLES:
        if name != "tuning":
            pd.testing.assert_frame_equal(own[name], shipped[name])


def test_a_folder_without_tuning_files_changes_nothing(
    folder: TuningFolder, shipped: dict[str, pd.DataFrame]
) -> None:
    (folder.path / "notes.csv").write_text("not,tuning\n")
    for name, frame in folder.tables().items():
        pd.testing.assert_frame_equal(frame, shipped[name])


def test_the_order_of_columns_and_rows_is_free(
    folder: TuningFolder, shipped: dict[str, pd.DataFrame]
) -> None:
    for name in ("tuning.csv", "segment_rules.csv"):
        rows = pd.read_csv(SHIPPED / name, dtype=str, keep_default_na=False)
        rows.iloc[::-1, ::-1].to_csv(folder.path / name, index=False)
    own = folder.tables()
    pd.testing.assert_frame_equal(own["tuning"], shipped["tuning"])
    turned = own["segment_rules"].iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(turned, shipped["segment_rules"])


def test_the_mark_that_excel_puts_before_a_file_is_no_part_of_it(
    folder: TuningFolder, shipped: dict[str, pd.DataFrame]
) -> None:
    folder.edit("tuning.csv")
    marked = b"\xef\xbb\xbf" + (folder.path / "tuning.csv").read_bytes()
    (folder.path / "tuning.csv").write_bytes(marked)
    pd.testing.assert_frame_equal(folder.tables()["tuning"], shipped["tuning"])


def test_a_value_on_the_edge_of_its_range_is_in_it(folder: TuningFolder) -> None:
    folder.edit(
        *("tuning.csv", "max_urgent_captions,5", "max_urgent_captions,100"),
        *("control_share,0.10", "control_share,1", "platform_headwind,-0.20"),
        "platform_headwind,-1",
    )
    knobs: dict[str, Any] = folder.tables()["tuning"].iloc[0].to_dict()
    assert knobs["max_urgent_captions"] == 100
    assert knobs["control_share"] == 1
    assert knobs["platform_headwind"] == -1


# Mistakes


def complaint(folder: TuningFolder) -> str:
    """The one line of the error that the folder's files end in."""
    with pytest.raises(TuningError) as caught:
        folder.tables()
    assert isinstance(caught.value, ErosError)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"\n\n"], ids=["empty", "bytes", "blank"]
)
def test_a_file_that_is_no_table_is_named(name: str, content: bytes, folder: TuningFolder) -> None:
    (folder.path / name).write_bytes(content)
    assert name in complaint(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_an_unknown_and_a_repeated_column_are_named(
    name: str, folder: TuningFolder
) -> None:
    header = (SHIPPED / name).read_text(encoding="utf-8").splitlines()[0]
    last = header.split(",")[-1]
    for wrong, column in (
        (header.removesuffix(f",{last}"), last),
        (header.replace(last, "mood"), "mood"),
        (f"{header},{last}", last),
    ):
        (folder.path / name).write_text(wrong + "\n")
        message = complaint(folder)
        assert message.startswith(f"{name}: columns are ")
        assert column in message


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("line", [2, 3])
def test_a_row_with_a_value_too_many_or_too_few_is_named_by_its_line(
    name: str, line: int, folder: TuningFolder
) -> None:
    shipped = (SHIPPED / name).read_text(encoding="utf-8").splitlines()
    row = shipped[line - 1]
    for wrong in (f"{row},7", row.rpartition(",")[0]):
        lines = [*shipped[: line - 1], wrong, *shipped[line:]]
        (folder.path / name).write_text("\n".join(lines) + "\n")
        message = complaint(folder)
        assert name in message
        assert f"line {line}" in message


@pytest.mark.parametrize("name", PLAIN_TABLES)
def test_a_table_without_rows_is_named(name: str, folder: TuningFolder) -> None:
    header = (SHIPPED / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder.path / f"{name}.csv").write_text(header + "\n")
    assert complaint(folder) == f"{name}.csv: has no rows"


KNOB = "max_urgent_captions,5,0,100,captions"


def line_of(knob: str) -> int:
    names = [line.split(",")[0] for line in SHIPPED_KNOBS.read_text().splitlines()]
    return names.index(knob) + 1


LINE = line_of("max_urgent_captions")


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ("max_urgent_captions,101,0,100,captions", "101 is not in 0 to 100 captions"),
        ("max_urgent_captions,-1,0,100,captions", "-1 is not in 0 to 100 captions"),
        ("max_urgent_captions,5.5,0,100,captions", "'5.5' is not a whole number"),
        ("max_urgent_captions,many,0,100,captions", "'many' is not a whole number"),
        ("max_urgent_captions,,0,100,captions", "'' is not a whole number"),
        ("max_urgent_captions,5,none,100,captions", "least 'none' is not a number"),
        ("max_urgent_captions,5,0,lots,captions", "most 'lots' is not a number"),
        ("max_urgent,5,0,100,captions", "there is no knob 'max_urgent'"),
        (
            "max_urgent_captions,5,-1,100,captions",
            "its range is 0 to 100; a file of your own may narrow it, not widen it",
        ),
        (
            "max_urgent_captions,500,0,1000,captions",
            "its range is 0 to 100; a file of your own may narrow it, not widen it",
        ),
        ("max_urgent_captions,5,0,4,captions", "5 is not in 0 to 4 captions"),
    ],
)
def test_a_knob_that_is_wrong_is_named_by_its_line(
    instead: str, said: str, folder: TuningFolder
) -> None:
    folder.edit("tuning.csv", KNOB, instead)
    message = complaint(folder)
    assert message.startswith(f"tuning.csv line {LINE}: ")
    assert instead.split(",")[0] in message
    assert message.endswith(said)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "0.1.0", "10 %"])
def test_a_share_must_be_a_finite_number(value: str, folder: TuningFolder) -> None:
    folder.edit("tuning.csv", "control_share,0.10", f"control_share,{value}")
    line = line_of("control_share")
    said = f"tuning.csv line {line}: control_share: value {value!r} is not a number"
    assert complaint(folder) == said


def test_knobs_that_contradict_each_other_are_named(folder: TuningFolder) -> None:
    folder.edit("tuning.csv", "first_send_hour,8", "first_send_hour,23")
    assert complaint(folder) == "tuning.csv: first_send_hour 23 is more than last_send_hour 22"


def test_a_knob_that_stands_there_twice_is_named(folder: TuningFolder) -> None:
    folder.edit("tuning.csv", KNOB, f"{KNOB}\n{KNOB}")
    said = f"tuning.csv line {LINE + 1}: knob 'max_urgent_captions' appears twice"
    assert complaint(folder) == said


def test_missing_knobs_are_named(folder: TuningFolder) -> None:
    folder.edit("tuning.csv", f"{KNOB}\n", "", "rest_days,14,0,90,days\n", "")
    assert complaint(folder) == "tuning.csv: lacks max_urgent_captions, rest_days"


def test_a_blank_line_does_not_move_the_lines_of_mistakes(folder: TuningFolder) -> None:
    folder.edit("tuning.csv", f"\n{KNOB}", "\n\nmax_urgent_captions,101,0,100,captions")
    assert complaint(folder).startswith(f"tuning.csv line {LINE + 1}: ")


@pytest.mark.parametrize(
    ("name", "said", "instead", "line", "column"),
    [
        ("account_size_tiers", "SMALL,5000,7", "SMALL,much,7", 3, "min_revenue_90d 'much'"),
        ("account_size_tiers", "SMALL,5000,7", "SMALL,-1,7", 3, "min_revenue_90d -1"),
        ("account_size_tiers", "SMALL,5000,7", "SMALL,5000,7.5", 3, "weekly_ppv_min '7.5'"),
        ("account_size_tiers", "SMALL,5000,7", "SMALL,5000,-7", 3, "weekly_ppv_min -7"),
        ("account_size_tiers", "SMALL,5000,7", "SMALL,5000,", 3, "weekly_ppv_min ''"),
        ("account_size_tiers", "SMALL,5000,7,10", "SMALL,5000,12,10", 3, "weekly_ppv_min 12"),
        ("account_size_tiers", "150,10", "0,10", 3, "min_gap_minutes 0"),
        ("account_size_tiers", "150,10", "150,0", 3, "max_messages_per_day 0"),
        ("account_size_tiers", "SMALL", "MICRO", 3, "size_tier 'MICRO'"),
        ("account_size_tiers", "SMALL", "", 3, "size_tier ''"),
        ("saturation_responses", "RED,0.60", "RED,1.5", 4, "min_score 1.5"),
        ("saturation_responses", "0.60,0.5,2", "0.60,-0.5,2", 4, "ppv_multiplier -0.5"),
        ("saturation_responses", "60,2,", "60,8,", 4, "cooling_days 8"),
        ("saturation_responses", "RED", "GREEN", 4, "saturation_status 'GREEN'"),
        ("segment_rules", "BUDGET,0,0.60", "BUDGET,0,0.90", 3, "budget_share"),
        ("segment_rules", "BUDGET,0,0.60", "BUDGET,0,-0.60", 3, "budget_share -0.6"),
        ("segment_rules", "0.10,1.15,1", "0.10,,1", 3, "budget_multiplier ''"),
        ("segment_rules", "LUXURY", "PREMIUM", 6, "behavioral_segment 'PREMIUM'"),
    ],
)
def test_a_value_that_breaks_its_table_s_rules_is_named(
    name: str, said: str, instead: str, line: int, column: str, folder: TuningFolder
) -> None:
    folder.edit(f"{name}.csv", said, instead)
    assert complaint(folder).startswith(f"{name}.csv line {line}: {column}")
