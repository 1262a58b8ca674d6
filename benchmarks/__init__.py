"""Measurements of what the documents claim: `make bench`. Ratios come from one run, side by side."""
