"""The caption bank as commands change it: intake, retirement, and what later imports keep."""
