"""What an installation says in its environment is understood, or refused with one line each."""

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.errors import ErosError
from eros_assets.settings import REPOSITORY, Settings, SettingsError, load_settings
from tests.shell import no_variables as no_variables

DEFAULTS: Mapping[str, object] = {
    "env": "local",
    "project_id": "of-scheduler-proj",
    "dataset": "eros_scheduling_brain",
    "location": "US",
    "bigquery_endpoint": None,
    "home": REPOSITORY / ".eros",
    "memory_limit": "50%",
    "out_dir": REPOSITORY / "out",
    "agency": None,
    "import_dir": None,
    "tuning_dir": None,
    "sample": "full",
    "sample_seed": 20_251_103,
    "seed": "eros",
    "today": None,
    "week": None,
    "spreadsheet_id": None,
    "sheets_endpoint": None,
    "sheets_timeout_seconds": 60.0,
    "sheets_key_file": None,
    "sheets_key_json": None,
    "export_bucket": None,
    "maximum_bytes_billed": 200 * 1024**3,
    "backup_days": 30,
    "pages": (),
    "slack_token": None,
    "slack_channel": None,
    "slack_endpoint": None,
    "email_to": (),
    "email_from": None,
    "smtp_host": None,
    "smtp_port": 587,
    "smtp_security": "starttls",
    "smtp_user": None,
    "smtp_password": None,
    "ui_address": None,
    "owners": (),
    "git_url": None,
    "git_branch": "main",
    "auto_rollback": False,
}

