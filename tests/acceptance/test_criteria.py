"""Each criterion is met, not met or not yet known by what it is given, and by nothing else."""

import datetime as dt
from dataclasses import replace

import pytest

from eros_assets.acceptance.contents import Contents, ScheduleSeen
from eros_assets.acceptance.dagster_state import RunSeen
from eros_assets.acceptance.installation import HealthSeen
from eros_assets.acceptance.lines import Answer
from eros_assets.acceptance.objects import SCHEDULES, schedules_are_there
from eros_assets.acceptance.operations import (
    ALERTING,
    alerts_are_configured,
    deploying_again_changes_nothing,
    health_is_good,
    no_critical_error,
    objects_are_deployed,
    people_were_told,
    runbook_works,
)
from eros_assets.acceptance.orchestration import (
    ROLES,
    graph_has_no_cycle,
    integration_passes,
    roles_are_there,
)
from eros_assets.acceptance.preparation import (
    people_can_be_told,
    rollback_was_rehearsed,
    variables_are_valid,
)
from eros_assets.acceptance.success import (
    EMV_TARGET,
    all_tests_pass,
    cost_is_low,
    cost_is_stable,
    emv_is_up,
    increase_is_measurable,
    is_monitored,
    no_caption_is_assigned_twice,
    nothing_is_corrupt,
    queries_are_fast,
)
from eros_assets.calendar import ZONE_NAME
from eros_assets.deployment.record import Entry, Kind, State
from eros_assets.evaluation.arms import TARGET
from eros_assets.gate.findings import counted
from eros_assets.health.success import DUPLICATES
from eros_assets.health.work import Work
from tests.health.limits import LIMITS

NOW = dt.datetime(2025, 11, 30, 12, tzinfo=dt.UTC)
PASS, FAIL, UNKNOWN = "PASS", "FAIL", "NOT YET KNOWN"
WORK = Work(200, [], 3.0, None, 4.0)


def said(answer: Answer, *words: str) -> str:
    """The status, when the evidence has these words."""
    assert all(word in answer.evidence for word in words), answer
    return answer.status


def entry(kind: Kind, number: int, days_ago: float, state: State = "succeeded") -> Entry:
    at = NOW - dt.timedelta(days=days_ago)
    name = f"{kind[0]}{number:04d}"
    return Entry(
        deployment_id=name,
        number=number,
        kind=kind,
        state=state,
        code_fingerprint="1" * 64,
        previous_id=None,
        in_force_id=name if kind == "deploy" else "d0001",
        started_at=at,
        run_id="run",
        point_id="d0001_passed" if kind == "rollback" else None,
        finished_at=at,
    )


def run(job: str, status: str, hours_ago: float, week: str | None = None) -> RunSeen:
    return RunSeen("0123456789", job, status, NOW - dt.timedelta(hours=hours_ago), week)


# Preparation


def test_a_variable_that_nothing_reads_fails() -> None:
    read = {"EROS_HOME": "/home", "EROS_DAGSTER_STORAGE": "/home/dagster", "PATH": "/bin"}
    assert said(variables_are_valid(read), "2 are set") == PASS
    assert said(variables_are_valid({**read, "EROS_COLOUR": "red"}), "EROS_COLOUR") == FAIL


def test_people_can_be_told_by_a_configured_channel() -> None:
    assert said(people_can_be_told(["Slack"]), "by Slack") == PASS
    assert said(people_can_be_told([]), "EROS_SLACK_TOKEN") == UNKNOWN


def test_a_rehearsal_counts_for_thirty_days() -> None:
    deployed = entry("deploy", 1, 40)
    assert said(rollback_was_rehearsed([deployed, entry("rollback", 2, 29)], NOW), "r0002") == PASS
    old = [deployed, entry("rollback", 2, 31)]
    assert said(rollback_was_rehearsed(old, NOW), "more than 30 days ago") == FAIL
    unfinished = [*old, entry("rollback", 3, 1, "paused")]
    assert rollback_was_rehearsed(unfinished, NOW).status == FAIL
    assert rollback_was_rehearsed([*old, entry("rollback", 3, 1)], NOW).status == PASS


