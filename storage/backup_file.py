"""The file of a backup: a header, then each table with its rows, then how many there were; gzip of JSON lines.

It holds every text of every level in clear, as the database does, so it is made readable by its owner
alone. It knows no database: one made from SQLite is restored into PostgreSQL too, and back.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from domain.errors import Conflict, StorageError
from domain.model import FrozenModel, UtcDatetime, as_aware_utc


class ValueKind(StrEnum):
    """How a column's values stand in the file."""

    PLAIN = "plain"
    TIME = "time"
    JSON = "json"
    BYTES = "bytes"


class TableHeader(FrozenModel):
    """A table that begins; its rows follow, a line each."""

    table: str
    columns: tuple[tuple[str, ValueKind], ...]


class BackupHeader(FrozenModel):
    """What the backup is of."""

    format: Literal["diarchy-backup"] = "diarchy-backup"
    version: Literal[1] = 1
    revision: str
    """Of the tables."""
    made_at: UtcDatetime
    sealing_keys: tuple[str, ...]
    """Fingerprints of the keys that the installation seals with; none of them stands in the file."""


class BackupEnd(FrozenModel):
    """How many rows each table has; without it, the file is not whole."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        """The rows of all tables."""
        return sum(self.rows.values())


Row = tuple[Any, ...]


class DumpedTable(NamedTuple):
    """A table with its rows, in the order of the columns."""

    header: TableHeader
    rows: Iterable[Row]


def write_backup(path: Path, header: BackupHeader, tables: Iterable[DumpedTable]) -> BackupEnd:
    """Write the backup at *path*, whole or not at all. Raises `Conflict` where a file is there already."""
    if path.exists():
        raise Conflict(f"{path} exists already; give the name of a new file, or a folder")
    counts: dict[str, int] = {}
    with _private_draft(path) as draft, gzip.open(draft, "wt", encoding="ascii") as file:
        file.write(header.model_dump_json() + "\n")
        for table in tables:
            kinds = [kind for _, kind in table.header.columns]
            file.write(table.header.model_dump_json() + "\n")
            counts[table.header.table] = 0
            for row in table.rows:
                values = [_encode(kind, value) for kind, value in zip(kinds, row, strict=True)]
                file.write(json.dumps(values, separators=(",", ":")) + "\n")
                counts[table.header.table] += 1
        end = BackupEnd(rows=counts)
        file.write(end.model_dump_json() + "\n")
    return end


def read_header(path: Path) -> BackupHeader:
    """Return what the backup is of. Raises `StorageError` when it is none that this version reads."""
    with _open(path) as file:
        try:
            return BackupHeader.model_validate_json(next(file, ""))
        except ValidationError:
            raise StorageError(f"{path} is no backup that this version reads") from None


def check_backup(path: Path) -> BackupEnd:
    """Read all of it and return how many rows it has. Raises `StorageError` when it is not whole."""
    read_header(path)
    counts: dict[str, int] = {}
    table = ""
    with _open(path) as file:
        next(file)
        for line in file:
            if line.startswith('{"table"'):
                table = TableHeader.model_validate_json(line).table
                counts[table] = 0
            elif line.startswith('{"rows"'):
                end = BackupEnd.model_validate_json(line)
                if end.rows == counts and not next(file, ""):
                    return end
                break
            else:
                counts[table] += 1
    raise StorageError(f"{path} is not whole: take another backup")


def read_tables(path: Path, use: Callable[[TableHeader, Iterable[Row]], None]) -> None:
    """Hand each table with its rows to *use*, which reads all of them. Check the backup first."""
    with _open(path) as file:
        next(file)
        line = next(file)
        while line.startswith('{"table"'):
            header = TableHeader.model_validate_json(line)
            following: list[str] = []
            use(header, _rows(file, [kind for _, kind in header.columns], following))
            (line,) = following


def _rows(file: Iterable[str], kinds: list[ValueKind], following: list[str]) -> Generator[Row]:
    """Yield the rows up to the next line that is none, which goes into *following*."""
    for line in file:
        if not line.startswith("["):
            following.append(line)
            return
        values = json.loads(line)
        yield tuple(_decode(kind, value) for kind, value in zip(kinds, values, strict=True))


def _encode(kind: ValueKind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case ValueKind.TIME:
            moment: datetime = value
            # SQLite keeps UTC without saying so.
            return moment.isoformat() if moment.tzinfo else f"{moment.isoformat()}+00:00"
        case ValueKind.BYTES:
            return base64.b64encode(value).decode()
        case _:
            return value


def _decode(kind: ValueKind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case ValueKind.TIME:
            return as_aware_utc(datetime.fromisoformat(value))
        case ValueKind.BYTES:
            return base64.b64decode(value)
        case _:
            return value


@contextmanager
def _open(path: Path) -> Generator[Any]:
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            yield file
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is damaged or no backup"
        raise StorageError(f"{path} cannot be read: {told}") from None


@contextmanager
def _private_draft(path: Path) -> Generator[Any]:
    """Give a file, mode 0600, that appears at *path* once it is whole and on the disk."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}.")
        draft = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
