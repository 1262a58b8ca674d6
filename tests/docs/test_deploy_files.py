"""The files of deploy/ load where they are meant to: Dagster, Kubernetes, systemd, Docker."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_postgres.utils import pg_url_from_config
from kubernetes import client
from sqlalchemy import create_engine

from eros_assets.deployment.preflight import OLDEST_PYTHON, pins
from eros_assets.settings import Settings
from tests.docs.commands import commands_of
from tests.docs.dagster_commands import parsed_by_dagster
from tests.house.modules import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
GUIDE = REPOSITORY / "docs" / "DEPLOY.md"
PATHS = ("kubernetes", "vm")
MODELS = {
    "Deployment": "V1Deployment",
    "Role": "V1Role",
    "RoleBinding": "V1RoleBinding",
    "Service": "V1Service",
    "ServiceAccount": "V1ServiceAccount",
}
UNITS = sorted((DEPLOY / "vm").glob("*.service"))


def variables(path: Path) -> dict[str, str]:
    """The variables of a file `NAME=value`."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def environment(folder: str) -> dict[str, str]:
    """What the processes of a set-up are given."""
    given = variables(DEPLOY / folder / {"kubernetes": "settings.env", "vm": "eros.env"}[folder])
    if folder == "kubernetes":
        (secret,) = [line for line in commands_of(GUIDE) if "create secret" in line]
        given |= dict(re.findall(r"--from-literal=(\w+)=(\w+)", secret))
    return given


def manifests() -> list[dict[str, Any]]:
    """Every object of the kustomization."""
    folder = DEPLOY / "kubernetes"
    names = kustomization()["resources"]
    return [each for n in names for each in yaml.safe_load_all((folder / n).read_text())]


def kustomization() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [each for each in manifests() if each["kind"] == kind]


def container(deployment: Mapping[str, Any]) -> dict[str, Any]:
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    return only


# -- Dagster


