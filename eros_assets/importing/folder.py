"""Finds the files of each table in a folder."""

import hashlib
import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eros_assets.importing.mapping import MAPPING_FILE, Mapping, TableMapping
from eros_assets.importing.mistakes import InputFileError, Mistake, MistakeLog
from eros_assets.importing.schema import SCHEMAS, TableName

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet", ".xlsx")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of a table, and what the mapping says of it."""

    table: TableName
    file: Path
    mapping: TableMapping


def find_sources(folder: Path, mapping: Mapping) -> list[Source]:
    """The files of each table, in the order of the tables and of their names.

    Without a mapping the files of a table have its name, and may have more after it:
    `mass_messages.csv`, `mass_messages_2025-10.csv.gz`.

    Raises:
        InputFileError: no such folder, a table missing that must be there, or given twice.
    """
    if not folder.is_dir():
        raise InputFileError(f"{folder} is not a folder")
    found: list[Source] = []
    log = MistakeLog()
    for name, schema in SCHEMAS.items():
        maps = mapping.of(name) or (TableMapping(),)
        if any(each.from_messages for each in maps):
            continue
        if tables := [each.table for each in maps if each.table]:
            text = (
                f"{name}.table in {MAPPING_FILE}: {tables[0]} is a table of the warehouse, which "
                "`python -m eros_assets load-tables` reads"
            )
            log.add(Mistake(str(folder), None, None, text), text)
            continue
        before = len(found)
        for each in maps:
            files = _matching(folder, each.files) if each.files else _named(folder, name)
            found += [Source(name, file, each) for file in files]
            if each.files and not files:
                text = (
                    f"no file is named {' or '.join(each.files)} ({name}.files in {MAPPING_FILE})"
                )
                log.add(Mistake(str(folder), None, None, text), text)
        files = [source.file for source in found[before:]]
        _refuse_the_same_twice(folder, files, log)
        if files or any(each.files for each in maps):
            continue
        others = sorted(file.name for file in folder.glob(f"{name}.*"))
        if others or not schema.optional:
            beside = f" (there is {', '.join(others)})" if others else ""
            text = (
                f"no {name}.csv, .csv.gz, .tsv, .parquet or .xlsx{beside}: name its files in "
                f"{MAPPING_FILE}, or let `python -m eros_assets inspect` propose it"
            )
            log.add(Mistake(str(folder), None, None, text), text)
    log.raise_if_any()
    return found


def content_of(file: Path) -> bytes:
    """The bytes of a file that nobody wrote to meanwhile.

    Raises:
        InputFileError: it can't be read, or changed while it was.
    """
    try:
        before = file.stat()
        content = file.read_bytes()
        after = file.stat()
    except OSError as error:
        raise InputFileError(f"{file.name}: can't be read: {error.strerror}") from error
    states = {(each.st_size, each.st_mtime_ns) for each in (before, after)}
    if len(states) > 1 or len(content) != after.st_size:
        raise InputFileError(
            f"{file.name}: changed while it was read ({before.st_size:,} bytes, then "
            f"{after.st_size:,}): wait until its export is done, and run the command again"
        )
    return content


def table_files(folder: Path) -> list[Path]:
    """Every file of the folder that may be a table."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and _suffix(file) and not file.name.startswith((".", "~$"))
    )


def _named(folder: Path, table: TableName) -> list[Path]:
    pattern = re.compile(rf"{table}([\W_0-9].*)?", re.IGNORECASE)
    files = (file for file in table_files(folder) if pattern.fullmatch(_stem(file)))
    # `creators_2025.csv` is of creators, `creator_caption_restrictions.csv` of another table.
    return [file for file in files if not _is_of_another(file, table)]


def _is_of_another(file: Path, table: TableName) -> bool:
    longer = (name for name in SCHEMAS if name != table and name.startswith(table))
    return any(_stem(file).lower().startswith(name) for name in longer)


def _matching(folder: Path, patterns: Sequence[str]) -> list[Path]:
    names = {file for pattern in patterns for file in folder.glob(pattern) if file.is_file()}
    return sorted(names)


def _refuse_the_same_twice(folder: Path, files: Sequence[Path], log: MistakeLog) -> None:
    by_stem: dict[str, list[str]] = {}
    for file in files:
        by_stem.setdefault(_stem(file), []).append(file.name)
    for names in by_stem.values():
        if len(names) > 1:
            text = f"{' and '.join(sorted(names))} are the same table: keep one of them"
            log.add(Mistake(str(folder), None, None, text), text)


def _suffix(file: Path) -> str | None:
    name = file.name.lower()
    return next((s for s in sorted(SUFFIXES, key=len, reverse=True) if name.endswith(s)), None)


def _stem(file: Path) -> str:
    return file.name[: -len(_suffix(file) or "")] if _suffix(file) else file.name


def fingerprint(digests: MappingOf[str, Sequence[str]], mapping: bytes) -> str:
    """SHA-256 in hex over the tables' names, the SHA-256 of their files, and the mapping."""
    digest = hashlib.sha256()
    for name in sorted(digests):
        for each in digests[name]:
            digest.update(f"{name}:{each}\n".encode())
    if mapping:
        digest.update(f"mapping:{hashlib.sha256(mapping).hexdigest()}\n".encode())
    return digest.hexdigest()
