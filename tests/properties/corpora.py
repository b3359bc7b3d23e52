"""Random companies: a few items that share words across levels, and who reads them."""

import itertools
import os
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from domain.records import ValidatedItem
from storage.settings import Settings
from storage.stores import Stores, open_stores

PROOFS = os.environ.get("DIARCHY_PROOFS") == "1"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
WRITER = "registrar"
READER = "reader"

SENTENCES = (
    "The telemetry platform is frozen until the broker migration is done in March 2027.",
    "Finance caps capital expenditure for 2027 at EUR 31 million.",
    "The board is asked to decide by 4 December whether the programme gets EUR 6.8 million.",
    "Losing the largest customer would be severe and is likely before the end of the year.",
    "Frostline undercuts our rental prices by 12 percent in the Nordic countries.",
    "Demand for real-time tracking grows by 18 percent a year.",
    "We will put real-time tracking first in 2027 because customers ask for it.",
    "The broker carries 600 requests per second and cannot carry more before Q3 2027.",
    "The second factory depends on the permit of the city, which is not granted yet.",
    "A partnership with the airport operator could open three new markets.",
    "The scrap problem of line two is resolved and the case is closed.",
    "Two engineers leave in January and hiring takes five months on average.",
    "GDPR requires that driver data stays in the European Union.",
    "Customers complain about late data, and satisfaction fell to 61 percent.",
    "The covenant may be breached if revenue falls below EUR 410 million.",
)
REQUIREMENTS = (
    "Offer real-time tracking to all customers by 31 March 2027: 1,000 requests per second, GDPR.",
    "Build a second factory line within six months without breaching the covenant.",
    "Answer the price cuts of Frostline in the Nordic countries.",
)
QUERIES = ("broker migration and telemetry", "largest customer risk", "price Frostline", "budget")


@dataclass(frozen=True)
class Corpus:
    """Items in the order in which they are written."""

    items: tuple[KnowledgeItem, ...]

    def readable_at(self, level: ConfidentialityLevel) -> tuple[KnowledgeItem, ...]:
        return tuple(one for one in self.items if one.confidentiality_level.rank <= level.rank)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    """Draw two to ten items with ids of their own."""
    count = draw(st.integers(2, 10))
    return Corpus(tuple(_item(draw, f"item-{number}") for number in range(count)))


def _item(draw: st.DrawFn, knowledge_id: str) -> KnowledgeItem:
    sentences = draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4, unique=True))
    updated = NOW - timedelta(hours=draw(st.integers(1, 24 * 120)))
    expires = draw(st.sampled_from((None, None, -1, 30)))
    return KnowledgeItem(
        knowledge_id=knowledge_id,
        title=f"Note {knowledge_id}",
        content=" ".join(sentences),
        category=draw(st.sampled_from(KnowledgeCategory)),
        confidentiality_level=draw(st.sampled_from(ConfidentialityLevel)),
        strategic_priority=draw(st.integers(1, 10)),
        source="a test",
        created_at=updated - timedelta(days=200),
        updated_at=updated,
        expires_at=None if expires is None else NOW + timedelta(days=expires),
    )


levels = st.sampled_from(ConfidentialityLevel)

many_cases = settings(
    max_examples=1000 if PROOFS else 50,
    deadline=None,
    derandomize=not PROOFS,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink)
    if PROOFS
    else (Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.function_scoped_fixture),
)


@asynccontextmanager
async def company_with(
    items: Iterable[KnowledgeItem], reader_level: ConfidentialityLevel
) -> AsyncGenerator[Stores]:
    """A home that holds *items*, and a registered reader; clock and ids are fixed."""
    with TemporaryDirectory() as folder:
        home = Settings(home=Path(folder))
        async with open_stores(home, clock=lambda: NOW) as stores:
            await stores.principals.add(WRITER, ConfidentialityLevel.TOP_SECRET)
            await stores.principals.add(READER, reader_level)
            await write(stores, tuple(items))
        numbers = itertools.count(1)
        async with open_stores(
            home, clock=lambda: NOW, new_id=lambda: f"id-{next(numbers)}"
        ) as stores:
            yield stores


async def write(stores: Stores, items: Sequence[KnowledgeItem]) -> None:
    """Add *items* in one batch and bring the index up to date."""
    writer = await stores.principals.get_reader(WRITER)
    await stores.knowledge.add_items(
        [
            ValidatedItem(item=item, clock_filled=frozenset(), file="test", row=None)
            for item in items
        ],
        writer,
    )
    await stores.knowledge.drain_outbox()
