"""Two promises of the cache, over random histories of a company.

Every read equals the read of somebody who caches nothing: nothing stale is served and nothing
forbidden. And what happens above a reader's clearance changes none of the reader's keys, hits or misses.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import AccessDenied, Conflict, InvalidInput, NotFound
from domain.evidence import RetrievedItem
from domain.knowledge import Domain, KnowledgeCategory, KnowledgeItem
from domain.records import ValidatedItem
from domain.summary import StrategicSummary, TimeHorizon
from storage.audit import AuditAction
from storage.cache import CacheCounts, CacheKind
from storage.knowledge_base import SearchQuery
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tasks.briefings import load_window, summarize_domain
from tasks.identification import RunStamp
from tasks.stores import use_stores
from tests.minhash_model import MinHashModel
from tests.properties.corpora import NOW, QUERIES, SENTENCES, WRITER, levels, many_cases

PRINCIPAL = "reader"
_SEALING_KEY = Fernet.generate_key().decode()
_LONG = 30 * 24 * 60 * 60
_IDS = ("item-0", "item-1", "item-2")
_QUERIES = QUERIES[:3]
_SENTENCES = tuple(
    one for one in SENTENCES if any(word in one for word in ("broker", "customer", "Frostline"))
)
"""Most of them bear on one of the queries: what is not found cannot be stale."""
_CATEGORIES = (KnowledgeCategory.RISK_MANAGEMENT, KnowledgeCategory.TECHNOLOGY_ROADMAP)


@dataclass(frozen=True)
class Written:
    """An item is added, or changed where it is there already."""

    item: KnowledgeItem
    is_indexed: bool = True


@dataclass(frozen=True)
class Reclassified:
    knowledge_id: str
    level: ConfidentialityLevel
    is_indexed: bool


@dataclass(frozen=True)
class Deleted:
    knowledge_id: str
    is_indexed: bool


@dataclass(frozen=True)
class TimePassed:
    by: timedelta


@dataclass(frozen=True)
class Cleared:
    """The principal's clearance changes; None revokes it."""

    level: ConfidentialityLevel | None


@dataclass(frozen=True)
class Settled:
    """The index is brought up to date and put in order."""


@dataclass(frozen=True)
class Asked:
    """The principal reads, bound to a level or not."""

    bound: ConfidentialityLevel | None
    query: str


Step = Written | Reclassified | Deleted | TimePassed | Cleared | Settled | Asked


@st.composite
def items(draw: st.DrawFn, knowledge_id: str, level: ConfidentialityLevel) -> KnowledgeItem:
    updated = NOW - timedelta(hours=draw(st.sampled_from((1, 24 * 6, 24 * 7, 24 * 20))))
    expires = draw(st.sampled_from((None, None, 2, 30)))
    sentences = draw(st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=3, unique=True))
    return KnowledgeItem(
        knowledge_id=knowledge_id,
        title=f"Note {knowledge_id}",
        content=" ".join(sentences),
        category=draw(st.sampled_from(_CATEGORIES)),
        confidentiality_level=level,
        strategic_priority=draw(st.integers(1, 10)),
        source="a test",
        created_at=updated - timedelta(days=200),
        updated_at=updated,
        expires_at=None if expires is None else NOW + timedelta(hours=expires),
    )


any_item = st.tuples(st.sampled_from(_IDS), levels).flatmap(lambda drawn: items(*drawn))
mostly = st.sampled_from((True, False))
asked = st.builds(
    Asked, st.sampled_from((None, None, *ConfidentialityLevel)), st.sampled_from(_QUERIES)
)
changed = st.one_of(
    st.builds(Written, any_item, mostly),
    st.builds(Written, any_item, mostly),
    st.builds(Reclassified, st.sampled_from(_IDS), levels, mostly),
    st.builds(Deleted, st.sampled_from(_IDS), mostly),
    st.builds(
        TimePassed,
        st.sampled_from((timedelta(minutes=3), timedelta(hours=2), timedelta(days=1))),
    ),
    st.builds(Cleared, st.none() | levels),
    st.builds(Settled),
)
histories = st.lists(st.tuples(changed, asked), min_size=2, max_size=6)


