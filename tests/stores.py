"""Real stores in a temporary home, with a clock that a test moves by hand, and items to put into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from domain.clearance import Clearance, ConfidentialityLevel, Reader
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from domain.records import ValidatedItem
from storage.settings import Settings
from storage.stores import Stores, open_stores

PUBLIC = ConfidentialityLevel.PUBLIC
INTERNAL = ConfidentialityLevel.INTERNAL
CONFIDENTIAL = ConfidentialityLevel.CONFIDENTIAL
RESTRICTED = ConfidentialityLevel.RESTRICTED
TOP_SECRET = ConfidentialityLevel.TOP_SECRET

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


OpenHome = Callable[..., Awaitable[Stores]]
"""Opens the stores of the test's home; keyword arguments override settings."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def open_home(home: Path, clock: HandClock) -> AsyncIterator[OpenHome]:
    numbers = count(1)
    async with AsyncExitStack() as stack:

        async def opened(**overrides: Any) -> Stores:
            fields: dict[str, Any] = {"home": home} | overrides
            settings = Settings(**fields)
            return await stack.enter_async_context(
                open_stores(settings, clock=clock, new_id=lambda: f"{next(numbers):032x}")
            )

        yield opened


def reader_at(level: ConfidentialityLevel, name: str | None = None) -> Reader:
    """Return what the registry makes of a principal cleared for *level*."""
    return Reader(name=name or level.value, clearance=Clearance(level=level))


def item(
    knowledge_id: str,
    content: str,
    level: ConfidentialityLevel = INTERNAL,
    **fields: Any,
) -> KnowledgeItem:
    """Return an item of which a test says only what matters to it."""
    written = NOW - timedelta(days=10)
    return KnowledgeItem.model_validate(
        {
            "knowledge_id": knowledge_id,
            "title": f"Note {knowledge_id}",
            "category": KnowledgeCategory.RISK_MANAGEMENT,
            "confidentiality_level": level,
            "strategic_priority": 5,
            "source": "minutes.md",
            "created_at": written,
            "updated_at": written,
            "content": content,
        }
        | fields
    )


def validated(*items: KnowledgeItem, clock_filled: tuple[str, ...] = ()) -> list[ValidatedItem]:
    """Return *items* as the reading of a file hands them on."""
    return [
        ValidatedItem(item=one, clock_filled=frozenset(clock_filled), file="minutes.md", row=None)
        for one in items
    ]


async def store(stores: Stores, *items: KnowledgeItem) -> None:
    """Write *items* and bring them into the index."""
    await stores.knowledge.add_items(validated(*items), reader_at(TOP_SECRET))
    await stores.knowledge.drain_outbox()
