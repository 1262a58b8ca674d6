"""The engine costs nothing until it is used, and says what to do without credentials."""

import subprocess
import sys
from pathlib import Path

import pytest

from eros_assets.settings import Settings, SettingsError, load_settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import WarehouseError
from tests.warehouse.bigquery.library import LIBRARY


def test_the_door_opens_without_googles_libraries() -> None:
    code = (
        "import sys, eros_assets.warehouse, eros_assets.warehouse.bigquery;"
        "print([m for m in sys.modules if m.startswith(('google.cloud', 'google.api_core'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_machine_without_credentials_is_told_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    warehouse = BigQueryWarehouse(Settings(home=tmp_path), LIBRARY)
    with pytest.raises(WarehouseError, match="gcloud auth application-default login"):
        warehouse.freshness("bookings")


def test_a_key_file_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text('{"type": "service_account", "private_key": "SECRET"}')
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    warehouse = BigQueryWarehouse(Settings(home=tmp_path), LIBRARY)
    with pytest.raises(WarehouseError, match="GOOGLE_APPLICATION_CREDENTIALS") as caught:
        warehouse.query("SELECT 1")
    assert "SECRET" not in str(caught.value)


def test_an_endpoint_must_be_an_address() -> None:
    with pytest.raises(SettingsError, match=r"EROS_BIGQUERY_ENDPOINT=localhost: must be an addr"):
        load_settings({"bigquery_endpoint": "localhost"})
