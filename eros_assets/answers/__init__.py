"""Answers: why a message is there, what became of a week, and what to look at."""
