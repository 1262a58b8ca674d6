"""Estimators against independent references and under simulation."""
