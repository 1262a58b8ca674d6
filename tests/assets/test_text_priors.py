"""The fit of captions' texts as an asset: where it fails, the week goes on with what is known."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from eros_assets.assets.text_priors import caption_text_priors
from eros_assets.dataset import open_dataset
from eros_assets.definitions import resources_of
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables
from tests.shipped import give_translated_sql

WEEK = dt.date(2025, 11, 3)


def test_texts_that_cannot_be_fitted_leave_the_priors_that_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_translated_sql(tmp_path)
    dataset = open_dataset(load_settings({"env": "local", "home": tmp_path, "week": WEEK}))
    for sql_object in dataset.library.deploy_order():
        dataset.warehouse.deploy(sql_object)
    for name, frame in configuration_tables(dataset.settings, dataset.library).items():
        dataset.warehouse.load(name, frame)
    known = {"caption_id": [1], "price_tier": ["mid"], "multiplier": [1.3], "variance": [0.1]}
    dataset.load("caption_text_priors", pd.DataFrame(known))

    def fail(*_: object) -> None:
        raise ValueError("a text without words")

    monkeypatch.setattr("eros_assets.assets.text_priors.refresh_text_priors", fail)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [caption_text_priors], instance=instance, resources=resources_of(dataset.settings)
        )
        [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["failed"].value == "ValueError: a text without words"
    assert dataset.rows("caption_text_priors")["multiplier"].tolist() == [1.3]
