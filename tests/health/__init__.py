"""Tests of the scores, the figures and the decision."""
