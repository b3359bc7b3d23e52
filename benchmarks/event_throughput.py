"""Events a second through the bus, beside a bare loop of redis-py on the same server.

The bare loop is XADD of as many bytes, XREADGROUP of 50, XACK of the 50: it neither knows what it
carries nor forgets a repetition, an order of urgency or a failure. Each side publishes one event a call
and then works them all off; a second pair publishes in batches, the bare side by a pipeline of as many
commands. All take turns on a private server, the first of a turn changing, so that drift cancels.
"""

from __future__ import annotations

import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.report import percentile, print_table, times, verdict
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
from storage.event_bus import EventBus
from storage.event_streams import EventBounds
from storage.private_redis import PrivateRedis
from storage.redis_server import RedisConnection
from storage.settings import Settings

_EVENTS = 4_000
_TURNS = 9
_REQUIRED = 0.6
_AT_ONCE = 50
_A_PIPELINE = 100
"""The bus publishes as many in one call of its script."""
_LENGTH = 10_000
_Publish = Callable[[list[Event]], Awaitable[object]]
_Handle = Callable[[], Awaitable[int]]


class _Seconds(NamedTuple):
    published: float
    handled: float

    @property
    def both(self) -> float:
        return self.published + self.handled


class _Side(NamedTuple):
    publish: _Publish
    handle: _Handle
    """Works everything off and returns how many there were."""


async def run(_: Path | None) -> None:
    """Measure and print the rates."""
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        settings = Settings(home=Path(folder) / "home", redis_url=None)
        server = PrivateRedis(settings)
        connection = RedisConnection(settings)
        try:
            await _measure(connection)
        finally:
            await connection.close()
            server.stop()


async def _measure(connection: RedisConnection) -> None:
    client = await connection.client()
    bus = EventBus(connection, "bus", clock=lambda: datetime.now(UTC), bounds=EventBounds(_LENGTH))
    bare = _BareLoop(client)
    await bare.prepare()
    pairs = {
        "one a call": (
            _Side(partial(_each, bus.publish), partial(_consume, bus)),
            _Side(bare.publish_each, bare.handle),
        ),
        "in batches": (
            _Side(bus.publish_many, partial(_consume, bus)),
            _Side(bare.publish_piped, bare.handle),
        ),
    }
    measured: defaultdict[tuple[str, str], list[_Seconds]] = defaultdict(list)
    for turn in range(_TURNS + 1):
        for how, (ours, theirs) in pairs.items():
            sides = [("bus", ours), ("bare loop", theirs)]
            for name, side in sides if turn % 2 else reversed(sides):
                seconds = await _timed(side)
                if turn:  # the first one warms up
                    measured[how, name].append(seconds)
    _print(measured)


def _print(measured: dict[tuple[str, str], list[_Seconds]]) -> None:
    rows = [
        [
            f"{name}, published {how}",
            _rate([one.published for one in seconds]),
            _rate([one.handled for one in seconds]),
            _rate([one.both for one in seconds]),
        ]
        for (how, name), seconds in sorted(measured.items(), reverse=True)
    ]
    notes: list[str] = []
    for how in ("one a call", "in batches"):
        ours, theirs = measured[how, "bus"], measured[how, "bare loop"]
        turns = [bare.both / bus.both for bus, bare in zip(ours, theirs, strict=True)]
        ratio = statistics.median(turns)
        wanted = f"; at least {_REQUIRED} required: {verdict(ratio >= _REQUIRED)}"
        notes.append(
            f"published {how}, the bus reaches {times(ratio)} the bare loop's rate (median of the "
            f"turns, {min(turns):.2f} to {max(turns):.2f})"
            f"{wanted if how == 'one a call' else ''}"
        )
    print_table(
        f"{_EVENTS:,} events of {len(_event().model_dump_json())} bytes, {_TURNS} turns, events/s",
        ["", "published", "handled", "both"],
        rows,
        notes=notes,
    )


def _rate(seconds: list[float]) -> str:
    return f"{_EVENTS / percentile(seconds, 50):,.0f}"


async def _timed(side: _Side) -> _Seconds:
    events = [_event() for _ in range(_EVENTS)]
    began = time.perf_counter()
    await side.publish(events)
    published = time.perf_counter()
    handled = await side.handle()
    ended = time.perf_counter()
    if handled != _EVENTS:
        raise RuntimeError(f"{handled} of {_EVENTS} events were handled")
    return _Seconds(published - began, ended - published)


async def _each(publish: Callable[[Event], Awaitable[object]], events: list[Event]) -> None:
    for event in events:
        await publish(event)


async def _consume(bus: EventBus) -> int:
    async def handle(event: Event) -> None:
        del event

    return await bus.consume("group", "consumer", handle, until_idle=True)


class _BareLoop:
    """What one writes without a bus."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._body = _event().model_dump_json()

    async def prepare(self) -> None:
        await self._client.xgroup_create("bare", "group", id="0", mkstream=True)

    async def publish_each(self, events: list[Event]) -> None:
        for _ in events:
            await self._client.xadd("bare", {"event": self._body}, maxlen=_LENGTH)

    async def publish_piped(self, events: list[Event]) -> None:
        for first in range(0, len(events), _A_PIPELINE):
            async with self._client.pipeline(transaction=False) as piped:
                for _ in events[first : first + _A_PIPELINE]:
                    piped.xadd("bare", {"event": self._body}, maxlen=_LENGTH)
                await piped.execute()

    async def handle(self) -> int:
        handled = 0
        while found := await self._client.xreadgroup(
            "group", "consumer", {"bare": ">"}, count=_AT_ONCE
        ):
            ids = [entry_id for _, entries in found for entry_id, _ in entries]
            await self._client.xack("bare", "group", *ids)
            handled += len(ids)
        return handled


def _event() -> Event:
    return knowledge_update(
        event_id=uuid.uuid4().hex,
        occurred_at=datetime.now(UTC),
        source_domain=EventDomain.SOPHIA,
        update_type=UpdateType.UPDATED,
        confidentiality_level=ConfidentialityLevel.CONFIDENTIAL,
        changes=[
            KnowledgeChange(
                knowledge_id="telemetry-freeze",
                category=KnowledgeCategory.TECHNOLOGY_ROADMAP,
                change=ChangeKind.CHANGED,
            )
        ],
    )
