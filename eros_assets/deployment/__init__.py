"""Putting a version of EROS in force, and taking it back: decisions, records, steps, reports."""
