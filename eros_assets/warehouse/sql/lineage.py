"""Where the columns that `sql/` makes come from: read once, then kept in a file.

Reading is the work of `lineage_reading.py`, which needs sqlglot and two seconds.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from eros_assets.warehouse.sql.kept_results import keep_results, kept_results
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import Lineage

_READ_FROM = ("table", "view", "table_function")
_CACHE_FILE = "sql_lineage.json"
_READING_VERSION = 2  # raise when lineage_reading.py reads the same library differently


def column_lineage(
    library: SqlLibrary, cache_dir: Path | None = None
) -> Mapping[str, Mapping[str, Lineage]]:
    """What `lineage_of` says of the files of `sql/`, by name; files without sources are left out.

    Args:
        library: the files.
        cache_dir: where it is remembered; None reads it anew.
    """
    columns = {o.name: [c.name for c in o.columns] for o in library.of_kind(*_READ_FROM)}
    file = cache_dir / _CACHE_FILE if cache_dir else None
    reading = f"{_READING_VERSION}/{_digest(library)}"
    known = kept_results(file, reading)
    if not known:
        from eros_assets.warehouse.sql.lineage_reading import lineage_of

        found = {name: lineage_of(sql_object, columns) for name, sql_object in library.items()}
        known = {name: written for name, written in found.items() if written}
        if file is not None:
            keep_results(file, reading, known)
    return {
        name: {
            target: {column: [(t, c) for t, c in sources] for column, sources in lineage.items()}
            for target, lineage in written.items()
        }
        for name, written in known.items()
    }


def _digest(library: SqlLibrary) -> str:
    text = "".join(f"{o.kind} {o.name} {o.fingerprint}\n" for o in library.values())
    return hashlib.sha256(text.encode()).hexdigest()
