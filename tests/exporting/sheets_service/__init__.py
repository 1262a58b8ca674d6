"""Google Sheets in memory, behind a server on loopback, with the rules of Google that bite."""
