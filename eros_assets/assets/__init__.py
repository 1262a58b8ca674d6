"""Thin Dagster shells in the order data flows: fetch, one pure function or one SQL file, write."""
