"""What the Dagster UI shows of every asset by rule: owner, phase, kinds, code, table, freshness.

The modules of the groups say what an asset is; `labelled` adds what follows from its group, from
`sql/` and from the installation.
"""

import datetime as dt
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from eros_assets.assets import phases
from eros_assets.assets.reporting import CODE, WAREHOUSE, code_of
from eros_assets.calendar import ZONE_NAME
from eros_assets.errors import ErosError
from eros_assets.importing.schema import LOADED_BY_OTHERS
from eros_assets.settings import REPOSITORY, Settings
from eros_assets.warehouse.sql.library import SqlLibrary

# Links to code are a beta feature of this version of Dagster, which is pinned.
warnings.filterwarnings("ignore", r"Class `AnchorBasedFilePathMapping", dg.BetaWarning)
warnings.filterwarnings("ignore", r"Function `link_code_references_to_git", dg.BetaWarning)

Labelled = dg.AssetsDefinition | dg.AssetSpec


@dataclass(frozen=True, slots=True)
class Group:
    """A group of assets.

    `owner` is a team or an e-mail address, as Dagster writes them; `EROS_OWNERS` names another.
    `phase` is the phase of the acceptance that the group belongs to.
    """

    purpose: str
    owner: str
    phase: str


GROUPS: Mapping[str, Group] = {
    "routines": Group(
        "tables, functions, procedures and views of sql/", "team:platform", phases.WAREHOUSE
    ),
    "sources": Group("inputs and configuration", "team:platform", phases.WAREHOUSE),
    "performance": Group("facts and caption statistics", "team:analytics", phases.ORCHESTRATION),
    "analysis": Group("reports on creators", "team:analytics", phases.ORCHESTRATION),
    "selection": Group("how many messages, which captions", "team:planning", phases.ORCHESTRATION),
    "schedules": Group("when each message goes out", "team:planning", phases.ORCHESTRATION),
    "evaluation": Group("measured improvement", "team:analytics", phases.SUCCESS),
    "policies": Group("other settings, from the log", "team:analytics", phases.SUCCESS),
    "exports": Group("files, pictures, Google Sheet", "team:publishing", phases.ORCHESTRATION),
    "reports": Group("planned against sent against earned", "team:analytics", phases.SUCCESS),
    "operations": Group("health score and decision", "team:platform", phases.SUCCESS),
    "deployment": Group("run by deploy_production alone", "team:platform", phases.DEPLOYMENT),
}

PHASES: Mapping[str, str] = {
    "preflight": phases.PREPARATION,
    "file_manifest": phases.INVENTORY,
    "deployment_backup": phases.IDEMPOTENCE,
}
"""The phase of assets that belong to another one than their group."""

HISTORY_WARNS, HISTORY_FAILS = dt.timedelta(days=2), dt.timedelta(days=8)
HISTORY = dg.FreshnessPolicy.time_window(fail_window=HISTORY_FAILS, warn_window=HISTORY_WARNS)
"""Inputs that EROS loads: a week is planned from the history before it."""

STATISTICS = dg.FreshnessPolicy.time_window(
    fail_window=dt.timedelta(hours=50), warn_window=dt.timedelta(hours=26)
)
"""Facts, statistics and reports: made each night; two nights may not be missed."""

PLANNED = dg.FreshnessPolicy.cron(
    deadline_cron="0 0 * * MON", lower_bound_delta=dt.timedelta(days=3), timezone=ZONE_NAME
)
"""A week's plan: made between Friday and the midnight with which the week begins."""

HEALTH = dg.FreshnessPolicy.time_window(
    fail_window=dt.timedelta(hours=24), warn_window=dt.timedelta(hours=2)
)
"""The health score: made each hour."""

FRESHNESS: Mapping[str, dg.FreshnessPolicy] = {
    **dict.fromkeys(("performance", "analysis", "evaluation"), STATISTICS),
    **dict.fromkeys(("selection", "schedules"), PLANNED),
    "operations": HEALTH,
}
"""By group. Exports have none: a week is published once, and again when it changes."""


class UnknownGroupError(ErosError):
    """EROS_OWNERS names a group that the graph doesn't have."""


