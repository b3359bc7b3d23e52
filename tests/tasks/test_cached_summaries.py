from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clearance import Clearance
from domain.evidence import Passage, RetrievedItem
from domain.knowledge import Domain, KnowledgeCategory, KnowledgeItem
from domain.summary import StrategicSummary, TimeHorizon
from domain.window import WindowItem
from reasoning.summary import summarize
from storage.cache import CacheCounts, CacheKind
from storage.stores import Stores
from tasks.briefings import load_window, summarize_domain
from tasks.cached_summaries import SummaryRequest, digest_of, summary_key
from tasks.identification import RunStamp
from tasks.stores import use_stores
from tests.reasoning.corpora import NOW as WRITTEN
from tests.reasoning.corpora import corpora
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    NOW,
    PUBLIC,
    TOP_SECRET,
    HandClock,
    OpenHome,
    item,
    reader_at,
    store,
)

STAFF = reader_at(INTERNAL)
CEO = reader_at(TOP_SECRET)
WEEK = TimeHorizon.WEEK
FRESH: dict[str, Any] = {"updated_at": NOW - timedelta(days=1)}
DECISION = "The board is asked to decide by 6 May whether the plant in Brno is sold."


async def summary_for(stores: Stores, reader: Any = STAFF) -> StrategicSummary:
    run = RunStamp(report_id="a-run", now=stores.clock())
    async with use_stores(stores):
        window = await load_window.fn(Domain.TECHNICAL, WEEK, reader, run)
        return await summarize_domain.fn(window, WEEK, reader, run)


def counts(stores: Stores) -> CacheCounts:
    return stores.cache.stats(STAFF.clearance)[CacheKind.SUMMARY]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(corpus=corpora(), seconds=st.integers(0, 86_399))
def test_inside_a_day_the_moment_is_only_written_on_a_summary(
    corpus: list[KnowledgeItem], seconds: int
):
    midnight = datetime(WRITTEN.year, WRITTEN.month, WRITTEN.day + 1, tzinfo=UTC)
    moments = (midnight, midnight + timedelta(seconds=seconds))
    first, second = (
        summarize(
            domain=Domain.BUSINESS,
            time_horizon=WEEK,
            items=[RetrievedItem.whole(one) for one in corpus],
            items_before=(),
            now=now,
        ).model_dump(exclude={"generated_at", "window_start"})
        for now in moments
    )
    assert first == second


async def test_a_cached_summary_is_the_fresh_one_as_of_the_moment_it_is_asked_for(
    open_home: OpenHome, clock: HandClock
):
    stores, other = await open_home(), await open_home()
    fresh = await open_home(cache_entries=0)
    await store(stores, item("a", DECISION, **FRESH))
    await summary_for(stores)
    clock.advance(timedelta(minutes=4))
    expected = await summary_for(fresh)
    for each in (stores, other):
        assert await summary_for(each) == expected
    assert counts(stores).in_process == counts(other).in_redis == 1
    assert expected.generated_at == clock.now


async def test_a_new_day_makes_a_new_summary(open_home: OpenHome, clock: HandClock):
    clock.now = datetime(2026, 5, 6, 23, 59, 59, tzinfo=UTC)
    stores = await open_home()
    await store(stores, item("a", DECISION, updated_at=clock.now - timedelta(days=1)))
    before = await summary_for(stores)
    clock.advance(timedelta(seconds=1))
    after = await summary_for(stores)
    assert counts(stores).missed == 2
    assert "overdue" not in before.model_dump_json()
    assert "overdue" in after.model_dump_json()


async def test_an_item_that_leaves_the_window_leaves_the_summary(
    open_home: OpenHome, clock: HandClock
):
    stores = await open_home()
    await store(stores, item("a", DECISION, updated_at=NOW - timedelta(days=7, minutes=-1)))
    assert (await summary_for(stores)).items_considered == 1
    clock.advance(timedelta(minutes=2))
    assert (await summary_for(stores)).items_considered == 0


async def test_a_summary_is_shared_by_nobody_of_another_clearance(open_home: OpenHome):
    stores = await open_home()
    await store(stores, item("a", DECISION, PUBLIC, **FRESH), item("b", "Secret.", CONFIDENTIAL))
    assert await summary_for(stores, STAFF) == await summary_for(stores, reader_at(PUBLIC))
    assert counts(stores) == CacheCounts(missed=1)
    assert await summary_for(stores, CEO)
    assert counts(stores) == CacheCounts(missed=1)


_REQUEST = SummaryRequest(
    domain=Domain.BUSINESS, time_horizon=WEEK, day=date(2026, 5, 4), items="a", items_before="b"
)
_OTHER_REQUESTS: dict[str, Any] = {
    "domain": Domain.MARKET,
    "time_horizon": TimeHorizon.MONTH,
    "day": date(2026, 5, 5),
    "items": "c",
    "items_before": "c",
}


async def test_every_field_of_a_request_is_in_the_name_of_its_summary(open_home: OpenHome):
    sealer = (await open_home()).sealer
    assert set(_OTHER_REQUESTS) == set(SummaryRequest.model_fields)
    requests = [
        _REQUEST,
        *(_REQUEST.model_copy(update={name: value}) for name, value in _OTHER_REQUESTS.items()),
    ]
    clearance = Clearance(level=INTERNAL)
    names = {summary_key(one, clearance).name("diarchy:test:cache", sealer) for one in requests}
    assert len(names) == len(requests)


_WINDOW_ITEM = WindowItem(
    **item("a", "x").model_dump(exclude={"content", "metadata"}),
    relevance_score=1,
    passages=(Passage(text="x", start=0, relevance=1),),
    content_digest="d",
)
_OTHER_ITEMS: dict[str, Any] = {
    "knowledge_id": "b",
    "title": "Another",
    "category": KnowledgeCategory.HUMAN_RESOURCES,
    "confidentiality_level": TOP_SECRET,
    "strategic_priority": 9,
    "source": "elsewhere",
    "tags": ("tag",),
    "created_at": NOW - timedelta(days=99),
    "updated_at": NOW,
    "expires_at": NOW,
    "relevance_score": 0.5,
    "content_digest": "e",
}
_FIELDS_THAT_SHAPE_NO_SUMMARY = frozenset(
    {
        # The beginning of the content, which `content_digest` stands for.
        "passages",
    }
)


def test_every_field_of_a_windows_items_is_in_its_digest():
    assert set(_OTHER_ITEMS) | _FIELDS_THAT_SHAPE_NO_SUMMARY == set(WindowItem.model_fields)
    others = [_WINDOW_ITEM.model_copy(update={name: value}) for name, value in _OTHER_ITEMS.items()]
    digests = {digest_of([one]) for one in (_WINDOW_ITEM, *others)}
    assert len(digests) == 1 + len(others)
    assert digest_of([_WINDOW_ITEM, others[0]]) != digest_of([others[0], _WINDOW_ITEM])
    assert digest_of([]) != digest_of([_WINDOW_ITEM])
