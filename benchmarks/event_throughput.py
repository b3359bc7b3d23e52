"""Events per second, published and handled through the bus, beside a bare redis-py loop over as many bytes.

The bare loop is XADD, then XREADGROUP of 50 and one XACK for each 50: it knows no urgency, no second
publishing, no failures, and opens no event. Handled "read as events" it also parses them, which nobody
who handles events can do without. All sides take turns on one private server.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, cast

from benchmarks.homes import NOW, temporary_stores
from benchmarks.report import print_table, times, verdict
from domain.clearance import ConfidentialityLevel
from domain.events import (
    ChangeKind,
    Event,
    EventDomain,
    KnowledgeChange,
    UpdateType,
    knowledge_update,
)
from domain.knowledge import KnowledgeCategory
from storage.stores import Stores

if TYPE_CHECKING:
    from redis.asyncio import Redis

_EVENTS = 4_000
_ROUNDS = 9
_AT_ONCE = 50
_REQUIRED = 0.6
_MOST_BODIES = 10_000
_numbers = count(1)

Bodies = Sequence[str]


async def run(_: Path | None) -> None:
    """Measure and print publishing, then handling."""
    async with temporary_stores() as stores:
        client = await stores.redis.client()
        rates: dict[str, list[float]] = defaultdict(list)
        for number in range(-1, _ROUNDS):
            for side, rate in (await _one_round(stores, client)).items():
                if number >= 0:  # the first round only warms up
                    rates[side].append(rate)
        size = len(_event().model_dump_json())
        _print(size, rates)


async def _one_round(stores: Stores, client: Redis) -> dict[str, float]:
    """Return the events per second of each side, with the streams empty again at the end."""
    events = [_event() for _ in range(_EVENTS)]
    bodies = [event.model_dump_json() for event in events]
    half = _EVENTS // 2
    rates = {
        "XADD": await _rate(half, lambda: _add(client, bodies[:half])),
        "publish": await _rate(half, lambda: _publish(stores, events[:half])),
        "XADD, 100 a pipeline": await _rate(half, lambda: _add_many(client, bodies[half:])),
        "publish_many": await _rate(half, lambda: stores.events.publish_many(events[half:])),
        "XREADGROUP, XACK": await _rate(_EVENTS, lambda: _read(client, parse=False)),
        "the same, read as events": await _rate(_EVENTS, lambda: _read(client, parse=True)),
        "consume": await _rate(_EVENTS, lambda: _consume(stores)),
    }
    await client.flushall()
    return rates


async def _rate(events: int, work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return events / (time.perf_counter() - began)


async def _add(client: Redis, bodies: Bodies) -> None:
    for body in bodies:
        await client.xadd("bare", {"event": body}, maxlen=_MOST_BODIES, approximate=True)


async def _add_many(client: Redis, bodies: Bodies) -> None:
    for first in range(0, len(bodies), 100):
        async with client.pipeline(transaction=False) as adding:
            for body in bodies[first : first + 100]:
                adding.xadd("bare", {"event": body}, maxlen=_MOST_BODIES, approximate=True)
            await adding.execute()


async def _publish(stores: Stores, events: Sequence[Event]) -> None:
    for event in events:
        await stores.events.publish(event)


async def _read(client: Redis, *, parse: bool) -> None:
    group = f"group-{next(_numbers)}"
    await client.xgroup_create("bare", group, id="0")
    streams: dict[Any, Any] = {"bare": ">"}
    while found := await client.xreadgroup(group, "one", streams, count=_AT_ONCE):
        entries = cast("Any", found)[0][1]
        for _, fields in entries:
            if parse:
                Event.model_validate_json(fields[b"event"])
        await client.xack("bare", group, *(entry_id for entry_id, _ in entries))


async def _consume(stores: Stores) -> None:
    async def handle(event: Event) -> None:
        del event

    handled = await stores.events.consume("group", "one", handle, until_idle=True)
    if handled != _EVENTS:
        raise RuntimeError(f"{handled} of {_EVENTS} events were handled")


def _event() -> Event:
    return knowledge_update(
        event_id=f"event-{next(_numbers):09}",
        occurred_at=NOW,
        source_domain=EventDomain.SHARED,
        update_type=UpdateType.UPDATED,
        confidentiality_level=ConfidentialityLevel.INTERNAL,
        changes=[
            KnowledgeChange(
                knowledge_id=f"item-{number}",
                category=KnowledgeCategory.RISK_MANAGEMENT,
                change=ChangeKind.CHANGED,
            )
            for number in range(3)
        ],
    )


def _print(size: int, rates: dict[str, list[float]]) -> None:
    rows: list[list[str]] = []
    for bare, ours, required in (
        ("XADD", "publish", True),
        ("XADD, 100 a pipeline", "publish_many", False),
        ("XREADGROUP, XACK", "consume", True),
        ("the same, read as events", "consume", False),
    ):
        pairs = zip(rates[ours], rates[bare], strict=True)
        ratio = median(mine / theirs for mine, theirs in pairs)
        judged = verdict(ratio >= _REQUIRED) if required else ""
        rows.append(
            [
                f"{ours} / {bare}",
                f"{median(rates[ours]):,.0f}",
                f"{median(rates[bare]):,.0f}",
                times(ratio),
                judged,
            ]
        )
    print_table(
        f"Events of {size} bytes, {_EVENTS:,} a round, {_ROUNDS} rounds",
        ["", "bus, events/s", "bare, events/s", "bus / bare", f"at least {_REQUIRED}"],
        rows,
        notes=["Medians; ratios are taken within each round, side by side."],
    )