@dataclass
class Company:
    """One home as three processes see it: two that cache, and one that does not."""

    caching: tuple[Stores, Stores]
    fresh: Stores
    clock: "MovingClock"


@dataclass
class MovingClock:
    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def company(**overrides: Any) -> AsyncGenerator[Company]:
    """Open a home in which answers live for so long that nothing stale goes away by itself."""
    overrides = {"cache_ttl_seconds": _LONG, **overrides}
    clock = MovingClock()
    model = MinHashModel()
    with TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            fields: dict[str, Any] = {"home": Path(folder), "sealing_key": _SEALING_KEY}
            differing: tuple[dict[str, Any], ...] = (overrides, overrides, {"cache_entries": 0})
            first, second, fresh = [
                await stack.enter_async_context(
                    open_stores(Settings(**(fields | each)), clock=clock, model=model)
                )
                for each in differing
            ]
            await first.principals.add(WRITER, ConfidentialityLevel.TOP_SECRET)
            await first.principals.add(PRINCIPAL, ConfidentialityLevel.TOP_SECRET)
            yield Company((first, second), fresh, clock)


@many_cases
@given(corpus=st.lists(any_item, min_size=2, max_size=3), history=histories)
async def test_no_history_makes_a_cached_read_differ_from_a_fresh_one(
    corpus: list[KnowledgeItem], history: list[tuple[Step, Asked]]
) -> None:
    async with company() as home:
        for item in corpus:
            await take(home, Written(item))
        for index, (change, question) in enumerate(history):
            # Warm before the change, so that there is something that could be stale after it.
            await assert_reads_agree(home, question)
            await take(home, change, by=index)
            await assert_reads_agree(home, question)


async def take(home: Company, change: Step, *, by: int = 0) -> None:
    """Let one of the caching processes, or the other one, make the change."""
    stores = home.caching[by % 2]
    try:
        await _take(home, stores, change)
    except (NotFound, InvalidInput, Conflict):
        return  # what is not there, or already there, stays so


async def _take(home: Company, stores: Stores, change: Step) -> None:
    writer = await stores.principals.get_reader(WRITER)
    knowledge = stores.knowledge
    match change:
        case Written(item, is_indexed):
            batch = [ValidatedItem(item=item, clock_filled=frozenset(), file="test", row=None)]
            await knowledge.add_items(batch, writer)
            await _drain(knowledge, is_indexed=is_indexed)
        case Reclassified(knowledge_id, level, is_indexed):
            await knowledge._writer.reclassify(knowledge_id, level, writer, reason="a test")
            await _drain(knowledge, is_indexed=is_indexed)
        case Deleted(knowledge_id, is_indexed):
            await knowledge._writer.delete(knowledge_id, writer, action=AuditAction.DELETE)
            await _drain(knowledge, is_indexed=is_indexed)
        case TimePassed(by):
            home.clock.now += by
        case Cleared(None):
            await stores.principals.revoke(PRINCIPAL)
        case Cleared(level):
            assert level is not None
            await stores.principals.set_clearance(PRINCIPAL, level)
        case Settled():
            await knowledge.drain_outbox()
            await knowledge.compact()
        case Asked():
            raise ValueError("a question changes nothing")


async def _drain(knowledge: Any, *, is_indexed: bool) -> None:
    if is_indexed:
        await knowledge.drain_outbox()


async def assert_reads_agree(home: Company, question: Asked) -> None:
    expected = await everything_read(home.fresh, question)
    for stores in (*home.caching, home.caching[0]):
        assert await everything_read(stores, question) == expected
    if expected is not None:
        reader, found, _ = expected
        for item in found:
            assert item.confidentiality_level.rank <= reader.clearance.level.rank
            assert item.expires_at is None or item.expires_at > home.clock.now


