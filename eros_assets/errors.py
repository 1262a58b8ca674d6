"""The root of every error that EROS raises on purpose."""


class ErosError(Exception):
    """Something a person can mend; the message names what was wrong, where, and what to do."""
