"""Deploys a version of EROS and rolls it back: decisions, records, steps, reports."""
