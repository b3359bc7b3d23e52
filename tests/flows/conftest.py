"""A small company for the flows, on real stores and a real Prefect server."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from storage.stores import Stores
from tasks.stores import use_stores
from tests.postgres_server import PostgresServer
from tests.stores import CONFIDENTIAL, INTERNAL, NOW, RESTRICTED, TOP_SECRET, OpenHome, item, store

REQUIREMENT = (
    "Offer real-time tracking to all customers by 31 March 2027. The service must handle 1,000 "
    "requests per second and comply with GDPR. The budget must not exceed EUR 5 million."
)


def told(
    knowledge_id: str,
    content: str,
    level: ConfidentialityLevel,
    category: KnowledgeCategory,
    priority: int,
) -> KnowledgeItem:
    """Return an item of three days ago."""
    written = NOW - timedelta(days=3)
    return item(
        knowledge_id,
        content,
        level,
        category=category,
        strategic_priority=priority,
        created_at=written,
        updated_at=written,
    )


COMPANY = (
    told(
        "tracking-first",
        "We will put real-time tracking first among all products. Customers ask for tracking.",
        INTERNAL,
        KnowledgeCategory.STRATEGIC_PLANNING,
        9,
    ),
    told(
        "platform-freeze",
        "The tracking platform carries 600 requests per second. It is frozen until 30 June 2027.",
        INTERNAL,
        KnowledgeCategory.TECHNOLOGY_ROADMAP,
        8,
    ),
    told(
        "budget-gap",
        "Real-time tracking is planned at EUR 6.8 million. The board is asked to decide by 20 May "
        "2026 whether the budget for tracking is raised.",
        CONFIDENTIAL,
        KnowledgeCategory.FINANCIAL_ANALYSIS,
        9,
    ),
    told(
        "breach",
        "The tracking interface was used by a stranger. Loss of customers would be severe.",
        RESTRICTED,
        KnowledgeCategory.RISK_MANAGEMENT,
        10,
    ),
)


@pytest.fixture
def company_database(request: pytest.FixtureRequest) -> str | None:
    """SQLite in the home, unless the test is one of those that run `on_each_database`."""
    if getattr(request, "param", None) is None:
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    migrated: str = request.getfixturevalue("migrated_database")
    return server.url(server.new_database(template=migrated))


on_each_database = pytest.mark.parametrize(
    "company_database", [None, "postgresql"], indirect=True, ids=["sqlite", "postgresql"]
)


@pytest.fixture
async def company(
    open_home: OpenHome, prefect_api: str, company_database: str | None
) -> AsyncGenerator[Stores]:
    """The company's stores, with a principal named after each of three levels."""
    del prefect_api
    stores = await open_home(database_url=company_database)
    for level in (INTERNAL, CONFIDENTIAL, TOP_SECRET):
        await stores.principals.add(level.value, level)
    await store(stores, *COMPANY)
    async with use_stores(stores):
        yield stores
