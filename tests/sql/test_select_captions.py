"""select_captions_for_creator: who may send what, how many, and what is refused."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from eros_assets.warehouse.protocol import RaisedError
from tests.sql.dataset import (
    MONDAY,
    TIERS,
    Dataset,
    Row,
    assignment,
    caption,
    creators,
    days_before,
    fact,
    restriction,
    review,
    target,
)

ALL = {"budget": 40, "mid": 40, "premium": 40, "bump": 40}  # more than there are


def in_days(days: int) -> dt.date:
    return MONDAY + dt.timedelta(days=days)


def chosen(rows: pd.DataFrame, page: str = "cook") -> set[int]:
    return {int(c) for c in rows.loc[rows["page_name"] == page, "caption_id"]}


class TestEligibility:
    """A page that wants more than there is takes all that it may."""

    @pytest.fixture(autouse=True)
    def _pages(self, dataset: Dataset) -> None:
        dataset.put("creators", creators("cook", "coach"))

    def taken(self, dataset: Dataset, captions: list[Row]) -> set[int]:
        dataset.put("caption_bank", captions)
        return chosen(dataset.select("cook", counts=ALL))

    def test_captions_in_use_of_any_page_and_its_own(self, dataset: Dataset) -> None:
        captions = [
            caption(1),
            caption(2, page_name="cook"),
            caption(3, page_name="coach"),
            caption(4, is_active=False),
            caption(5, is_active=None),
        ]
        assert self.taken(dataset, captions) == {1, 2}

    def test_within_its_dates_and_sends(self, dataset: Dataset) -> None:
        """All seven dates of the week must be among them; sends of every page count."""
        terms = {
            1: {"active_from": MONDAY, "active_until": in_days(6), "max_sends": 3},
            2: {"active_from": in_days(1)},
            3: {"active_until": in_days(5)},
            4: {"max_sends": 2},
            5: {"max_sends": 0},
            6: {"suggested_price": 12.0},
        }
        dataset.put("caption_terms", [{"caption_id": n, **row} for n, row in terms.items()])
        sent = [(1, "cook"), (1, "coach"), (4, "cook"), (4, "coach"), (7, "cook")]
        dataset.put(
            "message_facts",
            [
                fact(n, caption_id=c, page_name=page, send_date=days_before(MONDAY, 60))
                for n, (c, page) in enumerate(sent)
            ],
        )
        assert self.taken(dataset, [caption(n) for n in range(1, 8)]) == {1, 6, 7}

    def test_none_of_its_restrictions(self, dataset: Dataset) -> None:
        """All rows of a page hold together; those of others or out of force don't."""
        dataset.put(
            "creator_caption_restrictions",
            [
                restriction("cook", restricted_categories=["bread", "soup"]),
                restriction(
                    "cook", restricted_price_tiers=["premium"], restricted_categories=["pie"]
                ),
                restriction("cook", blocked_patterns=[r"(?i)\bgluten\b", r"^50 ?%", "a{3}"]),
                restriction("cook", blocked_patterns=None, restricted_categories=None),
                restriction("cook", restricted_categories=["jam"], is_active=False),
                restriction("coach", restricted_categories=["tea"]),
            ],
        )
        captions = [
            caption(1, content_category="bread"),
            caption(2, content_category="soup"),
            caption(3, content_category="pie"),
            caption(4, content_category="jam"),
            caption(5, content_category="tea"),
            caption(6, content_category=None),
            caption(7, price_tier="premium"),
            caption(8, price_tier="mid"),
            caption(10, caption_text="No GLUTEN here"),
            caption(11, caption_text="Glutenous rice"),
            caption(12, caption_text="50% off"),
            caption(13, caption_text="Now 50% off"),
            caption(14, caption_text="Baaaked"),
            caption(15, content_category="Bread"),
        ]
        assert self.taken(dataset, captions) == {4, 5, 6, 8, 11, 13, 15}

    def test_not_what_any_page_holds_within_7_days_of_the_week(self, dataset: Dataset) -> None:
        edges = {-8: True, -7: False, -1: False, 0: False, 6: False, 7: False, 13: False, 14: True}
        captions = [caption(100 + days) for days in edges]
        dataset.put(
            "active_caption_assignments",
            [assignment(100 + days, in_days(days)) for days in edges]
            + [assignment(300, in_days(0), is_active=False)],
        )
        free = {100 + days for days, is_free in edges.items() if is_free}
        assert self.taken(dataset, [*captions, caption(300)]) == free | {300}

    def test_its_own_reservations_of_the_week_are_its_to_choose_anew(
        self, dataset: Dataset
    ) -> None:
        """Planning a week again must not be kept from what that week has reserved."""
        free = {-8: True, -7: False, -1: False, 0: True, 6: True, 7: False, 13: False, 14: True}
        dataset.put(
            "active_caption_assignments",
            [assignment(100 + days, in_days(days), page_name="cook") for days in free],
        )
        captions = [caption(100 + days) for days in free]
        assert self.taken(dataset, captions) == {100 + d for d, is_free in free.items() if is_free}

    def test_planned_together_pages_may_exchange_what_they_hold(self, dataset: Dataset) -> None:
        """One that isn't planned keeps what it holds."""
        dataset.put("creators", creators("cook", "coach", "band"))
        dataset.put(
            "active_caption_assignments",
            [
                assignment(1, in_days(2), page_name="coach"),
                assignment(2, in_days(2), page_name="cook"),
                assignment(3, in_days(2), page_name="band"),
            ],
        )
        dataset.put("caption_bank", [caption(n) for n in (1, 2, 3)])
        dataset.put("weekly_volume_targets", [target("cook", budget=4), target("coach", budget=4)])
        assert set(dataset.select()["caption_id"]) == {1, 2}
        assert chosen(dataset.select("cook")) <= {2}

    def test_not_what_it_sent_in_the_14_days_before(self, dataset: Dataset) -> None:
        sent = {1: False, 14: False, 15: True, 30: True}
        facts = [
            fact(days, caption_id=days, send_date=days_before(MONDAY, days), send_hour=0)
            for days in sent
        ]
        facts += [fact(50, caption_id=50, send_date=in_days(-1), send_hour=23)]
        facts += [fact(60, caption_id=60, send_date=in_days(-3), page_name="coach")]
        facts += [fact(70, caption_id=None, send_date=in_days(-3))]
        dataset.put("message_facts", facts)
        captions = [caption(n) for n in (*sent, 50, 60, 70)]
        assert self.taken(dataset, captions) == {15, 30, 60, 70}

    def test_not_what_a_reviewer_rejected_for_it_and_the_week(self, dataset: Dataset) -> None:
        said = [
            review(1, "reject"),
            review(2, "approve"),
            review(3, None),
            review(4, "reject", page_name="coach"),
            review(5, "reject", week_start=in_days(-7)),
            review(1, None, schedule_id="sched_newer"),
        ]
        dataset.put("schedule_review", said)
        assert self.taken(dataset, [caption(n) for n in range(1, 7)]) == {2, 3, 4, 5, 6}

    def test_the_knobs_move_the_edges(self, dataset: Dataset) -> None:
        dataset.tune(rest_days=2, reservation_days=3)
        facts = [
            fact(n, caption_id=n, send_date=days_before(MONDAY, n), send_hour=1) for n in (2, 3)
        ]
        dataset.put("message_facts", facts)
        holds = {-4: True, -3: False, 9: False, 10: True}
        dataset.put(
            "active_caption_assignments",
            [assignment(100 + days, in_days(days)) for days in holds],
        )
        captions = [caption(n) for n in (2, 3)] + [caption(100 + days) for days in holds]
        assert self.taken(dataset, captions) == {3, 96, 110}


