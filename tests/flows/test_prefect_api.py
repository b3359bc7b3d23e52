from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.prefect_api import patient_client
from tests.processes import free_port


@pytest.fixture
async def away(prefect_api: str) -> AsyncIterator[int]:
    """A port on which Prefect's API does not answer yet; this process is sent there."""
    del prefect_api
    port = free_port()
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{port}/api"}):
        yield port


async def forward(port: int, to: str) -> asyncio.Server:
    """Let the API at *to* be reached at *port* too, as if it had just come back."""
    host, _, rest = to.removeprefix("http://").partition(":")
    target = int(rest.partition("/")[0])

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back_reader, back_writer = await asyncio.open_connection(host, target)
        await asyncio.gather(pump(reader, back_writer), pump(back_reader, writer))

    return await asyncio.start_server(serve, "127.0.0.1", port)


async def test_an_api_that_is_away_is_waited_for(away: int, prefect_api: str):
    async def ask() -> int:
        async with patient_client() as client:
            return (await client.hello()).status_code

    asking = asyncio.create_task(ask())
    await asyncio.wait([asking], timeout=0.5)
    assert not asking.done()
    async with await forward(away, prefect_api):
        assert await asking == 200


@pytest.mark.usefixtures("away")
async def test_an_api_that_stays_away_is_an_error():
    with pytest.raises(Exception, match=r"(?i)connect|reach"):
        async with patient_client(timedelta(milliseconds=10)):
            pass
