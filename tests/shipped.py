"""The repository's `sql/`, read and translated once for all processes of a test run."""

from functools import cache
from pathlib import Path
from shutil import copytree

from eros_assets.settings import load_settings
from eros_assets.warehouse.duckdb.objects import deploy_statements
from eros_assets.warehouse.duckdb.translation import Translator
from eros_assets.warehouse.sql.library import SqlLibrary, load_library
from tests.prepared import prepared


@cache
def shipped_library() -> SqlLibrary:
    """As these sources read it: other code, or other SQL, has another folder."""

    def read(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        load_library(cache_dir=folder)

    return load_library(cache_dir=prepared("library", read))


def translated_sql() -> Path:
    """The folder in which a translator finds all of `sql/`, see `Translator.kept_in`."""

    def translate(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        settings, library = load_settings(), shipped_library()
        translator = Translator(settings.project_id, settings.dataset).kept_in(folder)
        for each in library.deploy_order():
            deploy_statements(each, settings.dataset_name, translator, [])
            if columns := [column.name for column in each.columns]:
                deploy_statements(each, settings.dataset_name, translator, columns)
        translator.keep()

    return prepared("translated", translate)


def give_translated_sql(home: Path) -> None:
    """Let a new home have what `translated_sql` has: to translate it takes 20 s of CPU."""
    if not (home / "cache").exists():
        copytree(translated_sql(), home / "cache")
