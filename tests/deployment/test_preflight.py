"""What must hold before anything runs is one clear line each."""

from pathlib import Path

import pytest

from eros_assets.dataset import open_dataset
from eros_assets.deployment.preflight import (
    REQUIREMENTS,
    PreflightError,
    input_probes,
    installed_version,
    lines,
    package_probes,
    pins,
    preflight,
    require,
    sheet_probes,
)
from eros_assets.settings import load_settings
from eros_assets.warehouse.protocol import Probe
from tests.exporting.sheets_service.service import GET, SPREADSHEET
from tests.exporting.sheets_service.weeks import opened_desk
from tests.google.exchange import Trouble

PINNED = """
# made by a tool
dagster==1.13.27 \\
    --hash=sha256:00
pandas==2.3.3 \\
    --hash=sha256:01 \\
    --hash=sha256:02
pywin32==311 ; sys_platform == 'win32' \\
    --hash=sha256:03
"""


def test_pins_are_those_that_this_machine_is_asked_for() -> None:
    assert dict(pins(PINNED)) == {"dagster": "1.13.27", "pandas": "2.3.3"}


def test_packages_that_are_as_pinned_are_one_line() -> None:
    found = {"dagster": "1.13.27", "pandas": "2.3.3"}
    (probe,) = package_probes(PINNED, found.get)
    assert probe == Probe("packages", "2 installed as requirements.txt pins them", holds=True)


def test_each_package_that_differs_is_a_line_with_both_versions() -> None:
    probes = list(package_probes(PINNED, {"pandas": "2.2.0"}.get))
    assert [probe.holds for probe in probes] == [False, False]
    assert "dagster: not installed, requirements.txt pins 1.13.27" in probes[0].found
    assert "pandas: 2.2.0 is installed, requirements.txt pins 2.3.3" in probes[1].found


@pytest.mark.parametrize("line", ["pandas>=2", "pandas", "pandas==2.*", "== 3"])
def test_a_requirement_that_pins_nothing_is_refused(line: str) -> None:
    with pytest.raises(PreflightError):
        list(pins(line))


def test_the_repository_s_own_requirements_pin_everything() -> None:
    assert len(dict(pins(REQUIREMENTS.read_text(encoding="utf-8")))) > 50
    assert installed_version("dagster") is not None
    assert installed_version("no-such-package") is None


def test_what_an_empty_home_lacks_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    settings = load_settings({"home": tmp_path / "home", "out_dir": tmp_path / "out"})
    probes = preflight(settings, ["mass_messages", "creators"], ["tuning"])
    wrong = [probe for probe in probes if not probe.holds and probe.subject != "packages"]
    assert [probe.subject for probe in wrong] == ["inputs", "inputs"]
    assert (
        wrong[0].found == "mass_messages: not there; run `make demo`, which makes the sample agency"
    )
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_nothing_can_be_planned_without_must_have_rows(tmp_path: Path) -> None:
    dataset = open_dataset(load_settings({"home": tmp_path / "home", "out_dir": tmp_path / "out"}))
    warehouse = dataset.warehouse
    inputs = ("mass_messages", "caption_bank", "creators", "creator_caption_restrictions")
    for name in inputs:
        warehouse.deploy(dataset.library[name])
    probes = input_probes(dataset.settings, warehouse, inputs)
    lacking = [probe.found.split(":")[0] for probe in probes if not probe.holds]
    assert lacking == ["caption_bank", "creators"]


def test_a_folder_that_is_a_file_is_named_with_its_variable(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    settings = load_settings({"home": tmp_path / "home", "out_dir": tmp_path / "out"})
    wrong = [p for p in preflight(settings, [], []) if p.subject == "folder" and not p.holds]
    assert len(wrong) == 1
    assert "EROS_OUT_DIR" in wrong[0].found


def test_without_credentials_the_rest_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    settings = load_settings({"env": "production", "home": tmp_path, "out_dir": tmp_path})
    probes = preflight(settings, ["creators"], [])
    assert [p.subject for p in probes if not p.holds and p.subject != "packages"] == ["credentials"]
    assert "gcloud auth application-default login" in probes[-1].found


def test_only_what_fails_is_in_the_error() -> None:
    probes = [Probe("python", "3.11", holds=True), Probe("dataset", "lies\nelsewhere", holds=False)]
    assert lines(probes)[1] == "FAIL  dataset             lies elsewhere"
    with pytest.raises(PreflightError) as caught:
        require(probes)
    assert str(caught.value).splitlines() == [
        "preflight: nothing was run.",
        "  FAIL  dataset             lies elsewhere",
    ]
    require(probes[:1])


def test_a_spreadsheet_that_cannot_be_opened_is_a_line_with_what_to_do(tmp_path: Path) -> None:
    assert list(sheet_probes(load_settings({"home": tmp_path, "spreadsheet_id": None}))) == []
    with opened_desk() as desk:
        settings = load_settings(
            {"home": tmp_path, "spreadsheet_id": SPREADSHEET, "sheets_endpoint": desk.address}
        )
        (probe,) = sheet_probes(settings)
        assert probe.holds
        assert f"/d/{SPREADSHEET} can be opened" in probe.found
        scopes = "Request had insufficient authentication scopes."
        desk.sheets.trouble(GET, Trouble(status=403, message=scopes))
        (probe,) = sheet_probes(settings)
    assert not probe.holds
    assert "https://www.googleapis.com/auth/spreadsheets" in probe.found
