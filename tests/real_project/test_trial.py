"""The trial of a real project does what it says: here on the embedded engine and on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.dataset import Dataset, open_dataset, sql_library
from eros_assets.settings import Settings
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import Parameters, WarehouseError
from tests.assets.installed import Installed, unhurried_tuning
from tests.google.loopback import serving
from tests.real_project import __main__ as script
from tests.real_project.comparison import differences
from tests.real_project.trial import Trial, TrialError, trial_settings
from tests.warehouse.bigquery.plays import Play, failing
from tests.warehouse.bigquery.service import Service


def test_the_whole_trial_passes_where_the_rows_are_the_same(
    agency: Installed, tmp_path: Path
) -> None:
    folder = tmp_path / "trial"
    settings = trial_settings(
        env="local",
        home=folder / "home",
        out_dir=folder / "out",
        tuning_dir=unhurried_tuning(folder),
    )
    said: list[str] = []
    tried: list[str] = []
    dataset = open_dataset(settings, asset="trial")
    expected = Trial(agency.dataset, lambda *_: None, said.append).rows()
    with storage_of(settings.warehouse_file).opened():
        Trial(dataset, lambda text, _: tried.append(text), said.append).run(expected)
    assert sorted(tried) == sorted(sql_object.text for sql_object in sql_library().values())
    assert sum(line.startswith("rows:") for line in said) == 3
    assert any("before the second rollback" in line for line in said)


def test_other_rows_fail_the_trial_with_table_column_and_key(agency: Installed) -> None:
    trial = Trial(agency.dataset, lambda *_: None, lambda _: None)
    expected = dict(trial.rows())
    changed = expected["weekly_volume_targets"].copy()
    changed.loc[0, "ppv_count"] += 1
    expected["weekly_volume_targets"] = changed
    with pytest.raises(TrialError, match=r"weekly_volume_targets\.ppv_count: 1 of \d+ rows.*page"):
        trial.compare(expected)


def test_every_refused_statement_is_named_with_its_file(dataset: Dataset) -> None:
    def refusing(text: str, parameters: Parameters) -> None:
        if "caption_bank" in text:
            raise WarehouseError("LEFT OUTER JOIN cannot be used without a condition")

    with pytest.raises(TrialError, match=r"\d+ statements are refused") as caught:
        Trial(dataset, refusing, lambda _: None).rehearse()
    assert "\nsql/operations/selected_captions.sql: LEFT OUTER JOIN" in str(caught.value)


ONE = pd.DataFrame({"page_name": ["cook", "coach"], "emv": [2.0, 0.1 + 0.2], "n": [1, 2]})


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (ONE.iloc[::-1].assign(emv=[0.3, 2.0 + 1e-12]), []),
        (ONE.assign(run_id="x"), []),
        (ONE.assign(emv=[2.0, 0.3001]), ["t.emv: 1 of 2 rows differ"]),
        (ONE.assign(n=[1, 3]), ["t.n: 1 of 2 rows differ"]),
        (ONE.iloc[:1], ["t: 2 rows and 1"]),
        (ONE.assign(more=1), ["t: only one engine has more"]),
        (ONE.assign(emv=[2.0, float("nan")]), ["t.emv: 1 of 2 rows differ"]),
    ],
    ids=["order and last digits", "stamp", "float", "whole number", "row", "column", "NULL"],
)
def test_rows_are_compared_by_key_and_floats_within_the_tolerance(
    other: pd.DataFrame, said: list[str]
) -> None:
    found = list(differences("t", ["page_name"], ONE, other))
    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))


@pytest.fixture
def project(service: Service, tmp_path: Path) -> Iterator[Settings]:
    with serving(service) as address:
        yield Settings(env="production", bigquery_endpoint=address, home=tmp_path)


def test_a_refused_statement_ends_the_script_with_one_and_leaves_nothing(
    project: Settings, service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service.will(failing("invalidQuery", "Partitioning by n is refused"), part="CREATE TABLE")
    columns = [
        *(("jobs", "INTEGER"), ("bytes_processed", "INTEGER")),
        *(("bytes_billed", "INTEGER"), ("slot_ms", "INTEGER")),
    ]
    usage = Play(columns=columns, rows=[(3, 2**20, 10 * 2**20, 2500)])
    service.will(usage, part="JOBS_BY_PROJECT")
    assert script.attempt(project, tmp_path, lambda _: {}) == 1
    said = capsys.readouterr().out
    assert "Partitioning by n is refused" in said
    assert "sql/tables/" in said
    assert "3 jobs, 1.0 MiB processed, 10.0 MiB billed, 2.5 slot seconds" in said
    assert "removed" in said
    assert service.datasets == {}
    (made,) = [r.body["datasetReference"]["datasetId"] for r in service.sent("datasets.insert")]
    assert all(f"of-scheduler-proj.{made}." in s for s in service.statements if "CREATE" in s)


def test_an_interrupted_script_leaves_nothing(
    project: Settings, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(trial: Trial, expected: object) -> None:
        assert service.datasets
        raise KeyboardInterrupt

    monkeypatch.setattr(Trial, "run", interrupted)
    assert script.attempt(project, tmp_path, lambda _: {}) == 1
    assert service.datasets == {}


def test_a_passed_trial_ends_with_zero(
    project: Settings,
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Trial, "run", lambda *_: None)
    assert script.attempt(project, tmp_path, lambda _: {}) == 0
    assert "passed in" in capsys.readouterr().out
    assert service.datasets == {}


def test_without_a_project_or_credentials_it_says_so_in_a_line_and_ends_with_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("EROS_BIGQUERY_ENDPOINT", raising=False)
    monkeypatch.delenv("EROS_PROJECT_ID", raising=False)
    assert script.main() == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert "EROS_PROJECT_ID" in line
    monkeypatch.setenv("EROS_PROJECT_ID", "of-scheduler-proj")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    assert script.main() == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert "credentials" in line