async def everything_read(
    stores: Stores, question: Asked
) -> tuple[Reader, tuple[RetrievedItem, ...], StrategicSummary] | None:
    """Return what the principal reads, None when it is denied."""
    try:
        reader = await stores.principals.get_reader(PRINCIPAL, question.bound)
    except AccessDenied:
        return None
    queries = [SearchQuery(text=question.query), SearchQuery(text=_QUERIES[0], limit=2)]
    found = await stores.knowledge.search(queries, reader)
    run = RunStamp(report_id="a-run", now=stores.clock())
    async with use_stores(stores):
        window = await load_window.fn(Domain.TECHNICAL, TimeHorizon.WEEK, reader, run)
        summary = await summarize_domain.fn(window, TimeHorizon.WEEK, reader, run)
    return reader, tuple(item for items in found for item in items), summary


@dataclass(frozen=True)
class Below:
    """What can be seen of the cache at or below a clearance."""

    names: frozenset[bytes]
    counts: tuple[dict[CacheKind, CacheCounts], ...]
    answers: tuple[Any, ...]


@many_cases
@given(
    level=st.sampled_from(tuple(ConfidentialityLevel)[:-1]),
    open_steps=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(_QUERIES)), min_size=2, max_size=5
    ),
    secret_count=st.integers(1, 3),
    data=st.data(),
)
async def test_what_happens_above_a_reader_changes_none_of_its_keys_hits_or_misses(
    redis_of_all_tests: Redis,
    level: ConfidentialityLevel,
    open_steps: list[tuple[int, str]],
    secret_count: int,
    data: st.DataObject,
) -> None:
    above = [each for each in ConfidentialityLevel if each.rank > level.rank]
    below = [each for each in ConfidentialityLevel if each.rank <= level.rank]
    secrets: list[KnowledgeItem] = [
        data.draw(items(f"secret-{number}", data.draw(st.sampled_from(above))))
        for number in range(secret_count)
    ]
    permitted = [
        data.draw(items(f"open-{number}", below[number % len(below)])) for number in range(4)
    ]
    history = [(permitted[number], query) for number, query in open_steps]
    with_secrets = await seen_below(redis_of_all_tests, level, history, secrets)
    without = await seen_below(redis_of_all_tests, level, history, [])
    assert with_secrets == without


async def seen_below(
    redis: Redis,
    level: ConfidentialityLevel,
    history: Sequence[tuple[KnowledgeItem, str]],
    secrets: Sequence[KnowledgeItem],
) -> Below:
    """Let the history take place with *secrets* and their readers in between, or without."""
    answers: list[Any] = []
    async with company(cache_entries=3) as home:
        first, second = home.caching
        await first.principals.set_clearance(PRINCIPAL, level)
        for index, (item, query) in enumerate(history):
            question = Asked(None, query)
            answers.append(await everything_read(first, question))
            if secrets:
                await take(home, Written(secrets[index % len(secrets)]))
                writer = await first.principals.get_reader(WRITER)
                for text in _QUERIES:
                    await first.knowledge.search([SearchQuery(text=text)], writer)
                await take(home, Deleted(secrets[(index + 1) % len(secrets)].knowledge_id, True))
            answers.append(await everything_read(first, question))
            answers.append(await everything_read(second, question))
            await take(home, Written(item))
        reader = await first.principals.get_reader(PRINCIPAL)
        installation = await first.database.installation_id()
        prefix = f"diarchy:{installation}:".encode()
        names = frozenset(
            name.removeprefix(prefix)
            for name in redis.scan_iter(f"diarchy:{installation}:cache:*")
            if int(name.split(b":")[4]) <= level.rank
        )
        counts = tuple(stores.cache.stats(reader.clearance) for stores in home.caching)
    return Below(names, counts, tuple(answers))
