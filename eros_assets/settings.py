"""Reads environment variables into one Settings object, validated at start.

Only this module and `warehouse/` know which environment EROS runs in. Other modules use what they
need (`settings.inputs`, `settings.out_dir`), never the environment's name.
"""

import datetime as dt
import difflib
import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from eros_assets.errors import ErosError

REPOSITORY = Path(__file__).resolve().parents[1]

Inputs = Literal["sample", "files", "warehouse"]


class SettingsError(ErosError):
    """One line per environment variable that can't be used."""


class Settings(BaseSettings):
    """What differs between installations. Each field is read from `EROS_<FIELD>`.

    Tuning (windows, weights, shares) is not here: it is in `eros_assets/tuning/`, because the SQL
    reads it too.
    """

    model_config = SettingsConfigDict(
        env_prefix="EROS_",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        populate_by_name=True,
    )

    env: Literal["local", "production"] = Field(
        "local", description="local: the embedded warehouse. production: Google's BigQuery."
    )
    project_id: str = Field("of-scheduler-proj", description="GCP project that owns the dataset.")
    dataset: str = Field("eros_scheduling_brain", description="Dataset of every table and routine.")
    location: str = Field("US", description="BigQuery location of the dataset.")
    bigquery_endpoint: str | None = Field(
        None,
        description="Address of a BigQuery-compatible endpoint, used without credentials; unset: "
        "Google's.",
    )
    home: Path = Field(
        REPOSITORY / ".eros", description="Folder of the embedded warehouse and of Dagster's runs."
    )
    memory_limit: str = Field(
        "50%",
        description="Memory that the embedded warehouse may use, 4GB for example, or a share of "
        "the machine's; what needs more is written to files in EROS_HOME for the time being.",
    )
    out_dir: Path = Field(REPOSITORY / "out", description="Folder that exports are written to.")
    agency: str | None = Field(
        None, description="What the agency calls itself; a home holds one agency."
    )
    import_dir: Path | None = Field(
        None, description="Folder with your own history, see docs/IMPORT.md."
    )
    tuning_dir: Path | None = Field(
        None, description="Folder whose CSV files replace those of eros_assets/tuning/ by name."
    )
    sample: Literal["full", "small"] = Field("full", description="Size of the sample agency.")
    sample_seed: int = Field(20_251_103, description="Seed of the sample agency.")
    seed: str = Field("eros", description="First part of every draw key; a new seed, new draws.")
    today: dt.date | None = Field(None, description="LA date to take for today; for tests, demos.")
    week: dt.date | None = Field(None, description="Monday of the week to plan; default: see docs.")
    spreadsheet_id: str | None = Field(
        None, description="Google Sheet to export to, its id or its address; unset: none."
    )
    sheets_endpoint: str | None = Field(
        None, description="Address of another server of the Sheets API; unset: Google's."
    )
    sheets_timeout_seconds: float = Field(
        60.0, gt=0, le=600, description="How long one request to the Sheets API may take, seconds."
    )
    sheets_key_file: Path | None = Field(
        None, description="Key file of the service account that writes the sheet."
    )
    sheets_key_json: SecretStr | None = Field(
        None, description="That key itself, as JSON. Neither: application-default credentials."
    )
    export_bucket: str | None = Field(
        None,
        description="Google Cloud Storage bucket to export to, `name` or `gs://name/prefix`; "
        "unset: none.",
    )
    maximum_bytes_billed: int = Field(
        200 * 2**30, gt=0, description="Cap of one BigQuery statement, bytes."
    )
    backup_days: int = Field(
        30, gt=0, description="Days that the backups of a deployment are kept."
    )
    pages: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma-separated pages to narrow command-line runs to; empty: all."
    )

    slack_token: SecretStr | None = Field(None, description="Token of the Slack bot that alerts.")
    slack_channel: str | None = Field(None, description="Slack channel that alerts go to.")
    slack_endpoint: str | None = Field(
        None, description="Address of a Slack-compatible API; unset: Slack's."
    )
    email_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Comma-separated addresses that alerts go to."
    )
    email_from: str | None = Field(None, description="Address that alerts come from.")
    smtp_host: str | None = Field(None, description="Mail server that alerts are handed to.")
    smtp_port: int = Field(587, gt=0, lt=65_536, description="Its port.")
    smtp_security: Literal["starttls", "ssl", "none"] = Field(
        "starttls", description="How the connection to it is secured."
    )
    smtp_user: str | None = Field(None, description="User to log in to it as; unset: no login.")
    smtp_password: SecretStr | None = Field(None, description="That user's password.")
    ui_address: str | None = Field(
        None, description="Address of the Dagster UI, for links in alerts."
    )
    owners: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Comma-separated owners of asset groups, `group=team:name` or "
        "`group=address`, in place of those of the code.",
    )
    git_url: str | None = Field(
        None,
        description="Address of this repository on GitHub or GitLab, for links from assets to "
        "their code; unset: paths on this machine.",
    )
    git_branch: str = Field("main", description="Branch or commit that those links lead to.")
    auto_rollback: bool = Field(
        False, description="Whether a decision ROLLBACK starts rollback_production by itself."
    )

    @field_validator("project_id")
    @classmethod
    def _project_id(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", value):
            raise ValueError(
                "must be a GCP project id: 6 to 30 of a-z, 0-9 and '-', a letter first"
            )
        return value

    @field_validator("dataset")
    @classmethod
    def _dataset(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,1023}", value):
            raise ValueError("must be a dataset name: letters, digits and '_', no digit first")
        return value

    @field_validator("memory_limit")
    @classmethod
    def _memory_limit(cls, value: str) -> str:
        share = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", value)
        if not re.fullmatch(r"\d+(\.\d+)? ?[MGT]i?B", value) and not (
            share and 1 <= float(share[1]) <= 100
        ):
            raise ValueError("must be an amount such as 800MB or 4GB, or a share: 1% to 100%")
        return value

    @field_validator("agency")
    @classmethod
    def _agency(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", value):
            raise ValueError("must be 1 to 64 of letters, digits, '.', '_' and '-'")
        return value

    @field_validator("spreadsheet_id")
    @classmethod
    def _spreadsheet_id(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if re.search(r"/d/e/|^2PACX-", value.strip()):
            raise ValueError(
                "is the address of a copy that was published to the web, which can't be written; "
                "open the spreadsheet itself and take its address"
            )
        found = re.fullmatch(
            r"(?:https?://docs\.google\.com(?:/a/[^/]+)?/spreadsheets(?:/u/\d+)?/d/)?"
            r"([\w-]+)(?:[/?#].*)?",
            value.strip(),
        )
        if found is None:
            raise ValueError("must be a spreadsheet's address, or its part between /d/ and /edit")
        return found[1]

    @field_validator("export_bucket")
    @classmethod
    def _export_bucket(cls, value: str | None) -> str | None:
        if value is None:
            return None
        bucket, *prefix = value.removeprefix("gs://").removesuffix("/").split("/")
        # https://cloud.google.com/storage/docs/buckets#naming
        is_name = 3 <= len(bucket) <= 222 and all(
            re.fullmatch(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?", part) for part in bucket.split(".")
        )
        if not is_name or re.fullmatch(r"\d+(\.\d+){3}", bucket):
            raise ValueError(
                "must be a bucket's name or gs://name/prefix; a name is 3 to 63 of a-z, 0-9, '-' "
                "and '_', or several such parts joined by '.'"
            )
        for part in prefix:
            if not re.fullmatch(r"[A-Za-z0-9_=.-]+", part) or part in (".", ".."):
                raise ValueError(
                    f"{part!r} in its prefix must be of letters, digits, '.', '_', '-' and '='"
                )
        return "/".join([bucket, *prefix])

    @field_validator("bigquery_endpoint", "sheets_endpoint", "slack_endpoint", "ui_address")
    @classmethod
    def _endpoint(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", value):
            raise ValueError("must be an address such as http://localhost:9050")
        return value

    @field_validator("git_url")
    @classmethod
    def _git_url(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https://\S*(github|gitlab)\S*/\S+", value):
            raise ValueError("must be the https address of a repository on GitHub or GitLab")
        return None if value is None else value.removesuffix("/").removesuffix(".git")

    @field_validator("pages", "email_to", "owners", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value

    @field_validator("email_to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not re.fullmatch(r"[^@\s,]+@[^@\s,]+", address):
                raise ValueError(f"{address!r} is no e-mail address")
        return value

    @field_validator("owners")
    @classmethod
    def _group_owners(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for owner in value:
            if not re.fullmatch(r"\w+=(team:[\w-]+|[^@\s,=]+@[^@\s,=]+\.[^@\s,=]+)", owner):
                raise ValueError(
                    f"{owner!r} is no owner of a group, such as exports=team:publishing or "
                    "exports=ana@example.com"
                )
        return value

    @field_validator("pages")
    @classmethod
    def _page_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for page in value:
            if not re.fullmatch(r"[a-z0-9_]+", page):
                raise ValueError(f"page name {page!r} must match [a-z0-9_]+")
        return value

    @field_validator("week")
    @classmethod
    def _week(cls, value: dt.date | None) -> dt.date | None:
        if value is not None and value.isoweekday() != 1:
            raise ValueError(f"{value} is a {value:%A}; a week is named by its Monday")
        return value

    @field_validator("import_dir", "tuning_dir")
    @classmethod
    def _existing_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.expanduser().is_dir():
            raise ValueError(f"{value} is not a folder")
        return None if value is None else value.expanduser().resolve()

    @field_validator("home", "out_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @cached_property
    def dataset_name(self) -> str:
        """`project.dataset`, the value of `${dataset}` in sql/."""
        return f"{self.project_id}.{self.dataset}"

    @property
    def inputs(self) -> Inputs:
        """Where the input tables come from: made, imported from files, or loaded by others."""
        if self.env == "production":
            return "warehouse"
        return "files" if self.import_dir else "sample"

    @property
    def sheet_address(self) -> str | None:
        """The spreadsheet's address, or None when none is configured."""
        return None if self.spreadsheet_id is None else sheet_address(self.spreadsheet_id)

    @property
    def warehouse_file(self) -> Path:
        """The embedded warehouse's one file."""
        return self.home / "warehouse.duckdb"

    @property
    def engine(self) -> str:
        """The engine that the tables are in, as people name it."""
        return "bigquery" if self.env == "production" else "duckdb"

    def table_name(self, name: str) -> str:
        """The full name of a table or view in its engine: that of BigQuery, or of DuckDB's file."""
        if self.env == "production":
            return f"{self.dataset_name}.{name}"
        return f"{self.warehouse_file.stem}.{self.dataset}.{name}"

    def job_address(self, job_id: str) -> str | None:
        """The page of a job in Google's console; None where there is none."""
        if self.env != "production" or self.bigquery_endpoint:
            return None
        job = f"bq:{self.location}:{job_id}"
        return (
            f"https://console.cloud.google.com/bigquery?project={self.project_id}"
            f"&j={job}&page=queryresults"
        )

    @property
    def owner_of_group(self) -> Mapping[str, str]:
        """The owners given, by asset group."""
        return dict(owner.split("=", 1) for owner in self.owners)

    @property
    def library_cache(self) -> Path:
        """The folder where the parsed SQL is remembered."""
        return self.home / "cache"

    @property
    def warehouse_location(self) -> str:
        """Where the data is, for people."""
        return self.dataset_name if self.env == "production" else str(self.warehouse_file)

    def tuning_file(self, name: str) -> Path:
        """The CSV file `name` of the tuning folder, or the agency's own in its place."""
        own = self.tuning_dir / name if self.tuning_dir else None
        return own if own and own.is_file() else Path(__file__).parent / "tuning" / name


def sheet_address(spreadsheet_id: str) -> str:
    """The address of a spreadsheet."""
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet_id}"


READ_BY_OTHERS = frozenset({"EROS_DAGSTER_STORAGE"})
"""Variables that are no settings: dagster.yaml reads them."""

ALIKE = 0.7
"""Likeness, from 0 to 1, from which a name is taken for a mistyped one."""


def load_settings(overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the environment.

    Raises:
        SettingsError: one line for each variable that can't be used, its name first.
    """
    mistyped = [
        f"{variable}: there is no such variable; {meant} is meant, or unset it"
        for variable in unread_variables(os.environ)
        if (meant := _nearest(variable)) is not None
    ]
    try:
        settings = Settings(**dict(overrides or {}))  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        lines = [_mistake(e["loc"], e["msg"], e["input"]) for e in error.errors()]
        raise SettingsError("\n".join([*lines, *mistyped])) from None
    if mistyped:
        raise SettingsError("\n".join(mistyped))
    return settings


def unread_variables(environment: Mapping[str, str]) -> list[str]:
    """The variables `EROS_…` that nothing reads, in order; an empty one counts as unset."""
    return sorted(
        name
        for name, value in environment.items()
        if value and name.upper().startswith("EROS_") and name.upper() not in _variables()
    )


def _variables() -> frozenset[str]:
    return READ_BY_OTHERS | {f"EROS_{field}".upper() for field in Settings.model_fields}


def _nearest(variable: str) -> str | None:
    """The variable that is meant, as far as one is alike."""
    # Without what all of them begin with: it would make every name alike.
    names = {name.removeprefix("EROS_"): name for name in _variables()}
    typed = variable.upper().removeprefix("EROS_")
    found = difflib.get_close_matches(typed, sorted(names), n=1, cutoff=ALIKE)
    return names[found[0]] if found else None


def _mistake(location: tuple[int | str, ...], message: str, value: object) -> str:
    variable = "EROS_" + "_".join(str(part) for part in location).upper()
    line = f"{variable}={value}: {message.removeprefix('Value error, ')}"
    return line.replace("\n", "\\n")