def small_bank() -> list[Row]:
    """30 captions of each tier."""
    return [
        caption(100 * place + n, price_tier=tier)
        for place, tier in enumerate(TIERS, start=1)
        for n in range(30)
    ]


def put_counts(dataset: Dataset) -> None:
    """Two pages with targets, one that is not active, and targets of the week after."""
    dataset.put("creators", [*creators("cook", "coach"), *creators("gone", is_active=False)])
    dataset.put("caption_bank", small_bank())
    dataset.put(
        "weekly_volume_targets",
        [
            target("cook", budget=4, mid=3, premium=2, bump=5),
            target("coach", budget=1, mid=0, premium=6, bump=2),
            target("gone", budget=3),
            target("cook", in_days(7), budget=9),
        ],
    )


def counts_of(rows: pd.DataFrame) -> dict[str, dict[str, int]]:
    return {
        str(page): {t: int((group["price_tier"] == t).sum()) for t in TIERS}
        for page, group in rows.groupby("page_name")
    }


class TestOneCall:
    """What one call for all pages gives."""

    @pytest.fixture(scope="class")
    def rows(self, shared: Dataset) -> pd.DataFrame:
        put_counts(shared)
        return shared.select()

    def test_every_active_page_with_targets_gets_them(self, rows: pd.DataFrame) -> None:
        assert counts_of(rows) == {
            "cook": {"budget": 4, "mid": 3, "premium": 2, "bump": 5},
            "coach": {"budget": 1, "mid": 0, "premium": 6, "bump": 2},
        }

    def test_what_it_returns_is_what_it_wrote(self, shared: Dataset, rows: pd.DataFrame) -> None:
        returned = rows.sort_values("caption_id", ignore_index=True)
        written = shared.rows("caption_selections", "caption_id")
        pd.testing.assert_frame_equal(returned, written, check_exact=True)
        assert set(written["selection_seed"]) == {"seed"}
        bank = pd.DataFrame(small_bank()).set_index("caption_id")
        for name in ("price_tier", "content_category", "has_urgency"):
            assert written[name].tolist() == bank.loc[written["caption_id"], name].tolist()

    def test_ranks_count_from_one_within_page_and_tier(self, rows: pd.DataFrame) -> None:
        for _, group in rows.groupby(["page_name", "price_tier"]):
            ordered = group.sort_values(["final_score", "caption_id"], ascending=[False, True])
            assert ordered["tier_rank"].tolist() == list(range(1, len(group) + 1))


