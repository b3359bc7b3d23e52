"""What a field of a raw record may look like, and the typed value that it stands for.

Files say the same thing in many ways: a level as "Top Secret", a priority as "7", tags as "a;b".
Each converter here takes one raw value and returns the typed one, or raises `ValueError` with a
sentence that says what was expected. The sentence never repeats the value: it ends up in logs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar, cast

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory
from domain.model import as_aware_utc

MAX_METADATA_LENGTH = 1_000_000
"""Characters of all keys and texts in one item's metadata together."""

MAX_METADATA_DEPTH = 32

_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?[Zz]| ?[+-]\d{2}:?\d{2})?"
)
_DATE_ONLY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_ID_NUMBER = 10**30

Label = TypeVar("Label", bound=StrEnum)


def as_level(value: object) -> ConfidentialityLevel:
    """Return the level; case, spaces and hyphens do not matter."""
    return _as_label(value, _LEVELS)


def as_category(value: object) -> KnowledgeCategory:
    """Return the category; case, spaces and hyphens do not matter."""
    return _as_label(value, _CATEGORIES)


def as_priority(value: object) -> int:
    if isinstance(value, str):
        text = value.strip()
        if text.isascii() and text.isdecimal() and len(text) <= len("10"):
            value = int(text)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10:  # noqa: PLR2004 the scale's ends, as the sentence below says them
        return value
    raise ValueError("must be a whole number from 1 to 10")


def as_moment(value: object) -> datetime:
    """Return the UTC time that an ISO 8601 text or a datetime with a time zone stands for."""
    if isinstance(value, str):
        value = _parsed_moment(value.strip())
    if isinstance(value, datetime):
        try:
            return as_aware_utc(value)
        except OverflowError:
            raise ValueError("is not a possible date") from None
    raise ValueError(_DATE_WITHOUT_TIME if isinstance(value, date) else _NOT_A_MOMENT)


def as_identifier(value: object) -> str:
    """Return the id as text; whole numbers count as ids too."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_ID_NUMBER:
        return str(value)
    if isinstance(value, str):
        return value
    raise ValueError("must be text or a whole number")


def as_title(value: object) -> str:
    return as_text(value).strip()


def as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("must be text")


def as_tags(value: object) -> tuple[str, ...]:
    """Return the tags of a list, a JSON array as text, or a text with `;` between; none twice."""
    if isinstance(value, str):
        value = _json(value) if value.lstrip().startswith("[") else value.split(";")
    if not isinstance(value, (list, tuple)):
        raise ValueError("must be a list of texts, or one text with ; between the tags")  # noqa: TRY004 a bad value, whatever its type
    tags = (as_identifier(tag).strip() for tag in cast("list[Any]", value))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def as_metadata(value: object) -> dict[str, Any]:
    """Return the metadata of a mapping, or of a JSON object as text, if it is all plain JSON."""
    if isinstance(value, str):
        value = _json(value)
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004 a bad value, whatever its type
    if _json_length(value, depth=0) > MAX_METADATA_LENGTH:
        raise ValueError(f"must hold at most {MAX_METADATA_LENGTH} characters")
    return cast("dict[str, Any]", value)


CONVERTERS: dict[str, Callable[[object], Any]] = {
    "knowledge_id": as_identifier,
    "title": as_title,
    "content": as_text,
    "category": as_category,
    "confidentiality_level": as_level,
    "strategic_priority": as_priority,
    "source": as_text,
    "tags": as_tags,
    "created_at": as_moment,
    "updated_at": as_moment,
    "expires_at": as_moment,
    "metadata": as_metadata,
}
"""A converter for every field of `KnowledgeItem`; what is not in here is not a field."""


def _as_label(value: object, labels: dict[str, Label]) -> Label:
    if isinstance(value, str):
        label = labels.get(value)
        if label is None:
            label = labels.get(re.sub(r"[\s_-]+", "_", value.strip().lower()))
        if label is not None:
            return label
    raise ValueError(f"must be one of {', '.join(labels)}")


_LEVELS: dict[str, ConfidentialityLevel] = {level.value: level for level in ConfidentialityLevel}
_CATEGORIES: dict[str, KnowledgeCategory] = {label.value: label for label in KnowledgeCategory}

_NOT_A_MOMENT = "must be a time in ISO 8601, for example 2026-03-01T09:00:00Z"
_NOT_JSON = "must hold JSON values only: texts, numbers, true, false, null, lists, objects"
_DATE_WITHOUT_TIME = "needs a time of day and a time zone, for example 2026-03-01T09:00:00Z"


def _parsed_moment(text: str) -> datetime:
    if _DATE_ONLY.fullmatch(text):
        raise ValueError(_DATE_WITHOUT_TIME)
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError(_NOT_A_MOMENT)
    try:
        return datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
    except ValueError:
        raise ValueError("is not a possible date") from None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not valid JSON") from None


def _json_length(value: object, *, depth: int) -> int:
    """Count the characters of a JSON value; raise `ValueError` for what no store can hold."""
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise ValueError("must not hold NUL characters or halves of surrogate pairs")
        return len(value)
    if value is None or isinstance(value, (bool, int)):
        return 1
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("must not hold NaN or infinite numbers")
        return 1
    if depth >= MAX_METADATA_DEPTH:
        raise ValueError(f"must not be nested deeper than {MAX_METADATA_DEPTH} levels")
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value)
        if not all(isinstance(key, str) for key in entries):
            raise ValueError("must have texts as keys")
        parts = [part for entry in entries.items() for part in entry]
    elif isinstance(value, (list, tuple)):
        parts = list(cast("list[Any]", value))
    else:
        raise ValueError(_NOT_JSON)  # noqa: TRY004 a bad value, whatever its type
    return sum(_json_length(part, depth=depth + 1) for part in parts)
