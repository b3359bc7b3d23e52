"""Many machines, started once for all tests that need them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.topology import Topology
from tests.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def topology(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Topology]:
    """Everything runs; nothing is stored yet."""
    topology = Topology(postgres_server, tmp_path_factory.mktemp("many-machines"))
    try:
        topology.start()
        topology.start_workers()
        yield topology
    finally:
        topology.end()
