"""What decisions were worth, estimated from their own logs: pure functions on arrays."""
