"""The acceptance table: each criterion on what meets it and on what breaks it."""
