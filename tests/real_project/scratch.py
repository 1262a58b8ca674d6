"""A dataset for one trial: made, used, removed, also after an error, Ctrl-C or SIGTERM."""

import datetime as dt
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from google.cloud import bigquery

MARK = ("eros", "scratch")
MADE = "eros_made"
EXPIRY = dt.timedelta(hours=24)
PREFIX = "eros_scratch_"


@contextmanager
def scratch_dataset(
    client: bigquery.Client, location: str, now: dt.datetime
) -> Generator[bigquery.DatasetReference]:
    """A dataset whose tables expire within a day, removed with all that is in it at the end.

    What an earlier trial left that was killed is removed first, once it is a day old.
    """
    for left in left_overs(client, now):
        client.delete_dataset(left, delete_contents=True, not_found_ok=True)
    reference = bigquery.DatasetReference(client.project, f"{PREFIX}{now:%Y%m%d_%H%M%S_%f}")
    dataset = bigquery.Dataset(reference)
    dataset.location = location
    dataset.default_table_expiration_ms = int(EXPIRY.total_seconds() * 1000)
    dataset.labels = dict([MARK, (MADE, str(int(now.timestamp())))])
    with _terminated_as_interrupted():
        try:
            client.create_dataset(dataset)
            yield reference
        finally:
            client.delete_dataset(reference, delete_contents=True, not_found_ok=True)


def left_overs(client: bigquery.Client, now: dt.datetime) -> list[bigquery.DatasetReference]:
    """Scratch datasets that are older than a day."""
    oldest = (now - EXPIRY).timestamp()
    return [
        found.reference
        for found in client.list_datasets(filter=f"labels.{MARK[0]}:{MARK[1]}")
        if found.dataset_id.startswith(PREFIX) and int(found.labels.get(MADE, "0")) < oldest
    ]


@contextmanager
def _terminated_as_interrupted() -> Generator[None]:
    """SIGTERM ends the block as Ctrl-C does, so that what follows it is done."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