def test_a_system_without_a_rehearsal_has_thirty_days_for_it() -> None:
    assert (
        said(rollback_was_rehearsed([entry("deploy", 1, 29)], NOW), "due by 2025-12-01") == UNKNOWN
    )
    assert said(rollback_was_rehearsed([entry("deploy", 1, 31)], NOW), "2025-10-30") == FAIL
    assert said(rollback_was_rehearsed([], NOW), "make deploy") == UNKNOWN


# Warehouse and orchestration

SEEN = {name: ScheduleSeen(cron, ZONE_NAME, name) for name, cron in SCHEDULES.items()}


def test_a_schedule_that_is_missing_or_at_another_time_fails() -> None:
    assert schedules_are_there(SEEN).status == PASS
    fewer = {name: seen for name, seen in SEEN.items() if name != "expired_lock_sweep"}
    assert said(schedules_are_there(fewer), "expired_lock_sweep is missing") == FAIL
    health = SEEN["health_check"]
    for other in (replace(health, cron="0 1 * * *"), replace(health, timezone="UTC")):
        assert said(schedules_are_there({**SEEN, "health_check": other}), "health_check") == FAIL


def contents(**without: str) -> Contents:
    """What the roles need; `without` leaves out one name of a kind."""
    names = {
        kind: [
            name
            for parts in ROLES.values()
            for name in parts.get(kind, [])
            if name != without.get(kind)
        ]
        for kind in ("assets", "jobs", "schedules", "sensors")
    }
    weekly = [name for name in names["assets"] if name != without.get("weekly")]
    return Contents(
        commands={},
        assets={name: [] for name in names["assets"]},
        groups=dict.fromkeys(names["assets"], "schedules"),
        not_set_up=[],
        checks={},
        jobs=dict.fromkeys(names["jobs"], weekly),
        schedules={name: ScheduleSeen("0 0 * * *", ZONE_NAME, name) for name in names["schedules"]},
        sensors=names["sensors"],
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("assets", "schedule_sheet"),
        ("jobs", "health_check"),
        ("sensors", "health_turns"),
        ("schedules", "weekly_schedules"),
        ("weekly", "caption_selections"),
    ],
)
def test_a_role_without_one_of_its_parts_fails(kind: str, name: str) -> None:
    assert roles_are_there(contents()).status == PASS
    assert said(roles_are_there(contents(**{kind: name})), name) == FAIL


def test_a_channel_that_is_not_set_up_need_not_be_in_the_weekly_job() -> None:
    lacking = contents(weekly="schedule_sheet")
    assert said(roles_are_there(lacking), "lacks schedule_sheet") == FAIL
    assert roles_are_there(replace(lacking, not_set_up=["schedule_sheet"])).status == PASS


def test_a_cycle_is_named() -> None:
    assert said(graph_has_no_cycle({"a": [], "b": ["a"]}), "2 assets, 1 dependencies") == PASS
    assert said(graph_has_no_cycle({"a": ["b"], "b": ["a"]}), "a cycle", "a -> b") == FAIL


def test_the_integration_test_is_the_newest_run_of_the_week() -> None:
    done = run("weekly_schedules", "SUCCESS", 1, "2025-12-01")
    assert said(integration_passes(done, []), "week of 2025-12-01") == PASS
    assert said(integration_passes(done, ["smoke_builder: broken"]), "smoke_builder") == FAIL
    assert integration_passes(replace(done, status="FAILURE"), []).status == FAIL
    assert integration_passes(replace(done, status="STARTED"), []).status == UNKNOWN
    assert said(integration_passes(None, []), "make week") == UNKNOWN


# Operations and deployment


def test_deploying_again_changes_nothing_when_code_and_objects_are_those_in_force() -> None:
    history = [entry("deploy", 1, 1)]
    assert deploying_again_changes_nothing(history, "1" * 64, []).status == PASS
    drifted = deploying_again_changes_nothing(history, "1" * 64, ["procedure p"])
    assert said(drifted, "procedure p") == FAIL
    assert said(deploying_again_changes_nothing(history, "2" * 64, []), "make deploy") == UNKNOWN
    interrupted = [*history, entry("deploy", 2, 0, "backed_up")]
    assert said(deploying_again_changes_nothing(interrupted, "1" * 64, []), "d0002") == FAIL


