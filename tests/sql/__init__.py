"""Tests of the SQL in sql/."""
