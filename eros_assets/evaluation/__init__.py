"""Estimates the value of decisions from their own logs; pure functions on arrays."""
