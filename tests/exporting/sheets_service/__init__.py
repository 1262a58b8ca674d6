"""Google Sheets in memory, served on loopback, with the API rules that matter to EROS."""
