"""The SQL database: SQLite in the home by default, PostgreSQL by URL.

Transactions are short and retried by the caller. A database that is locked, gone or full raises
`TransientStorageError` or `StorageError` with no statement and no parameter in the message, because
both may hold content.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from filelock import AsyncFileLock, Timeout
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Row,
    Select,
    TextClause,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from domain.errors import StorageError, TransientStorageError
from storage import schema
from storage.settings import Settings
from storage.tables import InstallationRow

T = TypeVar("T")

SQLITE_FILE = "diarchy.sqlite"
_LOCK_WAIT_SECONDS = 600
_WRITE_LOCK = 0x44494152
_ONE_STATE: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}


class Database:
    """One connection pool, bound to the event loop that uses it."""

    def __init__(self, engine: AsyncEngine, engine_in_threads: Engine, *, home: Path) -> None:
        self._engine = engine
        self._engine_in_threads = engine_in_threads
        self._home = home
        self._locks: dict[str, asyncio.Lock] = {}
        self._installation_id: str | None = None

    @property
    def is_sqlite(self) -> bool:
        """Whether the truth is a SQLite file in the home."""
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """A session whose reads see one state; nothing is committed."""
        with _translated_errors():
            async with AsyncSession(self._engine, expire_on_commit=False) as session:
                if self.is_sqlite:
                    await session.execute(text("BEGIN"))
                else:
                    await session.connection(execution_options=_ONE_STATE)
                yield session

    async def rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        """Return the rows of one statement, which sees one state by itself.

        In one go in a thread: an async driver goes to and fro for each of its steps, which takes
        longer than a short statement.
        """
        return await asyncio.to_thread(self._rows, statement)

    def _rows(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        with _translated_errors(), self._engine_in_threads.connect() as connection:
            outside = connection.execution_options(isolation_level="AUTOCOMMIT")
            return outside.execute(statement).all()

    async def write(self, change: Callable[[Session], None]) -> None:
        """Make a short *change* in a transaction as `writing` does, in one go in a thread."""
        await asyncio.to_thread(self._write, change)

    def _write(self, change: Callable[[Session], None]) -> None:
        with _translated_errors(), Session(self._engine_in_threads) as session, session.begin():
            session.execute(self._take_write_lock)
            change(session)

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession]:
        """A transaction that commits when the block ends and rolls back when it raises.

        It takes the installation's write lock at its start, so that what it reads cannot change
        before what it writes.
        """
        with _translated_errors():
            async with (
                AsyncSession(self._engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                await session.execute(self._take_write_lock)
                yield session

    @property
    def _take_write_lock(self) -> TextClause:
        lock = f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})"
        return text("BEGIN IMMEDIATE" if self.is_sqlite else lock)

    @asynccontextmanager
    async def exclusive(self, name: str) -> AsyncGenerator[None]:
        """Hold the lock *name* across all processes of this installation."""
        hold = self._file_lock if self.is_sqlite else self._advisory_lock
        # Of this process only one waits outside: many would take up every connection of the pool,
        # and the one that holds the lock could not finish.
        async with self._locks.setdefault(name, asyncio.Lock()), hold(name):
            yield

    @asynccontextmanager
    async def _file_lock(self, name: str) -> AsyncGenerator[None]:
        path = self._home / f"{name}.lock"
        lock = AsyncFileLock(path, timeout=_LOCK_WAIT_SECONDS, mode=0o600, run_in_executor=False)
        try:
            # The lock takes a folder that it may not write in for one that another process holds.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            await lock.acquire()
        except Timeout as error:
            raise TransientStorageError(f"another process holds the {name} lock") from error
        except OSError as error:
            raise StorageError(f"the {name} lock cannot be taken: {error.strerror}") from error
        try:
            yield
        finally:
            await lock.release()

    @asynccontextmanager
    async def _advisory_lock(self, name: str) -> AsyncGenerator[None]:
        key = {"name": f"diarchy:{name}"}
        with _translated_errors():
            async with self._engine.connect() as connection:
                # Held for hours, a transaction would keep the server from tidying up.
                outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await outside.execute(text("SELECT pg_advisory_lock(hashtext(:name))"), key)
                try:
                    yield
                finally:
                    await outside.execute(text("SELECT pg_advisory_unlock(hashtext(:name))"), key)

    async def migrate(self, revision: str = "head") -> None:
        """Bring the tables up to *revision*; a table that is there already stays."""
        with _translated_errors():
            if await schema.find_revision(self._engine) not in {revision, schema.head()}:
                async with self.exclusive("migrations"), self._engine.connect() as connection:
                    await connection.run_sync(partial(schema.upgrade, revision=revision))
                    await connection.commit()

    async def check_schema(self) -> str:
        """Return the revision of the tables. Raises `StorageError` when it is not this version's own."""
        with _translated_errors():
            async with self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
            found = await schema.find_revision(self._engine)
        if found is None or found != schema.head():
            raise StorageError(
                f"its tables are at revision {found or 'none'}, this version needs {schema.head()}; "
                "stop what runs another version, then run: diarchy migrate"
            )
        return found

    async def installation_id(self) -> str:
        """Return the random name of this installation, which the first who asks gives it.

        Installations that share a Redis server keep their keys apart by it.
        """
        if self._installation_id is None:
            async with self.reading() as session:
                row = await session.get(InstallationRow, 1)
            self._installation_id = row.installation_id if row else await self._name_installation()
        return self._installation_id

    async def _name_installation(self) -> str:
        async with self.writing() as session:
            # Under the write lock: whoever came first has committed by now.
            row = await session.get(InstallationRow, 1)
            if row is None:
                row = InstallationRow(only=1, installation_id=uuid.uuid4().hex)
                session.add(row)
            return row.installation_id

    async def with_snapshot(self, read: Callable[[Connection], T]) -> T:
        """Return what *read* makes of one state of the database, in a thread; others may write on."""

        def run() -> T:
            with _translated_errors(), self._engine_in_threads.connect() as connection:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                    return read(connection)
                return read(connection.execution_options(**_ONE_STATE))

        return await asyncio.to_thread(run)

    async def with_changes(self, change: Callable[[Connection], None]) -> None:
        """Make a long *change* in one transaction, in a thread."""

        def run() -> None:
            with _translated_errors(), self._engine_in_threads.begin() as connection:
                connection.execute(self._take_write_lock)
                change(connection)

        await asyncio.to_thread(run)

    async def vacuum(self) -> None:
        """Rewrite the files so that nothing of a deleted row stays in them."""
        with _translated_errors():
            async with self._engine.connect() as connection:
                outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
                if self.is_sqlite:
                    await outside.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                    await outside.execute(text("VACUUM"))
                    await outside.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                else:
                    await outside.execute(text("VACUUM FULL"))

    async def close(self) -> None:
        """Close the pools."""
        await self._engine.dispose()
        await asyncio.to_thread(self._engine_in_threads.dispose)


