"""What the documents claim, measured: `make bench`. Ratios come from one run, side by side."""
