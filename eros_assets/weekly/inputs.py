"""The input tables of a run: where they come from, what they lack, which rows are left out."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eros_assets import calendar
from eros_assets.agency.identity import Agency, importing_agency
from eros_assets.captions.bank import with_decisions
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.settings import Settings
from eros_assets.warehouse.sql.library import DEPLOYED_KINDS

if TYPE_CHECKING:
    import pandas as pd


NAMED = 3
"""Missing things that an error names."""


class NothingToPlanError(ErosError):
    """The input tables hold no active creator, or no caption that can be used."""


class OlderDatasetError(ErosError):
    """An older version of EROS set up the dataset: it lacks something that this one works with."""


def require_deployed(dataset: Dataset) -> None:
    """Refuse to work where tables, columns, views or routines of `sql/` are missing.

    What is there in another version is no reason: after a rollback an earlier one is in force.

    Raises:
        OlderDatasetError: what is missing, and what to run.
    """
    there = dataset.warehouse.columns()
    routines = {routine.name for routine in dataset.warehouse.routines()}
    others = set[str](INPUT_TABLES) if dataset.settings.inputs == "warehouse" else set[str]()
    lacking: list[str] = []
    for each in dataset.library.of_kind(*DEPLOYED_KINDS):
        if each.name in others:
            continue
        if each.kind not in ("table", "view"):
            lacking += [] if each.name in routines else [each.name]
        elif each.name not in there:
            lacking.append(each.name)
        else:
            wanted = [column.name for column in each.columns]
            lacking += [f"{each.name}.{name}" for name in wanted if name not in there[each.name]]
    if lacking:
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        raise OlderDatasetError(
            f"{dataset.settings.warehouse_location} was set up by another version of EROS: it "
            f"lacks {', '.join(lacking[:NAMED])}{more}. Run `make deploy`, which makes a backup "
            "and adds what is missing"
        )


def require_inputs(dataset: Dataset) -> None:
    """Refuse to work on input tables that no week can be planned from.

    An empty history is none of them: a week can be planned from the bank alone.

    Raises:
        NothingToPlanError: what to load, in one line.
    """
    counts = {k: int(n) for k, n in dataset.cached_query("loaded_inputs").iloc[0].to_dict().items()}
    lacking: list[str] = []
    if not counts["active_creators"]:
        lacking.append(f"creators has no active creator ({_rows(counts['creators'])})")
    if not counts["active_captions"]:
        lacking.append(f"caption_bank has no active caption ({_rows(counts['captions'])})")
    if not lacking:
        return
    if not counts["messages"]:
        lacking.append("mass_messages is empty")
    raise NothingToPlanError(_nothing_to_plan(lacking, dataset.settings))


def require_planable_files(tables: Mapping[str, "pd.DataFrame"], settings: Settings) -> None:
    """The same for tables that are read from files and not loaded yet.

    Raises:
        NothingToPlanError: what to load, in one line.
    """
    lacking = [
        f"{name} has no active {thing} ({_rows(len(tables[name]))})"
        for name, thing in (("creators", "creator"), ("caption_bank", "caption"))
        if not tables[name]["is_active"].any()
    ]
    if lacking:
        raise NothingToPlanError(_nothing_to_plan(lacking, settings))


def _rows(count: int) -> str:
    return "it is empty" if count == 0 else f"none of its {count:,} rows can be used"


def _nothing_to_plan(lacking: Sequence[str], settings: Settings) -> str:
    if settings.inputs == "warehouse":
        where = f"load them into {settings.dataset_name}"
    elif settings.import_dir is not None:
        where = f"put them into the files of {settings.import_dir} and run `make demo`"
    else:
        where = "run `make demo`"
    return (
        f"there is nothing to plan from: {'; '.join(lacking)}; {where} "
        "(quarantined_inputs lists the rows that are left out, with reasons)"
    )


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """An input row that can't be used as it is."""

    table_name: str
    row_key: str | None
    page_name: str | None
    reason: str
    consequence: str

    @property
    def sentence(self) -> str:
        """One line for people."""
        key = "a row without a key" if self.row_key is None else repr(self.row_key)
        return f"{self.table_name}: {key}: {self.reason}; {self.consequence}"


def quarantined_rows(dataset: Dataset) -> list[QuarantinedRow]:
    """The rows of the input tables, but for messages, that can't be used as they are."""
    import pandas as pd

    return [
        QuarantinedRow(
            row["table_name"],
            None if pd.isna(row["row_key"]) else row["row_key"],
            None if pd.isna(row["page_name"]) else row["page_name"],
            row["reason"],
            row["consequence"],
        )
        for row in dataset.cached_query("quarantined_rows").to_dict("records")
    ]


def read_or_make_inputs(
    dataset: Dataset, say: Callable[[str], object] | None = None
) -> Mapping[str, "pd.DataFrame"]:
    """The input tables: of `EROS_IMPORT_DIR` where that is set, else the sample agency's.

    With what commands decided about captions, and `caption_terms`, see `with_decisions`.

    `say` takes what was decided about the files without asking, line by line.
    """
    settings = dataset.settings
    if settings.import_dir is not None:
        from eros_assets.agency.histories import read_histories

        imported = read_histories(settings)
        if say is not None:
            for note in imported.notes:
                say(str(note))
        return with_decisions(dataset, imported.tables, imported.terms)
    from eros_assets.demo import sample_agency
    from eros_assets.importing.inputs import no_rows

    last_day = (settings.today or calendar.today()) - dt.timedelta(days=1)
    sample = sample_agency(settings.sample, settings.sample_seed, last_day).tables
    return with_decisions(dataset, {**no_rows(), **sample}, None)


def known_pages(dataset: Dataset) -> set[str]:
    """The pages that the home knows; none before its first import."""
    tables = ("creators", "message_facts")
    if any(dataset.freshness(table) is None for table in tables):
        return set()
    return {str(page) for page in dataset.query("known_pages")["page_name"]}


def require_own_agency(dataset: Dataset, creators: "pd.DataFrame") -> Agency:
    """The agency whose files these are, to be noted once they are loaded.

    Raises:
        AnotherAgencyError: the home is another one's.
    """
    coming = {str(page) for page in creators["page_name"].dropna()}
    return importing_agency(dataset.settings, known_pages(dataset), coming)
