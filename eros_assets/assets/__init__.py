"""Thin Dagster shells in the order data flows: fetch, one pure function or one SQL file, write."""

import atexit
import gc

# Dagster is imported by now, and stays for the life of the process. Without this, each full garbage
# collection looks at all of its objects, while the graph is built and while it is served.
gc.freeze()
# Libraries count what they hold when the process ends.
atexit.register(gc.unfreeze)
