"""Acceptance: whether an installation does what each phase of its delivery must show."""
