"""JSON Lines files: one JSON object a line, named as a knowledge item's fields.

Read line by line and not as columns: a broken line is then one refused row, and the values nested
in `metadata` stay as they were written instead of taking the shape of all the others. A row with
`_id` and `text`, as retrieval collections write them, counts these as `knowledge_id` and
`content`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Never, TextIO, cast

from domain.records import shown_field_name
from storage.source_files.places import problem
from storage.source_files.rows import MAX_LINE_CHARACTERS, NOT_UTF8, Row, is_decoded, open_text


def read_json_lines(path: Path) -> Iterator[Row]:
    """Yield the rows of *path*; the row number is the number of the line."""
    with open_text(path, newline="\n") as stream:
        try:
            for number, line in enumerate(_lines(stream), start=1):
                if line is None:
                    reason = f"is longer than {MAX_LINE_CHARACTERS} characters"
                    yield problem(path, reason, row=number)
                elif not is_decoded(line):
                    yield problem(path, NOT_UTF8, row=number)
                elif not line.isspace():
                    yield _row(path, number, line)
        except UnicodeDecodeError:
            yield problem(path, "breaks off in the middle of a character")


def _lines(stream: TextIO) -> Iterator[str | None]:
    """Yield each line, or None for one too long to be held in memory."""
    while line := stream.readline(MAX_LINE_CHARACTERS):
        if len(line) < MAX_LINE_CHARACTERS or line.endswith("\n"):
            yield line
            continue
        while line and not line.endswith("\n"):
            line = stream.readline(MAX_LINE_CHARACTERS)
        yield None


def _row(path: Path, number: int, line: str) -> Row:
    try:
        value = json.loads(
            line, object_pairs_hook=_object_of_unique_keys, parse_constant=_refuse_constant
        )
    except _DuplicateKeyError as error:
        return problem(path, "is there twice", row=number, field=shown_field_name(error.key))
    except _NotANumberError:
        return problem(path, "must not hold NaN or Infinity", row=number)
    except json.JSONDecodeError as error:
        return problem(path, f"is not valid JSON at character {error.colno}", row=number)
    except (ValueError, RecursionError):
        return problem(path, "is nested too deep or holds too long a number", row=number)
    if not isinstance(value, dict):
        return problem(path, "must be a JSON object", row=number)
    return number, _with_own_names(cast("dict[str, Any]", value))


def _with_own_names(fields: dict[str, Any]) -> dict[str, Any]:
    """Return *fields* with `_id` and `text`, when both are there and mean something, renamed."""
    if "_id" not in fields or "text" not in fields:
        return fields
    if "knowledge_id" in fields or "content" in fields:
        return fields
    return {_OWN_NAMES.get(name, name): value for name, value in fields.items()}


_OWN_NAMES = {"_id": "knowledge_id", "text": "content"}


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__("the same key twice in one object")
        self.key = key


class _NotANumberError(ValueError):
    """NaN and the infinities are no JSON."""


def _object_of_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKeyError(next(name for name in names if names.count(name) > 1))
    return found


def _refuse_constant(_: str) -> Never:
    raise _NotANumberError
