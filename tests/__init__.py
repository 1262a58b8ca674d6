"""Tests of eros_assets and of sql/."""
