"""Messages are replaced one by one: the rest of the week stays, message for message."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.dataset import Dataset
from eros_assets.gate.conditions import (
    every_message_is_reserved,
    no_caption_reserved_twice,
    schedule_rules_hold,
    schedule_times_are_la,
    schedules_are_as_planned,
)
from eros_assets.weekly.replacing.record import week_replacements
from eros_assets.weekly.replacing.requests import ReplacementError
from eros_assets.weekly.shortfalls import week_shortfalls
from eros_assets.weekly.weeks import PastWeekError
from tests.weekly.bad_rows import OWN, PAGES, WEEK
from tests.weekly.four_pages import planned_four_pages, session
from tests.weekly.replacing_week import (
    WEDNESDAY,
    ahead,
    choose,
    differing,
    draft,
    in_force,
    lock,
    on,
    plan_again,
    publish,
    reject,
    replace_messages,
)

CONDITIONS = (
    *(schedule_rules_hold, schedule_times_are_la, schedules_are_as_planned),
    every_message_is_reserved,
)


@pytest.fixture(scope="module")
def planned() -> Path:
    return planned_four_pages()


@pytest.fixture
def dataset(planned: Path, tmp_path: Path) -> Iterator[Dataset]:
    """The week under way, on its Wednesday."""
    dataset = on(Path(shutil.copytree(planned, tmp_path / "home")), WEDNESDAY)
    with session(dataset):
        yield dataset


def assert_publishable(dataset: Dataset) -> None:
    for condition in CONDITIONS:
        found = condition(dataset, WEEK)
        assert found.passed, found.offenders
    assert no_caption_reserved_twice(dataset).passed


def test_of_a_week_with_five_rejections_exactly_five_messages_differ(dataset: Dataset) -> None:
    before = in_force(dataset)
    wanted = {(page, ahead(dataset, page)[1]) for page in PAGES}
    wanted.add((PAGES[0], ahead(dataset, PAGES[0])[-1]))
    for page, number in sorted(wanted):
        reject(dataset, page, number, "not her voice")
    changed = replace_messages(dataset, "rejected")
    after = in_force(dataset)
    assert set(changed) == wanted
    assert differing(before, after) == wanted
    assert len(after) == len(before)
    kept = ["scheduled_send_time", "message_type", "price_tier", "arm", "slot_value"]
    pd.testing.assert_frame_equal(before[kept], after[kept])
    for key in wanted:
        change = changed[key]
        assert change.outcome == "replaced"
        assert change.caption_id == before.loc[key, "caption_id"]
        assert change.new_caption_id == after.loc[key, "caption_id"] != change.caption_id
        assert change.why == "rejected in the Review tab: not her voice"
        assert after.loc[key, "reason"].endswith(f"in the place of caption {change.caption_id}.")
    assert_publishable(dataset)


def test_the_same_request_gives_the_same_replacement_bit_for_bit(
    planned: Path, tmp_path: Path
) -> None:
    made: list[pd.DataFrame] = []
    for name, turned in (("one", False), ("other", True)):
        dataset = on(Path(shutil.copytree(planned, tmp_path / name)), WEDNESDAY)
        anna, bella = ahead(dataset, "anna"), ahead(dataset, "bella")
        asked = [f"anna {anna[0]}", f"anna {anna[3]}", f"bella {bella[2]}", f"anna {anna[0]}"]
        replace_messages(dataset, *(reversed(asked) if turned else asked))
        made.append(in_force(dataset).drop(columns="created_at"))
    pd.testing.assert_frame_equal(*made)


# What can't be replaced


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("anna 999", "anna has no message 999 in the week of 2025-11-10; its "),
        ("anna 0", "anna has no message 0 in the week of 2025-11-10"),
        ("anna 1", "message 1 of anna was sent at Mon 2025-11-10 "),
        ("nobody 1", "nobody has no schedule in force in the week of 2025-11-10"),
        ("sched_20251110_anna_00000000 1", "sched_20251110_anna_00000000 is not in force"),
        ("anna", "'anna' is neither a page with the number of a message"),
        ("anna seven", "'anna seven' is neither"),
        ("", "'' is neither"),
    ],
)
def test_what_cannot_be_replaced_is_refused_and_nothing_is_written(
    dataset: Dataset, request_: str, said: str
) -> None:
    before, log = in_force(dataset), dataset.rows("caption_selections").astype(str)
    lies_ahead = f"anna {ahead(dataset, 'anna')[0]}"
    with pytest.raises(ReplacementError) as refused:
        choose(dataset, lies_ahead, request_)
    assert said in str(refused.value)
    pd.testing.assert_frame_equal(in_force(dataset), before)
    pd.testing.assert_frame_equal(dataset.rows("caption_selections").astype(str), log)
    assert week_replacements(dataset, WEEK) == []


def test_a_past_week_is_refused(planned: Path, tmp_path: Path) -> None:
    later = on(Path(shutil.copytree(planned, tmp_path / "home")), WEEK + dt.timedelta(days=7))
    with pytest.raises(PastWeekError, match="week 2025-11-10 has passed"):
        choose(later, "anna 7")


def test_a_rejected_message_that_was_due_stays(dataset: Dataset) -> None:
    before = in_force(dataset)
    reject(dataset, "anna", 1)
    assert replace_messages(dataset, "rejected") == {}
    pd.testing.assert_frame_equal(in_force(dataset), before)


# What stands beside


def queue(dataset: Dataset, at: pd.Timestamp, page: str = "anna", **more: object) -> None:
    row = {
        "page_name": page,
        "send_time": at,
        "message_type": "PPV",
        "caption_id": None,
        "message": "The harbour series",
        "price": 18.0,
        "note": "anniversary",
        **more,
    }
    dataset.load("queued_messages", pd.DataFrame([row]).astype({"caption_id": "Int64"}))


@pytest.mark.parametrize("pinned", [{}, {"caption_id": 3, "message": None}], ids=["own", "pinned"])
def test_a_queued_message_stays_and_is_not_replaced(
    planned: Path, tmp_path: Path, pinned: dict[str, object]
) -> None:
    dataset = on(Path(shutil.copytree(planned, tmp_path / "home")), WEEK)
    queue(dataset, pd.Timestamp("2025-11-13 20:00", tz="America/Los_Angeles"), **pinned)
    plan_again(dataset)
    before = in_force(dataset)
    [queued] = before[before["source"] == "queued"].index
    with pytest.raises(ReplacementError, match=f"message {queued[1]} of anna was queued by hand"):
        choose(dataset, f"anna {queued[1]}")
    wednesday = on(tmp_path / "home", WEDNESDAY)
    other = next(n for n in ahead(wednesday, "anna") if n != queued[1])
    changed = replace_messages(wednesday, f"anna {other}")
    assert differing(before, in_force(wednesday)) == {("anna", other)} == set(changed)
    assert_publishable(wednesday)


def test_a_time_that_a_message_was_queued_at_since_is_not_used_again(dataset: Dataset) -> None:
    before = in_force(dataset)
    number = ahead(dataset, "anna", message_type="PPV")[2]
    at = before.loc[("anna", number), "scheduled_send_time"]
    queue(dataset, at + pd.Timedelta(minutes=30))
    [change] = replace_messages(dataset, f"anna {number}").values()
    after = in_force(dataset)
    assert differing(before, after) == {("anna", number)}
    assert change.outcome == "moved"
    assert change.reason is not None
    assert change.reason.startswith("its time is against a rule")
    assert abs(change.new_send_time - at.to_pydatetime()) >= dt.timedelta(minutes=30)
    assert after.loc[("anna", number), "scheduled_send_time"] == change.new_send_time
    assert_publishable(dataset)


def test_a_date_that_was_closed_since_gets_no_replacement(dataset: Dataset) -> None:
    before = in_force(dataset)
    number = ahead(dataset, "anna", message_type="Bump")[-1]
    date = before.loc[("anna", number), "send_date"]
    off = {"page_name": "anna", "first_date": date, "last_date": date, "reason": "a day off"}
    dataset.load("creator_availability", pd.DataFrame([off]))
    [change] = replace_messages(dataset, f"anna {number}").values()
    after = in_force(dataset)
    assert differing(before, after) == {("anna", number)}
    assert change.outcome == "moved"
    assert after.loc[("anna", number), "send_date"] != date
    assert_publishable(dataset)


def test_where_every_date_ahead_is_closed_the_message_is_removed(dataset: Dataset) -> None:
    before = in_force(dataset)
    number = ahead(dataset, "anna", message_type="PPV")[1]
    off = {"page_name": "anna", "first_date": WEEK, "last_date": WEEK + dt.timedelta(days=6)}
    dataset.load("creator_availability", pd.DataFrame([{**off, "reason": "ill"}]))
    choose(dataset, f"anna {number}")
    [lacking] = draft(dataset)
    assert "no room in the week: hours of sending" in lacking
    assert lock(dataset) == []
    assert differing(before, in_force(dataset)) == {("anna", number)}
    assert ("anna", number) not in in_force(dataset).index
    assert_publishable(dataset)


# Captions


def test_a_rejected_caption_is_not_chosen_again_by_any_plan(dataset: Dataset) -> None:
    number = ahead(dataset, "anna")[0]
    [change] = replace_messages(dataset, f"anna {number}").values()
    plan_again(dataset, force=True)
    captions = in_force(dataset).loc["anna", "caption_id"].tolist()
    assert change.caption_id not in captions


def test_a_replaced_message_is_replaced_again_by_a_third_caption(dataset: Dataset) -> None:
    before = in_force(dataset)
    number = ahead(dataset, "anna")[0]
    reject(dataset, "anna", number)
    [first] = replace_messages(dataset, "rejected", run_id="first").values()
    assert replace_messages(dataset, "rejected", run_id="idle") == {}
    publish(dataset)
    reject(dataset, "anna", number)
    [second] = replace_messages(dataset, "rejected", run_id="second").values()
    assert len({first.caption_id, first.new_caption_id, second.new_caption_id}) == 3
    assert second.caption_id == first.new_caption_id
    assert differing(before, in_force(dataset)) == {("anna", number)}
    assert_publishable(dataset)


def test_captions_that_may_not_be_used_any_more_are_passed_over(dataset: Dataset) -> None:
    """Reserved by another page, retired, restricted, queued, or sent by hand since."""
    number = ahead(dataset, "anna", price_tier="mid", arm="treatment")[0]
    wanted: list[int] = []
    for _ in range(6):
        [chosen] = choose(dataset, f"anna {number}")
        assert chosen.new_caption_id is not None
        assert chosen.new_caption_id not in wanted
        wanted.append(chosen.new_caption_id)
        make_unusable(dataset, chosen.new_caption_id, place=len(wanted) - 1)
    replace_messages(dataset, f"anna {number}")
    assert in_force(dataset).loc[("anna", number), "caption_id"] not in wanted[:-1]


def make_unusable(dataset: Dataset, caption_id: int, *, place: int) -> None:
    change = dataset.warehouse.run
    value = {"caption_id": caption_id}
    if place == 0:
        row = dataset.rows("active_caption_assignments").head(1)
        taken = row.assign(
            page_name="bella", caption_id=caption_id, schedule_id="sched_elsewhere", is_active=True
        )
        everything = pd.concat([dataset.rows("active_caption_assignments"), taken])
        dataset.load("active_caption_assignments", everything)
    elif place == 1:
        change(
            "UPDATE `${dataset}.caption_bank` SET is_active = FALSE WHERE caption_id = @caption_id",
            value,
        )
    elif place == 2:
        restricted = {
            "page_name": "anna",
            "restricted_categories": [],
            "restricted_price_tiers": [],
            "blocked_patterns": [f"^Text {caption_id}$"],
            "is_active": True,
        }
        before = dataset.rows("creator_caption_restrictions").to_dict("records")
        dataset.load("creator_caption_restrictions", pd.DataFrame([*before, restricted]))
    elif place == 3:
        at = pd.Timestamp("2025-11-20 20:00", tz="America/Los_Angeles")
        queue(dataset, at, page="bella", caption_id=caption_id, message=None)
    elif place == 4:
        change(
            "UPDATE `${dataset}.message_facts` SET caption_id = @caption_id, "
            "send_date = DATE '2025-11-11' WHERE page_name = 'anna' AND row_id = "
            "(SELECT MAX(f.row_id) FROM `${dataset}.message_facts` AS f "
            "WHERE f.page_name = 'anna')",
            value,
        )


def test_with_no_caption_left_the_message_is_removed_and_a_shortfall_says_why(
    dataset: Dataset,
) -> None:
    before = in_force(dataset)
    numbers = ahead(dataset, "anna", price_tier="mid")[:2]
    leave_nothing(dataset)
    changed = replace_messages(dataset, *(f"anna {number}" for number in numbers))
    after = in_force(dataset)
    assert differing(before, after) == {("anna", number) for number in numbers}
    assert not any(("anna", number) in after.index for number in numbers)
    assert {change.outcome for change in changed.values()} == {"removed"}
    left = int((after.loc["anna", "price_tier"] == "mid").sum())
    named = ", ".join(map(str, sorted(numbers)))
    [lacking] = week_shortfalls(dataset, WEEK, ["replacement"])
    assert lacking.sentence == (
        f"anna: {left} of {left + 2} mid captions: too few eligible captions: none is left of "
        f"those that its week was chosen from (message {named} was taken out)"
    )
    assert lacking.remedy is not None
    assert_publishable(dataset)


def test_what_was_removed_earlier_is_still_said_after_the_next_replacement(
    dataset: Dataset,
) -> None:
    first, second = ahead(dataset, "anna", price_tier="mid")[:2]
    bank = dataset.rows("selection_candidates", week_start=WEEK)
    leave_nothing(dataset)
    replace_messages(dataset, f"anna {first}")
    dataset.load("selection_candidates", bank, replacing={"week_start": WEEK})
    publish(dataset)
    [change] = replace_messages(dataset, f"anna {second}", run_id="second").values()
    assert change.outcome == "replaced"
    [lacking] = week_shortfalls(dataset, WEEK, ["replacement"])
    assert lacking.wanted - lacking.got == 1
    assert f"message {first} was taken out" in lacking.reason


def leave_nothing(dataset: Dataset) -> None:
    none = dataset.rows("selection_candidates", week_start=WEEK).head(0)
    dataset.load("selection_candidates", none, replacing={"week_start": WEEK})


def test_a_page_of_which_nothing_is_left_has_no_schedule(planned: Path, tmp_path: Path) -> None:
    dataset = on(Path(shutil.copytree(planned, tmp_path / "home")), WEEK)
    leave_nothing(dataset)
    before = in_force(dataset)
    numbers = before.loc["anna"].index
    replace_messages(dataset, *(f"anna {number}" for number in numbers))
    after = in_force(dataset)
    assert "anna" not in after.index
    pd.testing.assert_frame_equal(after, before.drop(index="anna"))
    held = dataset.rows("active_caption_assignments", page_name="anna", is_active=True)
    assert held.empty
    assert_publishable(dataset)


# Reservations, arms and chances


def test_the_old_caption_is_released_and_the_new_one_reserved(dataset: Dataset) -> None:
    number = ahead(dataset, "anna")[0]
    [change] = replace_messages(dataset, f"anna {number}").values()
    held = dataset.rows("active_caption_assignments", page_name="anna", is_active=True)
    assert set(held["schedule_id"]) == {change.new_schedule_id}
    captions = held["caption_id"].tolist()
    assert change.new_caption_id in captions
    assert change.caption_id not in captions
    assert sorted(captions) == sorted(in_force(dataset).loc["anna", "caption_id"])


@pytest.mark.parametrize("arm", ["treatment", "control"])
def test_the_next_caption_of_the_same_arm_comes_in_its_place(dataset: Dataset, arm: str) -> None:
    rows = in_force(dataset)
    lies_ahead = rows["scheduled_send_time"] > dataset.planning_instant()
    page, number = rows[lies_ahead & (rows["arm"] == arm) & (rows["message_type"] == "PPV")].index[
        0
    ]
    old = rows.loc[(page, number)]
    chosen = dataset.rows("caption_selections", week_start=WEEK)
    candidates = dataset.rows("selection_candidates", week_start=WEEK)
    free = candidates[
        (candidates["page_name"] == page)
        & (candidates["arm"] == arm)
        & (candidates["price_tier"] == old["price_tier"])
        & ~candidates["caption_id"].isin(chosen["caption_id"])
    ].sort_values(["offer_score", "caption_id"], ascending=[False, True])
    [change] = replace_messages(dataset, f"{page} {number}").values()
    assert change.new_caption_id in free["caption_id"].head(5).tolist()
    after = dataset.rows("caption_selections", week_start=WEEK).set_index("caption_id")
    assert change.caption_id not in after.index
    new = after.loc[change.new_caption_id]
    assert (new["arm"], new["price_tier"], new["page_name"]) == (arm, old["price_tier"], page)
    chance = "selection_probability" if arm == "treatment" else "control_probability"
    assert 0 < new[chance] <= 1
    assert len(after) == len(chosen)
    assert new["posterior_successes"] >= new["prior_successes"] > 0


def test_a_caption_that_is_taken_out_leaves_the_log_of_what_was_chosen_from_once(
    dataset: Dataset,
) -> None:
    number = ahead(dataset, "anna", message_type="PPV", arm="treatment")[0]
    tier = in_force(dataset).loc[("anna", number), "price_tier"]

    def pool() -> pd.Series:
        rows = dataset.rows("selection_pools", week_start=WEEK)
        return rows.groupby(["page_name", "price_tier"])["captions"].sum()

    def controls() -> float:
        rows = dataset.rows("caption_selections", week_start=WEEK, page_name="anna")
        return float(rows.loc[rows["price_tier"] == tier, "control_probability"].max())

    before, chance = pool(), controls()
    for _ in range(3):  # a run that was killed starts again
        choose(dataset, f"anna {number}")
    after = pool()
    assert (before - after)[("anna", tier)] == 1
    assert (before - after).sum() == 1
    size = before[("anna", tier)]
    assert controls() == pytest.approx(chance * size / (size - 1))


# Interruptions


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_run_that_was_killed_is_finished_by_the_same_command(
    planned: Path, tmp_path: Path, steps: int
) -> None:
    whole = on(Path(shutil.copytree(planned, tmp_path / "whole")), WEDNESDAY)
    request = f"anna {ahead(whole, 'anna')[2]}"
    replace_messages(whole, request)
    killed = on(Path(shutil.copytree(planned, tmp_path / "killed")), WEDNESDAY)
    choose(killed, request)
    if steps > 1:
        draft(killed)
    if steps > 2:
        lock(killed)
    replace_messages(killed, request)
    for table in ("caption_selections", "selection_pools", "schedule_recommendations"):
        one, other = (
            each.rows(table, week_start=WEEK)
            .drop(columns=["created_at", "selected_at"], errors="ignore")
            .astype(str)
            for each in (whole, killed)
        )
        names = list(one.columns)
        pd.testing.assert_frame_equal(
            one.sort_values(names, ignore_index=True), other.sort_values(names, ignore_index=True)
        )


def test_a_request_that_was_interrupted_is_finished_with_the_next_one(dataset: Dataset) -> None:
    before = in_force(dataset)
    first, second = ahead(dataset, "anna")[:2]
    choose(dataset, f"anna {first}")
    replace_messages(dataset, f"anna {second}")
    assert differing(before, in_force(dataset)) == {("anna", first), ("anna", second)}


def test_a_rejection_that_was_taken_back_in_time_leaves_the_message(dataset: Dataset) -> None:
    before = in_force(dataset)
    number = ahead(dataset, "anna")[0]
    reject(dataset, "anna", number)
    choose(dataset, "rejected")
    dataset.load("schedule_review", dataset.rows("schedule_review").head(0))
    assert replace_messages(dataset, "rejected") == {}
    pd.testing.assert_frame_equal(in_force(dataset), before)
    assert week_replacements(dataset, WEEK) == []


def test_a_page_that_cannot_be_replaced_in_costs_no_other(dataset: Dataset) -> None:
    """The targets of one page are gone: what its rules are is not known."""
    before = in_force(dataset)
    anna, own = ahead(dataset, "anna")[0], ahead(dataset, OWN)[0]
    dataset.warehouse.run("DELETE FROM `${dataset}.weekly_volume_targets` WHERE page_name = 'anna'")
    choose(dataset, f"anna {anna}", f"{OWN} {own}")
    [lacking] = draft(dataset)
    assert lacking.startswith(f"anna: 0 of 1 messages: messages {anna} are not replaced: NoTargets")
    assert lock(dataset) == []
    assert differing(before, in_force(dataset)) == {(OWN, own)}
