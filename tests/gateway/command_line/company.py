"""A very small company: three items at three levels, and three principals, one of them revoked."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from domain.records import ValidatedItem
from storage.settings import Settings
from storage.stores import open_stores


def fill(home: Path) -> None:
    """Put the company into the home at *home*."""
    asyncio.run(_fill(home))


async def _fill(home: Path) -> None:
    async with open_stores(Settings(home=home)) as stores:
        await stores.principals.add("ceo", ConfidentialityLevel.TOP_SECRET)
        await stores.principals.add("staff", ConfidentialityLevel.INTERNAL)
        await stores.principals.add("gone", ConfidentialityLevel.TOP_SECRET)
        await stores.principals.revoke("gone")
        reader = await stores.principals.get_reader("ceo")
        await stores.knowledge.add_items(ITEMS, reader)
        await stores.knowledge.drain_outbox()


def item(knowledge_id: str, level: ConfidentialityLevel, content: str) -> ValidatedItem:
    written = datetime(2026, 11, 1, 9, tzinfo=UTC)
    whole = KnowledgeItem(
        knowledge_id=knowledge_id,
        title=f"Note {knowledge_id}",
        category=KnowledgeCategory.RISK_MANAGEMENT,
        confidentiality_level=level,
        strategic_priority=5,
        source="minutes.md",
        created_at=written,
        updated_at=written,
        content=content,
    )
    return ValidatedItem(item=whole, clock_filled=frozenset(), file="minutes.md", row=None)


ITEMS = [
    item(
        "port", ConfidentialityLevel.PUBLIC, "The port of Rotterdam closes its cold store in May."
    ),
    item("plant", ConfidentialityLevel.INTERNAL, "The Brno plant lacks 14 welders this quarter."),
    item("talks", ConfidentialityLevel.TOP_SECRET, "Talks to sell the Brno plant began in secret."),
]
