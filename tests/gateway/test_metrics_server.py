from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.errors import ServerUnavailable
from gateway.metrics_server import serving_metrics
from storage.metrics import METRICS, STEP_RETRIES
from storage.settings import Settings
from tests.stores import OpenHome, item, store


async def ask(port: int, path: str = "/metrics") -> httpx.Response:
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
        return await client.get(f"http://127.0.0.1:{port}{path}")


def values(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_prometheus_reads_what_processes_counted_and_how_the_parts_are(open_home: OpenHome):
    stores = await open_home()
    await store(stores, item("plant", "The plant lacks welders."))
    STEP_RETRIES.add("walk", amount=3)
    await stores.metrics.hand_on()
    async with serving_metrics(stores.settings, port=0) as port:
        answer = await ask(port)
        elsewhere = await ask(port, "/etc")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = values(answer.text)
    assert told["diarchy_step_retries_total", "walk"] == 3
    assert told["diarchy_index_passages", "internal"] == 1
    assert told["diarchy_up", "database"] == told["diarchy_up", "redis"] == 1
    assert elsewhere.status_code == 404


async def test_it_answers_while_everything_is_down(home: Path):
    nowhere = Settings(
        home=home,
        redis_url=f"unix://{home}/nobody.sock",
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
    )
    async with serving_metrics(nowhere, port=0) as port:
        answer = await ask(port)
    told = values(answer.text)
    assert answer.status_code == 200
    assert told["diarchy_up", "database"] == told["diarchy_up", "redis"] == 0
    assert {family.name for family in text_string_to_metric_families(answer.text)} == set(METRICS)


async def test_a_port_that_is_taken_is_told(home: Path):
    async with serving_metrics(Settings(home=home), port=0) as port:
        with pytest.raises(ServerUnavailable, match="another port"):
            async with serving_metrics(Settings(home=home), port=port):
                pass
