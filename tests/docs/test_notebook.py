"""Every Python block of the notebook guide runs on the planned sample agency."""

import contextlib
import io
import re

import pytest

from eros_assets import definitions
from tests.assets.installed import WEEK, Installed
from tests.house.modules import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "NOTEBOOK.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", NOTEBOOK.read_text(encoding="utf-8"), re.M | re.S)


def test_guide_has_python_for_the_week_of_the_sample_agency() -> None:
    assert BLOCKS
    assert f'week = "{WEEK}"' in BLOCKS[0]


@pytest.mark.parametrize("block", BLOCKS)
def test_python_of_the_guide_answers_its_question(
    block: str, agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "defs", definitions.build_definitions(agency.dataset.settings))
    printed = io.StringIO()
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(printed):
        exec(compile(block, NOTEBOOK.name, "exec"), names)
    answer = names["answer"]
    assert str(answer) in printed.getvalue()
    assert set(answer.index) == {"treatment", "control"}
    assert (answer["messages"] > 0).all()
    assert answer["in_good_slots"].between(0, 1).all()
    assert answer["expected_rate"].between(0, 1, inclusive="neither").all()
