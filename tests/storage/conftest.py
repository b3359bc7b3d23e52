"""The truth's tests run on SQLite and on a real PostgreSQL, each in a database of its own."""

from __future__ import annotations

import pytest

from storage.stores import Stores
from tests.stores import OpenHome


@pytest.fixture
async def stores(open_home: OpenHome, database_url: str | None) -> Stores:
    """Stores whose truth lies in each of the databases in turn."""
    return await open_home(database_url=database_url)
