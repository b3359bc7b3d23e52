"""Compose and Kubernetes: valid by their schemas, hardened, without secrets, and the same topology."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from itertools import takewhile
from typing import Any, cast

import kubernetes_validate
import pytest
import yaml
from prefect.settings import get_current_settings
from prefect.settings.legacy import _get_settings_fields
from typer.testing import CliRunner

from deployments.server_environment import server_environment
from deployments.worker_environment import worker_environment
from domain.clearance import ConfidentialityLevel
from domain.routing import WorkPool
from gateway.command_line import app
from storage.index_location import StorageOptions
from storage.settings import Settings
from tests.deployments.containers import (
    COMPOSE,
    FOLDER,
    MANIFESTS,
    Container,
    of_compose,
    of_kubernetes,
    read_compose,
    read_manifests,
)

EVERY = [*of_compose(), *of_kubernetes()]
NAMES = [
    f"{'compose' if place < len(of_compose()) else 'kubernetes'}-{one.name}"
    for place, one in enumerate(EVERY)
]
each_container = pytest.mark.parametrize("one", EVERY, ids=NAMES)
URLS = {
    "PREFECT_API_DATABASE_CONNECTION_URL",
    "PREFECT_REDIS_MESSAGING_URL",
    "PREFECT_SERVER_DOCKET_URL",
    "PREFECT_API_URL",
}


def test_compose_follows_its_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*command, str(COMPOSE)], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.stem)
def test_manifests_follow_their_schemas(file: Any):
    for document in yaml.safe_load_all(file.read_text()):
        kubernetes_validate.validate(document, "1.33", strict=True)


def test_kustomization_names_every_manifest():
    kustomization = yaml.safe_load((FOLDER / "kubernetes" / "kustomization.yaml").read_text())
    assert sorted(kustomization["resources"]) == [file.name for file in MANIFESTS]
    scripts = [FOLDER / folder / "databases.sh" for folder in ("kubernetes", "compose")]
    assert scripts[0].read_bytes() == scripts[1].read_bytes()


@each_container
def test_a_container_is_pinned_and_kept_within_bounds(one: Container):
    assert re.search(r":\d+\.\d+[\w.\-]*\}?$", one.image), one.image
    assert one.user > 0
    assert one.read_only
    assert one.dropped == ("ALL",)
    assert one.bounded
    assert one.is_probed or one.is_job or one.name == "prefect-services"


@each_container
def test_every_variable_is_known_and_no_secret_stands_there(one: Container):
    known = _known_variables()
    for variable, value in one.environment.items():
        name = variable.removesuffix("_FILE")
        if variable.startswith(("DIARCHY_", "PREFECT_")):
            assert name in known, variable
        if variable.endswith("_FILE"):
            assert str(value).startswith("/run/secrets/"), variable
        else:
            assert "://" not in str(value) or "@" not in str(value), variable
            assert not re.search(r"PASSWORD|AUTH_STRING|SEALING_KEY|TOKEN", name), variable


def test_secrets_are_referred_to_and_never_written_down():
    assert all(one["file"].startswith("./secrets/") for one in read_compose()["secrets"].values())
    assert {one["kind"] for one in read_manifests()}.isdisjoint({"Secret"})
    assert "deployments/secrets" in (FOLDER.parent / ".dockerignore").read_text()
    assert "deployments/secrets/" in (FOLDER.parent / ".gitignore").read_text()


@each_container
def test_every_command_of_ours_is_one_that_there_is(one: Container):
    if not one.is_ours:
        return
    options = [word for word in one.command if word.startswith("--")]
    words = tuple(takewhile(lambda word: not word.startswith("-"), one.command))
    if words[0] == "python":
        assert one.command == ("python", "-m", "deployments.health")
    else:
        helped = _help(words)
        assert [option for option in options if option not in helped] == []


@cache
def _help(words: tuple[str, ...]) -> str:
    """Return what a command of the command lines says of itself; fail when there is none."""
    if words[0] == "diarchy":
        asked = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words[1:], "--help"])
        assert asked.exit_code == 0, asked.output
        return asked.output
    command = [sys.executable, "-m", *words, "--help"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_several_servers_and_two_workers_a_pool_stand_in_both():
    services = read_compose()["services"]
    deployed = {
        one["metadata"]["name"]: one["spec"]["replicas"]
        for one in read_manifests()
        if one["kind"] == "Deployment"
    }
    for name in ("prefect-api", *(f"worker-{pool}" for pool in WorkPool)):
        assert services[name]["deploy"]["replicas"] >= 2
        assert deployed[name] >= 2


@pytest.mark.parametrize(
    "containers", [of_compose(), of_kubernetes()], ids=["compose", "kubernetes"]
)
def test_servers_and_workers_are_told_what_the_processes_of_the_topology_are_told(
    containers: list[Container],
):
    by_name = {one.name: one for one in containers}
    servers = server_environment("postgresql+asyncpg://x/y", "redis://x/1")
    workers = worker_environment("http://x/api")
    told = [(by_name[name], servers) for name in ("prefect-api", "prefect-services")]
    told += [(by_name[f"worker-{pool}"], workers) for pool in WorkPool]
    told.append((by_name["dispatcher"], workers))
    for one, expected in told:
        for variable, value in expected.items():
            if variable in URLS:
                assert {variable, f"{variable}_FILE"} & set(one.environment), (one.name, variable)
            else:
                assert one.environment.get(variable) == value, (one.name, variable)


def test_compose_publishes_on_the_machine_itself_and_nowhere_else():
    published = [
        port for one in read_compose()["services"].values() for port in one.get("ports", ())
    ]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_only_what_reads_the_index_gets_the_keys_to_it():
    mounted = {
        one["metadata"]["name"]
        for one in read_manifests()
        if "diarchy-lancedb-high" in yaml.safe_dump(one)
    }
    assert mounted == {"worker-sophia", "worker-artemis", "worker-diarchy", "dispatcher"}
    options = next(one for one in read_manifests() if one["metadata"]["name"] == "diarchy-index")
    given = options["data"]["DIARCHY_LANCEDB_STORAGE_OPTIONS"]
    assert StorageOptions(given).levels == tuple(ConfidentialityLevel)
    assert Settings(lancedb_storage_options=given, lancedb_uri="s3://x/y") is not None


def test_the_image_is_made_without_root_without_secrets_and_from_pinned_parts():
    lines = (FOLDER / "Dockerfile").read_text()
    assert re.search(r"^ARG PYTHON=3\.11\.\d+-slim-\w+$", lines, re.MULTILINE)
    assert lines.count("\nFROM ") == 2
    assert lines.rindex("\nUSER 10001:10001") > lines.rindex("\nRUN ")
    assert "HEALTHCHECK" in lines
    assert "--constraint constraints.txt ." in lines
    pinned = re.search(r"torch==([\d.]+)", lines)
    assert pinned is not None
    assert f"torch=={pinned[1]}\n" in (FOLDER.parent / "constraints.txt").read_text()
    copied = set(re.findall(r"^COPY (\w+) \w+$", lines, re.MULTILINE))
    project = (FOLDER.parent / "pyproject.toml").read_text()
    packages = set(
        re.findall(
            r'^    "(\w+)(?:\.[\w.]+)?",$',
            project.split("packages = [")[1].split("]")[0],
            re.MULTILINE,
        )
    )
    assert copied == packages


def _known_variables() -> set[str]:
    from prefect_redis.messaging import RedisMessagingConsumerSettings  # noqa: PLC0415 - seconds

    ours = {f"DIARCHY_{name.upper()}" for name in Settings.model_fields}
    theirs = set(cast("dict[str, Any]", _get_settings_fields(type(get_current_settings()))))
    redis = {
        f"PREFECT_REDIS_MESSAGING_CONSUMER_{name.upper()}"
        for name in RedisMessagingConsumerSettings.model_fields
    }
    return ours | theirs | redis | {"PREFECT_REDIS_MESSAGING_URL"}
