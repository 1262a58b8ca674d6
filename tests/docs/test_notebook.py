"""The Python of the notebook guide runs on the planned sample agency and prints what it says."""

import contextlib
import io
import re

import pytest

from eros_assets import definitions
from tests.assets.installed import Installed
from tests.house.modules import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "NOTEBOOK.md"
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$",
    NOTEBOOK.read_text(encoding="utf-8"),
    re.M | re.S,
)


def lines_of(text: str) -> list[str]:
    """Its lines without the blanks that pandas puts at their ends."""
    return [line.rstrip() for line in text.splitlines()]


def test_every_python_block_of_the_guide_is_followed_by_its_output() -> None:
    assert len(EXAMPLES) == NOTEBOOK.read_text(encoding="utf-8").count("```python") > 0


@pytest.mark.parametrize(("python", "output"), EXAMPLES)
def test_python_of_the_guide_prints_the_output_of_the_guide(
    python: str, output: str, agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "defs", definitions.build_definitions(agency.dataset.settings))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(python, NOTEBOOK.name, "exec"), {})
    assert lines_of(printed.getvalue()) == lines_of(output)
