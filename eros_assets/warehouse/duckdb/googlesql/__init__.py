"""Rules that translate GoogleSQL to DuckDB's SQL with the same meaning.

sqlglot's translation from BigQuery to DuckDB carries the syntax over; the rules here correct what
would have another meaning. Each module is one family: `times`, `values`, `aggregates`, `texts`,
`json_texts`, `statements`; `macros` is the part that needs the types of its arguments, which only
DuckDB knows.
"""
