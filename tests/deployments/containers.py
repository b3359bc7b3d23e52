"""What compose.yaml and the Kubernetes manifests start: one reading of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

FOLDER = Path(__file__).parents[2] / "deployments"
COMPOSE = FOLDER / "compose.yaml"
MANIFESTS = sorted(
    file for file in (FOLDER / "kubernetes").glob("*.yaml") if file.name != "kustomization.yaml"
)
_KINDS = ("Deployment", "StatefulSet", "Job")


class Container(NamedTuple):
    """One container: where it stands, what it runs, what it is told, and what keeps it within bounds."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str]
    user: int
    read_only: bool
    dropped: tuple[str, ...]
    bounded: bool
    is_probed: bool
    is_job: bool

    @property
    def is_ours(self) -> bool:
        """Whether it runs Diarchy's own image."""
        return "diarchy" in self.image.rpartition("/")[2]


def of_compose() -> list[Container]:
    """Return the containers of compose.yaml."""
    return [
        Container(
            name=name,
            image=service["image"],
            command=tuple(service.get("command", ())),
            environment=service.get("environment", {}),
            user=int(service["user"].partition(":")[0]),
            read_only=service["read_only"],
            dropped=tuple(service["cap_drop"]),
            bounded={"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"]),
            is_probed="healthcheck" in service,
            is_job=service["restart"].startswith("on-failure"),
        )
        for name, service in read_compose()["services"].items()
    ]


def of_kubernetes() -> list[Container]:
    """Return the containers of the manifests."""
    documents = read_manifests()
    told = {one["metadata"]["name"]: one["data"] for one in documents if one["kind"] == "ConfigMap"}
    return [
        _of_pod(one["metadata"]["name"], one["spec"]["template"]["spec"], one["kind"], told)
        for one in documents
        if one["kind"] in _KINDS
    ]


def _of_pod(
    name: str, pod: dict[str, Any], kind: str, told: dict[str, dict[str, str]]
) -> Container:
    (container,) = pod["containers"]
    environment = {one["name"]: one["value"] for one in container.get("env", ())}
    for source in container.get("envFrom", ()):
        environment |= told[source["configMapRef"]["name"]]
    rights = container["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert rights["allowPrivilegeEscalation"] is False
    return Container(
        name=name,
        image=container["image"],
        command=tuple(container["args"]),
        environment=environment,
        user=pod["securityContext"]["runAsUser"],
        read_only=rights["readOnlyRootFilesystem"],
        dropped=tuple(rights["capabilities"]["drop"]),
        bounded={"cpu", "memory"} <= set(container["resources"]["limits"]),
        is_probed="livenessProbe" in container,
        is_job=kind == "Job",
    )


def read_compose() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load(COMPOSE.read_text()))


def read_manifests() -> list[dict[str, Any]]:
    return [one for file in MANIFESTS for one in yaml.safe_load_all(file.read_text())]
