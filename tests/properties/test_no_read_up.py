"""Nobody reads above the least of registered clearance, request and process ceiling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clearance import ConfidentialityLevel
from domain.errors import AccessDenied, NotFound
from domain.knowledge import KnowledgeItem
from storage.knowledge_base import SearchQuery
from storage.stores import Stores
from tests.properties.corpora import (
    NOW,
    QUERIES,
    READER,
    Corpus,
    company_with,
    corpora,
    levels,
    many_cases,
)


@many_cases
@given(corpus=corpora(), registered=levels, bound=st.none() | levels)
async def test_no_door_opens_above_the_effective_clearance(
    corpus: Corpus, registered: ConfidentialityLevel, bound: ConfidentialityLevel | None
) -> None:
    effective = min((registered, bound or registered), key=lambda level: level.rank)
    async with company_with(corpus.items, registered) as stores:
        await assert_nothing_above_is_found(stores, bound, effective)
        for item in corpus.items:
            assert await is_shown(stores, item, bound) == may_see(item, effective)
        await assert_denied_looks_like_absent(stores, corpus, registered)
        await assert_revoked_looks_like_unknown(stores)
        assert await stores.audit.verify() > 0


async def assert_nothing_above_is_found(
    stores: Stores, bound: ConfidentialityLevel | None, effective: ConfidentialityLevel
) -> None:
    reader = await stores.principals.get_reader(READER, bound)
    found = await stores.knowledge.search([SearchQuery(text=text) for text in QUERIES], reader)
    assert all(
        item.confidentiality_level.rank <= effective.rank for items in found for item in items
    )


async def is_shown(stores: Stores, item: KnowledgeItem, bound: ConfidentialityLevel | None) -> bool:
    reader = await stores.principals.get_reader(READER, bound)
    try:
        await stores.knowledge.get_item(item.knowledge_id, reader)
    except NotFound:
        return False
    return True


def may_see(item: KnowledgeItem, effective: ConfidentialityLevel) -> bool:
    expired = item.expires_at is not None and item.expires_at <= NOW
    return item.confidentiality_level.rank <= effective.rank and not expired


async def assert_denied_looks_like_absent(
    stores: Stores, corpus: Corpus, registered: ConfidentialityLevel
) -> None:
    reader = await stores.principals.get_reader(READER)
    hidden = [one for one in corpus.items if one.confidentiality_level.rank > registered.rank]
    messages = set[str]()
    for knowledge_id in [*(one.knowledge_id for one in hidden), "there-is-no-such-item"]:
        for attempt in (
            stores.knowledge.get_item(knowledge_id, reader),
            stores.knowledge.update_item(knowledge_id, {"title": "New"}, reader),
            stores.knowledge.delete_item(knowledge_id, reader),
            stores.knowledge.purge_item(knowledge_id, reader),
            stores.knowledge.reclassify_item(
                knowledge_id, ConfidentialityLevel.PUBLIC, reader, reason="a test"
            ),
        ):
            with pytest.raises(NotFound) as denied:
                await attempt
            messages.add(str(denied.value))
    assert messages == {"No such item."}


async def assert_revoked_looks_like_unknown(stores: Stores) -> None:
    await stores.principals.revoke(READER)
    messages = set[str]()
    for name in (READER, "nobody", "", "x" * 500, "a\x00b"):
        with pytest.raises(AccessDenied) as denied:
            await stores.principals.get_reader(name)
        messages.add(str(denied.value))
    assert messages == {"Access denied."}
