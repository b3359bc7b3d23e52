"""Which tables there are: the revision that a database is at, and the way to a later one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

_MIGRATIONS = Path(__file__).parent / "migrations"


def head() -> str:
    """Return the revision that this version of the code works with."""
    return max(_revisions())


def is_known(revision: str) -> bool:
    """Return whether this version of the code can make the tables of *revision*."""
    return revision in _revisions()


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
    from alembic import command  # noqa: PLC0415 - for a database that is not up to date
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        # The driver begins nothing by itself: without this, what dies halfway stays half made.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    command.upgrade(config, revision)


def _revisions() -> set[str]:
    """Return every revision: a file says in its name which one it makes.

    What reads the files themselves takes longer to import than a database to open.
    """
    files = _MIGRATIONS.glob("versions/v*.py")
    return {file.name.partition("_")[0].removeprefix("v") for file in files}