MISTAKES = (
    ("EROS_AGENCY", "north/light", "must be 1 to 64 of letters"),
    ("EROS_ENV", "staging", "'local' or 'production'"),
    ("EROS_ENV", "Production", "'local' or 'production'"),
    ("EROS_PROJECT_ID", "Studio", "6 to 30 of a-z, 0-9 and '-', a letter first"),
    ("EROS_PROJECT_ID", "short", "6 to 30 of a-z, 0-9 and '-', a letter first"),
    ("EROS_PROJECT_ID", "ends-with-a-", "6 to 30 of a-z, 0-9 and '-', a letter first"),
    ("EROS_PROJECT_ID", "p" * 31, "6 to 30 of a-z, 0-9 and '-', a letter first"),
    *(
        ("EROS_MEMORY_LIMIT", value, "an amount such as 800MB or 4GB, or a share: 1% to 100%")
        for value in ("4", "much", "0%", "101%", "-1GB", "4GB!", "4 gigabytes")
    ),
    ("EROS_DATASET", "eros-brain", "letters, digits and '_', no digit first"),
    ("EROS_DATASET", "2nd_brain", "letters, digits and '_', no digit first"),
    ("EROS_DATASET", "brain`; SELECT 1", "letters, digits and '_', no digit first"),
    ("EROS_BIGQUERY_ENDPOINT", "localhost:9050", "an address such as http://localhost:9050"),
    ("EROS_BIGQUERY_ENDPOINT", "http://two words", "an address such as http://localhost:9050"),
    ("EROS_IMPORT_DIR", "/no/such/folder", "/no/such/folder is not a folder"),
    ("EROS_TUNING_DIR", "/no/such/folder", "/no/such/folder is not a folder"),
    ("EROS_SAMPLE", "huge", "'full' or 'small'"),
    ("EROS_SAMPLE_SEED", "lucky", "valid integer"),
    ("EROS_OWNERS", "exports", "'exports' is no owner of a group, such as exports=team:publishing"),
    ("EROS_OWNERS", "exports=ana", "'exports=ana' is no owner of a group"),
    ("EROS_GIT_URL", "ssh://github.com/agency/eros", "https address of a repository on GitHub"),
    ("EROS_GIT_URL", "https://example.com/agency/eros", "a repository on GitHub or GitLab"),
    ("EROS_TODAY", "2025-02-30", "valid date"),
    ("EROS_TODAY", "yesterday", "valid date"),
    ("EROS_WEEK", "2025-11-04", "2025-11-04 is a Tuesday; a week is named by its Monday"),
    ("EROS_WEEK", "2025-W45", "valid date"),
    ("EROS_MAXIMUM_BYTES_BILLED", "0", "greater than 0"),
    ("EROS_MAXIMUM_BYTES_BILLED", "200 GiB", "valid integer"),
    ("EROS_BACKUP_DAYS", "0", "greater than 0"),
    ("EROS_BACKUP_DAYS", "a month", "valid integer"),
    ("EROS_SPREADSHEET_ID", "my sheet", "its part between /d/ and /edit"),
    ("EROS_SPREADSHEET_ID", "https://example.com/d/1AbC/edit", "its part between /d/ and /edit"),
    ("EROS_SHEETS_ENDPOINT", "sheets:8080", "an address such as http://localhost:9050"),
    ("EROS_SHEETS_TIMEOUT_SECONDS", "0", "greater than 0"),
    ("EROS_SHEETS_TIMEOUT_SECONDS", "a minute", "valid number"),
    ("EROS_EXPORT_BUCKET", "Studio", "a name is 3 to 63 of a-z, 0-9, '-' and '_'"),
    ("EROS_EXPORT_BUCKET", "ab", "a name is 3 to 63 of a-z, 0-9, '-' and '_'"),
    ("EROS_EXPORT_BUCKET", "b" * 64, "a name is 3 to 63 of a-z, 0-9, '-' and '_'"),
    ("EROS_EXPORT_BUCKET", "studio..exports", "several such parts joined by '.'"),
    ("EROS_EXPORT_BUCKET", "192.168.5.4", "must be a bucket's name or gs://name/prefix"),
    ("EROS_EXPORT_BUCKET", "-studio", "must be a bucket's name or gs://name/prefix"),
    ("EROS_EXPORT_BUCKET", "s3://studio", "must be a bucket's name or gs://name/prefix"),
    ("EROS_EXPORT_BUCKET", "gs://", "must be a bucket's name or gs://name/prefix"),
    ("EROS_EXPORT_BUCKET", "gs://studio/a//b", "'' in its prefix must be of letters, digits"),
    ("EROS_EXPORT_BUCKET", "gs://studio/../b", "'..' in its prefix must be of letters, digits"),
    ("EROS_EXPORT_BUCKET", "gs://studio/a b", "'a b' in its prefix must be of letters, digits"),
    ("EROS_PAGES", "cook,Anna Cooks", "page name 'Anna Cooks' must match [a-z0-9_]+"),
    ("EROS_EMAIL_TO", "ann@example.com,bob", "'bob' is no e-mail address"),
    ("EROS_SMTP_PORT", "70000", "less than 65536"),
    ("EROS_SMTP_SECURITY", "hope", "'starttls', 'ssl' or 'none'"),
    ("EROS_SLACK_ENDPOINT", "slack", "an address such as http://localhost:9050"),
    ("EROS_UI_ADDRESS", "localhost:3000", "an address such as http://localhost:9050"),
    ("EROS_AUTO_ROLLBACK", "perhaps", "valid boolean"),
    ("EROS_PAGES", "cook;coach", "page name 'cook;coach' must match [a-z0-9_]+"),
)
ANYTHING_GOES = {
    "git_branch",
    *("location", "home", "out_dir", "seed"),
    *("sheets_key_file", "sheets_key_json"),  # looked into when they are used
    *("slack_token", "slack_channel", "email_from", "smtp_host", "smtp_user", "smtp_password"),
}


@pytest.mark.parametrize("field", DEFAULTS)
def test_every_variable_has_its_default(field: str) -> None:
    assert getattr(load_settings(), field) == DEFAULTS[field]


def test_no_variable_without_a_default_in_this_file() -> None:
    assert DEFAULTS.keys() == Settings.model_fields.keys()


