"""Channels of publication that an installation hasn't set up: shown, and nothing to run."""

from collections.abc import Iterable, Iterator

import dagster as dg

from eros_assets.assets.labels import Labelled
from eros_assets.resources import HOW_TO_SET_A_BUCKET, HOW_TO_TURN_ON
from eros_assets.settings import Settings


def with_channels_of(settings: Settings, assets: Iterable[Labelled]) -> Iterator[Labelled]:
    """The assets, those of channels that aren't set up as external ones.

    An external asset has its place in the graph, and a description that says how to turn it on.
    Jobs, backfills and *Materialize all* pass it over: none waits for it or counts it as missing.

    Args:
        settings: the installation.
        assets: with all that is shown of them.
    """
    missing = {
        **({} if settings.spreadsheet_id else {dg.AssetKey("schedule_sheet"): HOW_TO_TURN_ON}),
        **({} if settings.export_bucket else {dg.AssetKey("schedule_bucket"): HOW_TO_SET_A_BUCKET}),
    }
    for asset in assets:
        if isinstance(asset, dg.AssetsDefinition) and asset.keys <= missing.keys():
            for spec in asset.specs:
                how = missing[spec.key]
                yield spec.replace_attributes(
                    description=f"Not set up: {how}.\n\n{spec.description}",
                    automation_condition=None,
                )
        else:
            yield asset
