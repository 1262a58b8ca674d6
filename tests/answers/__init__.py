"""Answers to people: reports, explanations, digests."""
