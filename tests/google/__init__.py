"""Google's services on loopback: every request is checked against Google's discovery document."""
