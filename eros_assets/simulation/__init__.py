"""Weeks played forward: a policy plans, the hidden truth's audiences answer, and so on."""
