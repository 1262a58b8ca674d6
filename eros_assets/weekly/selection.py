"""The targets of a week and the captions selected for it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eros_assets.calendar import la_date
from eros_assets.dataset import Dataset
from eros_assets.planning.remaining import (
    WHOLE_WEEK,
    has_begun,
    remaining_target,
    tier_of,
    time_ahead,
)
from eros_assets.planning.volume import (
    NOTHING_DECIDED,
    PageOutlook,
    WeeklyTarget,
    weekly_target,
)
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.weekly.decided import week_decisions
from eros_assets.weekly.drafting import week_rules
from eros_assets.weekly.logged_chances import logged_chances
from eros_assets.weekly.policies import current_policy
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.sent import sent_before_planning
from eros_assets.weekly.shortfalls import (
    TOO_FEW_CAPTIONS,
    Report,
    Shortfall,
    failed_page,
    reason_of,
)

if TYPE_CHECKING:
    import pandas as pd

TOLD_EVERY = 10
"""Pages that are chosen for alone between two lines of progress."""


def week_targets(
    dataset: Dataset,
    scope: WeekPlanScope,
    report: Report | None = None,
) -> "pd.DataFrame":
    """The targets of the scope's pages, with the columns of `weekly_volume_targets`.

    The numbers of the tiers are less what people have queued. Of a week that has begun only what is
    left is to be planned: those numbers are of the time ahead, less what was sent.

    A page whose targets can't be set has no row: its error goes to `report`, and the others go on.
    Without `report` the error is raised.
    """
    import pandas as pd

    knobs = read_knobs(dataset)
    outlooks = dataset.query(
        "page_outlooks",
        week_start=scope.week_start,
        account_lookback_days=knobs["account_lookback_days"],
        pages=list(scope.pages),
    )
    decided = week_decisions(dataset, scope, knobs)
    standing = _standing(dataset, scope)
    holidays = dataset.query("holiday_factors", week_start=scope.week_start)
    by_date: Mapping[Any, float] = dict(
        zip(holidays["holiday_date"], holidays["volume_factor"], strict=True)
    )
    factors = [by_date.get(day, 1.0) for day in scope.dates]
    rows: list[dict[str, Any]] = []
    for outlook in _records(outlooks):
        try:
            page = outlook["page_name"]
            target = weekly_target(
                PageOutlook(**outlook),
                scope.week_start,
                factors,
                decided.get(page, NOTHING_DECIDED),
            )
            target = _remaining(target, knobs, scope, standing.get(page, Counter()))
            rows.append(asdict(target))
        except Exception as error:  # an error of one creator doesn't stop the others
            if report is None:
                raise
            report(failed_page(outlook["page_name"], reason_of(error)))
    columns = [column.name for column in dataset.library["weekly_volume_targets"].columns]
    return pd.DataFrame(rows, columns=columns)


def _standing(dataset: Dataset, scope: WeekPlanScope) -> dict[str, Counter[str]]:
    """What each page has sent in the week already, and what people have queued in it, by tier."""
    standing: dict[str, Counter[str]] = {}
    queued = dataset.query(
        "queued_this_week",
        week_start=scope.week_start,
        planned_at=scope.planned_at,
        pages=list(scope.pages),
    )
    for rows in (sent_before_planning(dataset, scope), queued):
        for row in _records(rows):
            if la_date(row["sending_time"]) in scope.dates:
                tier = tier_of(row["message_type"], row["price_tier"])
                standing.setdefault(row["page_name"], Counter())[tier] += 1
    return standing


def _remaining(
    target: WeeklyTarget, knobs: Knobs, scope: WeekPlanScope, standing: Mapping[str, int]
) -> WeeklyTarget:
    ahead = WHOLE_WEEK
    if has_begun(scope.week_start, scope.planned_at):
        rules = week_rules(asdict(target), knobs, scope.week_start)
        ahead = time_ahead(rules, scope.planned_at)
    return remaining_target(target, ahead, standing)


def _records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def select_captions(
    dataset: Dataset,
    scope: WeekPlanScope,
    report: Report | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> "pd.DataFrame":
    """Call the selection for every page at once, or for each page that the run names.

    Where the call for all fails, each page is chosen for alone: one page stops no other. `tell`
    takes why, because it takes much longer, and how far it is.
    A page that the warehouse can't choose for, or whose restrictions can't be applied, gets no
    captions: `report` takes why, and it stops no other. With nobody to report to, the error of a
    page that is chosen for alone is raised.
    """
    import pandas as pd

    refused = dataset.query("refused_pages", pages=list(scope.pages))
    reasons: Mapping[str, str] = dict(zip(refused["page_name"], refused["reason"], strict=True))
    if report is None:
        reasons = {}  # the procedure raises each
    else:
        for page, reason in reasons.items():
            report(failed_page(page, reason))
    pages = [page for page in scope.pages if page not in reasons]
    if scope.is_everyone:
        try:
            return _selected(dataset, scope, None)
        except WarehouseError as error:
            if report is None or len(pages) < 2:
                raise
            tell(
                "captions can't be selected for all pages at once, so they are for each page "
                f"alone, which takes longer: {reason_of(error)}"
            )
    chosen = _selected_one_by_one(dataset, scope, pages, report, tell)
    columns = [column.name for column in dataset.library["caption_selections"].columns]
    return pd.concat(chosen) if chosen else pd.DataFrame(columns=columns)


def _selected_one_by_one(
    dataset: Dataset,
    scope: WeekPlanScope,
    pages: Sequence[str],
    report: Report | None,
    tell: Callable[[str], None],
) -> "list[pd.DataFrame]":
    """The selection of each page, in the order of `pages`; of those that fail, why.

    Raises:
        WarehouseError: of the only page with nobody to report to, or of all pages: then it is
            the warehouse that fails, and no page.
    """
    chosen: list[pd.DataFrame] = []
    failures: list[Shortfall] = []
    for number, page in enumerate(pages):
        if number and number % TOLD_EVERY == 0:
            tell(f"selected for {number} of {len(pages)} pages")
        try:
            chosen.append(_selected(dataset, scope, page))
        except WarehouseError as error:
            failures.append(failed_page(page, reason_of(error)))
            if report is None or (scope.is_everyone and len(failures) == len(pages)):
                raise
    for failure in failures:
        if report is not None:
            report(failure)
    return chosen


def _selected(dataset: Dataset, scope: WeekPlanScope, page: str | None) -> "pd.DataFrame":
    return dataset.call(
        "select_captions_for_creator",
        p_page_name=page,
        p_week_start=scope.week_start,
        p_num_budget=None,
        p_num_mid=None,
        p_num_premium=None,
        p_num_bump=None,
        p_seed=dataset.settings.seed,
    ).rows


def with_chances(
    dataset: Dataset, scope: WeekPlanScope, selections: "pd.DataFrame"
) -> "pd.DataFrame":
    """Selections with the chance of each PPV, by replays of its pool; updates the table too."""
    knobs = read_knobs(dataset)
    policy = current_policy(knobs)
    selections = selections.reset_index(drop=True)
    likely = logged_chances(dataset, selections, [policy], knobs)
    known = selections.assign(
        selection_probability=likely[f"chance {policy.name}"],
        control_probability=likely["control"],
    )
    pages = sorted(set(known["page_name"]))
    dataset.load(
        "caption_selections",
        known,
        replacing={"week_start": scope.week_start, "page_name": pages},
    )
    return known


def selection_shortfalls(dataset: Dataset, scope: WeekPlanScope) -> list[Shortfall]:
    """Tiers of pages for which the bank had too few eligible captions."""
    rows = dataset.query(
        "selection_shortfalls", week_start=scope.week_start, pages=list(scope.pages)
    )
    return [
        Shortfall(
            page_name=row["page_name"],
            price_tier=row["price_tier"],
            wanted=int(row["wanted"]),
            got=int(row["got"]),
            reason=TOO_FEW_CAPTIONS,
        )
        for row in _records(rows)
    ]
