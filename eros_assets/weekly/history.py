"""Whether the history has changed since it was last learned from."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """What `mass_messages` was like: when it last changed, and its rows."""

    last_modified: dt.datetime
    row_count: int

    @property
    def key(self) -> str:
        """The same for the same history."""
        return f"{self.last_modified.isoformat()}_{self.row_count}"


def is_new_history(seen: History | None, found: History, facts_made_at: dt.datetime | None) -> bool:
    """Whether facts and statistics are to be made again.

    What was seen is compared, not what time it is: a tick that was missed or failed loses nothing.
    The first time there is nothing to compare with; then facts that are older than the history,
    or missing, need to be made.
    """
    if seen is None:
        return facts_made_at is None or facts_made_at < found.last_modified
    return seen != found
