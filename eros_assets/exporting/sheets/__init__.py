"""Export of a week to Google Sheets: read state, plan, send one atomic batch, read back, compare.

- `cells`: typed cell values and columns
- `tables`: the wanted contents of the tabs
- `state`: the present state of the spreadsheet
- `planning`: the requests of one `spreadsheets.batchUpdate` that lead from state to contents
- `requests`: single requests of the API
- `review`: the lines of the Review tab
- `verification`: comparison of what was read back with what was written
- `client`, `credentials`, `retry_policy`, `faults`: access to the API, and its errors
- `exporter`, `reader`: the export of a week, the reading of the Review tab
"""
