"""Knows which agency a home is of, by what it says of itself and by its first import."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eros_assets.atomic_write import atomic_write
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

FILE = "agency.json"
SHOWN = 3


class AnotherAgencyError(ErosError):
    """The home is of another agency than the one to import."""


@dataclass(frozen=True, slots=True)
class Agency:
    """The agency of a home.

    `name` is what it says of itself, None where it never did; `origin` is what was imported last:
    a folder, or the sample agency. `histories` are the names of the histories that were merged.
    """

    name: str | None
    origin: str
    histories: tuple[str, ...] = ()


def agency_of(home: Path) -> Agency | None:
    """The agency of a home; None before its first import.

    Raises:
        ErosError: its file can't be read.
    """
    file = home / FILE
    if not file.is_file():
        return None
    try:
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        name = kept["name"]
        return Agency(
            None if name is None else str(name), str(kept["origin"]), tuple(kept["histories"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ErosError(
            f"{file} can't be read: {error!r}; remove it, and the next import writes it again"
        ) from None


def note_agency(home: Path, agency: Agency) -> None:
    """Write down whose home it is."""
    atomic_write(home / FILE, json.dumps(asdict(agency), indent=2).encode())


def origin_of(settings: Settings) -> str:
    """What an import reads, for people."""
    return str(settings.import_dir) if settings.import_dir else f"the {settings.sample} sample"


def importing_agency(
    settings: Settings, stored: Collection[str], coming: Collection[str]
) -> Agency:
    """The agency as it is to be noted when this import is done.

    An import is the home's own when both say the same EROS_AGENCY. Where one of them says nothing
    it is when the home is empty, when it reads what the last import read, or when it has one of the
    home's pages: creators come and go, and their number makes no other agency.

    Args:
        settings: what is imported, and where to.
        stored: the pages that the home knows, those that have left among them.
        coming: the pages to import.

    Raises:
        AnotherAgencyError: it is another one's.
    """
    known = agency_of(settings.home)
    origin = origin_of(settings)
    if known is None and not stored:
        return Agency(settings.agency, origin)
    name = known.name if known else None
    if settings.agency is not None and name is not None:
        if settings.agency != name:
            raise AnotherAgencyError(
                f"{settings.home} is the home of {name}, and EROS_AGENCY says {settings.agency}. "
                f"Nothing was changed. Give {settings.agency} a home of its own:\n"
                f"  {_own_home(settings, settings.agency)} make demo\n"
                "or, if it has only changed its name: python -m eros_assets agency name "
                f"{settings.agency}"
            )
    elif known is None or known.origin != origin:
        _require_shared_page(settings, stored, coming)
    return replace(known or Agency(None, origin), name=settings.agency or name, origin=origin)


def _require_shared_page(
    settings: Settings, stored: Collection[str], coming: Collection[str]
) -> None:
    if not stored or set(stored) & set(coming):
        return
    raise AnotherAgencyError(
        f"{settings.home} holds another agency: none of its {len(stored)} pages "
        f"({_some(stored)}) is among the {len(coming)} to load ({_some(coming)}). Nothing was "
        "changed. To keep both, give this one a home of its own:\n"
        f"  {_own_home(settings, _short_name(settings))} make demo\n"
        "If it is the same agency, name the home, and say the same name in EROS_AGENCY: "
        "python -m eros_assets agency name <name>. To begin anew in this home: "
        "python -m eros_assets agency start-over"
    )


def _own_home(settings: Settings, name: str) -> str:
    home, out = settings.home, settings.out_dir
    variables = f"EROS_HOME={home.with_name(f'{home.name}-{name}')}"
    variables += f" EROS_OUT_DIR={out.with_name(f'{out.name}-{name}')}"
    if settings.import_dir:
        variables += f" EROS_IMPORT_DIR={settings.import_dir}"
    return variables


def _short_name(settings: Settings) -> str:
    return settings.import_dir.name if settings.import_dir else "sample"


def _some(pages: Collection[str]) -> str:
    shown = ", ".join(sorted(pages)[:SHOWN])
    return f"{shown}, ..." if len(pages) > SHOWN else shown or "none"
