"""An agency's own history, read from files."""
