from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from prefect import flow
from prefect.cache_policies import RunId
from sqlmodel import select

from domain.errors import SealBroken, TransientStorageError
from storage.stores import Stores
from storage.tables import TaskResultRow
from tasks.sealed_results import SealedSerializer
from tasks.step import step
from tasks.stores import use_stores
from tests.postgres_server import PostgresServer
from tests.stores import OpenHome

MINUTE = timedelta(minutes=1)
CONTENT = "The Brno plant is to be sold to Acme."


class Phases:
    """A flow of two kept phases and a last one that fails as often as told."""

    def __init__(self, *, failures: int) -> None:
        self.done: list[str] = []

        @step(name="think", timeout=MINUTE, keep_result=True)
        async def think(text: str) -> dict[str, str]:
            self.done.append("think")
            return {"thought": f"{text} {CONTENT}"}

        @step(name="conclude", timeout=MINUTE, keep_result=True)
        async def conclude(thought: dict[str, str]) -> str:
            self.done.append("conclude")
            return thought["thought"].upper()

        @step(name="store", timeout=MINUTE)
        async def store(conclusion: str) -> str:
            self.done.append("store")
            if self.done.count("store") <= failures:
                raise TransientStorageError("busy")
            return conclusion

        last = store.with_options(retries=0)

        async def work(text: str) -> str:
            return await last(await conclude(await think(text)))

        @flow(name="phases", retries=2, retry_delay_seconds=0)
        async def phases(text: str) -> str:
            return await work(text)

        self.work = work
        self.run: Any = phases


@pytest.fixture
async def stores(open_home: OpenHome, prefect_api: str) -> Stores:
    del prefect_api
    return await open_home()


async def kept_results(stores: Stores) -> list[TaskResultRow]:
    async with stores.database.reading() as session:
        return list((await session.execute(select(TaskResultRow))).scalars())


async def test_a_retried_run_does_not_repeat_its_finished_phases(stores: Stores):
    phases = Phases(failures=2)
    async with use_stores(stores):
        assert await phases.run("So:") == f"SO: {CONTENT.upper()}"
    assert phases.done == ["think", "conclude", "store", "store", "store"]


async def test_another_run_thinks_for_itself(stores: Stores):
    phases = Phases(failures=0)
    async with use_stores(stores):
        await phases.run("So:")
        await phases.run("So:")
    assert phases.done == ["think", "conclude", "store"] * 2


async def test_kept_results_are_unreadable_and_lie_in_the_truth_alone(stores: Stores):
    phases = Phases(failures=0)
    async with use_stores(stores):
        await phases.run("So:")
    kept = await kept_results(stores)
    assert len(kept) == 2
    for result in kept:
        for word in (b"Brno", b"BRNO", b"thought"):
            assert word not in result.sealed
        with pytest.raises(SealBroken):
            SealedSerializer().loads(result.sealed)


async def test_the_name_of_a_result_says_nothing_to_who_has_no_key(
    stores: Stores, open_home: OpenHome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The same run of the same phase over the same words has another name under another key."""
    other = await open_home(home=tmp_path / "other")

    def one_run(*_: object, **__: object) -> str:
        return "one run"

    monkeypatch.setattr(RunId, "compute_key", one_run)

    @step(name="think", timeout=MINUTE, keep_result=True)
    async def think(text: str) -> str:
        return text

    @flow(name="one-phase")
    async def one_phase(text: str) -> str:
        return await think(text)

    names: list[str] = []
    for where in (stores, other):
        async with use_stores(where):
            await one_phase("So:")
        (kept,) = await kept_results(where)
        names.append(kept.name)
    assert names[0] != names[1]


async def test_only_what_this_installation_sealed_is_unpickled(
    stores: Stores, open_home: OpenHome, tmp_path: Path
):
    other = await open_home(home=tmp_path / "other")
    async with use_stores(other):
        theirs = SealedSerializer().dumps({"a": 1})
        assert SealedSerializer().loads(theirs) == {"a": 1}
    async with use_stores(stores):
        with pytest.raises(SealBroken):
            SealedSerializer().loads(theirs)


@pytest.mark.parametrize(("shared", "thoughts"), [(True, 1), (False, 2)])
@pytest.mark.usefixtures("prefect_api")
async def test_a_run_goes_on_elsewhere_after_its_last_finished_phase(
    open_home: OpenHome,
    postgres_server: PostgresServer,
    migrated_database: str,
    tmp_path: Path,
    *,
    shared: bool,
    thoughts: int,
):
    """On a machine that shares the truth and the key, that is: any other has to think again."""
    truth = postgres_server.url(postgres_server.new_database(template=migrated_database))
    key = Fernet.generate_key().decode()
    first = await open_home(home=tmp_path / "one", database_url=truth, sealing_key=key)
    second = await open_home(
        home=tmp_path / "two", database_url=truth if shared else None, sealing_key=key
    )
    phases = Phases(failures=1)
    machines = iter([first, second])

    @flow(name="moving", retries=1, retry_delay_seconds=0)
    async def moving() -> str:
        async with use_stores(next(machines)):
            return await phases.work("So:")

    assert await moving() == f"SO: {CONTENT.upper()}"
    assert phases.done.count("think") == thoughts
