"""Pure functions that make a creator's week from targets, selections and slot values."""
