"""The rules of the house, each a function from a source to the lines that break it."""
