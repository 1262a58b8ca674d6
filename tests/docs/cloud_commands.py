"""The syntax of the command lines of docs/DEPLOY.md: their flags and the ids in them.

Each command has the number of words that it takes and its flags, from the reference of its tool. A
command or flag that is not listed is a mistake of the guide, or belongs into the list.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Syntax:
    """What follows a command: how many words, and which flags; `valued` need a value."""

    words: int
    valued: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    passes_on: bool = False


def _takes(words: int, valued: str = "", plain: str = "", *, passes_on: bool = False) -> Syntax:
    return Syntax(words, frozenset(valued.split()), frozenset(plain.split()), passes_on)


BINDING = "--member --role --condition"
COMMANDS: Mapping[str, Syntax] = {
    "gcloud projects create": _takes(1, "--name --organization --folder"),
    "gcloud projects add-iam-policy-binding": _takes(1, BINDING),
    "gcloud billing projects link": _takes(1, "--billing-account"),
    "gcloud config set": _takes(2),
    "gcloud services enable": _takes(9),
    "gcloud services vpc-peerings connect": _takes(0, "--service --ranges --network"),
    "gcloud iam service-accounts create": _takes(1, "--display-name --description"),
    "gcloud iam service-accounts add-iam-policy-binding": _takes(1, BINDING),
    "gcloud auth application-default login": _takes(0, "--scopes"),
    "gcloud auth configure-docker": _takes(1),
    "gcloud storage buckets create": _takes(
        1, "--location", "--uniform-bucket-level-access --public-access-prevention"
    ),
    "gcloud storage buckets add-iam-policy-binding": _takes(1, BINDING),
    "gcloud artifacts repositories create": _takes(1, "--repository-format --location"),
    "gcloud artifacts repositories add-iam-policy-binding": _takes(1, f"{BINDING} --location"),
    "gcloud compute addresses create": _takes(1, "--purpose --prefix-length --network", "--global"),
    "gcloud compute instances create": _takes(
        1,
        "--zone --machine-type --image-family --image-project --boot-disk-size --service-account "
        "--scopes",
    ),
    "gcloud compute ssh": _takes(1, "--zone", passes_on=True),
    "gcloud sql instances create": _takes(
        1, "--database-version --edition --tier --region --network", "--no-assign-ip"
    ),
    "gcloud sql instances describe": _takes(1, "--format"),
    "gcloud sql databases create": _takes(1, "--instance"),
    "gcloud sql users create": _takes(1, "--instance --password"),
    "gcloud container clusters create-auto": _takes(1, "--region --network"),
    "gcloud container clusters get-credentials": _takes(1, "--region"),
    "bq mk": _takes(1, "--location", "--dataset"),
    "bq update": _takes(1, "--default_table_expiration --default_partition_expiration"),
    "bq show": _takes(1, "--format"),
    "bq query": _takes(1, "--use_legacy_sql"),
    "kubectl create namespace": _takes(1),
    "kubectl create secret generic": _takes(1, "--namespace --from-literal"),
    "kubectl apply": _takes(0, "-k"),
    "kubectl rollout status": _takes(1, "--namespace --timeout"),
    "kubectl rollout restart": _takes(1, "--namespace"),
    "kubectl exec": _takes(1, "--namespace", passes_on=True),
    "kubectl port-forward": _takes(2, "--namespace"),
    "docker build": _takes(1, "-f -t"),
    "docker push": _takes(1),
    "apt-get update": _takes(0),
    "apt-get install": _takes(9, "", "--yes"),
    "useradd": _takes(1, "--shell", "--system --create-home"),
    "install": _takes(9, "-o -g -m", "-d"),
    "createuser": _takes(1, "", "--pwprompt"),
    "createdb": _takes(1, "--owner"),
    "git clone": _takes(2),
    "python3": _takes(1, "-m"),
    "pip install": _takes(0, "-r", "--require-hashes --no-deps"),
    "cp": _takes(9),
    "systemctl daemon-reload": _takes(0),
    "systemctl enable": _takes(9, "", "--now"),
    "systemd-run": _takes(9, "--uid --property", "--pipe --wait", passes_on=True),
    "sudoedit": _takes(1),
}

ROLES = frozenset(
    """
    roles/artifactregistry.reader roles/bigquery.dataEditor roles/bigquery.dataOwner
    roles/bigquery.jobUser roles/bigquery.readSessionUser roles/bigquery.resourceViewer
    roles/iam.workloadIdentityUser roles/storage.objectUser
    """.split()  # noqa: SIM905 (a list of lines otherwise)
)
APIS = frozenset(
    f"{name}.googleapis.com"
    for name in (
        *("artifactregistry", "bigquery", "bigquerystorage", "compute", "container"),
        *("servicenetworking", "sheets", "sqladmin", "storage"),
    )
)
ACCOUNT = re.compile(r"([\w-]+)@(?:PROJECT)\.iam\.gserviceaccount\.com")
ACCOUNT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")


@dataclass
class Line:
    """A command line: the command, its words and flags, and what it hands on to another."""

    command: str
    words: list[str] = field(default_factory=list)
    flags: list[tuple[str, str | None]] = field(default_factory=list)
    passed_on: list[str] = field(default_factory=list)

    def values(self, flag: str) -> list[str]:
        """The values given to a flag."""
        return [value for name, value in self.flags if name == flag and value is not None]


def mistakes(text: str) -> Iterator[str]:
    """What is wrong with a command line, one sentence each."""
    try:
        line = read(shlex.split(text))
    except ValueError as error:
        yield f"{text}: {error}"
        return
    syntax = COMMANDS[line.command]
    if not (syntax.words == 9 or len(line.words) == syntax.words):
        yield f"{text}: {line.command} takes {syntax.words} words, not {line.words}"
    if line.passed_on and not syntax.passes_on:
        yield f"{text}: {line.command} hands nothing on"
    for account in ACCOUNT.findall(text):
        if not ACCOUNT_ID.fullmatch(account):
            yield f"{text}: {account} is no id of a service account: 6 to 30 characters"
    if line.command == "gcloud iam service-accounts create" and not all(
        ACCOUNT_ID.fullmatch(word) for word in line.words
    ):
        yield f"{text}: {line.words[0]} is no id of a service account: 6 to 30 characters"
    for role in re.findall(r"roles/[\w.]+", text):
        if role not in ROLES:
            yield f"{text}: there is no {role}"
    if line.command == "gcloud services enable":
        yield from (f"{text}: there is no API {api}" for api in line.words if api not in APIS)


def read(words: Sequence[str]) -> Line:
    """The parts of a command line; `sudo` and global flags of `bq` before the command are left out.

    Raises:
        ValueError: a command or flag that the list lacks, or a flag without its value.
    """
    rest = list(words)
    if rest[:1] == ["sudo"]:
        rest = rest[3:] if rest[1:2] == ["-u"] else rest[1:]
    early = [rest.pop(1)] if rest[0] == "bq" and rest[1].startswith("--") else []
    rest[0] = rest[0].rsplit("/", 1)[-1]
    known = [name for name in COMMANDS if name.split() == rest[: len(name.split())]]
    if not known:
        raise ValueError(f"unknown command {' '.join(rest[:4])}")
    line = Line(max(known, key=len))
    syntax = COMMANDS[line.command]
    rest = early + rest[len(line.command.split()) :]
    while rest:
        word = rest.pop(0)
        if word == "--":
            line.passed_on, rest = rest, []
        elif not word.startswith("-") or word == "-":
            if line.command == "systemd-run":
                line.passed_on, rest = [word, *rest], []
            else:
                line.words.append(word)
        elif word in syntax.plain:
            line.flags.append((word, None))
        else:
            name, equals, value = word.partition("=")
            if name not in syntax.valued:
                raise ValueError(f"{line.command} has no flag {name}")
            if not equals:
                if not rest:
                    raise ValueError(f"{name} has no value")
                value = rest.pop(0)
            line.flags.append((name, value))
            if line.command == "python3":
                line.words, rest = [*line.words, *rest], []
    return line
