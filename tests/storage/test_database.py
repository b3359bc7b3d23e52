from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlmodel import SQLModel, col, select

from domain.errors import StorageError, TransientStorageError
from storage.database import Database, _create_engine, open_database
from storage.settings import Settings
from storage.stores import Stores
from storage.tables import PrincipalRow
from tests.stores import NOW, OpenHome


def principal(name: str) -> PrincipalRow:
    return PrincipalRow(name=name, level_rank=0, registered_at=NOW)


async def names(database: Database) -> list[str]:
    async with database.reading() as session:
        return list((await session.execute(select(col(PrincipalRow.name)))).scalars())


async def test_migrations_make_exactly_the_tables_that_the_models_declare(stores: Stores):
    engine = _create_engine(stores.settings)

    def differences(connection: Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, SQLModel.metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_migration_that_died_halfway_is_made_whole_by_the_next_opening(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings(home=home)
    with monkeypatch.context() as dying:
        dying.setattr(Operations, "create_index", _die)
        with pytest.raises(KeyboardInterrupt):
            await open_database(settings)
    database = await open_database(settings)
    assert await names(database) == []
    await database.close()


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


async def test_processes_that_open_a_new_home_together_migrate_it_once(home: Path):
    settings = Settings(home=home)
    databases = await asyncio.gather(*(open_database(settings) for _ in range(4)))
    for database in databases:
        assert await names(database) == []
        await database.close()


async def test_what_a_block_wrote_is_gone_when_the_block_raises(stores: Stores):
    async def fail_after_a_write() -> None:
        async with stores.database.writing() as session:
            session.add(principal("ann"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_a_write()
    assert await names(stores.database) == []


async def test_errors_tell_neither_statement_nor_parameters(stores: Stores):
    async def write_twice() -> None:
        async with stores.database.writing() as session:
            session.add(principal("the merger"))
            await session.flush()
            await session.execute(
                text("INSERT INTO principals (name, level_rank) VALUES ('the merger', 1)")
            )

    with pytest.raises(StorageError) as refused:
        await write_twice()
    told = f"{refused.value!r} {refused.value.__cause__!r}"
    assert "merger" not in told
    assert "INSERT" not in told
    assert refused.value.__suppress_context__


async def test_a_write_reads_nothing_that_another_write_changes_before_it_commits(stores: Stores):
    async def count_up() -> None:
        async with stores.database.writing() as session:
            row = await session.get(PrincipalRow, "counter")
            assert row is not None
            before = row.level_rank
            await asyncio.sleep(0)
            row.level_rank = before + 1

    async with stores.database.writing() as session:
        session.add(principal("counter"))
    await asyncio.gather(*(count_up() for _ in range(10)))
    async with stores.database.reading() as session:
        row = await session.get(PrincipalRow, "counter")
    assert row is not None
    assert row.level_rank == 10


async def test_a_reading_session_sees_one_state(stores: Stores):
    async with stores.database.reading() as session:
        everyone = select(col(PrincipalRow.name))
        assert (await session.execute(everyone)).all() == []
        async with stores.database.writing() as other:
            other.add(principal("late"))
        assert (await session.execute(everyone)).all() == []
    assert await names(stores.database) == ["late"]


async def test_one_at_a_time_holds_an_exclusive_lock_however_many_wait(stores: Stores):
    inside: list[int] = []

    async def enter(number: int) -> None:
        async with stores.database.exclusive("test"):
            inside.append(number)
            # Whoever holds the lock must still get a thread and a connection.
            await asyncio.to_thread(os.getpid)
            await names(stores.database)
            assert inside[-1] == number

    async with asyncio.timeout(20):
        await asyncio.gather(*(enter(number) for number in range(40)))
    assert sorted(inside) == list(range(40))


async def test_a_lock_is_held_against_other_processes_of_the_installation(
    stores: Stores, open_home: OpenHome
):
    other = await open_home(database_url=stores.settings.database_url)
    order: list[str] = []

    async def wait() -> None:
        async with other.database.exclusive("test"):
            order.append("second")

    async with stores.database.exclusive("test"):
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.2)
        order.append("first")
    await waiting
    assert order == ["first", "second"]


async def test_a_database_that_is_not_there_is_an_error_that_may_pass(home: Path):
    settings = Settings(home=home, database_url="postgresql://nobody:hush@127.0.0.1:1/none")
    with pytest.raises(TransientStorageError) as refused:
        await open_database(settings)
    assert "hush" not in str(refused.value)


async def test_a_home_may_have_any_name(tmp_path: Path):
    settings = Settings(home=tmp_path / "what? 100% of #1 & more")
    database = await open_database(settings)
    await database.close()
    await (await open_database(settings)).close()
    assert [file.name for file in settings.home.glob("*.sqlite")] == ["diarchy.sqlite"]


def test_a_file_where_the_home_should_be_is_told(home: Path):
    home.write_text("not a folder")
    with pytest.raises(StorageError, match="data folder cannot be used"):
        asyncio.run(open_database(Settings(home=home)))


async def test_all_who_ask_at_once_get_the_one_name_of_the_installation(
    home: Path, database_url: str | None
):
    settings = Settings(home=home, database_url=database_url)
    databases = [await open_database(settings) for _ in range(6)]
    try:
        names = await asyncio.gather(*(database.installation_id() for database in databases))
    finally:
        for database in databases:
            await database.close()

    assert len(set(names)) == 1
    assert len(names[0]) == 32
