"""What happens after the gate: files, the page, the sheet, the log of exports."""
