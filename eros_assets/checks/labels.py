"""What a check has by rule: the installation's weeks, and its phase of the acceptance."""

from collections.abc import Mapping

import dagster as dg

from eros_assets.assets.phases import GATE, in_phase, phase_sentence
from eros_assets.checks.gate import DESCRIPTIONS


def labelled_checks(
    checks: dg.AssetChecksDefinition,
    weekly: dg.PartitionsDefinition[str],
    phases: Mapping[dg.AssetKey, str],
) -> dg.AssetChecksDefinition:
    """The checks with what follows from their assets.

    Dagster maps specs of assets, and has nothing of the kind for checks.

    Args:
        checks: as the modules declare them.
        weekly: the installation's weeks: a check must have those of its asset.
        phases: of the assets. The gate's own conditions are in the gate's phase.
    """

    def label(spec: dg.AssetCheckSpec) -> dg.AssetCheckSpec:
        phase = GATE if spec.name in DESCRIPTIONS else phases[spec.asset_key]
        return dg.AssetCheckSpec(
            spec.name,
            asset=spec.asset_key,
            description=f"{(spec.description or '').strip()}\n\n{phase_sentence(phase)}",
            additional_deps=spec.additional_deps,
            blocking=spec.blocking,
            metadata={**spec.metadata, **in_phase(phase)},
            automation_condition=spec.automation_condition,
            partitions_def=weekly if spec.partitions_def else None,
        )

    return dg.AssetChecksDefinition.create(
        keys_by_input_name=checks.keys_by_input_name,
        node_def=checks.op,
        check_specs_by_output_name={
            output: label(spec) for output, spec in checks.check_specs_by_output_name.items()
        },
        can_subset=checks.can_subset,
        resource_defs=checks.resource_defs,
    )
