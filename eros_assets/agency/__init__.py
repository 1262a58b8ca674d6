"""The agency of a home: who it is, its histories, and what becomes of the home."""
