"""Putting a version in force, and taking it back."""
