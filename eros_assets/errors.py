"""The base of every error that EROS raises on purpose, and what a failed step says."""

import re


class ErosError(Exception):
    """An error that a user can fix; the message names what is wrong, where, and what to do."""


def root_cause(error: object) -> str:
    """The message of the innermost cause of a Dagster step's error, without its class's module."""
    while (cause := getattr(error, "cause", None)) is not None:
        error = cause
    text = str(getattr(error, "message", error)).strip()
    return re.sub(r"^(?:\w+\.)*(\w+): ", r"\1: ", text)
