"""Rows of the warehouse as plain values: NULL is None, whatever pandas makes of it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rows of a frame by column, in order; lists and arrays stay what they are."""
    import pandas as pd

    return [
        {
            str(name): None if pd.api.types.is_scalar(value) and pd.isna(value) else value
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]
