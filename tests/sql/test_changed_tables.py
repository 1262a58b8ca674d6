"""Of two transactions that change one table, BigQuery cancels one: few scripts share a table."""

from collections import defaultdict

from eros_assets.warehouse.sql.files import source_text
from tests.googlesql.analysis import SQL, sql_files
from tests.googlesql.deployable import CHANGES
from tests.googlesql.source import Source

SHARED = {
    # Locking, the sweep of expired locks, a withdrawal and a rollback: their jobs are in the pool
    # `dataset`, see tests/automation/test_pools.py, and the one that is cancelled is tried again.
    "active_caption_assignments": {
        *("lock_caption_assignments", "release_expired", "release_taken_back"),
        "withdraw_schedules",
    },
    # The selection of a week and its repair, one after the other in one step.
    "caption_selections": {
        *("select_captions_for_creator", "release_selections", "select_replacements"),
    },
    # A refresh and a rollback: both are in the pool `dataset`.
    "message_days": {"refresh_message_facts", "forget_message_days"},
    "selection_pools": {"select_captions_for_creator", "release_selections"},
    # Refusing broken drafts and locking the others, one after the other in one step; a withdrawal.
    "schedule_recommendations": {
        *("refuse_draft", "lock_caption_assignments", "withdraw_schedules"),
    },
}


def test_a_table_is_changed_by_one_script_but_for_those_whose_runs_never_meet() -> None:
    writers: dict[str, set[str]] = defaultdict(set)
    for path in sql_files(SQL):
        for node in Source(source_text(path)).tree.walk():
            if node.kind in CHANGES and len(target := node.child("target_path").path) == 3:
                writers[target[-1]].add(path.stem)
    assert len(writers) > len(SHARED)
    assert {table: names for table, names in writers.items() if len(names) > 1} == SHARED
