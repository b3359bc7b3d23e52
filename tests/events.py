"""Events of which a test says only what matters to it, and handlers that remember."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from domain.events import (
    ChangeKind,
    Event,
    EventDomain,
    KnowledgeChange,
    RequestType,
    UpdateType,
    collaboration_request,
    knowledge_update,
)
from storage.event_delivery import DeliveryPolicy
from tests.stores import CONFIDENTIAL, INTERNAL, NOW

QUICK = DeliveryPolicy(
    first_pause=timedelta(milliseconds=20),
    longest_pause=timedelta(milliseconds=40),
    death=timedelta(milliseconds=600),
)
"""A consumer without patience, for tests."""

_numbers = count(1)


def update(event_id: str | None = None, **fields: Any) -> Event:
    """Return a knowledge update."""
    given: dict[str, Any] = {
        "event_id": event_id or f"update-{next(_numbers)}",
        "occurred_at": NOW,
        "source_domain": EventDomain.SOPHIA,
        "update_type": UpdateType.CREATED,
        "confidentiality_level": INTERNAL,
        "changes": [KnowledgeChange(knowledge_id="plant", change=ChangeKind.ADDED)],
    }
    return knowledge_update(**(given | fields))


def request(event_id: str | None = None, **fields: Any) -> Event:
    """Return Sophia's request to Artemis."""
    name = event_id or f"request-{next(_numbers)}"
    given: dict[str, Any] = {
        "event_id": name,
        "correlation_id": f"about-{name}",
        "occurred_at": NOW,
        "source_domain": EventDomain.SOPHIA,
        "request_type": RequestType.TECHNICAL_FEASIBILITY_ANALYSIS,
        "requester": "ana",
        "request_report_id": "report",
        "confidentiality_level": CONFIDENTIAL,
    }
    return collaboration_request(**(given | fields))


class FakeHandler:
    """Remembers the ids of the events that it was given, and fails at those that it is told to."""

    def __init__(self, fails_at: Iterable[str] = ()) -> None:
        self.fails_at = set(fails_at)
        self.given: list[str] = []

    async def __call__(self, event: Event) -> None:
        self.given.append(event.event_id)
        if event.event_id in self.fails_at:
            raise ValueError("the words of a secret")


async def eventually(
    predicate: Callable[[], bool | Awaitable[bool]], description: str, *, within: float = 30.0
) -> None:
    """Return once *predicate* holds; fail with *description* when it never does."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        holds = predicate()
        if holds if isinstance(holds, bool) else await holds:
            return
        assert loop.time() < deadline, f"waited {within:.0f} s in vain: {description}"
        await asyncio.sleep(0.005)
