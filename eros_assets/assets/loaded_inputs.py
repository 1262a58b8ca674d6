"""Inputs that EROS loads itself: the sample agency's, or those of the import folder."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from eros_assets.agency.identity import note_agency
from eros_assets.assets.reporting import DATASET_POOL, load_tables, report_metadata, table_spec
from eros_assets.assets.table_types import require_type
from eros_assets.captions.bank import TERMS_TABLE
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.import_report import rehearsed_import, require_no_doubts
from eros_assets.weekly.inputs import read_or_make_inputs, require_own_agency
from eros_assets.weekly.weeks import note_history_span

ACCEPT = "load them as they are: accept: true in the config of the step inputs"


class LoadConfig(dg.Config):
    """What a person decides about files before they are loaded."""

    accept: bool = Field(
        default=False,
        description="true: load files of EROS_IMPORT_DIR of which much can't be used. false, as by "
        "default: the step fails and loads nothing when more of the messages are quarantined or "
        "match no caption than the tuning allows.",
    )


@dg.multi_asset(
    pool=DATASET_POOL,
    specs=[
        table_spec(
            name,
            group_name="sources",
            runs=("quarantined_rows",),
            deps=["table_definitions", "known_pages"],
            earlier=(*INPUT_TABLES, "message_facts", "sheet_decisions"),
        )
        for name in INPUT_TABLES
    ],
)
def inputs(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, config: LoadConfig
) -> Iterator[dg.MaterializeResult[Any]]:
    """Load the input tables."""
    dataset = warehouse.dataset(context)
    read = read_or_make_inputs(dataset, say=context.log.info)
    tables = {name: read[name] for name in INPUT_TABLES}
    agency = require_own_agency(dataset, tables["creators"])
    for name, rows in tables.items():
        require_type(name, rows)
    report = None
    if dataset.settings.inputs == "files":
        report = rehearsed_import(dataset.settings, tables)
        for line in (*report.lines, *report.doubts):
            context.log.info(line)
        if not config.accept:
            require_no_doubts(report, again=ACCEPT)
    dataset.load(TERMS_TABLE, read[TERMS_TABLE])
    shown = {"inputs": report_metadata(report)} if report else {}
    yield from load_tables(dataset, tables, shown)
    note_agency(dataset.settings.home, agency)
    note_history_span(dataset)
