"""A folder in a bucket is made equal to given files; what goes wrong is one line that helps."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Unauthorized
from google.auth.exceptions import RefreshError, TransportError

from eros_assets.publishing.bucket import BucketFolder, SyncedFiles, sync_folder
from eros_assets.publishing.cloud_storage import (
    BucketAccessError,
    BucketCredentialsError,
    BucketError,
    BucketNotFoundError,
    BucketUnavailableError,
    CloudStorageBucket,
    RequestLimits,
)
from eros_assets.resources import ExportBucket, NoBucketError
from eros_assets.settings import load_settings
from tests.assets.installed import WEEK
from tests.google.exchange import Trouble, drop_after, drop_before, silence
from tests.google.storage import (
    BUCKET,
    DELETE,
    INSERT,
    LIST,
    PAGE_SIZE,
    CloudStorage,
    storage_on_loopback,
)

PREFIX = "eros/2025-11-03/"
BINARY = bytes(range(256)) + b"\r\n--boundary--\r\n\n"
FILES = {
    "coach.csv": b"schedule_id\r\nsched_1\r\n",
    "coach.excel.csv": b"\xef\xbb\xbfschedule_id\r\n",
    "coach.ics": b"BEGIN:VCALENDAR\r\n",
    "coach.svg": BINARY,
    "cook.csv": "schedule_id\r\nZo\u00eb\r\n".encode(),
    "cook.svg": BINARY[::-1],
    "index.html": b"<!doctype html>",
}
PASSING = {
    "busy": Trouble(status=429, message="rateLimitExceeded"),
    "unavailable": Trouble(status=503),
    "broken": Trouble(status=500),
    "too slow": Trouble(status=408),
    "a page of HTML": Trouble(status=502, is_html=True),
    "a page of HTML, as if all were well": Trouble(status=200, is_html=True),
    "cut off before": drop_before(),
    "cut off after": drop_after(),
    "broken after": Trouble(status=500, carried_out=True),
}


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with storage_on_loopback(monkeypatch) as storage:
        yield storage


def bucket_of(name: str = BUCKET, **limits: Any) -> CloudStorageBucket:
    """The bucket as the resource opens it, without waits between attempts."""
    return export_bucket(name).connect(RequestLimits(first_wait=0.0, **limits))


def export_bucket(location: str | None) -> ExportBucket:
    return ExportBucket(settings=load_settings({"export_bucket": location}))


def synced(files: dict[str, bytes] = FILES, **limits: Any) -> SyncedFiles:
    return sync_folder(bucket_of(**limits), PREFIX, files)


def below(prefix: str, files: dict[str, bytes] = FILES) -> dict[str, bytes]:
    return {prefix + name: content for name, content in files.items()}


# What is uploaded and deleted


def test_first_sync_uploads_every_file_with_its_type(storage: CloudStorage) -> None:
    done = synced()
    assert done == SyncedFiles(tuple(FILES), (), (), sum(map(len, FILES.values())))
    assert storage.contents() == below(PREFIX)
    assert {name: kept.content_type for name, kept in storage.objects.items()} == {
        PREFIX + "coach.csv": "text/csv; charset=utf-8",
        PREFIX + "coach.excel.csv": "text/csv; charset=utf-8",
        PREFIX + "coach.ics": "text/calendar; charset=utf-8",
        PREFIX + "coach.svg": "image/svg+xml",
        PREFIX + "cook.csv": "text/csv; charset=utf-8",
        PREFIX + "cook.svg": "image/svg+xml",
        PREFIX + "index.html": "text/html; charset=utf-8",
    }
    assert {kept.cache_control for kept in storage.objects.values()} == {"no-cache"}
    uploads = [request for request in storage.requests if request.method == INSERT]
    assert all("crc32c" in request.body for request in uploads)


def test_unchanged_files_are_not_uploaded(storage: CloudStorage) -> None:
    synced()
    storage.forget()
    assert synced() == SyncedFiles((), tuple(FILES), (), 0)
    assert storage.changes == []
    assert storage.count(LIST) == -(-len(FILES) // PAGE_SIZE) == 2


def test_only_what_differs_is_uploaded(storage: CloudStorage) -> None:
    synced()
    storage.forget()
    changed = {**FILES, "cook.csv": b"schedule_id\r\n", "index.html": b"<!doctype html>\n"}
    done = synced(changed)
    assert storage.changes == [f"+{PREFIX}cook.csv", f"+{PREFIX}index.html"]
    assert done.uploaded == ("cook.csv", "index.html")
    assert done.bytes_uploaded == len(changed["cook.csv"]) + len(changed["index.html"])
    assert storage.contents() == below(PREFIX, changed)


def test_an_object_of_another_content_type_is_uploaded_again(storage: CloudStorage) -> None:
    synced()
    storage.put(PREFIX + "coach.csv", FILES["coach.csv"], "application/octet-stream")
    assert synced().uploaded == ("coach.csv",)


def test_other_objects_of_the_folder_are_deleted_and_none_elsewhere(storage: CloudStorage) -> None:
    elsewhere = [
        *("index.html", "eros/index.html", "eros/2025-11-03", "eros/2025-11-03-old/cook.csv"),
        *("eros/2025-11-10/cook.csv", "2025-11-03/cook.csv"),
    ]
    for name in (*elsewhere, PREFIX, PREFIX + "gone.csv", PREFIX + "notes/a b\u00e9#?.txt"):
        storage.put(name, b"somebody's")
    assert synced().deleted == ("", "gone.csv", "notes/a b\u00e9#?.txt")
    assert storage.contents().keys() == {*elsewhere, *below(PREFIX)}


def test_the_index_never_links_to_an_object_that_is_not_there(storage: CloudStorage) -> None:
    """Before the new index is there, what the old one links to; after, what the new one does."""
    synced()
    shown = [set(FILES)]
    renewed = {name.replace("coach", "nurse"): content for name, content in FILES.items()}
    renewed["index.html"] = b"<!doctype html>new"

    def look() -> None:
        is_new = storage.objects[PREFIX + "index.html"].content == renewed["index.html"]
        shown.append(set(renewed if is_new else FILES))
        assert storage.objects.keys() >= {PREFIX + name for name in shown[-1]}

    storage.after_change = look
    storage.forget()
    synced(renewed)
    assert storage.changes == [
        *(f"+{PREFIX}nurse{suffix}" for suffix in (".csv", ".excel.csv", ".ics", ".svg")),
        f"+{PREFIX}index.html",
        *(f"-{PREFIX}coach{suffix}" for suffix in (".csv", ".excel.csv", ".ics", ".svg")),
    ]
    assert len(shown) == 10
    assert storage.violations == []


def test_nothing_is_deleted_when_an_upload_fails(storage: CloudStorage) -> None:
    storage.put(PREFIX + "gone.csv", b"linked by the old index")
    storage.trouble(INSERT, Trouble(status=403, message="x@y does not have storage.objects.create"))
    with pytest.raises(BucketAccessError):
        synced()
    assert storage.changes == [f"+{PREFIX}coach.csv"]
    assert storage.contents() == {PREFIX + "gone.csv": b"linked by the old index"}
    synced()
    assert storage.contents() == below(PREFIX)


def test_a_file_beyond_eight_megabytes_arrives_whole(storage: CloudStorage) -> None:
    """The library sends it in another way, by a resumable upload."""
    large = {"index.html": BINARY * 33_000}
    synced(large)
    assert storage.contents() == below(PREFIX, large)
    assert synced(large).uploaded == ()


# What passes


@pytest.mark.parametrize("method", [LIST, INSERT, DELETE])
@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_a_request_that_fails_for_a_moment_is_tried_again(
    storage: CloudStorage, trouble: Trouble, method: str
) -> None:
    storage.put(PREFIX + "gone.csv", b"old")
    storage.trouble(method, trouble)
    assert synced().uploaded == tuple(FILES)
    assert storage.contents() == below(PREFIX)
    assert storage.troubles[method] == []


@pytest.mark.parametrize("method", [LIST, INSERT, DELETE])
def test_no_request_waits_for_ever(storage: CloudStorage, method: str) -> None:
    storage.put(PREFIX + "gone.csv", b"old")
    storage.trouble(method, silence())
    synced(timeout=0.15)
    assert storage.contents() == below(PREFIX)


@pytest.mark.parametrize("method", [LIST, INSERT, DELETE])
def test_attempts_are_bounded(storage: CloudStorage, method: str) -> None:
    storage.put(PREFIX + "gone.csv", b"old")
    storage.trouble(method, *[Trouble(status=503, message="We\nencountered an error")] * 50)
    with pytest.raises(BucketUnavailableError) as raised:
        synced(attempts=4)
    assert storage.count(method) == 4
    assert str(raised.value) == (
        f"Google Cloud Storage was not available for gs://{BUCKET} at {address()} (503: We "
        "encountered an error); run it again later"
    )


def test_no_attempt_begins_after_the_deadline(storage: CloudStorage) -> None:
    storage.trouble(LIST, *[Trouble(status=503)] * 50)
    with pytest.raises(BucketUnavailableError):
        synced(attempts=50, deadline=1e-9)
    assert storage.count(LIST) == 1


def test_an_object_that_somebody_else_deleted_is_no_error(storage: CloudStorage) -> None:
    bucket_of().delete("never/there.csv")
    assert storage.count(DELETE) == 1


# What doesn't


def address() -> str:
    """The server's address, as the library has it."""
    return str(bucket_of()._client.api_endpoint)


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        (
            Trouble(status=403, message="eros@p.iam does not have storage.objects.list access"),
            BucketAccessError,
            "is denied (403: eros@p.iam does not have storage.objects.list access); grant the",
        ),
        (
            Trouble(status=403, is_html=True),
            BucketAccessError,
            "is denied (403); grant the account roles/storage.objectUser on the bucket",
        ),
        (Trouble(status=400, message="Invalid argument"), BucketError, "(400: Invalid argument)"),
    ],
)
def test_a_refusal_is_one_line_and_is_not_tried_again(
    storage: CloudStorage, trouble: Trouble, kind: type[BucketError], said: str
) -> None:
    storage.trouble(LIST, trouble)
    with pytest.raises(kind) as raised:
        synced()
    assert said in str(raised.value)
    assert f"gs://{BUCKET}" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1
    assert storage.count(LIST) == 1
    assert storage.changes == []


