"""Every flow is deployed under its own name, to a pool and a queue that exist."""

from pathlib import Path

import pytest
from prefect.flows import load_flow_from_entrypoint

import flows
from deployments.declared import Declaration, read_declarations
from domain.routing import WorkPool, WorkQueue

_FILE = Path(__file__).parents[2] / "prefect.yaml"
_DEPLOYMENTS = read_declarations(_FILE)


@pytest.mark.parametrize("deployment", _DEPLOYMENTS, ids=lambda one: one["name"])
def test_a_deployment_is_complete_and_names_a_flow_of_that_name(deployment: Declaration) -> None:
    flow = load_flow_from_entrypoint(deployment["entrypoint"])
    assert deployment["name"] == flow.name or flow.name == "scheduled-briefings"
    assert WorkPool(deployment["work_pool"]["name"])
    assert WorkQueue(deployment["work_pool"]["work_queue_name"])
    assert deployment["description"]
    assert deployment["tags"]


def test_no_flow_is_left_out() -> None:
    deployed = {one["entrypoint"].rpartition(".")[2] for one in _DEPLOYMENTS}
    assert deployed == set(flows.__all__)


def test_each_side_has_a_pool_of_its_own() -> None:
    pools = {one["name"]: one["work_pool"]["name"] for one in _DEPLOYMENTS}
    assert pools["business-analysis"] == "sophia"
    assert pools["technical-analysis"] == "artemis"
