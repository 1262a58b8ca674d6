"""Phase 0 checks what must hold before anything runs, one line per check."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from eros_assets.calendar import ZONE_NAME
from eros_assets.dataset import open_dataset
from eros_assets.errors import ErosError
from eros_assets.settings import REPOSITORY, Settings
from eros_assets.warehouse.protocol import Probe, Warehouse

OLDEST_PYTHON = (3, 11)
REQUIREMENTS = REPOSITORY / "requirements.txt"
INSTALL = "run `make demo`, which installs what requirements.txt pins"


class PreflightError(ErosError):
    """Something that EROS needs is missing; one line for each."""


def preflight(settings: Settings, inputs: Sequence[str], owned: Sequence[str]) -> list[Probe]:
    """All probes, in the order in which they would fail.

    Args:
        settings: of the installation; that they are there means that each could be used.
        inputs: the tables that others load.
        owned: the tables that EROS makes.
    """
    found = [
        Probe("settings", f"warehouse {settings.warehouse_location}", holds=True),
        _python(),
        *package_probes(REQUIREMENTS.read_text(encoding="utf-8"), installed_version),
        _time_zone(),
        _folder("EROS_HOME", settings.home),
        _folder("EROS_OUT_DIR", settings.out_dir),
        *sheet_probes(settings),
    ]
    try:
        warehouse = open_dataset(settings, asset="preflight").warehouse
        probes = warehouse.probe([*owned, *inputs])
    except ErosError as error:
        return [*found, Probe("warehouse", str(error), holds=False)]
    found += probes
    if all(probe.holds for probe in probes):
        found += input_probes(settings, warehouse, inputs)
    return found


def package_probes(
    requirements: str, installed: Callable[[str], str | None]
) -> Iterator[Probe]:  # fmt: skip
    """One probe when every pinned package has its version, else one for each that doesn't.

    Args:
        requirements: text of `requirements.txt`, with its markers and hashes.
        installed: the version of a package on this machine, None when it is not installed.
    """
    wanted = dict(pins(requirements))
    wrong = {name: found for name, pin in wanted.items() if (found := installed(name)) != pin}
    for name, found in wrong.items():
        there = f"{found} is installed" if found else "not installed"
        yield Probe(
            "packages",
            f"{name}: {there}, requirements.txt pins {wanted[name]}; {INSTALL}",
            holds=False,
        )
    if not wrong:
        yield Probe("packages", f"{len(wanted)} installed as requirements.txt pins them", True)


def pins(requirements: str) -> Iterator[tuple[str, str]]:
    """Name and version of each pinned package that applies to this machine.

    Raises:
        PreflightError: a line that pins nothing.
    """
    # Imported here: its grammar takes as long as ten modules of ours, and one step needs it.
    from packaging.requirements import InvalidRequirement, Requirement

    for line in requirements.splitlines():
        text = line.strip().removesuffix("\\").strip()
        if not text or text.startswith(("#", "--")):
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise PreflightError(f"requirements.txt: {text!r} is no requirement: {error}") from None
        pinned = re.fullmatch(r"==([^*]+)", str(requirement.specifier))
        if pinned is None:
            raise PreflightError(f"requirements.txt: {requirement.name} is not pinned by ==")
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name, pinned[1]


def installed_version(name: str) -> str | None:
    """The version of a package on this machine; None when it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def sheet_probes(settings: Settings) -> Iterator[Probe]:
    """Whether the spreadsheet can be opened with this machine's credentials; none without one."""
    if settings.spreadsheet_id is None:
        return
    from eros_assets.exporting.sheets.client import Spreadsheet
    from eros_assets.exporting.sheets.credentials import account_of, find_credentials

    key = settings.sheets_key_json
    try:
        credentials = find_credentials(
            settings.sheets_key_file,
            key.get_secret_value() if key else None,
            at_google=settings.sheets_endpoint is None,
        )
        spreadsheet = Spreadsheet(
            settings.spreadsheet_id,
            credentials,
            account=account_of(credentials),
            endpoint=settings.sheets_endpoint,
            timeout=settings.sheets_timeout_seconds,
        )
        spreadsheet.state()
    except ErosError as error:
        yield Probe("spreadsheet", str(error), holds=False)
        return
    yield Probe("spreadsheet", f"{spreadsheet.where.address} can be opened", holds=True)


NEVER_EMPTY = ("creators", "caption_bank")
"""Inputs without whose rows nothing can be planned; a history may still begin."""


def input_probes(
    settings: Settings, warehouse: Warehouse, inputs: Sequence[str]
) -> Iterator[Probe]:  # fmt: skip
    """Whether each input table exists and has rows."""
    whence: Mapping[str, str] = {
        "warehouse": "load it first; its columns are in sql/tables/",
        "files": "run `make demo`, which loads EROS_IMPORT_DIR",
        "sample": "run `make demo`, which makes the sample agency",
    }
    for table in inputs:
        try:
            found = warehouse.freshness(table)
        except ErosError as error:
            yield Probe("inputs", f"{table}: {error}", holds=False)
            continue
        if found is None:
            yield Probe("inputs", f"{table}: not there; {whence[settings.inputs]}", holds=False)
        else:
            rows = f"{table}: {found.row_count} rows, last changed {found.last_modified:%Y-%m-%d}"
            lacks = table in NEVER_EMPTY and not found.row_count
            told = f"{rows}; {whence[settings.inputs]}" if lacks else rows
            yield Probe("inputs", told, holds=not lacks)


def lines(probes: Sequence[Probe]) -> list[str]:
    """One line each, for a terminal or a log."""
    return [
        f"{'ok  ' if probe.holds else 'FAIL'}  {probe.subject:<18}  "
        + " ".join(probe.found.splitlines())
        for probe in probes
    ]


def require(probes: Sequence[Probe]) -> None:
    """Raise unless every probe holds.

    Raises:
        PreflightError: something doesn't; one line for each.
    """
    wrong = [probe for probe in probes if not probe.holds]
    if wrong:
        raise PreflightError(
            "preflight: nothing was run.\n" + "\n".join(f"  {line}" for line in lines(wrong))
        )


def _python() -> Probe:
    have = ".".join(str(part) for part in sys.version_info[:3])
    oldest = ".".join(str(part) for part in OLDEST_PYTHON)
    return Probe("python", f"{have}; {oldest} or newer", sys.version_info >= OLDEST_PYTHON)


def _time_zone() -> Probe:
    try:
        ZoneInfo(ZONE_NAME)
    except ZoneInfoNotFoundError as error:
        return Probe("time zone", f"{error}; install tzdata", holds=False)
    return Probe("time zone", f"{ZONE_NAME} is known", holds=True)


def _folder(variable: str, folder: Path) -> Probe:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        return Probe("folder", f"{folder} can be written to", holds=True)
    return Probe(
        "folder", f"{there} can't be written to; set {variable} to a folder that can", holds=False
    )
