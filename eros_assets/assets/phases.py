"""The phases of the acceptance that assets, checks and jobs belong to, as Dagster shows them.

Assets and jobs have a tag, and so have the runs of the jobs. Dagster gives checks no tags: a check
has its phase in its metadata, and its description says it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

PHASE_TAG = "eros/phase"

PREPARATION = "0_preparation"
INVENTORY = "1_file_inventory"
WAREHOUSE = "2A_warehouse"
ORCHESTRATION = "2B_orchestration"
GATE = "3_validation_gate"
IDEMPOTENCE = "4_idempotent_operations"
DEPLOYMENT = "5_deployment"
SUCCESS = "success"
"""Of all three lists of success: at once, after a week, after four weeks."""


def in_phase(phase: str) -> dict[str, str]:
    """The tag of an asset or job, the metadata of a check."""
    return {PHASE_TAG: phase}


def phase_sentence(phase: str) -> str:
    """The phase of a check, for its description."""
    return f"Acceptance: phase {phase}."


def phases_of(assets: Iterable[Any]) -> Mapping[dg.AssetKey, str]:
    """The phase of each labelled asset."""
    specs = [
        spec
        for each in assets
        for spec in (each.specs if isinstance(each, dg.AssetsDefinition) else [each])
    ]
    return {spec.key: spec.tags[PHASE_TAG] for spec in specs}
