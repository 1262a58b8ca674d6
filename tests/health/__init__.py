"""Tests of the check of the system: what it reads, its scores, its figures, its decision."""
