"""Tests of the warehouse door."""
