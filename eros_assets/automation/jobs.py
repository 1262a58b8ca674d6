"""The jobs that people and schedules run."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.week import WEEKLY

SET_UP = "set_up"
WEEKLY_SCHEDULES = "weekly_schedules"

WEEKLY_GROUPS = ("performance", "selection", "schedules", "exports")


@dg.config_mapping(
    config_schema={
        "pages": dg.Field(
            [str],
            default_value=[],
            description="Pages to plan; empty: every active creator.",
        ),
        "force": dg.Field(
            bool,
            default_value=False,
            description="Plan a week that has begun again, superseding the schedules in force.",
        ),
    }
)
def week_scope_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The run config `pages: [...]`, `force: ...` as that of the week's resource."""
    return {"resources": {"week_scope": {"config": dict(config)}}}


def jobs() -> Sequence[Any]:
    """`set_up` (tables, routines, inputs) and `weekly_schedules` (a week, history to exports)."""
    return [
        dg.define_asset_job(
            SET_UP,
            selection=dg.AssetSelection.groups("routines", "sources").materializable(),
            description="Create the tables, load the inputs and the configuration, deploy the "
            "routines. Safe to repeat.",
        ),
        dg.define_asset_job(
            WEEKLY_SCHEDULES,
            selection=dg.AssetSelection.groups(*WEEKLY_GROUPS),
            partitions_def=WEEKLY,
            config=week_scope_config,
            description="A week from history to exports: facts, statistics, targets, selections, "
            "schedules, reservations, files. Run config `pages: [...]` narrows it.",
        ),
    ]
