"""The knobs in force are the table's; one that an earlier version did not know says what to do."""

from pathlib import Path

import pytest

from eros_assets.dataset import open_dataset
from eros_assets.settings import load_settings
from eros_assets.tuning import TuningError, read_knobs


def test_a_knob_that_the_table_lacks_or_has_no_value_for_says_what_to_do(tmp_path: Path) -> None:
    dataset = open_dataset(load_settings({"env": "local", "home": tmp_path}))
    warehouse = dataset.warehouse
    warehouse.deploy(dataset.library["tuning"])
    warehouse.run("INSERT INTO `${dataset}.tuning` (rest_days) VALUES (7)")
    knobs = read_knobs(dataset)
    assert knobs["rest_days"] == 7
    for knob in ("grid_minutes", "half_life"):
        with pytest.raises(TuningError, match=f"lacks the knob {knob}: .* run the job set_up"):
            knobs[knob]
