"""Tests of a week over the warehouse: its scope, selection, locking and shortfalls."""
