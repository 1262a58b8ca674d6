"""The commands of docs/DEPLOY.md are right in their syntax, in order, and name what is there."""

import re
import shlex
from pathlib import Path

import click
import pytest

from tests.docs import cloud_commands
from tests.docs.commands import commands_of
from tests.docs.dagster_commands import parsed_by_dagster
from tests.docs.test_documents import parsed
from tests.house.modules import REPOSITORY

GUIDE = REPOSITORY / "docs" / "DEPLOY.md"
DEPLOY = REPOSITORY / "deploy"
LINES = commands_of(GUIDE)
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]{3,}\b")
# Words in capitals that the user doesn't replace.
FIXED = re.compile(
    r"EROS_\w+|DAGSTER_\w+|MPL\w+|PYTHON\w+|VPC_PEERING|POSTGRES_\d+|GRANT|SCHEMA|EROS|CMD|COPY|"
    r"EXPOSE|FROM|USER|WORKDIR"
)


@pytest.mark.parametrize("line", LINES)
def test_a_command_is_right_in_its_syntax(line: str) -> None:
    assert list(cloud_commands.mistakes(line)) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("gcloud iam service-accounts create eros", "6 to 30 characters"),
        ("gcloud iam service-accounts create Eros-Planner", "6 to 30 characters"),
        (
            "bq query 'GRANT a ON SCHEMA b TO serviceAccount:eros@PROJECT.iam.gserviceaccount.com'",
            "6 to 30 characters",
        ),
        (
            "gcloud projects add-iam-policy-binding PROJECT --member=user:a --role=roles/owners",
            "there is no roles/owners",
        ),
        ("gcloud services enable sheet.googleapis.com", "there is no API"),
        ("gcloud services enables sheets.googleapis.com", "unknown command"),
        ("bq mk --dataset --colour=red PROJECT:DATASET", "no flag --colour"),
        ("kubectl apply -k", "has no value"),
        ("kubectl exec deployment/eros-daemon extra --namespace=eros -- ls", "takes 1 words"),
        ("docker push a -- b", "hands nothing on"),
        ("kubectl create namespace 'eros", "No closing quotation"),
    ],
)
def test_a_wrong_command_is_noticed(wrong: str, said: str) -> None:
    assert any(said in mistake for mistake in cloud_commands.mistakes(wrong))


@pytest.mark.parametrize(
    "line", [line for line in LINES if " -- " in line or "systemd-run" in line]
)
def test_what_is_handed_on_is_a_command_of_eros_dagster_or_ssh(line: str) -> None:
    words = cloud_commands.read(shlex.split(line)).passed_on
    if words[0].startswith("-"):
        assert line.startswith("gcloud compute ssh")
        return
    program = Path(words[0]).name
    if words[1:3] == ["-m", "eros_assets"]:
        assert program == "python"
        parsed(words[3:])
    else:
        parsed_by_dagster([program, *words[1:]])


def test_a_wrong_command_of_dagster_is_noticed() -> None:
    with pytest.raises(click.ClickException):
        parsed_by_dagster(["dagster", "job", "launch", "--no-such-option"])
    with pytest.raises(KeyError):
        parsed_by_dagster(["dagster", "no-such-command"])


@pytest.mark.parametrize("line", LINES)
def test_files_that_a_command_takes_from_the_repository_exist(line: str) -> None:
    for path in re.findall(r"(?:/srv/eros/|(?<=\s))((?:deploy/|requirements)[\w./-]+)", line):
        assert (REPOSITORY / path).exists(), path


def test_steps_come_after_what_they_need() -> None:
    def at(part: str) -> int:
        return next(number for number, line in enumerate(LINES) if part in line)

    order = (
        ("billing projects link", "services enable bigquery"),
        ("services enable bigquery", "bq --location"),
        ("bq --location", "GRANT"),
        ("service-accounts create", "GRANT"),
        ("service-accounts create", "storage buckets add-iam"),
        ("buckets create", "buckets add-iam"),
        ("vpc-peerings connect", "sql instances create"),
        ("artifacts repositories create", "docker push"),
        ("docker build", "docker push"),
        ("get-credentials", "kubectl create namespace"),
        ("kubectl create secret", "kubectl apply"),
        ("kubectl apply", "deploy_production"),
        ("eros_assets preflight", "deploy_production"),
        ("git clone", "pip install"),
        ("pip install", "systemctl enable"),
        ("sudoedit", "systemctl enable"),
        ("createdb", "systemctl enable"),
    )
    assert [(first, then) for first, then in order if at(first) >= at(then)] == []


def test_what_is_to_be_replaced_in_a_file_is_named_in_the_guide() -> None:
    def replaced(text: str) -> set[str]:
        bare = re.sub(r"#.*", "", text)
        return {word for word in PLACEHOLDER.findall(bare) if not FIXED.fullmatch(word)}

    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.name != "Dockerfile"]
    in_files = set().union(*(replaced(path.read_text()) for path in files))
    in_guide = set().union(*(replaced(line) for line in LINES))
    assert {"PROJECT", "DATASET", "BUCKET", "VERSION"} <= in_files
    assert in_files - in_guide == {"POSTGRES_ADDRESS"}  # which a command of the guide prints


def test_the_guide_gives_the_scopes_of_sheets_and_of_bigquery_to_a_machine() -> None:
    (line,) = [line for line in LINES if "compute instances create" in line]
    (scopes,) = cloud_commands.read(shlex.split(line)).values("--scopes")
    assert scopes.split(",") == [
        "https://www.googleapis.com/auth/cloud-platform",
        "https://www.googleapis.com/auth/spreadsheets",
    ]
