"""A week over the warehouse, without Dagster: scope, inputs, selection, drafts, locking."""
