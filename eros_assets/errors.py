"""The base of every error that EROS raises on purpose, and what a failed step says."""

import re

OWN = re.compile(r"^eros_assets\.")
"""How the message of an error of EROS begins in Dagster's record of it."""


class ErosError(Exception):
    """An error that a user can fix; the message names what is wrong, where, and what to do."""


def root_cause(error: object) -> str:
    """The message of the innermost cause of a Dagster step's error, without its class's module.

    Where EROS gave the cause words of its own, those: they say what to do.
    """
    messages = [_message(error)]
    while (error := getattr(error, "cause", None)) is not None:
        messages.append(_message(error))
    own = [message for message in messages if OWN.match(message)]
    return re.sub(r"^(?:\w+\.)*(\w+): ", r"\1: ", (own or messages)[-1])


def _message(error: object) -> str:
    return str(getattr(error, "message", error)).strip()
