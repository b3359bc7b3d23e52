"""From a raw record of a file to a validated knowledge item, or to all that is wrong with it.

A raw record is what a reader found, unchecked. Validation is pure: the time and the defaults are
arguments. All problems of a record are told at once, each naming its field and what was expected,
never what was found. A record without a level is refused, never assumed public; a default fills
only what is missing (absent, null or an empty CSV cell), never what is wrong.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from domain.clearance import ConfidentialityLevel
from domain.errors import InvalidRecord
from domain.knowledge import KnowledgeCategory, KnowledgeItem, StrategicPriority
from domain.model import FrozenModel, as_aware_utc
from domain.record_fields import CONVERTERS

MIDDLE_PRIORITY = 5
"""What an item without a priority gets: priority orders answers and opens nothing."""

MAX_UNKNOWN_FIELDS_REPORTED = 10
_MAX_SLUG_LENGTH = 80
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
_CLOCK_FIELDS = ("created_at", "updated_at")


class RawRecord(FrozenModel):
    """One record as a reader found it, nothing in it checked."""

    file: str
    """The file as the caller named it, or as it was found under a folder that he named."""
    row: int | None = None
    """Counted from 1 in files of rows; None for a document."""
    fields: dict[str, Any] = Field(repr=False)
    """Raw values, named as `KnowledgeItem`'s fields."""
    identity: str = Field(repr=False)
    """The file's absolute, resolved path: ids derive from it, no reader is shown it."""


class IngestDefaults(FrozenModel):
    """What fills fields that a record leaves out."""

    confidentiality_level: ConfidentialityLevel | None = None
    category: KnowledgeCategory | None = None
    strategic_priority: StrategicPriority | None = None
    source: str | None = Field(default=None, min_length=1, max_length=1000)


class ValidatedItem(FrozenModel):
    """A valid item, where it came from, and which of its times only the clock knew.

    A time in `clock_filled` was in no file: where the rest of the item is unchanged, the stored
    time stands and the item counts as unchanged.
    """

    item: KnowledgeItem
    clock_filled: frozenset[str]
    file: str
    row: int | None


@dataclass(frozen=True, slots=True)
class ValidatedBatch:
    """What a batch of records came to, each list in the order of the records."""

    items: list[ValidatedItem] = field(default_factory=list["ValidatedItem"])
    refused: list[InvalidRecord] = field(default_factory=list[InvalidRecord])


def validate_batch(
    records: Iterable[RawRecord | InvalidRecord],
    *,
    defaults: IngestDefaults,
    now: datetime,
    duplicates: DuplicateTracker,
) -> ValidatedBatch:
    """Validate *records* in order; what a reader already refused is passed on.

    One *duplicates* serves all batches of an ingest: the second record with an id is refused, also
    when it repeats the first one exactly.
    """
    batch = ValidatedBatch()
    for record in records:
        if isinstance(record, InvalidRecord):
            batch.refused.append(record)
            continue
        outcome = validate_record(record, defaults=defaults, now=now)
        if isinstance(outcome, tuple):
            batch.refused.extend(outcome)
            continue
        repeated = duplicates.check(outcome)
        if repeated is None:
            batch.items.append(outcome)
        else:
            batch.refused.append(repeated)
    return batch


def validate_record(
    record: RawRecord, *, defaults: IngestDefaults, now: datetime
) -> ValidatedItem | tuple[InvalidRecord, ...]:
    """Return the valid item of *record*, or every problem that it has."""
    values, problems = _converted(record.fields)
    _fill(values, refused=problems.keys(), defaults=defaults, record=record)
    clock_filled = _fill_times(values, refused=problems.keys(), now=as_aware_utc(now))
    try:
        item = KnowledgeItem.model_validate(values)
    except ValidationError as error:
        for name, reason in _told(error):
            problems.setdefault(name, reason)
    else:
        if not problems:
            return ValidatedItem(
                item=item, clock_filled=clock_filled, file=record.file, row=record.row
            )
    for name, reason in _times_out_of_order(values):
        problems.setdefault(name, reason)
    return tuple(
        InvalidRecord(file=record.file, row=record.row, field=shown_field_name(name), reason=reason)
        for name, reason in problems.items()
    )


