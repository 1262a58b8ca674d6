"""Simulates weeks forward: a policy plans, the hidden truth's audiences answer."""
