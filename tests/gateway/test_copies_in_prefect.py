"""What purging takes from Prefect's pages leaves the files of the home's server too."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from prefect import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate

from domain.errors import ServerUnavailable
from gateway.copies_in_prefect import _overwrite_free_pages, eraser_of_copies
from gateway.waiting import wait_until
from presentation.prefect_pages import ERASED
from storage.purging import no_copies
from storage.settings import Settings
from tasks.artifacts import put_in

SENTENCE = "The Brno plant lacks 14 welders this quarter"
PHRASE = SENTENCE + ", says the foreman." * 400


def traces(folder: Path) -> list[str]:
    return [
        file.name for file in folder.glob("prefect.db*") if SENTENCE.encode() in file.read_bytes()
    ]


async def test_what_an_emptied_artifact_held_is_in_no_file_of_the_running_server(prefect_api: str):
    del prefect_api
    folder = Path(os.environ["PREFECT_HOME"])
    async with get_client() as client:
        made = await client.create_artifact(
            ArtifactCreate(type="markdown", key="foreman", data="a reference")
        )
        await put_in(client, made.id, ArtifactUpdate(data=PHRASE))
        assert traces(folder)
        await put_in(client, made.id, ArtifactUpdate(data=ERASED))

    def erased() -> bool:
        _overwrite_free_pages(folder / "prefect.db")
        return not traces(folder)

    # A reader of the server's may hold the log of the database for a moment.
    await asyncio.to_thread(wait_until, erased, "no trace is left", within=timedelta(seconds=60))


def test_where_prefect_never_ran_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert eraser_of_copies(Settings(home=tmp_path)) is no_copies
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_purged_while_prefect_does_not_answer(
    prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    del prefect_api
    nobody = "http://127.0.0.1:9/api"
    monkeypatch.setenv("PREFECT_API_URL", nobody)
    with temporary_settings({PREFECT_API_URL: nobody}), pytest.raises(ServerUnavailable):
        eraser_of_copies(Settings(home=tmp_path))