def test_a_bucket_that_does_not_exist_is_named(storage: CloudStorage) -> None:
    with pytest.raises(BucketNotFoundError, match="there is no bucket gs://no-such-bucket") as no:
        sync_folder(bucket_of("no-such-bucket"), PREFIX, FILES)
    assert "The specified bucket does not exist." in str(no.value)
    assert str(no.value).endswith("make it, or correct EROS_EXPORT_BUCKET")
    assert storage.count(LIST) == 1
    assert storage.changes == []


def test_a_server_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", nowhere)
    monkeypatch.setenv("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    with pytest.raises(BucketUnavailableError) as raised:
        synced(attempts=2)
    assert str(raised.value) == (
        f"no answer for gs://{BUCKET} at {nowhere} (ConnectionError); check the network and run it "
        "again"
    )


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_credentials")
def test_no_credentials_are_one_line_with_the_ways_to_give_them() -> None:
    with pytest.raises(BucketCredentialsError) as raised:
        bucket_of()
    assert str(raised.value) == (
        f"there are no application-default credentials for gs://{BUCKET}; attach a service account "
        "to this machine, set GOOGLE_APPLICATION_CREDENTIALS to its key file, or run `gcloud auth "
        "application-default login`"
    )


@pytest.mark.usefixtures("no_credentials")
def test_a_key_file_that_is_no_key_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = tmp_path / "key.json"
    key.write_text('{"type": "service_account", "private_key": "hush"}')
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    with pytest.raises(BucketCredentialsError) as raised:
        bucket_of()
    assert "hush" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (RefreshError("invalid_grant: hush"), BucketCredentialsError),
        (Unauthorized("Invalid Credentials: hush"), BucketCredentialsError),
        (RefreshError("later", retryable=True), BucketUnavailableError),
        (TransportError("unreachable"), BucketUnavailableError),
    ],
)
def test_a_token_that_is_not_given_is_told_from_one_that_can_not_be_asked_for(
    storage: CloudStorage, failure: Exception, kind: type[BucketError]
) -> None:
    class Refused:
        """A client whose credentials can't be refreshed; a real one would ask Google."""

        api_endpoint = "https://storage.googleapis.com"

        def bucket(self, name: str) -> str:
            return name

        def list_blobs(self, *_: Any, **__: Any) -> None:
            raise failure

    bucket = CloudStorageBucket(Refused, BUCKET, RequestLimits(attempts=1))
    with pytest.raises(kind) as raised:
        bucket.objects(PREFIX)
    assert "hush" not in str(raised.value)
    assert storage.requests == []


# Where a week goes


@pytest.mark.parametrize(
    ("location", "bucket", "prefix"),
    [
        ("studio-exports", "studio-exports", "2025-11-03/"),
        ("studio-exports/eros", "studio-exports", "eros/2025-11-03/"),
        ("studio-exports/a/b", "studio-exports", "a/b/2025-11-03/"),
    ],
)
def test_a_week_has_a_folder_below_the_prefix(location: str, bucket: str, prefix: str) -> None:
    folder = export_bucket(location).week_folder(WEEK)
    assert folder == BucketFolder(bucket, prefix)
    assert folder.address == f"gs://{bucket}/{prefix}"
    assert folder.console == f"https://console.cloud.google.com/storage/browser/{bucket}/{prefix}"


def test_without_a_bucket_there_is_nowhere_to_go() -> None:
    for ask in (export_bucket(None).connect, lambda: export_bucket(None).week_folder(WEEK)):
        with pytest.raises(NoBucketError, match="set EROS_EXPORT_BUCKET"):
            ask()
