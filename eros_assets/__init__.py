"""EROS: which message goes out on which creator's page, when, for the coming week."""
