"""Export of a week to Google Sheets: read state, plan, send one atomic batch, read back, compare.

- `cells`: typed cell values and columns
- `tables`: the wanted contents of the week's tab and of the Summary
- `state`, `metadata`: the present state of the spreadsheet; titles and metadata that fit it
- `planning`: the requests of one `spreadsheets.batchUpdate` that lead from state to contents
- `requests`: single requests of the API
- `review`: the lines of a week's Review tab as EROS writes them
- `review_grid`, `review_reading`: columns and lines as people left them; their decisions and notes
- `review_planning`, `review_tab`: what differs from the wanted lines; the requests that mend it
- `verification`: comparison of what was read back with what was written
- `client`, `credentials`, `retry_policy`, `faults`: access to the API, and its errors
- `settled_reading`: values of tabs with the state that they belong to
- `exporter`, `reader`: the export of a week, the reading of Review tabs
"""
