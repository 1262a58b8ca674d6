"""The quarantine rules of the input, read by pandas: which rows a history's user must set aside."""

import pandas as pd


def broken_rules(messages: pd.DataFrame) -> dict[str, "pd.Series[bool]"]:
    """For each rule, which rows break it; of rows with one row_id all but the first."""
    return {
        "missing page": messages["page_name"].isna(),
        "missing time": messages["sending_time"].isna(),
        "sent <= 0": messages["sent_count"] <= 0,
        "negative count": (
            messages[["sent_count", "viewed_count", "purchased_count"]].lt(0).any(axis=1)
        ),
        "viewed > sent": messages["viewed_count"] > messages["sent_count"],
        "purchased > viewed": messages["purchased_count"] > messages["viewed_count"],
        "negative earnings": messages["earnings"] < 0,
        "duplicate row_id": messages["row_id"].duplicated(),
    }


def valid_messages(messages: pd.DataFrame) -> pd.DataFrame:
    """The rows that break no rule, with LA `date` and `hour`."""
    broken = pd.concat(broken_rules(messages), axis=1).any(axis=1)
    valid = messages[~broken].copy()
    local = valid["sending_time"].dt.tz_convert("America/Los_Angeles")
    return valid.assign(date=local.dt.date, hour=local.dt.hour)
