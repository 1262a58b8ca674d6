"""What EROS knows of a page: captions, hours, exploration, and an experiment to consider."""
