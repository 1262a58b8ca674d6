"""Jobs, schedules and sensors: what runs together, and when."""
