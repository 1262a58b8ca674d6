"""Tests of the tuning files."""
