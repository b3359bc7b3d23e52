"""A Prefect server with the three work pools in it."""

from collections.abc import AsyncGenerator

import pytest
from prefect.client.orchestration import PrefectClient

from tests.deployments.pools import empty_pools


@pytest.fixture
async def pools_client(prefect_api: str) -> AsyncGenerator[PrefectClient]:
    """A client of a server whose three pools have queues and no workers."""
    del prefect_api
    async with empty_pools() as client:
        yield client