def labelled(
    assets: Iterable[Labelled],
    settings: Settings,
    library: SqlLibrary,
    weekly: dg.WeeklyPartitionsDefinition,
    conditions: Mapping[str, dg.AutomationCondition[dg.AssetKey]],
) -> Sequence[Any]:
    """The assets with what follows from their groups, from `sql/` and from the installation.

    Args:
        assets: as the modules of the groups declare them.
        settings: the installation.
        library: the files of `sql/`.
        weekly: the installation's weeks, for assets that have weeks.
        conditions: by group, when the sensor `keep_current` materializes its assets.

    Raises:
        UnknownGroupError: `settings.owners` names a group that there isn't.
    """
    owners = settings.owner_of_group
    if unknown := sorted(owners.keys() - GROUPS.keys()):
        raise UnknownGroupError(
            f"EROS_OWNERS: there is no group {', '.join(unknown)}; groups are {', '.join(GROUPS)}"
        )
    found = list(assets)
    functions = _functions(found)
    # Dagster evaluates policies by materializations. Inputs that others load have none: the check
    # `history_is_fresh` looks at them.
    loaded_here = () if settings.inputs == "warehouse" else LOADED_BY_OTHERS

    def label(spec: dg.AssetSpec) -> dg.AssetSpec:
        name, group = spec.key.path[-1], spec.group_name or ""
        # A table or view of the dataset, whose rows people can look at.
        is_stored = name in library and library[name].kind in ("table", "view")
        described = (spec.description or "").strip()
        references: list[dg.LocalFileCodeReference | dg.UrlCodeReference] = [
            *functions.get(spec.key, ()),
            *_files(spec, library),
        ]
        return spec.replace_attributes(
            description=f"{described}\n\n{place_of(group)}",
            owners=[owners.get(group, GROUPS[group].owner)],
            kinds={settings.engine if kind == WAREHOUSE else kind for kind in spec.kinds},
            tags={
                **_own_tags(spec),
                **({"dagster/storage_kind": settings.engine} if is_stored else {}),
                **phases.in_phase(PHASES.get(name, GROUPS[group].phase)),
            },
            metadata={
                **spec.metadata,
                **({"dagster/table_name": settings.table_name(name)} if is_stored else {}),
                CODE: dg.CodeReferencesMetadataValue(code_references=references),
            },
            partitions_def=weekly if spec.partitions_def else None,
            automation_condition=spec.automation_condition or conditions.get(group),
            freshness_policy=HISTORY if name in loaded_here else FRESHNESS.get(group),
        )

    shown = list(dg.map_asset_specs(label, found))
    return _linked(shown, settings) if settings.git_url else shown


def place_of(group: str) -> str:
    """The place of a group in the flow, and its purpose, as one sentence."""
    number = list(GROUPS).index(group) + 1
    return f"Group {number} of {len(GROUPS)}, `{group}`: {GROUPS[group].purpose}."


def _own_tags(spec: dg.AssetSpec) -> dict[str, str]:
    """The tags that a module gave; kinds are tags too, and are given anew."""
    return {tag: value for tag, value in spec.tags.items() if not tag.startswith("dagster/kind/")}


def _files(spec: dg.AssetSpec, library: SqlLibrary) -> Sequence[Any]:
    """The files of `sql/` that an asset is made by."""
    known = spec.metadata.get(CODE)
    if known is not None:
        return known.code_references
    name = spec.key.path[-1]
    return [code_of(library[name])] if name in library else []


def _functions(assets: Iterable[Labelled]) -> dict[dg.AssetKey, list[dg.LocalFileCodeReference]]:
    """The Python function of each asset.

    `dg.with_source_code_references` does the same by parsing each file, which is too slow for an
    import of the graph.
    """
    found: dict[dg.AssetKey, list[dg.LocalFileCodeReference]] = {}
    for assets_def in assets:
        if isinstance(assets_def, dg.AssetsDefinition) and assets_def.is_executable:
            function: Any = assets_def.op.compute_fn
            code = function.decorated_fn.__code__
            reference = dg.LocalFileCodeReference(
                file_path=code.co_filename, line_number=code.co_firstlineno, label="Python"
            )
            found |= {key: [reference] for key in assets_def.keys}
    return found


def _linked(assets: list[Labelled], settings: Settings) -> Sequence[Any]:
    """The assets with links into the repository's web page in place of local files."""
    return dg.link_code_references_to_git(
        assets,
        git_url=settings.git_url or "",
        git_branch=settings.git_branch,
        platform=None,
        file_path_mapping=dg.AnchorBasedFilePathMapping(REPOSITORY / "sql", "sql"),
    )
