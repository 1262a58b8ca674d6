"""Writes what commands decide about captions, with a copy of what was; keeps it through imports."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.importing.schema import TERMS

if TYPE_CHECKING:
    import pandas as pd

TERMS_TABLE = "caption_terms"
TABLES = ("caption_bank", TERMS_TABLE, "added_captions")
"""The tables that commands change; a backup has all of them."""


TYPES = {
    "caption_id": "int64",
    "is_active": "boolean",
    "active_from": "object",
    "active_until": "object",
    "max_sends": "Int64",
    "suggested_price": "float64",
    "source": "object",
    "decided_at": "datetime64[us, UTC]",
}
"""The columns of `caption_terms` and their types in a DataFrame; dates are objects."""


class CaptionError(ErosError):
    """What is wrong with a request to change the bank; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What retires captions: at once where neither a date nor a number of sends is given."""

    active_until: dt.date | None = None
    max_sends: int | None = None

    @property
    def sentence(self) -> str:
        """For people."""
        if self.active_until is None and self.max_sends is None:
            return "not used any more"
        until = f"used until {self.active_until}" if self.active_until else ""
        sends = f"sent {self.max_sends} times at most" if self.max_sends is not None else ""
        return " and ".join(part for part in (until, sends) if part)


def add_captions(dataset: Dataset, rows: "pd.DataFrame", *, now: dt.datetime) -> str:
    """Add captions to the bank; gives back the id of the backup that was made before.

    Args:
        dataset: whose bank.
        rows: columns of the bank's schema in files, with ids.
        now: `created_at` of captions that say none.
    """
    import pandas as pd

    from eros_assets.importing.captions import terms_of

    columns = [column.name for column in dataset.library["caption_bank"].columns]
    bank = rows[columns].copy()
    created = pd.to_datetime(bank["created_at"], utc=True)
    bank["created_at"] = created.fillna(pd.Timestamp(now))
    terms = _decided(terms_of(rows), now)

    def write() -> None:
        same = {"caption_id": [int(n) for n in bank["caption_id"]]}
        if dataset.settings.inputs != "warehouse":
            dataset.load("added_captions", bank, replacing=same)
        if len(terms):
            dataset.load("caption_terms", terms, replacing=_ids_of(terms))
        dataset.load("caption_bank", bank, replacing=same)

    return _backed_up(dataset, write, now)


def retire_captions(
    dataset: Dataset, caption_ids: Sequence[int], terms: Terms, *, now: dt.datetime
) -> str:
    """Retire captions; gives back the id of the backup that was made before.

    Raises:
        CaptionError: an id that the bank does not have.
    """
    import pandas as pd

    ids = sorted(set(caption_ids))
    known = {
        int(n)
        for n in dataset.warehouse.query(
            "SELECT b.caption_id FROM `${dataset}.caption_bank` AS b "
            "WHERE b.caption_id IN UNNEST(@ids)",
            {"ids": ids},
        )["caption_id"]
    }
    if missing := [str(n) for n in ids if n not in known]:
        raise CaptionError(f"the bank has no caption {', '.join(missing)}; nothing was changed")
    at_once = terms == Terms()
    before = dataset.rows("caption_terms")
    rows = pd.DataFrame({"caption_id": ids}).merge(
        before[before["caption_id"].isin(ids)], on="caption_id", how="left"
    )
    changes: Mapping[str, Any] = (
        {"is_active": False}
        if at_once
        else {k: v for k, v in _given(terms).items() if v is not None}
    )
    for name, value in changes.items():
        rows[name] = pd.Series([value] * len(rows), dtype=object)
    rows = _decided(rows, now)

    def write() -> None:
        dataset.load("caption_terms", rows, replacing=_ids_of(rows))
        if at_once:
            dataset.run("retire_captions", caption_ids=ids)

    return _backed_up(dataset, write, now)


def restore_captions(dataset: Dataset, backup_id: str) -> int:
    """Put the bank back as a backup has it; gives back its number of captions.

    Raises:
        CaptionError: there is no such backup, or it has expired.
    """
    if set(dataset.warehouse.kept(backup_id, TABLES)) != set(TABLES):
        raise CaptionError(f"there is no backup {backup_id}, or it has expired")
    dataset.warehouse.restore(backup_id, TABLES)
    freshness = dataset.freshness("caption_bank")
    return freshness.row_count if freshness else 0


def with_decisions(
    dataset: Dataset, inputs: Mapping[Any, "pd.DataFrame"], terms: "pd.DataFrame | None"
) -> dict[str, "pd.DataFrame"]:
    """The input tables to load with what commands decided: no import undoes it.

    Captions that were added stand in the bank beside those of the files; one that the files have
    by now is theirs. What was retired stays retired. `caption_terms` has the terms of the files,
    but for captions whose terms a command decided.
    """
    import pandas as pd

    tables = {str(name): rows for name, rows in inputs.items()}
    bank = tables["caption_bank"]
    decided = _stored(dataset, "caption_terms")
    added = _stored(dataset, "added_captions")
    if added is not None and len(added):
        fresh = added[~added["caption_id"].isin(bank["caption_id"])]
        if len(fresh):
            fresh = fresh[list(bank.columns)].astype(
                {name: kind for name, kind in bank.dtypes.items() if kind.kind != "O"}
            )
            bank = pd.concat([bank, fresh], ignore_index=True)
    of_commands = None
    if decided is not None and len(decided):
        of_commands = decided[decided["source"] == "command"]
        retired = of_commands.loc[
            (~of_commands["is_active"].fillna(value=True)).astype(bool), "caption_id"
        ]
        bank = bank.assign(is_active=bank["is_active"] & ~bank["caption_id"].isin(retired))
    kept = [] if of_commands is None else [of_commands]
    if terms is not None and len(terms):
        known = of_commands["caption_id"] if of_commands is not None else []
        kept.append(terms[~terms["caption_id"].isin(known)].assign(source="file", is_active=None))
    columns = [*TYPES]
    together = [each.reindex(columns=columns).astype(object) for each in kept if len(each)]
    all_terms = (
        pd.concat(together, ignore_index=True) if together else pd.DataFrame(columns=columns)
    )
    return {**tables, "caption_bank": bank, "caption_terms": _typed(all_terms)}


def _typed(terms: "pd.DataFrame") -> "pd.DataFrame":
    """The rows with the types of the table; what is missing is None in a column of objects."""
    import pandas as pd

    typed = terms.astype({name: kind for name, kind in TYPES.items() if kind != "object"})
    for name, kind in TYPES.items():
        if kind == "object":
            values = [None if pd.isna(value) else value for value in typed[name]]
            typed[name] = pd.Series(values, index=typed.index, dtype=object)
    return typed


def _given(terms: Terms) -> Mapping[str, object]:
    return {"active_until": terms.active_until, "max_sends": terms.max_sends}


def _stored(dataset: Dataset, table: str) -> "pd.DataFrame | None":
    return dataset.rows(table) if dataset.freshness(table) is not None else None


def _decided(rows: "pd.DataFrame", now: dt.datetime) -> "pd.DataFrame":
    columns = ["caption_id", "is_active", *TERMS]
    return _typed(rows.reindex(columns=columns).assign(source="command", decided_at=now))


def _ids_of(rows: "pd.DataFrame") -> Mapping[str, list[int]]:
    return {"caption_id": [int(n) for n in rows["caption_id"]]}


def _backed_up(dataset: Dataset, write: Callable[[], None], now: dt.datetime) -> str:
    """Write after a copy of all that is changed; what fails half way is put back."""
    digest = hashlib.sha256(now.isoformat().encode()).hexdigest()[:6]
    backup_id = f"captions_{now:%Y%m%dT%H%M%S}_{digest}"
    for name in TABLES[1:]:
        if dataset.freshness(name) is None:
            dataset.warehouse.deploy(dataset.library[name])
    dataset.warehouse.snapshot(backup_id, TABLES, keep_days=dataset.settings.backup_days)
    try:
        write()
    except BaseException:
        dataset.warehouse.restore(backup_id, TABLES)
        raise
    return backup_id