async def open_database(settings: Settings) -> Database:
    """Open the database and bring its tables up to date."""
    make_home(settings)
    database = make_database(settings)
    try:
        await database.migrate()
    except BaseException:
        await database.close()
        raise
    return database


async def connect_database(settings: Settings) -> Database:
    """Open the database as it stands. Raises `StorageError` where its tables are not those of this version."""
    if settings.database_url is None and not (settings.home / SQLITE_FILE).is_file():
        raise StorageError(
            "there is no database yet; the first command that stores something makes it"
        )
    database = make_database(settings)
    try:
        await database.check_schema()
    except BaseException:
        await database.close()
        raise
    return database


def make_home(settings: Settings) -> None:
    """Make the home where there is none, for its owner alone. Raises `StorageError`."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"the data folder cannot be used: {error.strerror}") from error


def make_database(settings: Settings) -> Database:
    """Return the database, of which nothing is opened or changed yet."""
    engine = _create_engine(settings)
    return Database(engine, _create_engine_in_threads(settings), home=settings.home)


def _create_engine(settings: Settings) -> AsyncEngine:
    url = _url(settings)
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(url, connect_args={"timeout": 60}, hide_parameters=True)
    _set_pragmas_of(engine.sync_engine)
    return engine


def _create_engine_in_threads(settings: Settings) -> Engine:
    url = _url(settings)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url.set(drivername="sqlite"), connect_args={"timeout": 60}, hide_parameters=True
    )
    _set_pragmas_of(engine)
    return engine


def _set_pragmas_of(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:  # pyright: ignore[reportUnusedFunction] - the event calls it
        # SQLAlchemy issues its own BEGIN; the driver must not issue another one lazily.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "busy_timeout=60000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _url(settings: Settings) -> URL:
    """Return the database URL with the driver that Diarchy uses."""
    if settings.database_url is None:
        return URL.create("sqlite+aiosqlite", database=str(settings.home / SQLITE_FILE))
    _, separator, rest = settings.database_url.partition("://")
    driver = "sqlite+aiosqlite" if settings.uses_sqlite else "postgresql+psycopg"
    return make_url(f"{driver}{separator}{rest}")


class _translated_errors:  # noqa: N801 - reads as a function where it is used
    """Turn the driver's errors into ours, without the statement and its parameters."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OperationalError):
            raise TransientStorageError(f"the database did not answer: {_cause(error)}") from None
        if isinstance(error, PoolTimeoutError):
            raise TransientStorageError("too much asks the database at once") from None
        if isinstance(error, SQLAlchemyError):
            raise StorageError(f"the database failed: {type(error).__name__}") from None


def _cause(error: OperationalError) -> str:
    """Name the driver's complaint; SQLite's are short and hold no values, PostgreSQL's may."""
    complaint = str(error.orig)
    known = (
        "database is locked",
        "disk is full",
        "readonly database",
        "unable to open",
        "disk I/O",
    )
    return next((words for words in known if words in complaint), type(error.orig).__name__)
