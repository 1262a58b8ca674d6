"""Estimates from captions' texts how an untried caption will do."""
