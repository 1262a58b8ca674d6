"""The library of `sql/`: its files as objects, parsed once."""
