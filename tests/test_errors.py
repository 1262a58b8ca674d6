"""A failed step is said in the words that tell people what to do."""

from dataclasses import dataclass

import pytest

from eros_assets.errors import root_cause


@dataclass
class Recorded:
    """An error as Dagster records it."""

    message: str
    cause: "Recorded | None" = None


def chain(*messages: str) -> Recorded:
    error: Recorded | None = None
    for message in reversed(messages):
        error = Recorded(message, error)
    assert error is not None
    return error


STEP = "dagster._core.errors.DagsterExecutionStepExecutionError: Error occurred"
FOLDER = "eros_assets.publishing.folders.ExportFolderError: out: no space left on device; make room"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ((STEP,), "DagsterExecutionStepExecutionError: Error occurred"),
        ((STEP, "ValueError: no"), "ValueError: no"),
        ((STEP, FOLDER), "ExportFolderError: out: no space left on device; make room"),
        (
            (STEP, FOLDER, "OSError: [Errno 28] No space left on device"),
            "ExportFolderError: out: no space left on device; make room",
        ),
        (
            (STEP, FOLDER, "eros_assets.errors.ErosError: within", "KeyError: 'x'"),
            "ErosError: within",
        ),
        (("plain text",), "plain text"),
    ],
)
def test_the_innermost_words_of_its_own_are_said_or_else_the_innermost_cause(
    messages: tuple[str, ...], said: str
) -> None:
    assert root_cause(chain(*messages)) == said
