"""The embedded engine: DuckDB in one file, with GoogleSQL translated by sqlglot."""
