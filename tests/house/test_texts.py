"""No file names another machine; every package has its reason; one file names the dataset."""

from collections.abc import Mapping
from importlib import metadata

import pytest

from eros_assets.settings import Settings
from tests.house import texts
from tests.house.modules import REPOSITORY, Module, lies_in
from tests.house.sources import EROS, SETTINGS, sample

UNIMPORTED: Mapping[str, str] = {
    "dagster-webserver": "`make dev` opens it",
    "tzdata": "read by zoneinfo where the machine has no zone files",
}
MODULES: Mapping[str, str] = {
    "google-cloud-bigquery": "google.cloud.bigquery",
    "google-cloud-bigquery-storage": "google.cloud.bigquery_storage",
    "scikit-learn": "sklearn",
}
"""Import names that don't follow from the package's name."""

INSTALLING = (
    *("pyproject.toml", "requirements.txt", "requirements-dev.txt", "Makefile"),
    *(path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / ".ci").iterdir()),
)


def dataset_literals(text: str) -> list[str]:
    names = [str(Settings.model_fields[field].default) for field in ("project_id", "dataset")]
    return texts.lines_with(text, names)


def test_project_and_dataset_are_named_by_settings_alone() -> None:
    code = [
        path
        for path in texts.text_files()
        if path.relative_to(REPOSITORY).parts[0] not in ("tests", "docs")
    ]
    said = {
        path.relative_to(REPOSITORY).as_posix(): found
        for path in code
        if (found := dataset_literals(path.read_text(encoding="utf-8")))
    }
    assert said.keys() == {SETTINGS}
    # Each name once, and there as the default of its field, which is where the rule read it.
    assert len(said[SETTINGS]) == 2


def test_a_literal_name_of_the_dataset_is_noticed() -> None:
    dataset = Settings.model_fields["dataset"].default
    assert dataset_literals(f"SELECT 1\nFROM `{dataset}.creators`") == [f"2: {dataset}"]
    assert dataset_literals("SELECT 1\nFROM `${dataset}.creators`") == []


@pytest.mark.parametrize("name", INSTALLING)
def test_nothing_that_installs_names_another_machine(name: str) -> None:
    assert texts.addresses((REPOSITORY / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "dagster @ https://packages.example/dagster.whl",
        "--index-url https://packages.example/simple",
        "--extra-index-url http://10.0.0.1/simple",
        "-m pip install --find-links wheels",
        "--trusted-host packages.example.com",
        "url = 'packages.example.org'",
        "git+ssh://git@packages.example/dagster",
    ],
)
def test_an_address_is_noticed(wrong: str) -> None:
    assert texts.addresses("numpy==2.4\n" + wrong)[0].startswith("2: ")


@pytest.mark.parametrize(
    "right",
    [
        "google-cloud-bigquery==3.41.0 \\",
        "    --hash=sha256:286e71c82c1a38e75bbcf185f9b37d0305ad7786535107cb49bf4df9ff2e1f95",
        "zope.interface==7.0",
        "dev: ## The Dagster UI on http://localhost:3000.",
        'module_name = "eros_assets.definitions"',
    ],
)
def test_a_package_is_no_address(right: str) -> None:
    assert texts.addresses(right) == []


def test_every_required_package_has_its_reason() -> None:
    assert texts.unexplained((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")) == []


def test_a_required_package_without_a_reason_is_noticed() -> None:
    pyproject = """
    [project]
    dependencies = [
        "pandas>=2.3,<3", # the tables that leave and enter the warehouse
        "numpy>=2.4,<3",
        "click>=8.1", #
    ]
    [project.optional-dependencies]
    dev = [
        "pytest>=8.4",
    ]
    """
    assert texts.unexplained(pyproject) == ["numpy>=2.4,<3", "click>=8.1", "pytest>=8.4"]


def unimported(pyproject: str, sources: list[Module]) -> set[str]:
    """Packages to run with that no source imports."""
    imported = {name for module in sources for _, name in module.imports()}
    return {
        package
        for package in map(texts.package_of, texts.requirements(pyproject))
        if not any(
            lies_in(name, (MODULES.get(package, package.replace("-", "_")),)) for name in imported
        )
    }


def test_every_package_to_run_with_is_imported_or_has_its_excuse() -> None:
    pyproject = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    assert unimported(pyproject, EROS) == UNIMPORTED.keys()


def test_dagster_gcp_requires_dagster_pandas_at_the_release_that_is_pinned() -> None:
    pyproject = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    (pinned,) = (r for r in texts.requirements(pyproject) if r.startswith("dagster-pandas"))
    assert pinned in (metadata.requires("dagster-gcp") or [])


def test_a_package_that_nothing_imports_is_noticed() -> None:
    pyproject = "[project]\ndependencies = ['dagster==1.13', 'google-cloud-bigquery>=3', 'rich']"
    sources = [sample("import dagster_pandas"), sample("from google.cloud import bigquery")]
    assert unimported(pyproject, sources) == {"dagster", "rich"}


def test_no_text_speaks_of_the_machine_it_was_written_on() -> None:
    said = {
        path.relative_to(REPOSITORY).as_posix(): found
        for path in texts.text_files()
        if (found := texts.lines_with(path.read_text(encoding="utf-8"), texts.FOREIGN_PATHS))
    }
    assert said == {}


@pytest.mark.parametrize("path", texts.FOREIGN_PATHS)
def test_a_foreign_path_is_noticed(path: str) -> None:
    assert texts.lines_with(f"# Plans\nsee {path}plan.md", texts.FOREIGN_PATHS) == [f"2: {path}"]


def test_all_that_git_keeps_is_read() -> None:
    read = {path.relative_to(REPOSITORY).as_posix() for path in texts.text_files()}
    assert {".ci/run", ".gitignore", "Makefile", "README.md", "docs/SETTINGS.md"} <= read
    assert {"sql/tables/tuning.sql", "eros_assets/settings.py", "tests/house/texts.py"} <= read
    assert not any(path.startswith((".git/", ".venv/", ".hypothesis/")) for path in read)
