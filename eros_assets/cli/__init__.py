"""The commands: planning, operating, and what they share with the terminal."""
