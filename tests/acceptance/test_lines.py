"""The table of the acceptance says the same in all its forms."""

import json

from eros_assets.acceptance.lines import (
    Line,
    as_json,
    as_markdown,
    counted,
    none_of,
    verdict_of,
)

PASS = Line("0 preparation", "settings", "PASS", "3 are valid", "make preflight")
FAIL = Line("5 deployment", "health", "FAIL", "80 | of <b>100</b>\nis low", "make health")
UNKNOWN = Line("success", "EMV", "NOT YET KNOWN", "0 weeks", "asset emv_improvement")


def test_one_failed_line_fails_the_table_and_one_unknown_leaves_it_open() -> None:
    assert verdict_of([PASS, UNKNOWN, FAIL]) == "FAIL"
    assert verdict_of([PASS, UNKNOWN]) == "NOT YET KNOWN"
    assert verdict_of([PASS, PASS]) == "PASS"
    assert counted([PASS, FAIL, PASS]) == "2 PASS, 1 FAIL, 0 NOT YET KNOWN"


def test_json_has_the_verdict_and_every_line() -> None:
    table = json.loads(as_json([PASS, FAIL]))
    assert table["status"] == "FAIL"
    assert [Line(**line) for line in table["lines"]] == [PASS, FAIL]


def test_markdown_has_one_row_for_each_line_whatever_its_text() -> None:
    head, rule, *rows = as_markdown([PASS, FAIL]).splitlines()
    assert head.count("|") == rule.count("|") == 6
    assert rows == [
        "| 0 preparation | settings | PASS | 3 are valid | make preflight |",
        "| 5 deployment | health | FAIL | 80 \\| of &lt;b>100&lt;/b> is low | make health |",
    ]


def test_faults_are_named_and_the_rest_counted() -> None:
    assert none_of([], "all is well").status == "PASS"
    answer = none_of(["a", "b\n c", "d", "e", "f"], "all is well")
    assert (answer.status, answer.evidence) == ("FAIL", "a; b c; d; 2 more")
