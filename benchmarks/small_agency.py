"""An agency of three pages in an import folder: a command on it takes a few seconds.

For what runs commands hundreds of times (`kills`) or many at once (`races`).
"""

import datetime as dt
import re
from pathlib import Path

from eros_assets.demo.agency import agency_of_shape
from eros_assets.demo.roster import SIZES, AgencySize
from eros_assets.settings import Settings, load_settings

TODAY = dt.date(2025, 11, 3)
WEEK = dt.date(2025, 11, 3)
SHAPE = AgencySize(
    days=56,
    captions=300,
    messages=700,
    creators=tuple(dict.fromkeys(SIZES["small"].creators)),
    bad_rows=10,
    night_messages=2,
    near_duplicates=2,
)
SEED = 3
PAGES = 3


def small_settings(folder: Path, work: str = "work") -> Settings:
    """Settings of an installation in `folder/work` whose inputs and tuning are in `folder`."""
    return load_settings(
        {
            "home": folder / work / "home",
            "out_dir": folder / work / "out",
            "import_dir": folder / "import",
            "tuning_dir": folder / "tuning",
            "today": TODAY,
        }
    )


def make_small_agency(folder: Path) -> None:
    """Write `folder/import`, and `folder/tuning`, in which the selector may take its time."""
    files = folder / "import"
    files.mkdir(parents=True)
    agency = agency_of_shape(SHAPE, SEED, TODAY - dt.timedelta(days=1))
    pages = [creator.page_name for creator in agency.creators[:PAGES]]
    for name, rows in agency.tables.items():
        kept = rows[rows["page_name"].isin(pages) | rows["page_name"].isna()]
        kept.to_parquet(files / f"{name}.parquet", index=False)
    unhurried_tuning(folder)


def unhurried_tuning(folder: Path) -> Path:
    """Write `folder/tuning`, in which the selector may take its time; that folder."""
    shipped = load_settings({"tuning_dir": None}).tuning_file("tuning.csv").read_text("utf-8")
    tuning = folder / "tuning"
    tuning.mkdir()
    unhurried = re.sub(r"(?m)^selector_max_seconds,[^,]+,", "selector_max_seconds,600,", shipped)
    (tuning / "tuning.csv").write_text(unhurried, "utf-8")
    return tuning
