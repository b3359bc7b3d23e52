"""The truth's tests run on SQLite and on a real PostgreSQL, each in a database of its own."""

from __future__ import annotations

import asyncio

import pytest

from storage.database import open_database
from storage.settings import Settings
from storage.stores import Stores
from tests.postgres_server import PostgresServer
from tests.stores import OpenHome


@pytest.fixture(scope="session")
def migrated_database(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database with empty tables that tests get copies of."""
    name = postgres_server.new_database()
    home = tmp_path_factory.mktemp("migrating")
    settings = Settings(home=home, database_url=postgres_server.url(name))

    async def migrate() -> None:
        await (await open_database(settings)).close()

    asyncio.run(migrate())
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a database with empty tables; None stands for SQLite in the home."""
    if request.param == "sqlite":
        return None
    server: PostgresServer = request.getfixturevalue("postgres_server")
    migrated: str = request.getfixturevalue("migrated_database")
    return server.url(server.new_database(template=migrated))


@pytest.fixture
async def stores(open_home: OpenHome, database_url: str | None) -> Stores:
    """Stores whose truth lies in each of the databases in turn."""
    return await open_home(database_url=database_url)
