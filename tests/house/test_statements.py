"""SQL is written as a whole; values reach it as query parameters."""

import pytest

from tests.house import statements
from tests.house.sources import OUTSIDE, found_in, sample


def test_no_statement_is_pieced_together_outside_the_warehouse() -> None:
    assert found_in(OUTSIDE, statements.pieced_statements) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "rows = f\"SELECT * FROM creators WHERE page_name = '{page}'\"",
        "rows = f'SELECT * FROM `${{dataset}}.{table}`'",
        "rows = 'SELECT * FROM creators LIMIT %d' % limit",
        "rows = 'SELECT * FROM creators LIMIT {}'.format(limit)",
        "rows = 'DELETE FROM creators WHERE page_name = ' + page",
        "rows = ' '.join(['SELECT 1', condition])",
        "rows = ' UNION ALL '.join(f'SELECT {n}' for n in numbers)",
        "TEXT = 'SELECT 1 AS {}'\nrows = TEXT.format(name)",
        "TEXT = 'SELECT @n'\nrows = TEXT.replace('@n', str(n))",
        "rows = dataset.library['week_targets'].text.replace('@week', week)",
        "rows = dataset.library['week_targets'].text + condition",
        "rows = library['week_targets'].text + condition",
        "dataset.query(f'week_{table}')",
        "from string import Template\nrows = Template('SELECT $n').substitute(n=n)",
        "warehouse.query(f'{text} {condition}')",
        "warehouse.run(text + condition)",
    ],
)
def test_a_pieced_statement_is_noticed(wrong: str) -> None:
    assert len(statements.pieced_statements(sample(wrong))) == 1


@pytest.mark.parametrize(
    "right",
    [
        "rows = warehouse.query('SELECT 1 AS n WHERE page_name = @page', {'page': page})",
        "rows = dataset.query('week_targets', week_start=week)",
        "rows = warehouse.query(library['week_targets'].text, {'week_start': week})",
        "line = f'{page} has {n} messages of {wanted}'",
        "line = ', '.join(row['page'] for row in dataset.query('week_targets'))",
        "line = text.replace('a', 'b')",
        "total = 1 + 2",
        "import subprocess\nsubprocess.run(['git'] + arguments)",
        "rows = 'SELECT 1 ' 'FROM creators'",
    ],
)
def test_a_whole_statement_is_fine(right: str) -> None:
    assert statements.pieced_statements(sample(right)) == []
