"""Reading files as batches of raw records, whatever their kind.

A batch holds at most so many records and, but for one very long record, so much text: a million
rows pass through without ever sitting in memory together, and so do a hundred rows of five
megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from domain.errors import InvalidRecord
from domain.records import RawRecord
from storage.source_files.csv_rows import read_csv
from storage.source_files.documents import read_document
from storage.source_files.json_rows import read_json_lines
from storage.source_files.parquet_rows import read_parquet
from storage.source_files.places import (
    DOCUMENT_SUFFIXES,
    JSON_LINES_SUFFIXES,
    SUPPORTED_SUFFIXES,
    TABLE_SUFFIXES,
    cannot_be_read,
    identity,
    problem,
    shown,
    sidecars,
    suffix,
)
from storage.source_files.rows import Row

MAX_BATCH_CHARACTERS = 8_000_000


def read_records(
    path: Path, *, batch_size: int = 1000
) -> Iterator[list[RawRecord | InvalidRecord]]:
    """Yield the records of *path* in order, up to *batch_size* at a time, bad ones in their place.

    Never raises for what is wrong with the file: that is an `InvalidRecord` too, with no row.
    """
    yield from read_files([path], batch_size=batch_size)


def read_files(
    paths: Iterable[Path], *, batch_size: int = 1000
) -> Iterator[list[RawRecord | InvalidRecord]]:
    """Yield the records of *paths* as `read_records` does, those of small files in one batch."""
    batch: list[RawRecord | InvalidRecord] = []
    characters = 0
    for record in chain.from_iterable(map(_records, paths)):
        batch.append(record)
        characters += 0 if isinstance(record, InvalidRecord) else _length(record)
        if len(batch) >= batch_size or characters >= MAX_BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _length(record: RawRecord) -> int:
    return sum(len(value) for value in record.fields.values() if isinstance(value, str))


def _records(path: Path) -> Iterator[RawRecord | InvalidRecord]:
    try:
        if suffix(path) in DOCUMENT_SUFFIXES:
            yield read_document(path)
        elif suffix(path) in TABLE_SUFFIXES:
            yield from _table_records(path)
        else:
            kinds = ", ".join(sorted(SUPPORTED_SUFFIXES))
            yield problem(path, f"is of no kind that is read; those are {kinds}")
    except InvalidRecord as error:
        # A fresh one: the raised one holds on to its frames, and they to the file's text.
        yield problem(path, error.reason, row=error.row, field=error.field)
    except (OSError, ValueError) as error:
        yield problem(path, cannot_be_read(error))


def _table_records(path: Path) -> Iterator[RawRecord | InvalidRecord]:
    for sidecar in sidecars(path):
        raise problem(
            sidecar, "describes a file of rows; only a document can have a file that describes it"
        )
    read = _row_reader(path)
    file, this = shown(path), identity(path)
    found = False
    for row in read(path):
        found = True
        if isinstance(row, InvalidRecord):
            yield row
        else:
            number, fields = row
            yield RawRecord(file=file, row=number, fields=fields, identity=this)
    if not found:
        raise problem(path, "holds no rows")


def _row_reader(path: Path) -> Callable[[Path], Iterator[Row]]:
    if suffix(path) in JSON_LINES_SUFFIXES:
        return read_json_lines
    return read_csv if suffix(path) == ".csv" else read_parquet
