"""Google's own GoogleSQL analyser and reference implementation, offline, over the SQL of `sql/`.

`service` runs the WebAssembly module of the `zetasql` package and `language` says what BigQuery's
dialect is. `analysis` walks `sql/` with them (`statements`: a script as its interpreter meets it),
`rules` and `typed_rules` are the repository's own, `constructs` names what a text is made of.
`evaluation` computes queries and `scripts` runs procedures, on rows given as literals.

`python -m tests.googlesql` prints what the analysis found.
"""
