"""Thin Dagster shells in the order data flows: fetch, one pure function or one SQL file, write."""

import atexit
import gc

import dagster  # noqa: F401  # what is frozen below

# Dagster's classes and modules stay for the life of the process. Without this, each full garbage
# collection looks at all of them again, while the graph is built and while it is served.
gc.freeze()
# Libraries count what they hold when the process ends.
atexit.register(gc.unfreeze)