@pytest.mark.parametrize(("variable", "value", "rule"), MISTAKES)
def test_a_mistake_is_one_line_with_variable_value_and_rule(
    variable: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert message.startswith(f"{variable}={value}: ")
    assert rule in message
    assert len(message.splitlines()) == 1
    assert "Value error" not in message
    assert isinstance(caught.value, ErosError)


def test_every_variable_that_can_be_wrong_was_tried() -> None:
    tried = {variable.removeprefix("EROS_").lower() for variable, _, _ in MISTAKES}
    assert tried == DEFAULTS.keys() - ANYTHING_GOES


def test_several_mistakes_are_told_at_once_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EROS_ENV", "staging")
    monkeypatch.setenv("EROS_WEEK", "2025-11-04")
    monkeypatch.setenv("EROS_SEED", "spring")
    monkeypatch.setenv("EROS_PAGES", "Cook")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [line.split("=")[0] for line in lines] == ["EROS_ENV", "EROS_WEEK", "EROS_PAGES"]


def test_a_value_of_two_lines_is_still_one_line_of_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EROS_DATASET", "brain\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith("EROS_DATASET=brain\\n: must be a dataset name")
    assert len(str(caught.value).splitlines()) == 1


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in DEFAULTS:
        monkeypatch.setenv(f"EROS_{field}".upper(), "")
    assert load_settings().model_dump() == DEFAULTS


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EROS_TODAY", "2025-11-03")
    monkeypatch.setenv("EROS_SAMPLE_SEED", "7")
    monkeypatch.setenv("EROS_BIGQUERY_ENDPOINT", "http://localhost:9050")
    settings = load_settings()
    assert settings.today == dt.date(2025, 11, 3)
    assert settings.sample_seed == 7
    assert settings.bigquery_endpoint == "http://localhost:9050"


def test_what_the_caller_says_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EROS_SEED", "spring")
    assert load_settings({"seed": "autumn"}).seed == "autumn"


def test_a_setting_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="EROS_SEEED=spring: "):
        load_settings({"seeed": "spring"})


