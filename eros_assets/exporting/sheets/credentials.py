"""Finds the credentials for the spreadsheet. No error contains any part of a key."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from eros_assets.exporting.sheets.faults import SheetsCredentialsError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPE = "https://www.googleapis.com/auth/spreadsheets"
"""The only scope that is requested: it gives no access to Drive."""

AUDIENCE = "https://sheets.googleapis.com/"
"""Whom a token that the key signs is for, whatever the address of the server."""


def find_credentials(
    key_file: Path | None, key_json: str | None, *, at_google: bool
) -> "Credentials":
    """Credentials from the key as JSON, else from the key file, else the application-default ones.

    A server other than Google's (`at_google` False) gets tokens that the key itself signs, so that
    no other host is asked; without a key it gets anonymous credentials.

    Raises:
        SheetsCredentialsError: no usable credentials; the variable or file is named.
    """
    if key_json is not None:
        return _of_key(key_json, "EROS_SHEETS_KEY_JSON", at_google=at_google)
    if key_file is not None:
        place = f"EROS_SHEETS_KEY_FILE={key_file}"
        return _of_key(_content(key_file), place, at_google=at_google)
    if not at_google:
        from google.auth.credentials import AnonymousCredentials

        return AnonymousCredentials()
    return _of_this_machine()


def account_of(credentials: "Credentials") -> str | None:
    """The service account's email address, or None when the credentials have none."""
    signer = getattr(credentials, "signer_email", None)
    address = getattr(credentials, "service_account_email", signer)
    return address if isinstance(address, str) and "@" in address else None


def _content(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SheetsCredentialsError(
            f"EROS_SHEETS_KEY_FILE={path}: {why}; it must be the JSON key of a service account"
        ) from None


def _of_key(content: str, place: str, *, at_google: bool) -> "Credentials":
    from google.auth import jwt
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2.service_account import Credentials as ServiceAccount

    # Errors of the libraries may quote the key, so their text is not passed on.
    try:
        # Not strict: a shell may have turned the key's \\n into line breaks.
        key: Any = json.loads(content.removeprefix("\ufeff"), strict=False)
    except ValueError:
        raise SheetsCredentialsError(
            f"{place} is not JSON; it must be the key of a service account, whole"
        ) from None
    if not isinstance(key, dict) or cast(dict[str, Any], key).get("type") != "service_account":
        raise SheetsCredentialsError(
            f"{place} is not the key of a service account: its type is not service_account"
        )
    info = cast(dict[str, str], key)
    if isinstance(secret := info.get("private_key"), str):
        info = {**info, "private_key": secret.replace("\\n", "\n")}
    try:
        if not at_google:
            # google-auth would ask the key's token_uri and, in a thread, iamcredentials.
            return cast(
                "Credentials",
                jwt.Credentials.from_service_account_info(
                    info, audience=AUDIENCE, additional_claims={"scope": SCOPE}
                ),
            )
        return ServiceAccount.from_service_account_info(info, scopes=[SCOPE])
    except (ValueError, TypeError, GoogleAuthError):
        raise SheetsCredentialsError(
            f"{place} is not a whole key of a service account; make a new one under IAM & Admin › "
            "Service Accounts › Keys in the Cloud console"
        ) from None


def _of_this_machine() -> "Credentials":
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        credentials, _project = google.auth.default(scopes=[SCOPE])
    except GoogleAuthError:
        raise SheetsCredentialsError(
            "there are no application-default credentials on this machine; set "
            "EROS_SHEETS_KEY_FILE or EROS_SHEETS_KEY_JSON, or run `gcloud auth "
            f"application-default login --scopes={SCOPE},"
            "https://www.googleapis.com/auth/cloud-platform`"
        ) from None
    return cast("Credentials", credentials)
