"""Chances of the chosen captions under each policy, from the log of a week's candidate pools."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from eros_assets.evaluation.replay import Policy, TierPool, replay

if TYPE_CHECKING:
    import pandas as pd

STRATUM = ["page_name", "week_start", "price_tier"]
COUNTS = {
    "prior": ["prior_successes", "prior_failures"],
    "evidence": ["effective_successes", "effective_failures"],
}


@dataclass(frozen=True, slots=True)
class LoggedPool:
    """The pool of a page's week and tier; `categories` names its category indexes."""

    key: str
    pool: TierPool
    categories: tuple[str, ...]
    control_places: int


def chances(
    pools: "pd.DataFrame",
    chosen: "pd.DataFrame",
    policies: Sequence[Policy],
    *,
    replays: int,
    seed: str,
) -> "pd.DataFrame":
    """The chance of each chosen caption under each policy.

    Args:
        pools: rows of `selection_pools`.
        chosen: rows of `caption_selections`; those without a pool come out NaN.
        policies: settings to replay; each has as many places as the treatment arm had.
        replays: draws of each pool.
        seed: first part of the key that the draws come from.

    Returns:
        In the rows' order and index: `control`, the chance to be in the control arm; `places` of
        both arms; and for each policy `chance <name>` to be in the treatment arm and
        `rate <name>`, the mean posterior rate of what it chooses there. `treatment_places` tells
        how many that are.
    """
    import pandas as pd

    columns = ["control", "places", "treatment_places"]
    columns += [f"{what} {policy.name}" for policy in policies for what in ("chance", "rate")]
    found = pd.DataFrame(np.nan, index=chosen.index, columns=columns)
    rows_of = chosen.groupby(STRATUM, sort=True).indices
    for stratum, logged in _logged_pools(pools):
        rows = rows_of.get(stratum)
        if rows is None:
            continue
        part = chosen.iloc[rows]
        prior, evidence = _chosen_counts(part)
        category = pd.Index(logged.categories).get_indexer(pd.Index(part["content_category"]))
        is_urgent = part["has_urgency"].to_numpy(dtype=np.bool_)
        values = [
            np.full(len(rows), logged.control_places / logged.pool.size),
            np.full(len(rows), float(logged.control_places + logged.pool.places)),
            np.full(len(rows), float(logged.pool.places)),
        ]
        for policy in policies:
            digest = hashlib.sha256(f"{seed}|{logged.key}|{policy.name}".encode()).digest()
            rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
            replayed = replay(logged.pool, policy, replays, rng)
            values.append(
                replayed.probabilities(prior, evidence, category.astype(np.int64), is_urgent)
            )
            values.append(np.full(len(rows), replayed.mean_rate))
        found.iloc[rows] = np.stack(values, axis=1)
    return found


def _chosen_counts(chosen: "pd.DataFrame") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Prior and evidence of chosen captions, (2, n) each."""
    prior = chosen[COUNTS["prior"]].to_numpy(dtype=np.float64).T
    posterior = chosen[["posterior_successes", "posterior_failures"]].to_numpy(dtype=np.float64).T
    return prior, np.maximum(posterior - prior, 0.0)


def _logged_pools(
    pools: "pd.DataFrame",
) -> "Iterator[tuple[tuple[object, ...], LoggedPool]]":
    if pools.empty:
        return
    # In one order, whatever the warehouse gives: captions of all pages before the page's own.
    by = [*COUNTS["prior"], *COUNTS["evidence"], "content_category", "has_urgency", "pages"]
    pools = pools.sort_values(
        [*STRATUM, *by],
        ascending=[*(True for _ in STRATUM), *(column != "pages" for column in by)],
    )
    prior, evidence = (pools[columns].to_numpy(dtype=np.float64).T for columns in COUNTS.values())
    captions, pages = (pools[name].to_numpy(dtype=np.int64) for name in ("captions", "pages"))
    categories = pools["content_category"].to_numpy(dtype=np.object_)
    is_urgent = pools["has_urgency"].to_numpy(dtype=np.bool_)
    relative_use = pools["relative_use"].to_numpy(dtype=np.float64)
    room, urgent_room, places, control_places = (
        pools[name].to_numpy(dtype=np.int64)
        for name in ("category_room", "urgent_room", "treatment_places", "control_places")
    )
    multiplier, variance = (
        pools[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("multiplier", "pair_variance")
    )
    for stratum, rows in pools.groupby(STRATUM, sort=True).indices.items():
        names, first_of, category = np.unique(
            categories[rows], return_index=True, return_inverse=True
        )
        first = rows[0]
        pool = TierPool(
            captions=captions[rows],
            prior=prior[:, rows],
            evidence=evidence[:, rows],
            category=category.astype(np.int64),
            is_urgent=is_urgent[rows],
            relative_use=relative_use[rows[first_of]],
            category_room=room[rows[first_of]],
            urgent_room=int(urgent_room[first]),
            multiplier=float(multiplier[first]),
            places=int(places[first]),
            pages=pages[rows],
            pair_variance=None if np.isnan(variance[first]) else float(variance[first]),
        )
        key = cast("tuple[object, ...]", stratum)
        yield (
            key,
            LoggedPool(
                key="|".join(str(part) for part in key),
                pool=pool,
                categories=tuple(str(name) for name in names),
                control_places=int(control_places[first]),
            ),
        )