def test_settings_do_not_change_once_read() -> None:
    settings = load_settings()
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        settings.seed = "spring"


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("cook", ("cook",)),
        ("cook,coach_2", ("cook", "coach_2")),
        (" cook , coach ,", ("cook", "coach")),
        (" , ", ()),
    ],
)
def test_pages_are_separated_by_commas(
    text: str, pages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_PAGES", text)
    assert load_settings().pages == pages


@given(st.lists(st.from_regex(r"[a-z0-9_]+", fullmatch=True)), st.sampled_from([",", " , ", ",,"]))
def test_any_page_names_come_through_in_order(pages: list[str], separator: str) -> None:
    assert load_settings({"pages": separator.join(pages)}).pages == tuple(pages)


@pytest.mark.parametrize("field", ["home", "out_dir", "import_dir", "tuning_dir"])
@pytest.mark.parametrize("text", ["kept", "./kept", "elsewhere/../kept", "~/kept"])
def test_folders_are_absolute_however_they_are_written(
    field: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(f"EROS_{field}".upper(), text)
    assert getattr(load_settings(), field) == (tmp_path / "kept").resolve()


def test_a_home_need_not_exist_yet(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    assert load_settings({"home": home}).warehouse_file == home.resolve() / "warehouse.duckdb"
    assert not home.exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "captions.csv"
    file.touch()
    with pytest.raises(SettingsError, match=r"captions\.csv is not a folder"):
        load_settings({"import_dir": file})


@pytest.mark.parametrize(
    ("env", "has_folder", "inputs"),
    [
        ("local", False, "sample"),
        ("local", True, "files"),
        ("production", False, "warehouse"),
        ("production", True, "warehouse"),
    ],
)
def test_where_the_inputs_come_from(
    env: str, has_folder: bool, inputs: str, tmp_path: Path
) -> None:
    folder = tmp_path if has_folder else None
    assert load_settings({"env": env, "import_dir": folder}).inputs == inputs


def test_where_the_data_is(tmp_path: Path) -> None:
    settings = load_settings({"home": tmp_path, "project_id": "studio-plans", "dataset": "plans"})
    assert settings.dataset_name == "studio-plans.plans"
    assert settings.warehouse_location == str(tmp_path.resolve() / "warehouse.duckdb")
    there = load_settings({**settings.model_dump(), "env": "production"})
    assert there.warehouse_location == "studio-plans.plans"


def test_an_agency_s_own_tuning_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "tuning.csv").touch()
    (tmp_path / "segment_rules.csv").mkdir()
    settings = load_settings({"tuning_dir": tmp_path})
    shipped = REPOSITORY / "eros_assets" / "tuning"
    assert settings.tuning_file("tuning.csv") == tmp_path.resolve() / "tuning.csv"
    assert settings.tuning_file("account_size_tiers.csv") == shipped / "account_size_tiers.csv"
    assert settings.tuning_file("segment_rules.csv") == shipped / "segment_rules.csv"


@pytest.mark.parametrize(
    "said",
    [
        "1AbC-d_9",
        "https://docs.google.com/spreadsheets/d/1AbC-d_9",
        "https://docs.google.com/spreadsheets/d/1AbC-d_9/edit?gid=0#gid=0",
        "https://docs.google.com/spreadsheets/d/1AbC-d_9?usp=sharing",
        "https://docs.google.com/spreadsheets/u/1/d/1AbC-d_9/edit?usp=drive_link",
        "https://docs.google.com/a/agency.example/spreadsheets/d/1AbC-d_9/edit",
        "  1AbC-d_9 ",
        " https://docs.google.com/spreadsheets/d/1AbC-d_9/#gid=7\n",
    ],
)
def test_a_spreadsheet_is_named_by_its_id_or_its_address(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_SPREADSHEET_ID", said)
    settings = load_settings()
    assert settings.spreadsheet_id == "1AbC-d_9"
    assert settings.sheet_address == "https://docs.google.com/spreadsheets/d/1AbC-d_9"


@pytest.mark.parametrize(
    "said",
    [
        "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml",
        "https://docs.google.com/spreadsheets/u/0/d/e/2PACX-1vQ/pub?output=csv",
        "2PACX-1vQ",
    ],
)
def test_a_copy_published_to_the_web_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EROS_SPREADSHEET_ID", said)
    with pytest.raises(SettingsError, match="published to the web"):
        load_settings()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("studio-exports", "studio-exports"),
        ("gs://studio-exports", "studio-exports"),
        ("gs://studio-exports/", "studio-exports"),
        ("gs://studio.example.com/eros/Weeks_1", "studio.example.com/eros/Weeks_1"),
        ("studio_exports/eros/", "studio_exports/eros"),
    ],
)
def test_a_bucket_is_named_with_or_without_its_scheme_and_a_prefix(
    said: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_EXPORT_BUCKET", said)
    assert load_settings().export_bucket == meant


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EROS_SHEETS_KEY_JSON", '{"private_key": "hush"}')
    settings = load_settings()
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hush" not in shown
    monkeypatch.setenv("EROS_SEED", "x")
    monkeypatch.setenv("EROS_WEEK", "never")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hush" not in str(caught.value)


# docs/SETTINGS.md

IN_WORDS = {
    "bigquery_endpoint": "Google's",
    "sheets_endpoint": "Google's",
    "sheets_timeout_seconds": "`60`",
    "today": "see below",
    "week": "see below",
    "maximum_bytes_billed": "200 GiB",
    "pages": "all",
    "slack_endpoint": "Slack's",
    "email_to": "nobody",
    "owners": "see below",
}
"""Defaults that the document says in words rather than as values."""


def said_of(default: object) -> str:
    """How the document writes a default."""
    if default is None:
        return "unset"
    if isinstance(default, Path):
        return f"`{default.relative_to(REPOSITORY)}`"
    return f"`{default}`"


def wrong_in(document: str) -> set[str]:
    """Variables that the first table of the document lacks, invents or gives another default."""
    table = document.split("\n## ")[0]
    rows = dict(re.findall(r"^\| `(EROS_\w+)` \| ([^|]+?) \| [^|]+ \|$", table, flags=re.M))
    right = {
        f"EROS_{field}".upper(): IN_WORDS.get(field, said_of(default))
        for field, default in DEFAULTS.items()
    }
    return {variable for variable, _ in rows.items() ^ right.items()}


def test_the_document_has_every_variable_with_its_default() -> None:
    assert wrong_in((REPOSITORY / "docs" / "SETTINGS.md").read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    ("said", "instead", "wrong"),
    [
        ("`EROS_SEED` | `eros`", "`EROS_SEED` | `spring`", {"EROS_SEED"}),
        ("| `EROS_WEEK` |", "| `EROS_WEAK` |", {"EROS_WEEK", "EROS_WEAK"}),
        ("200 GiB", "100 GiB", {"EROS_MAXIMUM_BYTES_BILLED"}),
    ],
)
def test_a_document_that_is_wrong_is_noticed(said: str, instead: str, wrong: set[str]) -> None:
    document = (REPOSITORY / "docs" / "SETTINGS.md").read_text(encoding="utf-8")
    assert said in document
    assert wrong_in(document.replace(said, instead)) == wrong
