"""Parquet files by polars, scanned lazily in slices that a fixed amount of memory holds.

Slices and not a stream of batches: the streaming engine runs ahead of a slow reader and was seen
to hold four times as much. A null is a missing field.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from storage.source_files.places import problem
from storage.source_files.rows import Row, check_columns

FIRST_SLICE_ROWS = 1_000
MAX_SLICE_ROWS = 20_000
SLICE_BYTES = 32_000_000
_MAGIC = b"PAR1"


def read_parquet(path: Path) -> Iterator[Row]:
    """Yield the rows of *path*; raise `InvalidRecord` when it is no Parquet file or breaks off."""
    _check_is_whole(path)
    try:
        # A path such as year=2026/a.parquet names no columns here, and [1] in a name is no pattern.
        scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        names = scan.collect_schema().names()
    except pl.exceptions.PolarsError:
        raise problem(path, "is not a Parquet file that can be read") from None
    check_columns(path, names)
    yield from _rows(path, scan)


def _check_is_whole(path: Path) -> None:
    """Raise unless the file begins and ends as Parquet: one that was cut off has lost its end."""
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
        if not start:
            raise problem(path, "is empty")
        size = file.seek(0, 2)
        file.seek(max(0, size - len(_MAGIC)))
        if start != _MAGIC or file.read() != _MAGIC:
            raise problem(path, "is not a whole Parquet file")


def _rows(path: Path, scan: pl.LazyFrame) -> Iterator[Row]:
    number = 0
    height = FIRST_SLICE_ROWS
    while True:
        try:
            rows = scan.slice(number, height).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            yield problem(path, f"cannot be read any further after row {number}")
            return
        if not rows.height:
            return
        height = _next_height(rows)
        for row in rows.iter_rows(named=True):
            number += 1
            yield number, {name: value for name, value in row.items() if value is not None}


def _next_height(rows: pl.DataFrame) -> int:
    row_bytes = max(1, int(rows.estimated_size()) // rows.height)
    return max(1, min(MAX_SLICE_ROWS, SLICE_BYTES // row_bytes))
