"""Job labels in the form that BigQuery accepts.

Keys and values: lower case letters, digits, `_` and `-`, 63 characters at most; a key begins with a
letter. Source: https://cloud.google.com/bigquery/docs/labels-intro#requirements
"""

import re
from collections.abc import Mapping

LONGEST = 63

APPLICATION = "eros"
"""Key of the label that every job of EROS carries; its value is the dataset."""

KIND = "eros_kind"
"""Key of the label with a job's operation of the protocol."""

FINGERPRINT = "eros_fingerprint"
"""Key of the table label that holds the first 63 digits of SqlObject.fingerprint."""


def valid_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels with what BigQuery doesn't accept replaced by `_`, cut to length."""
    return {_key(key): _text(value) for key, value in labels.items()}


def _text(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())[:LONGEST]


def _key(text: str) -> str:
    key = _text(text)
    return key if key[:1].isalpha() else f"l_{key}"[:LONGEST]
