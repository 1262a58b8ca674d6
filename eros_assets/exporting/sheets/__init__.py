"""A week in Google Sheets: read what is there, plan, one atomic batch, read back and compare.

- `tables`: what the tabs are to hold, cell by cell
- `state`: what the spreadsheet holds, as far as a plan needs it
- `planning`: from the one to the other, as the requests of a single `spreadsheets.batchUpdate`
- `requests`: those requests, as the API wants them
- `review`: the lines that people decide on
- `verification`: whether what is read back is what was written
- `client`, `credentials`, `faults`: the way there, and what can go wrong on it
- `exporter`, `reader`: the order of it all
"""
