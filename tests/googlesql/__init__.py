"""Google's own GoogleSQL analyser and reference implementation, offline, over the SQL of `sql/`.

`service` runs the WebAssembly module of the `zetasql` package, `language` says what BigQuery's
dialect is, `analysis` walks `sql/` with it, `rules` are the repository's own, and `evaluation`
computes queries. `python -m tests.googlesql` prints what was found.
"""