class TestCounts:
    @pytest.fixture(autouse=True)
    def _week(self, dataset: Dataset) -> None:
        put_counts(dataset)

    def test_given_counts_go_before_the_targets(self, dataset: Dataset) -> None:
        rows = dataset.warehouse.call(
            "select_captions_for_creator",
            {
                "p_page_name": "cook",
                "p_week_start": MONDAY,
                "p_num_budget": 0,
                "p_num_mid": None,
                "p_num_premium": 7,
                "p_num_bump": None,
                "p_seed": "seed",
            },
        ).rows
        assert counts_of(rows) == {"cook": {"budget": 0, "mid": 3, "premium": 7, "bump": 5}}

    def test_a_week_without_targets_takes_given_counts(self, dataset: Dataset) -> None:
        counts = {"budget": 1, "mid": 2, "premium": 3, "bump": 4}
        rows = dataset.select("coach", in_days(14), counts=counts)
        assert counts_of(rows) == {"coach": counts}
        assert set(rows["week_start"]) == {in_days(14)}

    def test_choosing_again_replaces_only_that_week(self, dataset: Dataset) -> None:
        dataset.select(week_start=in_days(7))
        dataset.select()
        dataset.select(seed="another")
        written = dataset.rows("caption_selections")
        seeds = written.groupby("week_start")["selection_seed"].agg(set)
        assert seeds.to_dict() == {MONDAY: {"another"}, in_days(7): {"seed"}}

    def test_too_few_captions_is_a_shortfall_and_no_error(self, dataset: Dataset) -> None:
        dataset.put("weekly_volume_targets", [target("cook", mid=45), target("coach", bump=2)])
        rows = dataset.select()
        assert counts_of(rows)["cook"]["mid"] == 30
        assert counts_of(rows)["coach"]["bump"] == 2
        short = dataset.warehouse.query(
            dataset.library["selection_shortfalls"].text,
            {"week_start": MONDAY, "pages": ["cook", "coach"]},
        )
        assert short.values.tolist() == [["cook", "mid", 45, 30]]


