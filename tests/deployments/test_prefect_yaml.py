"""Every flow is deployed under its own name."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint

import flows

_FILE = Path(__file__).parents[2] / "prefect.yaml"
_DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load(_FILE.read_text())["deployments"]


@pytest.mark.parametrize("deployment", _DEPLOYMENTS, ids=lambda one: one["name"])
def test_a_deployment_names_a_flow_of_that_name(
    deployment: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_FILE.parent)
    assert load_flow_from_entrypoint(deployment["entrypoint"]).name == deployment["name"]


def test_no_flow_is_left_out() -> None:
    deployed = {one["entrypoint"].rpartition(":")[2] for one in _DEPLOYMENTS}
    assert deployed == set(flows.__all__)
