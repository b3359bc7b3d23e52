"""What files of rows have in common: numbered rows, known columns, decoding row by row.

Row numbers count every data row from 1, blank and bad ones too, so that a report points to the
right place in a spreadsheet (there one further down, below the header) or an editor.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from domain.errors import InvalidRecord
from domain.record_fields import CONVERTERS
from domain.records import shown_field_name
from storage.source_files.places import problem

Row = InvalidRecord | tuple[int, dict[str, Any]]
"""A row that cannot be read, or its number and its raw fields."""

MAX_LINE_CHARACTERS = 64_000_000
NOT_UTF8 = "is not UTF-8; save the file as UTF-8 (UTF-16 with a byte order mark is read too)"


def open_text(path: Path, *, newline: str) -> TextIO:
    """Open *path* as UTF-8, or as UTF-16 where its byte order mark says so.

    Bytes that are not UTF-8 come back as lone surrogates: `is_decoded` tells, row by row, instead
    of an error that ends the file.
    """
    with path.open("rb") as file:
        start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return path.open(encoding="utf-16", errors="surrogatepass", newline=newline)
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline=newline)


def is_decoded(text: str) -> bool:
    """Whether *text* was valid in the file's encoding."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_columns(path: Path, names: Sequence[str]) -> None:
    """Raise `InvalidRecord` for the first column that is nameless, unknown or there twice.

    One refusal for the file, not one a row: the columns are wrong for all of them.
    """
    if not any(name in CONVERTERS for name in names):
        raise problem(
            path, "must name its columns as a knowledge item's fields, separated by commas"
        )
    for number, name in enumerate(names, start=1):
        if name not in CONVERTERS:
            raise problem(
                path,
                f"column {number} is not a field of a knowledge item",
                field=shown_field_name(name),
            )
        if name in names[: number - 1]:
            raise problem(path, f"column {number} is there twice", field=name)
