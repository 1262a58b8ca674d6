"""Pure functions from targets, selections and slot values to a creator's week."""
