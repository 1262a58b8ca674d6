"""Inputs: made from a seed, imported from files, or loaded by others; and the configuration."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets import calendar
from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.errors import ErosError
from eros_assets.installation import Installation
from eros_assets.tuning import CONFIGURATION_TABLES, configuration_tables
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd

INPUT_TABLES = ("mass_messages", "caption_bank", "creators", "creator_caption_restrictions")

DAILY = dg.AutomationCondition.on_cron("30 1 * * *", calendar.ZONE_NAME)
"""When inputs that others load are looked at: each night, before the daily update."""


class AnotherAgencyError(ErosError):
    """The warehouse holds another agency's data than the one to import."""


def source_assets(eros: Installation) -> Sequence[dg.AssetsDefinition | dg.AssetSpec]:
    """The input tables, by where this installation has them from, and the configuration tables."""
    if eros.settings.inputs == "warehouse":
        return [_observed_inputs(eros), _configuration(eros)]
    return [_loaded_inputs(eros), _configuration(eros)]


def _configuration(eros: Installation) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="configuration",
        specs=[
            table_spec(eros, name, group="sources", deps=["table_definitions"])
            for name in CONFIGURATION_TABLES
        ],
    )
    def configuration(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = eros.warehouse(asset="configuration", run=context.run_id)
        yield from _load(warehouse, configuration_tables(eros.settings, eros.library))

    return configuration


def _loaded_inputs(eros: Installation) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="inputs",
        specs=[
            table_spec(eros, name, group="sources", deps=["table_definitions"])
            for name in INPUT_TABLES
        ],
    )
    def inputs(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = eros.warehouse(asset="inputs", run=context.run_id)
        tables = read_or_make_inputs(eros)
        refuse_another_agency(eros, warehouse, tables["creators"])
        yield from _load(warehouse, tables)

    return inputs


def read_or_make_inputs(eros: Installation) -> Mapping[str, "pd.DataFrame"]:
    """The four input tables: of `EROS_IMPORT_DIR` where that is set, else the sample agency's."""
    settings = eros.settings
    if settings.import_dir is not None:
        from eros_assets.importing import read_inputs

        imported = read_inputs(settings.import_dir).tables
        return {str(name): frame for name, frame in imported.items()}
    from eros_assets.demo import sample_agency

    last_day = (settings.today or calendar.today()) - dt.timedelta(days=1)
    return sample_agency(settings.sample, settings.sample_seed, last_day).tables


def refuse_another_agency(
    eros: Installation, warehouse: Warehouse, creators: "pd.DataFrame"
) -> None:
    """One warehouse holds one agency: most of the pages it knows must be among the new ones.

    Raises:
        AnotherAgencyError: fewer than half of them are.
    """
    known = set(warehouse.query("SELECT c.page_name FROM `${dataset}.creators` AS c")["page_name"])
    coming = set(creators["page_name"])
    if 2 * len(known & coming) >= len(known):
        return
    home = eros.settings.home
    origin = eros.settings.import_dir
    name = origin.name if origin else "sample"
    variables = f"EROS_HOME={home.parent / (home.name + '-' + name)}"
    if origin:
        variables += f" EROS_IMPORT_DIR={origin}"
    raise AnotherAgencyError(
        f"{home} holds another agency: of its {len(known)} pages ({', '.join(sorted(known)[:3])}, "
        f"...) only {len(known & coming)} are among the {len(coming)} to load "
        f"({', '.join(sorted(coming)[:3])}, ...). Nothing was changed. To keep both, give this one "
        f"a home of its own:\n  {variables} make demo"
    )


def _load(
    warehouse: Warehouse, tables: Mapping[str, "pd.DataFrame"]
) -> Iterator[dg.MaterializeResult[Any]]:
    for name, frame in tables.items():
        handle = warehouse.labelled(asset=name)
        handle.load(name, frame)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={
                **frame_metadata(frame),
                **job_metadata(handle),
            },
        )


def _observed_inputs(eros: Installation) -> dg.AssetsDefinition:
    """Inputs that others load: EROS only notes when each changed, and how many rows it has."""

    @dg.multi_observable_source_asset(
        specs=[
            table_spec(eros, name, group="sources", deps=[]).replace_attributes(
                automation_condition=DAILY
            )
            for name in INPUT_TABLES
        ]
    )
    def inputs(context: dg.AssetExecutionContext) -> Iterator[dg.ObserveResult]:
        warehouse = eros.warehouse(asset="inputs", run=context.run_id)
        for name in INPUT_TABLES:
            freshness = warehouse.freshness(name)
            if freshness is None:
                raise ErosError(
                    f"table {eros.settings.dataset_name}.{name} does not exist; load it first, "
                    "its columns are in sql/tables/"
                )
            yield dg.ObserveResult(
                asset_key=name,
                data_version=dg.DataVersion(freshness.last_modified.isoformat()),
                metadata={
                    "dagster/row_count": freshness.row_count,
                    "dagster/last_updated_timestamp": dg.MetadataValue.timestamp(
                        freshness.last_modified
                    ),
                },
            )

    return inputs
