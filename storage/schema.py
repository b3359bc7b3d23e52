"""Which tables there are: the revision that a database is at, and the way to a later one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

_MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str | None:
    """Return the revision that this version of the code works with."""
    return _scripts().get_current_head()


def is_known(revision: str) -> bool:
    """Return whether this version of the code can make the tables of *revision*."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


async def find_revision(engine: AsyncEngine) -> str | None:
    """Return the revision that the tables are at; None where there are none."""
    try:
        async with engine.connect() as connection:
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            return found.scalar_one_or_none()
    except DBAPIError:
        return None


def upgrade(connection: Any, revision: str) -> None:
    """Bring the tables up to *revision* in the transaction of *connection*."""
    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        # The driver begins nothing by itself: without this, what dies halfway stays half made.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    command.upgrade(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