class TestLimits:
    @pytest.fixture(autouse=True)
    def _page(self, dataset: Dataset) -> None:
        dataset.put("creators", creators("cook"))

    def test_at_most_two_fifths_are_of_one_category(self, dataset: Dataset) -> None:
        """Rounded down, at least one; what is best is of one category here.

        Each number is wanted of a page that has captions of its own.
        """
        most = {1: 1, 2: 1, 4: 1, 5: 2, 9: 3, 10: 4, 15: 6}
        pages = {wanted: f"cook_{wanted}" for wanted in most}
        dataset.put("creators", creators(*pages.values()))
        bank: list[Row] = []
        for page in pages.values():
            first = len(bank)
            of_page = [{"page_name": page, "price_tier": TIERS[n % 4]} for n in range(80)]
            bank += [
                caption(first + n, content_category="bread", **row) for n, row in enumerate(of_page)
            ]
            bank += [caption(first + 80 + n, **row) for n, row in enumerate(of_page)]
        dataset.put("caption_bank", bank)
        dataset.put(
            "caption_bandit_stats",
            [
                well_tried(row["caption_id"]) | {"page_name": row["page_name"]}
                for row in bank
                if row["content_category"] == "bread"
            ],
        )
        dataset.put(
            "weekly_volume_targets",
            [
                target(page, **{t: wanted // 4 + (i < wanted % 4) for i, t in enumerate(TIERS)})
                for wanted, page in pages.items()
            ],
        )
        rows = dataset.select()
        for wanted, page in pages.items():
            of_one = rows[rows["page_name"] == page]
            assert len(of_one) == wanted
            assert (of_one["content_category"] == "bread").sum() == most[wanted], wanted

    def test_captions_without_a_category_are_not_of_one(self, dataset: Dataset) -> None:
        """The bank has no other: the limit on one category leaves no place open."""
        dataset.put("caption_bank", [caption(n, content_category=None) for n in range(20)])
        rows = dataset.select("cook", counts={"budget": 15})
        assert len(rows) == 15
        assert rows["content_category"].isna().all()

    def test_captions_without_a_category_get_no_diversity(self, dataset: Dataset) -> None:
        """What was sent of them is no use of a category, so it takes none from those known."""
        bank = [caption(n, content_category=None) for n in range(10)]
        bank += [caption(10 + n, content_category="bread") for n in range(3)]
        bank += [caption(20, content_category="soup")]
        dataset.put("caption_bank", bank)
        dataset.tune(control_share=0, max_category_share=1)
        sent = [fact(n, caption_id=n, send_date=days_before(MONDAY, 1)) for n in range(5)]
        sent += [fact(9, caption_id=10, send_date=days_before(MONDAY, 1))]
        dataset.put("message_facts", sent)
        rows = dataset.select("cook", counts={"budget": 8}).set_index("caption_id")
        by_draw = rows["thompson_score"].rank(pct=True)
        change = (rows["final_score"] - by_draw).round(9)
        assert set(change[rows["content_category"].isna()]) == {0.0}
        assert set(change[rows["content_category"] == "bread"]) == {-0.05}
        assert set(change[rows["content_category"] == "soup"]) == {0.05}

    def test_at_most_five_are_urgent(self, dataset: Dataset) -> None:
        bank = [caption(n, has_urgency=True, price_tier=TIERS[n % 4]) for n in range(80)]
        bank += [caption(100 + n, price_tier=TIERS[n % 4]) for n in range(80)]
        dataset.put("caption_bank", bank)
        dataset.put("caption_bandit_stats", [well_tried(n) for n in range(80)])
        rows = dataset.select("cook", counts=dict.fromkeys(TIERS, 4))
        assert len(rows) == 16
        assert rows["has_urgency"].sum() == 5
        assert rows.groupby("price_tier")["has_urgency"].any().sum() >= 3  # each tier has its share

    def test_the_limits_hold_where_nothing_else_is_left(self, dataset: Dataset) -> None:
        bank = [caption(n, has_urgency=True) for n in range(30)]
        bank += [caption(100 + n, content_category="bread") for n in range(30)]
        dataset.put("caption_bank", bank)
        rows = dataset.select("cook", counts={"budget": 20})
        assert rows["has_urgency"].sum() == 5
        assert (rows["content_category"] == "bread").sum() == 8
        assert len(rows) == 13


def well_tried(caption_id: int) -> Row:
    """Statistics that make a caption better than any untried one."""
    return {"page_name": "cook", "caption_id": caption_id, "successes": 900, "failures": 1}


class TestRefusals:
    @pytest.fixture(scope="class")
    def dataset(self, shared: Dataset) -> Dataset:
        """A week that has been selected, which nothing here changes."""
        shared.put("creators", creators("cook"))
        shared.put("caption_bank", small_bank())
        shared.put("weekly_volume_targets", [target("cook", budget=2)])
        assert len(shared.select()) == 2
        return shared

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"week_start": in_days(1)}, "must be a Monday, not 2025-11-11"),
            ({"week_start": in_days(-1)}, "must be a Monday, not 2025-11-09"),
            ({"week_start": None}, "must be a Monday, not NULL"),
            ({"seed": None}, "p_seed is NULL"),
            ({"page": "nobody"}, "page nobody is not in creators"),
            (
                {"page": "cook", "week_start": in_days(7)},
                "cook has no weekly_volume_targets for 2025-11-17",
            ),
        ],
    )
    def test_are_told_and_change_nothing(
        self, dataset: Dataset, arguments: dict[str, Any], told: str
    ) -> None:
        before = dataset.rows("caption_selections", "caption_id")
        with pytest.raises(RaisedError, match=f"select_captions_for_creator: .*{told}"):
            dataset.select(**arguments)
        after = dataset.rows("caption_selections", "caption_id")
        pd.testing.assert_frame_equal(before, after, check_exact=True)

    def test_counts_in_part_do_not_make_up_for_missing_targets(self, dataset: Dataset) -> None:
        arguments = {f"p_num_{tier}": 1 for tier in TIERS} | {"p_num_mid": None}
        with pytest.raises(RaisedError, match="give all four counts"):
            dataset.warehouse.call(
                "select_captions_for_creator",
                {
                    "p_page_name": "cook",
                    "p_week_start": in_days(7),
                    "p_seed": "seed",
                    **arguments,
                },
            )

    def test_a_week_that_no_page_has_targets_for_is_empty(self, dataset: Dataset) -> None:
        assert dataset.select(week_start=in_days(7)).empty


