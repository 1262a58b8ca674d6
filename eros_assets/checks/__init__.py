"""Asset checks: one idea each, with the observed value, the threshold and a sample of offenders."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.checks.exports import export_checks
from eros_assets.checks.health import health_checks
from eros_assets.checks.integrity import integrity_checks
from eros_assets.checks.schedules import schedule_checks
from eros_assets.checks.smoke import smoke_checks
from eros_assets.installation import Installation


def all_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """Every check of the installation."""
    return [
        *integrity_checks(eros),
        *schedule_checks(eros),
        *smoke_checks(eros),
        *export_checks(eros),
        *health_checks(eros),
    ]
