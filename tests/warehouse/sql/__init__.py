"""The library of `sql/`."""