def test_a_deployment_whose_gate_failed_is_no_deployment() -> None:
    first = entry("deploy", 1, 2)
    here, other = "1" * 64, "2" * 64
    assert said(objects_are_deployed(first, first, here, []), "d0001") == PASS
    failed = replace(
        entry("deploy", 2, 1, "gate_failed"), detail="smoke_builder: a gap", code_fingerprint=other
    )
    assert said(objects_are_deployed(failed, first, other, []), "d0002", "smoke_builder") == FAIL
    assert said(objects_are_deployed(failed, first, here, []), "d0001") == PASS
    assert said(objects_are_deployed(first, first, here, ["view v"]), "view v is missing") == FAIL


MAKEFILE = """VENV := .venv
smoke: $(VENV)/run ## The smoke tests.
\t@python -m eros_assets smoke

week: $(VENV)/run ## PAGE=<page> narrows it.
\t@python -m eros_assets week
"""


def test_a_command_of_the_runbook_that_does_not_exist_fails() -> None:
    text = "# Runbook\n```\nmake smoke   # five\nmake week PAGE=x\n```\nSee `make smoke`.\n"
    assert said(runbook_works(text, MAKEFILE, ["smoke", "week"]), "2 commands: smoke, week") == PASS
    assert said(runbook_works(text, MAKEFILE, ["smoke"]), "there is no command week") == FAIL
    more = text + "`make coffee`"
    assert said(runbook_works(more, MAKEFILE, ["smoke", "week"]), "make coffee") == FAIL
    assert runbook_works("# Runbook\n", MAKEFILE, ["smoke"]).status == FAIL


def test_alerts_need_channels_and_sensors_that_are_on() -> None:
    assert alerts_are_configured(["Slack"], ALERTING, ALERTING).status == PASS
    assert said(alerts_are_configured(["Slack"], ALERTING, ALERTING[1:]), ALERTING[0]) == UNKNOWN
    assert alerts_are_configured([], ALERTING, ALERTING).status == UNKNOWN
    assert said(alerts_are_configured(["Slack"], ALERTING[1:], ALERTING), ALERTING[0]) == FAIL


def test_health_at_the_limit_is_not_good() -> None:
    well = HealthSeen(90.1, "OK", [], NOW)
    assert said(health_is_good(well, LIMITS), "90.1 of 100") == PASS
    ill = HealthSeen(90.0, "INVESTIGATE", ["slower"], NOW)
    assert said(health_is_good(ill, LIMITS), "INVESTIGATE", "slower") == FAIL


def test_a_failed_run_is_critical_until_it_succeeds() -> None:
    failed = run("weekly_schedules", "FAILURE", 3, "2025-12-01")
    assert said(no_critical_error([failed], [], WORK, LIMITS), "weekly_schedules") == FAIL
    other = run("weekly_schedules", "SUCCESS", 2, "2025-11-24")
    assert no_critical_error([failed, other], [], WORK, LIMITS).status == FAIL
    again = run("weekly_schedules", "SUCCESS", 1, "2025-12-01")
    assert said(no_critical_error([failed, other, again], [], WORK, LIMITS), "3 runs") == PASS


def test_corrupt_data_and_many_failed_operations_are_critical() -> None:
    assert no_critical_error([], [], WORK, LIMITS).status == PASS
    assert no_critical_error([], ["times are wrong"], WORK, LIMITS).status == FAIL
    many = replace(WORK, failures=["query at noon: broken"] * 21)
    assert said(no_critical_error([], [], many, LIMITS), "10.5% of 200") == FAIL
    assert (
        no_critical_error([], [], replace(many, failures=many.failures[1:]), LIMITS).status == PASS
    )


def test_people_were_told_when_a_channel_took_the_notice() -> None:
    assert people_were_told("Sent by Slack.").status == PASS
    assert people_were_told("The alert was not sent: no route").status == FAIL
    assert people_were_told("No alert was sent: neither is configured").status == UNKNOWN
    assert people_were_told(None).status == UNKNOWN


# Success


def test_one_broken_condition_fails_the_tests() -> None:
    holds, broken = counted("a", "A.", []), counted("b", "B.", ["x"])
    assert said(all_tests_pass([holds]), "1 conditions hold: a") == PASS
    assert said(all_tests_pass([holds, broken]), "b: B.") == FAIL


