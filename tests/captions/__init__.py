"""Tests of the caption bank as commands change it."""