class DuplicateTracker:
    """Which ids an ingest has seen, and where first; about 150 bytes an id.

    Ids are compared across levels: an ingest that names an id twice does not say which it means.
    """

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._places: dict[bytes, int] = {}

    def check(self, validated: ValidatedItem) -> InvalidRecord | None:
        """Remember the item's id; return the refusal when an earlier record has it already."""
        file_number = self._files.setdefault(validated.file, len(self._files))
        place = file_number << _ROW_BITS | (validated.row or 0)
        digest = hashlib.blake2b(
            validated.item.knowledge_id.encode(), digest_size=_DIGEST_BYTES
        ).digest()
        first = self._places.get(digest)
        if first is None:
            self._places[digest] = place
            return None
        return InvalidRecord(
            file=validated.file,
            row=validated.row,
            field="knowledge_id",
            reason=f"is already that of {self._described(first)}",
        )

    def _described(self, place: int) -> str:
        row = place & (1 << _ROW_BITS) - 1
        file = next(name for name, number in self._files.items() if number == place >> _ROW_BITS)
        return f"{file}, row {row}" if row else file


_ROW_BITS = 40
_DIGEST_BYTES = 16


def shown_field_name(name: str) -> str | None:
    """Return *name* when it looks like a field's name; anything else may be content."""
    return name if _FIELD_NAME.fullmatch(name) else None


def _converted(raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the typed values, and the reason for every field that has none."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    unknown = 0
    for name, value in raw.items():
        converter = CONVERTERS.get(name)
        if converter is None:
            unknown += 1
            if unknown <= MAX_UNKNOWN_FIELDS_REPORTED:
                problems[str(name)] = "is not a field of a knowledge item"
        elif value is not None:
            try:
                values[name] = converter(value)
            except ValueError as error:
                problems[name] = str(error)
    return values, problems


def _fill(
    values: dict[str, Any], *, refused: Iterable[str], defaults: IngestDefaults, record: RawRecord
) -> None:
    missing = [name for name in _FILLED if name not in values and name not in refused]
    for name in missing:
        if name == "knowledge_id":
            values[name] = _derived_id(record, values.get("title", ""))
        elif name == "strategic_priority":
            values[name] = defaults.strategic_priority or MIDDLE_PRIORITY
        elif name == "source":
            values[name] = defaults.source or _file_name(record.file)[:1000]
        elif (default := getattr(defaults, name)) is not None:
            values[name] = default


_FILLED = ("knowledge_id", "confidentiality_level", "category", "strategic_priority", "source")


def _derived_id(record: RawRecord, title: str) -> str:
    """Return an id that the same document, or the same title in the same file, always gets."""
    if record.row is None:
        name = _file_name(record.file).rpartition(".")
        return f"{_slug(name[0] or name[2])}-{_digest(record.identity)}"
    return f"{_slug(title)}-{_digest(record.identity, title)}"


def _file_name(file: str) -> str:
    return re.split(r"[\\/]", file)[-1]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:500]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_SLUG_LENGTH].rstrip("-") or "item"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:10]


def _fill_times(values: dict[str, Any], *, refused: Iterable[str], now: datetime) -> frozenset[str]:
    """Fill what is missing of the two times; return the names of those that *now* gave."""
    missing = [name for name in _CLOCK_FIELDS if name not in values and name not in refused]
    if not missing:
        return frozenset()
    created, updated, expires = (values.get(name) for name in (*_CLOCK_FIELDS, "expires_at"))
    if created is None and updated is not None:
        values["created_at"] = updated
        return frozenset()
    if created is None and expires is not None:
        # What has expired was there before it expired.
        now = min(now, expires - timedelta(seconds=1))
    if created is not None:
        now = max(now, created)
    for name in missing:
        values[name] = now
    return frozenset(missing)


def _told(error: ValidationError) -> Iterable[tuple[str, str]]:
    """Yield (field, reason) for each problem of one field; those between fields stay out."""
    for problem in error.errors(include_url=False, include_input=False):
        if not problem["loc"]:
            continue
        name = str(problem["loc"][0])
        yield name, _reason(name, problem["type"], problem.get("ctx", {}))


def _reason(name: str, kind: str, context: dict[str, Any]) -> str:
    if kind == "missing":
        option = _OPTIONS.get(name)
        return f"is missing; give it here or by {option}" if option else "is missing"
    return _REASONS.get(kind, "is not what was expected").format(**context)


_REASONS = {
    "value_error": "{error}",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters long",
    "too_long": "must be at most {max_length}",
    "string_unicode": "must be valid Unicode; it holds half of a surrogate pair",
}
_OPTIONS = {"confidentiality_level": "--confidentiality-level", "category": "--category"}


def _times_out_of_order(values: dict[str, Any]) -> Iterable[tuple[str, str]]:
    created, updated, expires = (values.get(name) for name in (*_CLOCK_FIELDS, "expires_at"))
    if created and updated and updated < created:
        yield "updated_at", "must not come before created_at"
    if created and expires and expires <= created:
        yield "expires_at", "must come after created_at"
