"""Publishing: what goes out after the gate, and what is recorded of it."""
