"""Backing up the truth, and bringing it back into a database without any rows.

A backup sees one state of the database, however much is written meanwhile. The index is left out, for it
is made from the truth, and so is Redis. Restored epochs are moved far ahead: what was cached, and which
events were published, after the backup was made belongs to a history that is no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, MetaData, Table, func, insert, select, text
from sqlalchemy import types as sql_types

from domain.clearance import ConfidentialityLevel
from domain.errors import Conflict, StorageError
from storage import schema
from storage.audit import AuditAction, AuditLog, AuditOutcome
from storage.backup_file import (
    BackupEnd,
    BackupHeader,
    DumpedTable,
    Row,
    TableHeader,
    ValueKind,
    check_backup,
    read_header,
    read_tables,
    write_backup,
)
from storage.database import connect_database, make_database, make_home, open_database
from storage.sealing import known_fingerprints
from storage.settings import Settings

_ROWS_AT_ONCE = 500
_REVISION_TABLE = "alembic_version"
_NAMES_ITSELF = "installation"
_EPOCHS = "level_epochs"


async def back_up(settings: Settings, path: Path) -> BackupEnd:
    """Write the truth of the installation to the file *path*, or to a new one in the folder *path*."""
    database = await connect_database(settings)
    try:
        header = BackupHeader(
            revision=await database.check_schema(),
            made_at=settings.tell_time(),
            sealing_keys=known_fingerprints(settings),
        )
        return await database.with_snapshot(
            lambda connection: write_backup(path, header, _dump(connection))
        )
    finally:
        await database.close()


async def restore(settings: Settings, path: Path) -> BackupEnd:
    """Bring the backup at *path* into the installation that *settings* describe, which has no rows yet.

    All of it or nothing. Run a reindex afterwards. Raises `Conflict` where there are rows, `StorageError`
    where the file is not whole or was made by a later version.
    """
    header = await asyncio.to_thread(read_header, path)
    end = await asyncio.to_thread(check_backup, path)
    if not schema.is_known(header.revision):
        raise StorageError(
            f"{path} was made by a later version of Diarchy; restore it with that one"
        )
    make_home(settings)
    database = make_database(settings)
    try:
        await database.migrate(header.revision)
        await database.with_changes(
            lambda connection: _load(connection, path, header, settings.tell_time())
        )
        await database.migrate()
    finally:
        await database.close()
    await _record(settings, header, end)
    return end


async def _record(settings: Settings, header: BackupHeader, end: BackupEnd) -> None:
    database = await open_database(settings)
    try:
        audit = AuditLog(database, clock=settings.tell_time)
        detail = {"backup_made_at": header.made_at.isoformat(), "rows": end.total}
        await audit.record("registry", AuditAction.RESTORE, AuditOutcome.ALLOWED, detail)
    finally:
        await database.close()


def _tables(connection: Connection) -> list[Table]:
    """Return the tables as they are in the database, those first that others refer to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != _REVISION_TABLE]


def _dump(connection: Connection) -> Generator[DumpedTable]:
    for table in _tables(connection):
        columns = tuple((column.name, _kind(column.type)) for column in table.columns)
        order = list(table.primary_key.columns)
        found = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
            select(table).order_by(*order)
        )
        yield DumpedTable(
            TableHeader(table=table.name, columns=columns), (tuple(row) for row in found)
        )


def _kind(column_type: Any) -> ValueKind:
    if isinstance(column_type, sql_types.DateTime):
        return ValueKind.TIME
    if isinstance(column_type, sql_types.JSON):
        return ValueKind.JSON
    if isinstance(column_type, sql_types.LargeBinary):
        return ValueKind.BYTES
    return ValueKind.PLAIN


def _load(connection: Connection, path: Path, header: BackupHeader, now: datetime) -> None:
    tables = {table.name: table for table in _tables(connection)}
    revision = connection.execute(text(f"SELECT version_num FROM {_REVISION_TABLE}")).scalar_one()  # noqa: S608 - a name of our own
    if revision != header.revision:
        raise Conflict(
            f"the database's tables are at revision {revision}, the backup's at {header.revision}; "
            "restore into a database without tables"
        )
    for table in tables.values():
        if (
            table.name != _NAMES_ITSELF
            and connection.execute(select(func.count()).select_from(table)).scalar_one()
        ):
            raise Conflict(
                f"there are rows in {table.name} already; restore into an empty home, or a new database"
            )
    connection.execute(tables[_NAMES_ITSELF].delete())

    def insert_rows(told: TableHeader, rows: Iterable[Row]) -> None:
        names = [name for name, _ in told.columns]
        for some in _in_pieces(rows):
            connection.execute(
                insert(tables[told.table]), [dict(zip(names, row, strict=True)) for row in some]
            )

    read_tables(path, insert_rows)
    _move_epochs_ahead(connection, tables[_EPOCHS], now)
    if connection.dialect.name == "postgresql":
        _move_sequences(connection, tables.values())


def _in_pieces(rows: Iterable[Row]) -> Generator[Sequence[Row]]:
    left = iter(rows)
    while piece := list(islice(left, _ROWS_AT_ONCE)):
        yield piece


def _move_epochs_ahead(connection: Connection, table: Table, now: datetime) -> None:
    """Give every level an epoch that no history after the backup can have reached.

    Milliseconds since 1970: a level moves on far less often, and a later restore is further ahead.
    """
    pairs = connection.execute(select(table.c.level_rank, table.c.epoch)).tuples()
    stored: dict[int, int] = dict(pairs.all())
    ahead = int(now.timestamp() * 1000)
    connection.execute(table.delete())
    rows = [
        {"level_rank": level.rank, "epoch": max(stored.get(level.rank, 0) + 1, ahead)}
        for level in ConfidentialityLevel
    ]
    connection.execute(insert(table), rows)


def _move_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Let keys that count up go on behind those that were brought back."""
    for table in tables:
        for column in table.primary_key.columns:
            name = connection.execute(
                select(func.pg_get_serial_sequence(table.name, column.name))
            ).scalar_one_or_none()
            if name is not None:
                highest = cast(
                    "int | None", connection.execute(select(func.max(column))).scalar_one_or_none()
                )
                if highest is not None:
                    connection.execute(select(func.setval(name, highest)))
