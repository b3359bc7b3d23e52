"""Files of many queries: a JSON object with `_id` and `text` a line, in JSONL.

A line that is not one is reported with its place and the rest go on; so is one bad line among a
million no reason to lose the others' answers.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from domain.errors import InvalidRecord

if TYPE_CHECKING:
    from storage.knowledge_base import SearchQuery

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a file."""

    query_id: str
    asked: SearchQuery


@contextmanager
def open_queries(
    file: Path, query: Callable[[str], SearchQuery]
) -> Generator[Iterator[Query | InvalidRecord]]:
    """Give the lines of *file* in order, each as a query or as what is wrong with it."""
    if file == STANDARD_INPUT:
        yield _parsed(sys.stdin.buffer, "standard input", query)
    else:
        with file.open("rb") as lines:
            yield _parsed(lines, str(file), query)


def in_batches(
    lines: Iterator[Query | InvalidRecord], *, size: int
) -> Iterator[list[Query | InvalidRecord]]:
    """Group *lines* without holding more than *size* of them."""
    while batch := list(itertools.islice(lines, size)):
        yield batch


def _parsed(
    lines: Iterable[bytes], name: str, query: Callable[[str], SearchQuery]
) -> Iterator[Query | InvalidRecord]:
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            fields = _fields(line)
            text = _text_field(fields, "text")
            yield Query(query_id=_text_field(fields, "_id"), asked=query(text))
        except _Unfit as error:
            yield InvalidRecord(file=name, row=row, field=error.field, reason=error.reason)
        except ValidationError as error:
            reason = error.errors(include_input=False, include_url=False)[0]["msg"]
            yield InvalidRecord(file=name, row=row, field="text", reason=reason)


class _Unfit(Exception):
    def __init__(self, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def _fields(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _Unfit(None, "must be UTF-8") from None
    except (ValueError, RecursionError):
        raise _Unfit(None, "must be one JSON object") from None
    if not isinstance(value, dict):
        raise _Unfit(None, "must be one JSON object")
    return cast("dict[str, Any]", value)


def _text_field(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise _Unfit(name, "must be a text that is not empty")
    return value