def test_a_day_at_the_cost_s_limit_fails() -> None:
    assert said(cost_is_low(WORK, LIMITS), "4.0000 USD") == PASS
    assert cost_is_low(replace(WORK, cost_usd=10.0), LIMITS).status == FAIL
    assert cost_is_low(None, LIMITS).status == UNKNOWN


def test_slow_queries_fail() -> None:
    assert said(queries_are_fast(WORK, LIMITS), "3.00 s") == PASS
    assert queries_are_fast(replace(WORK, p95_seconds=30.0), LIMITS).status == FAIL
    assert queries_are_fast(replace(WORK, p95_seconds=None), LIMITS).status == UNKNOWN


def test_captions_assigned_twice_and_other_corruption_are_told_apart() -> None:
    twice = [f"{DUPLICATES}: caption 7"]
    assert no_caption_is_assigned_twice(twice).status == FAIL
    assert nothing_is_corrupt(twice).status == PASS
    assert no_caption_is_assigned_twice(["times are wrong"]).status == PASS
    assert nothing_is_corrupt(["times are wrong"]).status == FAIL


def test_a_check_that_does_not_come_is_no_monitoring() -> None:
    fresh = HealthSeen(95, "OK", [], NOW - dt.timedelta(hours=2))
    assert is_monitored(fresh, NOW, ["health_check"]).status == PASS
    stale = replace(fresh, checked_at=NOW - dt.timedelta(hours=2, minutes=1))
    assert is_monitored(stale, NOW, ["health_check"]).status == FAIL
    assert is_monitored(None, NOW, ["health_check"]).status == UNKNOWN
    assert said(is_monitored(fresh, NOW, []), "turn it on") == UNKNOWN


def measured(
    value: float | None, lower: float | None, upper: float | None, weeks: int, left: float | None
) -> dict[str, object]:
    return {
        "relative_improvement": value,
        "relative_lower": lower,
        "relative_upper": upper,
        "weeks_measured": weeks,
        "weeks_until_detectable": left,
    }


def test_the_target_of_the_emv_is_that_of_its_measurement() -> None:
    assert EMV_TARGET == TARGET


@pytest.mark.parametrize(
    ("value", "lower", "upper", "weeks", "status"),
    [
        (0.2, 0.05, 0.4, 4, PASS),
        (0.2, 0.05, 0.4, 3, UNKNOWN),
        (0.2, -0.05, 0.4, 4, UNKNOWN),
        (0.1, 0.05, 0.2, 4, UNKNOWN),
        (0.02, -0.05, 0.1, 4, FAIL),
        (-0.2, -0.3, -0.1, 8, FAIL),
        (0.2, None, None, 8, UNKNOWN),
        (None, None, None, 0, UNKNOWN),
        (float("nan"), float("nan"), float("nan"), 2, UNKNOWN),
    ],
)
def test_emv_is_up_when_the_interval_says_so(
    value: float | None, lower: float | None, upper: float | None, weeks: int, status: str
) -> None:
    assert emv_is_up(measured(value, lower, upper, weeks, None)).status == status
    assert emv_is_up(None).status == UNKNOWN


def test_an_increase_is_measurable_when_no_week_is_lacking() -> None:
    assert increase_is_measurable(measured(0.2, 0.1, 0.3, 6, 0)).status == PASS
    assert said(increase_is_measurable(measured(0.2, 0.1, 0.3, 6, 5)), "5 more") == UNKNOWN
    assert increase_is_measurable(measured(None, None, None, 0, None)).status == UNKNOWN
    assert increase_is_measurable(None).status == UNKNOWN


def test_cost_is_stable_over_four_weeks() -> None:
    today = NOW.date()
    days = [today - dt.timedelta(days=ago) for ago in range(28)]
    assert cost_is_stable(dict.fromkeys(days, 3.0), today).status == PASS
    risen = {day: 3.8 if day > today - dt.timedelta(days=7) else 3.0 for day in days}
    assert said(cost_is_stable(risen, today), "3.80", "3.00") == FAIL
    little = {day: cost / 10 for day, cost in risen.items()}
    assert cost_is_stable(little, today).status == PASS
    assert said(cost_is_stable(dict.fromkeys(days[:27], 3.0), today), "27 of 28") == UNKNOWN
    assert cost_is_stable({}, today).status == UNKNOWN
