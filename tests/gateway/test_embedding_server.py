"""The embedding service as it is run: a process of its own on a socket of the home."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from domain.errors import StorageError
from gateway.embedding_address import home_socket
from gateway.waiting import wait_until
from storage.embedding_service import EMBED_PATH, HEALTH_PATH, ServedEmbeddings, service_client
from storage.embeddings import EmbeddingIdentity, EmbeddingModel
from storage.sealing import Sealer, open_sealer
from storage.settings import Settings
from storage.stores import open_stores
from tests.minhash_model import MinHashModel

TEXTS = [
    "The Brno plant lacks 14 welders this quarter.",
    "Talks.",
    "The port of Rotterdam closes its cold store in May. " * 20,
    "Why do we lack welders?",
]
EMBED = """
import asyncio, sys
from storage.settings import Settings
from storage.stores import open_stores
async def embed():
    async with open_stores(Settings()) as stores:
        print((await stores.model.embed(sys.argv[1:])).tobytes().hex())
asyncio.run(embed())
print([name for name in ("torch", "sentence_transformers", "transformers") if name in sys.modules])
"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a process that uses the service of its home."""
    home = tmp_path_factory.mktemp("serving") / "home"
    url = f"unix://{home_socket(Settings(home=home))}"
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.command_line", "embeddings", "serve"],
        env={**os.environ, "DIARCHY_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        wait_until(
            lambda: server.poll() is not None or answers(url),
            "the embedding service answers",
            within=timedelta(seconds=120),
        )
        yield Settings(home=home, embedding_url=url)
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=60)
    assert server.returncode == 0
    assert said == ""  # nothing of what it was asked, and nothing else
    assert not home_socket(Settings(home=home)).exists()


def answers(url: str) -> bool:
    async def ask() -> bool:
        try:
            async with service_client(url) as client:
                return (await client.get(HEALTH_PATH)).is_success
        except httpx.HTTPError:
            return False

    return asyncio.run(ask())


def served_by(settings: Settings, sealer: Sealer, local: EmbeddingModel) -> ServedEmbeddings:
    assert settings.embedding_url is not None
    return ServedEmbeddings(settings.embedding_url, sealer, local)


def test_vectors_are_byte_for_byte_those_of_the_model_and_the_caller_loads_no_torch(
    serving: Settings,
):
    answer = subprocess.run(
        [sys.executable, "-c", EMBED, *TEXTS],
        env={
            **os.environ,
            "DIARCHY_HOME": str(serving.home),
            "DIARCHY_EMBEDDING_URL": str(serving.embedding_url),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    vectors, imported = answer.stdout.splitlines()
    assert imported == "[]"
    assert bytes.fromhex(vectors) == asyncio.run(EmbeddingModel().embed(TEXTS)).tobytes()


async def test_callers_at_once_get_what_each_would_get_alone(serving: Settings):
    served = served_by(serving, open_sealer(serving), NeverAsked())
    alone = EmbeddingModel()

    answered = await asyncio.gather(
        *(served.embed(TEXTS[:number]) for number in range(1, len(TEXTS) + 1))
    )

    for number, vectors in enumerate(answered, start=1):
        assert vectors.tobytes() == (await alone.embed(TEXTS[:number])).tobytes()


async def test_the_socket_is_its_owners_alone(serving: Settings):
    path = home_socket(serving)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_who_has_another_key_gets_nothing(serving: Settings):
    stranger = served_by(serving, Sealer([Fernet.generate_key()]), EmbeddingModel())
    with pytest.raises(StorageError, match="another sealing key"):
        await stranger.embed(TEXTS)
    assert serving.embedding_url is not None
    async with service_client(serving.embedding_url) as client:
        answer = await client.post(EMBED_PATH, content=b"a text in clear")
    assert (answer.status_code, answer.content) == (401, b"")


async def test_another_model_is_an_error_that_says_what_to_do(serving: Settings):
    other = served_by(serving, open_sealer(serving), MinHashModel())
    with pytest.raises(StorageError, match="DIARCHY_EMBEDDING_MODEL"):
        await other.embed(TEXTS)


async def test_stores_take_the_service_that_the_settings_name(serving: Settings):
    async with open_stores(serving) as stores:
        assert isinstance(stores.model, ServedEmbeddings)


class NeverAsked(MinHashModel):
    """Would give itself away if it were asked: it has the identity of the service's model."""

    async def identity(self) -> EmbeddingIdentity:
        return await EmbeddingModel().identity()


def test_a_url_of_another_kind_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="unix://"):
        Settings(home=tmp_path, embedding_url="ftp://somewhere")
