"""What goes between a run and the embedding service, and what a run does without the service."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from cryptography.fernet import Fernet

from domain.errors import SealBroken
from storage.embedding_service import (
    MOST_TEXTS,
    EmbeddingRequest,
    ServedEmbeddings,
    open_answer,
    open_request,
    seal_answer,
    seal_request,
)
from storage.embeddings import EmbeddingIdentity
from storage.sealing import Sealer
from tests.minhash_model import MinHashModel

IDENTITY = EmbeddingIdentity("minhash", "0" * 64, 3)
REQUEST = EmbeddingRequest(b"n" * 16, IDENTITY, ["Brno lacks welders.", "Talks began."])
VECTORS = np.asarray([[1, 0, 0], [0, 0.6, 0.8]], dtype=np.float32)


def new_sealer() -> Sealer:
    return Sealer([Fernet.generate_key()])


def test_a_request_and_its_answer_come_back_as_they_were_and_cannot_be_read_on_the_way():
    sealer = new_sealer()
    asked, answered = seal_request(REQUEST, sealer), seal_answer(REQUEST, VECTORS, sealer)

    assert open_request(asked, sealer) == REQUEST
    assert open_answer(answered, REQUEST, sealer).tobytes() == VECTORS.tobytes()
    assert b"welders" not in asked
    with pytest.raises(SealBroken):
        open_request(asked, new_sealer())


def test_the_answer_to_another_request_is_not_taken():
    sealer = new_sealer()
    another = REQUEST._replace(nonce=b"m" * 16)

    with pytest.raises(SealBroken):
        open_answer(seal_answer(another, VECTORS, sealer), REQUEST, sealer)
    with pytest.raises(SealBroken):
        open_answer(seal_answer(REQUEST, VECTORS[:1], sealer), REQUEST, sealer)


async def test_without_the_service_the_model_of_the_process_embeds_and_one_warning_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    local = MinHashModel()
    served = ServedEmbeddings(f"unix://{tmp_path}/nobody.sock", new_sealer(), local)

    with caplog.at_level(logging.WARNING):
        first = await served.embed(["Brno lacks welders."])
        served._asked_again_at = 0.0  # the pause is over, and still nobody answers
        await served.embed(["Talks began."])

    assert np.array_equal(first, await MinHashModel().embed(["Brno lacks welders."]))
    assert local.embedded == ["Brno lacks welders.", "Talks began."]
    assert [record.message for record in caplog.records] == [
        "The embedding service does not answer (ConnectError): the model is loaded in this process."
    ]


async def test_what_is_long_the_caller_embeds_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    local = MinHashModel()
    served = ServedEmbeddings(f"unix://{tmp_path}/nobody.sock", new_sealer(), local)

    await served.embed(["pump"] * (MOST_TEXTS + 1))

    assert len(local.embedded) == MOST_TEXTS + 1
    assert not caplog.records
