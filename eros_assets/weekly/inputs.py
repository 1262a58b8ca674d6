"""The input tables of a run: imported from files, or made for the sample agency."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from eros_assets import calendar
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError

if TYPE_CHECKING:
    import pandas as pd


class AnotherAgencyError(ErosError):
    """The warehouse holds the data of another agency than the one to import."""


def read_or_make_inputs(dataset: Dataset) -> Mapping[str, "pd.DataFrame"]:
    """The four input tables: of `EROS_IMPORT_DIR` where that is set, else the sample agency's."""
    settings = dataset.settings
    if settings.import_dir is not None:
        from eros_assets.importing.inputs import read_inputs

        imported = read_inputs(settings.import_dir).tables
        return {str(name): frame for name, frame in imported.items()}
    from eros_assets.demo import sample_agency

    last_day = (settings.today or calendar.today()) - dt.timedelta(days=1)
    return sample_agency(settings.sample, settings.sample_seed, last_day).tables


def refuse_another_agency(dataset: Dataset, creators: "pd.DataFrame") -> None:
    """Refuse files of another agency: most pages of the warehouse must be in the files.

    Raises:
        AnotherAgencyError: fewer than half of them are.
    """
    known = set(
        dataset.warehouse.query("SELECT c.page_name FROM `${dataset}.creators` AS c")["page_name"]
    )
    coming = set(creators["page_name"])
    if 2 * len(known & coming) >= len(known):
        return
    home = dataset.settings.home
    origin = dataset.settings.import_dir
    name = origin.name if origin else "sample"
    variables = f"EROS_HOME={home.parent / (home.name + '-' + name)}"
    if origin:
        variables += f" EROS_IMPORT_DIR={origin}"
    raise AnotherAgencyError(
        f"{home} holds another agency: of its {len(known)} pages ({', '.join(sorted(known)[:3])}, "
        f"...) only {len(known & coming)} are among the {len(coming)} to load "
        f"({', '.join(sorted(coming)[:3])}, ...). Nothing was changed. To keep both, give this one "
        f"a home of its own:\n  {variables} make demo"
    )
