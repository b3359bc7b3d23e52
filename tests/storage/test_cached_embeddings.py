from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
from redis import Redis

from storage.cache import CacheCounts, CacheKind
from storage.cached_embeddings import CachedEmbeddings, embedding_key
from storage.embeddings import EmbeddingIdentity, EmbeddingModel
from storage.knowledge_search import SearchQuery
from storage.stores import Stores
from tests.minhash_model import MinHashModel
from tests.stores import (
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

STAFF = reader_at(INTERNAL).clearance
ANYONE = reader_at(PUBLIC).clearance
CEO = reader_at(TOP_SECRET)


def embeddings_of(stores: Stores, model: EmbeddingModel, clock: HandClock) -> CachedEmbeddings:
    return CachedEmbeddings(model, stores.cache, clock=clock)


async def test_a_text_is_embedded_once_and_its_vector_comes_back_bit_for_bit(
    open_home: OpenHome, clock: HandClock
):
    model = MinHashModel()
    texts = ["the plant in Brno", "pumps", "the plant in Brno"]
    expected = await MinHashModel().embed(texts)
    for stores in (await open_home(), await open_home()):
        for _ in range(2):
            vectors = await embeddings_of(stores, model, clock).embed(texts, STAFF)
            assert vectors.dtype == np.float32
            np.testing.assert_array_equal(vectors, expected)
    assert model.embedded == ["the plant in Brno", "pumps"]


async def test_only_the_texts_that_are_missing_are_embedded_as_one_batch(
    open_home: OpenHome, clock: HandClock
):
    model = MinHashModel()
    embeddings = embeddings_of(await open_home(), model, clock)
    await embeddings.embed(["b"], STAFF)
    vectors = await embeddings.embed(["a", "b", "c"], STAFF)
    assert model.embedded == ["b", "a", "c"]
    np.testing.assert_array_equal(vectors, await MinHashModel().embed(["a", "b", "c"]))


async def test_a_reader_does_not_learn_what_others_have_asked(
    open_home: OpenHome, clock: HandClock
):
    model = MinHashModel()
    stores = await open_home()
    embeddings = embeddings_of(stores, model, clock)
    await embeddings.embed(["a"], CEO.clearance)
    await embeddings.embed(["a"], ANYONE)
    assert model.embedded == ["a", "a"]
    assert stores.cache.stats(ANYONE)[CacheKind.EMBEDDING] == CacheCounts(missed=1)


async def test_a_vector_that_is_handed_out_cannot_spoil_the_cached_one(
    open_home: OpenHome, clock: HandClock
):
    embeddings = embeddings_of(await open_home(), MinHashModel(), clock)
    (await embeddings.embed(["a"], STAFF))[:] = 7
    np.testing.assert_array_equal(
        await embeddings.embed(["a"], STAFF), await MinHashModel().embed(["a"])
    )


async def test_vectors_of_another_model_are_never_taken(open_home: OpenHome):
    stores = await open_home()
    identity = await MinHashModel().identity()
    others = [
        identity._replace(model="another"),
        identity._replace(weights_sha256="1" * 64),
        identity._replace(dimension=7),
    ]
    assert len(others) == len(EmbeddingIdentity._fields)
    keys = [embedding_key("a", STAFF, one) for one in (identity, *others)]
    assert len({key.name("diarchy:test:cache", stores.sealer) for key in keys}) == 4


async def test_documents_are_never_cached(open_home: OpenHome, redis_of_all_tests: Redis):
    stores = await open_home()
    await store(stores, item("a", "The plant in Brno."))
    assert redis_of_all_tests.keys("diarchy:*:cache:*") == []


_SEARCH = """
import asyncio, sys
from pathlib import Path
from domain.clearance import Clearance, ConfidentialityLevel
from storage.knowledge_search import SearchQuery
from storage.settings import Settings
from storage.stores import open_stores

async def main():
    async with open_stores(Settings(home=Path(sys.argv[1]), clock=sys.argv[3])) as stores:
        reader = await stores.principals.get_reader("staff")
        queries = [SearchQuery(text=text, limit=int(sys.argv[2])) for text in sys.argv[4:]]
        found = await stores.knowledge.search(queries, reader)
        print([one.knowledge_id for items in found for one in items])

asyncio.run(main())
print("torch" in sys.modules)
"""


async def test_a_process_whose_queries_are_known_loads_no_torch(open_home: OpenHome, home: Path):
    stores = await open_home()
    await stores.principals.add("staff", INTERNAL)
    await store(stores, item("a", "The plant in Brno lacks welders."))
    questions = ["Who lacks welders?", "What about Brno?"]
    reader = await stores.principals.get_reader("staff")
    await stores.knowledge.search([SearchQuery(text=text) for text in questions], reader)
    # Another limit: the answers are not cached, only the vectors are.
    asked = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _SEARCH, str(home), "7", NOW.isoformat(), *questions],
        check=True,
        capture_output=True,
        text=True,
    )
    assert asked.stdout.splitlines() == ["['a', 'a']", "False"]
