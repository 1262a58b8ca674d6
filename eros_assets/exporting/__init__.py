"""Pure functions that turn a week's messages into files, pictures and sheets."""
