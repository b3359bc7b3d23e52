"""CSV files, a row at a time: commas, double quotes, the first row names the columns.

The standard library's reader and not a columnar one: a row with too few fields must be told from
one whose last fields are empty, and a stray quote must cost its own row and not the file. Cells
are texts; an empty cell is a missing field; a row of empty cells is no record.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from domain.knowledge import MAX_CONTENT_LENGTH
from storage.source_files.places import problem
from storage.source_files.rows import (
    MAX_LINE_CHARACTERS,
    NOT_UTF8,
    Row,
    check_columns,
    is_decoded,
    open_text,
)

_NOT_CSV = "is not well-formed CSV: see to its quotes"


def read_csv(path: Path) -> Iterator[Row]:
    """Yield the data rows of *path*; raise `InvalidRecord` when its header is not usable."""
    csv.field_size_limit(MAX_CONTENT_LENGTH)
    with open_text(path, newline="") as stream:
        records = _records(stream)
        header = _header(path, records)
        try:
            for number, cells in enumerate(records, start=1):
                if cells is None:
                    yield problem(path, _NOT_CSV, row=number)
                elif any(cells):
                    yield _row(path, number, header, cells)
        except UnicodeDecodeError:
            yield problem(path, "breaks off in the middle of a character")


def _header(path: Path, records: Iterator[list[str] | None]) -> list[str]:
    try:
        cells = next(records, [])
    except UnicodeDecodeError:
        raise problem(path, NOT_UTF8) from None
    if cells is None:
        raise problem(path, _NOT_CSV)
    if not cells:
        raise problem(path, "is empty: its first line must name the columns")
    header = [cell.strip() for cell in cells]
    check_columns(path, header)
    return header


def _row(path: Path, number: int, header: list[str], cells: list[str]) -> Row:
    if len(cells) != len(header):
        reason = f"has {len(cells)} fields where the header names {len(header)}"
        return problem(path, reason, row=number)
    fields = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
    if not is_decoded("".join(cells)):
        name = next(name for name, cell in fields.items() if not is_decoded(cell))
        return problem(path, NOT_UTF8, row=number, field=name)
    return number, fields


def _records(stream: TextIO) -> Iterator[list[str] | None]:
    """Yield the cells of each record, [] for a blank line, None for a malformed record.

    A quote that is never closed would swallow the rows that follow: after a malformed record
    reading goes on at the line after the one where that record began.
    """
    lines = _Lines(stream)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.begin_record()
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            lines.return_to_second_line()
            yield None


class _Lines:
    """The lines of a stream, with a way back to the second line of the record being read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._ahead: deque[str] = deque()
        self._record: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._stream.readline(MAX_LINE_CHARACTERS)
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE_CHARACTERS and not line.endswith(("\n", "\r")):
            self._skip_rest_of_line()
            raise csv.Error
        self._record.append(line)
        return line

    def _skip_rest_of_line(self) -> None:
        while line := self._stream.readline(MAX_LINE_CHARACTERS):
            if line.endswith(("\n", "\r")):
                return

    def begin_record(self) -> None:
        self._record.clear()

    def return_to_second_line(self) -> None:
        self._ahead.extendleft(reversed(self._record[1:]))
