"""Tests of the agency of a home."""