@pytest.mark.parametrize("page", [None, "cook"])
def test_selection_log_keeps_the_last_weeks_alone(dataset: Dataset, page: str | None) -> None:
    """Also of pages that are not selected for; weeks ahead and the kept ones stay as they are."""
    dataset.tune(selection_log_days=21)
    dataset.put("creators", creators("cook", "coach"))
    dataset.put("caption_bank", [caption(number) for number in range(1, 9)])
    weeks = (-28, -21, -7, 0, 7)
    logged = [
        {"page_name": name, "week_start": in_days(d)} for name in ("cook", "coach") for d in weeks
    ]
    for table in ("selection_candidates", "selection_pools"):
        dataset.put(table, logged)
    for name in ("cook", "coach"):
        dataset.put("weekly_volume_targets", [target(name, num_budget=2)], page_name=name)

    dataset.select(page)

    for table in ("selection_candidates", "selection_pools"):
        rows = dataset.rows(table)
        old = rows[rows["price_tier"].isna()]
        left = {(r.page_name, (r.week_start - MONDAY).days) for r in old.itertuples()}
        replaced = {"cook", "coach"} if page is None else {"cook"}
        assert left == {
            (name, day)
            for name in ("cook", "coach")
            for day in weeks
            if day != -28 and not (day == 0 and name in replaced)
        }
        fresh = rows[rows["price_tier"].notna()]
        assert set(fresh["page_name"]) == replaced
        assert set(fresh["week_start"]) == {MONDAY}
