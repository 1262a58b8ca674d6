"""The histories of a home: the folder that is imported, and those that were merged with it."""

import re
import shutil
from pathlib import Path

from eros_assets.agency.identity import Agency, agency_of, note_agency, origin_of
from eros_assets.errors import ErosError
from eros_assets.importing.inputs import ImportedInputs, read_inputs
from eros_assets.importing.merging import merged
from eros_assets.settings import Settings

FOLDER = "histories"


class HistoryError(ErosError):
    """What is wrong with a request to merge a history; nothing was changed."""


def read_histories(settings: Settings) -> ImportedInputs:
    """The files of EROS_IMPORT_DIR, with the histories that were merged into the home.

    Raises:
        InputFileError: what is wrong with the files.
    """
    assert settings.import_dir is not None
    inputs = read_inputs(settings.import_dir)
    known = agency_of(settings.home)
    for name in known.histories if known else ():
        inputs = merged(inputs, read_inputs(settings.home / FOLDER / name), name)
    return inputs


def merge_history(settings: Settings, folder: Path, name: str) -> ImportedInputs:
    """Merge the files of a folder into the home for all imports to come; gives back all inputs.

    The files are copied into the home. They are loaded by the next import.

    Raises:
        HistoryError: the home imports no files, or has a history of that name.
        InputFileError: what is wrong with the files, or with both together.
    """
    if settings.import_dir is None or settings.inputs != "files":
        raise HistoryError("set EROS_IMPORT_DIR to the first history: the second is merged with it")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise HistoryError(f"{name!r} must be 1 to 64 of letters, digits, '.', '_' and '-'")
    known = agency_of(settings.home) or Agency(settings.agency, origin_of(settings))
    if name in known.histories:
        raise HistoryError(f"a history {name} was merged already: unmerge it, or name this another")
    together = merged(read_histories(settings), read_inputs(folder), name)
    target = settings.home / FOLDER / name
    shutil.rmtree(target, ignore_errors=True)  # of a merge that was killed before it was noted
    target.mkdir(parents=True)
    for file in sorted(each for each in folder.iterdir() if each.is_file()):
        shutil.copy2(file, target / file.name)
    note_agency(settings.home, Agency(known.name, known.origin, (*known.histories, name)))
    return together


def unmerge_history(settings: Settings, name: str) -> Path:
    """Leave a merged history out of imports to come; its files stay where they are.

    Raises:
        HistoryError: there is none of that name.
    """
    known = agency_of(settings.home)
    if known is None or name not in known.histories:
        there = ", ".join(known.histories) if known and known.histories else "none"
        raise HistoryError(f"no history {name} was merged; there is {there}")
    kept = tuple(each for each in known.histories if each != name)
    note_agency(settings.home, Agency(known.name, known.origin, kept))
    return settings.home / FOLDER / name