def instance_config(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """The configuration as Dagster reads it, with the variables of its set-up.

    Raises:
        DagsterInvalidConfigError: Dagster refuses it.
    """
    for name, value in environment(folder.name).items():
        monkeypatch.setenv(name, value)
    return dagster_instance_config(str(folder))[0]


@pytest.mark.parametrize("folder", PATHS)
def test_dagster_accepts_its_configuration_and_that_of_every_class_in_it(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = instance_config(DEPLOY / folder, monkeypatch)
    classes = {
        "storage": ("dagster_postgres", "DagsterPostgresStorage", config["storage"]["postgres"]),
        **{
            name: (config[name]["module"], config[name]["class"], config[name].get("config", {}))
            for name in ("compute_logs", "run_launcher")
        },
    }
    for module, name, given in classes.values():
        checked = process_config({"config": _config_type(module, name)}, {"config": dict(given)})
        assert checked.success, checked.errors


def _config_type(module: str, name: str) -> Any:
    return getattr(import_module(module), name).config_type()


@pytest.mark.parametrize("folder", PATHS)
def test_postgres_is_spoken_to_by_a_driver_of_the_production_lock(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy takes a driver by itself, which dagster-postgres need not install."""
    given = dict(instance_config(DEPLOY / folder, monkeypatch)["storage"]["postgres"])
    storage = {"config": _config_type("dagster_postgres", "DagsterPostgresStorage")}
    resolved = process_config(storage, {"config": given}).value
    assert resolved is not None
    engine = create_engine(pg_url_from_config(resolved["config"]))
    assert engine.dialect.driver == "psycopg2"
    locked = dict(pins((REPOSITORY / "requirements-production.txt").read_text()))
    assert "psycopg2-binary" in locked


@pytest.mark.parametrize("folder", PATHS)
def test_an_unknown_key_of_a_configuration_is_noticed(
    folder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = tmp_path / folder
    copy.mkdir()
    text = (DEPLOY / folder / "dagster.yaml").read_text()
    (copy / "dagster.yaml").write_text(text.replace("max_concurrent_runs", "concurrent_runs"))
    with pytest.raises(Exception, match="concurrent_runs"):
        instance_config(copy, monkeypatch)
    launcher = _config_type("dagster_k8s", "K8sRunLauncher")
    wrong = {"instance_config_map": "eros-dagster", "image": "eros"}
    assert not process_config({"config": launcher}, {"config": wrong}).success


@pytest.mark.parametrize("folder", PATHS)
def test_one_run_at_a_time_changes_the_dataset_and_only_lost_runs_are_tried_again(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = instance_config(DEPLOY / folder, monkeypatch)
    assert config["concurrency"]["pools"] == {"granularity": "run", "default_limit": 1}
    assert config["concurrency"]["runs"]["max_concurrent_runs"] > 1
    assert config["run_retries"]["enabled"]
    assert config["run_retries"]["retry_on_asset_or_op_failure"] is False


@pytest.mark.parametrize("folder", PATHS)
def test_a_set_up_gives_every_variable_that_it_reads_and_only_known_ones(folder: str) -> None:
    given = environment(folder)
    read = set(re.findall(r"env: (\w+)", (DEPLOY / folder / "dagster.yaml").read_text()))
    assert read <= given.keys()
    known = {f"EROS_{name}".upper() for name in Settings.model_fields}
    assert {name for name in given if name.startswith("EROS_")} <= known
    assert {name for name in given if name.startswith("DAGSTER_")} - read <= {"DAGSTER_HOME"}


def test_the_workspaces_lead_to_the_code_servers() -> None:
    for folder in PATHS:
        assert WorkspaceFileTarget([str(DEPLOY / folder / "workspace.yaml")]).create_origins()
    (server,) = yaml.safe_load((DEPLOY / "kubernetes" / "workspace.yaml").read_text())["load_from"]
    (service,) = [s for s in of_kind("Service") if s["metadata"]["name"] == "eros-code"]
    assert server["grpc_server"]["host"] == service["metadata"]["name"]
    assert server["grpc_server"]["port"] == service["spec"]["ports"][0]["port"]
    (server,) = yaml.safe_load((DEPLOY / "vm" / "workspace.yaml").read_text())["load_from"]
    unit = unit_of(DEPLOY / "vm" / "eros-code.service")["Service"]["ExecStart"]
    assert f"-h {server['grpc_server']['host']} -p {server['grpc_server']['port']}" in unit


def test_the_production_lock_has_what_eros_and_the_configurations_import() -> None:
    locked = dict(pins((REPOSITORY / "requirements-production.txt").read_text()))
    run = dict(pins((REPOSITORY / "requirements.txt").read_text()))
    assert {name: pin for name, pin in run.items() if locked.get(name) != pin} == {}, (
        "make requirements-production.txt again, see docs/CONTRIBUTING.md"
    )
    for folder in PATHS:
        modules = re.findall(r"module: (\w+)", (DEPLOY / folder / "dagster.yaml").read_text())
        for module in {"dagster_postgres", *modules} - {"eros_assets"}:
            assert module.replace("_", "-") in locked
    text = (REPOSITORY / "requirements-production.txt").read_text()
    assert text.count("--hash=sha256:") > len(locked)
    assert "://" not in text


# -- Kubernetes


@pytest.mark.parametrize(
    "manifest", manifests(), ids=lambda m: f"{m['kind']} {m['metadata']['name']}"
)
def test_kubernetes_knows_every_field_of_a_manifest(manifest: dict[str, Any]) -> None:
    assert _as_kubernetes_reads(manifest) == manifest


def test_a_misspelt_field_of_a_manifest_is_noticed() -> None:
    manifest = of_kind("Deployment")[0]
    container(manifest)["volumeMount"] = []
    assert _as_kubernetes_reads(manifest) != manifest


def _as_kubernetes_reads(manifest: dict[str, Any]) -> Any:
    api = client.ApiClient()
    answer = SimpleNamespace(data=json.dumps(manifest))
    return api.sanitize_for_serialization(api.deserialize(answer, MODELS[manifest["kind"]]))


def test_the_objects_of_the_cluster_fit_together() -> None:
    settings = kustomization()
    launcher = yaml.safe_load((DEPLOY / "kubernetes" / "dagster.yaml").read_text())
    launcher = launcher["run_launcher"]["config"]
    maps = {each["name"]: each for each in settings["configMapGenerator"]}
    assert settings["generatorOptions"] == {"disableNameSuffixHash": True}
    for each in maps.values():
        for name in (*each.get("files", ()), *each.get("envs", ())):
            assert (DEPLOY / "kubernetes" / name).is_file()
    (account,) = of_kind("ServiceAccount")
    assert launcher["service_account_name"] == account["metadata"]["name"]
    assert launcher["job_namespace"] == settings["namespace"]
    assert launcher["instance_config_map"] in maps
    assert set(launcher["env_config_maps"]) <= maps.keys()
    (image,) = settings["images"]
    assert f"{image['newName']}:{image['newTag']}" == environment("kubernetes")["DAGSTER_RUN_IMAGE"]
    (secret,) = [line for line in commands_of(GUIDE) if "create secret" in line]
    assert f"generic {launcher['env_secrets'][0]} --namespace={settings['namespace']}" in secret
    for deployment in of_kind("Deployment"):
        pod = deployment["spec"]["template"]
        only = container(deployment)
        assert pod["spec"]["serviceAccountName"] == account["metadata"]["name"]
        assert pod["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"]
        assert only["image"] == image["name"]
        assert [each for source in only["envFrom"] for each in source.values()] == [
            {"name": launcher["env_config_maps"][0]},
            {"name": launcher["env_secrets"][0]},
        ]
        assert {v["configMap"]["name"] for v in pod["spec"]["volumes"]} <= maps.keys()
        for mount in only["volumeMounts"]:
            assert mount["subPath"] in maps["eros-dagster"]["files"]
            assert mount["mountPath"] == f"{launcher['dagster_home']}/{mount['subPath']}"
    for service in of_kind("Service"):
        (deployment,) = [
            d
            for d in of_kind("Deployment")
            if d["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
        ]
        ports = [port["containerPort"] for port in container(deployment)["ports"]]
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ports


def test_the_commands_of_the_pods_are_dagsters() -> None:
    for deployment in of_kind("Deployment"):
        only = container(deployment)
        parsed_by_dagster(only["command"])
        probe = only.get("readinessProbe", {}).get("exec")
        if probe:
            parsed_by_dagster(probe["command"])


# -- systemd


def unit_of(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text())
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_of_dagster_after_what_it_needs(path: Path) -> None:
    unit = unit_of(path)
    assert unit.sections() == ["Unit", "Service", "Install"]
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).parent == Path("/srv/eros/.venv/bin")
    parsed_by_dagster([Path(program).name, *arguments])
    names = {each.name for each in UNITS} | {"network-online.target", "postgresql.service"}
    assert set(unit["Unit"]["After"].split()) <= names
    assert unit["Unit"]["Wants"] in unit["Unit"]["After"]
    assert unit["Service"]["Restart"] == "always"
    guide = "\n".join(commands_of(GUIDE))
    assert f" {unit['Service']['EnvironmentFile']}" in guide
    assert f"--create-home --shell /usr/sbin/nologin {unit['Service']['User']}" in guide
    assert f"git clone REPOSITORY {unit['Service']['WorkingDirectory']}" in guide
    assert f"deploy/vm/{path.name}" in guide
    assert re.search(rf"systemctl enable --now .*{re.escape(path.name)}", guide)


def test_the_services_of_the_machine_find_the_launcher_and_know_whether_runs_live(
    tmp_path: Path,
) -> None:
    """Dagster's programs don't look for modules in their working folder, as `python -m` does."""
    given = environment("vm")
    folders = {unit_of(path)["Service"]["WorkingDirectory"] for path in UNITS}
    assert folders == {given["PYTHONPATH"]}
    config = yaml.safe_load((DEPLOY / "vm" / "dagster.yaml").read_text())
    for elsewhere in ("storage", "compute_logs"):  # Postgres, and a bucket
        del config[elsewhere]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(config))
    program = """
import dagster as dg

with dg.DagsterInstance.get() as instance:
    launcher = instance.run_launcher
    print(type(launcher).__name__, launcher.supports_check_run_worker_health)
"""
    variables = given | {"PYTHONPATH": str(REPOSITORY), "DAGSTER_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "LocalRunLauncher True\n", done.stderr


# -- Docker


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.M)
    joined = text.replace("\\\n", " ")
    return [
        (line.split(" ", 1)[0], " ".join(line.split(" ", 1)[1].split()))
        for line in joined.splitlines()
        if line.strip()
    ]


def copied() -> Iterator[tuple[str, str]]:
    """Each source that the image takes from the repository, with its target."""
    for verb, rest in instructions():
        if verb == "COPY":
            *sources, target = rest.split()
            yield from ((source, target) for source in sources)


def test_the_image_is_built_from_files_that_are_there_and_reach_docker() -> None:
    kept = {
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    sources = [source for source, _ in copied()]
    assert [source for source in sources if not (REPOSITORY / source).exists()] == []
    assert set(sources) == kept
    verbs = [verb for verb, _ in instructions()]
    assert verbs[0] == "FROM"
    assert set(verbs) <= {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "CMD"}


def test_the_image_installs_the_production_lock_and_starts_the_code_server() -> None:
    given = instructions()
    python = re.fullmatch(r"python:(\d+)\.(\d+)-slim", dict(given)["FROM"])
    assert python is not None
    assert (int(python[1]), int(python[2])) >= OLDEST_PYTHON
    install = next(i for i, (verb, rest) in enumerate(given) if "pip install" in rest)
    assert "--require-hashes --no-deps -r requirements-production.txt" in given[install][1]
    assert ("COPY", "requirements-production.txt ./") in given[:install]
    parsed_by_dagster(json.loads(dict(given)["CMD"]))
    settings = dict(pair.split("=", 1) for pair in dict(given)["ENV"].split())
    assert settings["EROS_ENV"] == "production"
    mounted = yaml.safe_load((DEPLOY / "kubernetes" / "dagster.yaml").read_text())
    assert settings["DAGSTER_HOME"] == mounted["run_launcher"]["config"]["dagster_home"]
    uid = re.search(r"--uid (\d+)", " ".join(rest for verb, rest in given if verb == "RUN"))
    assert uid is not None
    assert dict(given)["USER"] == uid[1]


def test_the_graph_loads_from_what_the_image_holds_alone(tmp_path: Path) -> None:
    for source, target in copied():
        path, place = REPOSITORY / source, tmp_path / target
        if path.is_dir():
            shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, place)
    program = """
import eros_assets.definitions
from eros_assets.deployment import manifest, preflight

assert manifest.code_fingerprint()
assert preflight.REQUIREMENTS.read_text()
print(eros_assets.definitions.__file__)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "EROS_ENV": "production",
            "EROS_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
