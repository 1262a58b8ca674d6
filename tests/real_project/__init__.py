"""EROS in a scratch dataset of a real project: `make test-bigquery`."""
