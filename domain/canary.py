"""Canaries: a random word at each level, and the question where it stands that may not.

A word that no text holds by chance is planted as knowledge of its level. Wherever it is found afterwards
besides the stores, something has carried content there. A place has a ceiling: the highest level whose
content may stand in it, or none at all.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from domain.clearance import Clearance, ConfidentialityLevel
from domain.errors import DiarchyError
from domain.model import FrozenModel

CANARY_LETTERS = "bcdfghjklmnpqrstvwxz"
"""No vowels: no word, no number, and the same in JSON, in a URL, in HTML and in Markdown."""
CANARY_LENGTH = 20
_LEAST_LETTERS = 16
_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_INFLATED_AT_MOST = 1 << 24
_PLACES_TOLD = 10


class CanaryFound(DiarchyError):
    """A canary was found where no content of its level may stand."""


class CanaryMissed(DiarchyError):
    """The sweep cannot tell: a canary is not even where it must be."""


class PlaceKind(StrEnum):
    """Where a canary is looked for."""

    FLOW_RUN = "flow run"
    TASK_RUN = "task run"
    STATE = "state"
    LOG = "log"
    EVENT = "event"
    ARTIFACT = "artifact"
    FILE = "file"
    REDIS = "redis key"
    ANSWER = "answer"


class Place(NamedTuple):
    """One thing that was looked through, named by its id or path."""

    kind: PlaceKind
    name: str
    ceiling: ConfidentialityLevel | None = None
    """The highest level whose content may stand there; None where none may."""


class Leak(NamedTuple):
    """A canary above the ceiling of where it stands."""

    place: Place
    level: ConfidentialityLevel

    def __str__(self) -> str:
        return f"{self.place.kind} {self.place.name} ({self.level})"


class SweepReport(FrozenModel):
    """What a sweep ran and looked through. Counts only; what it found, it raises."""

    sweep_id: str
    flows: tuple[str, ...]
    """Every flow that was run."""
    steps_failed: tuple[str, ...]
    """Every step that was made to fail, with content in the text of the error."""
    flow_runs: int
    looked_through: dict[str, int]
    """How many of each kind of place."""


class Canary:
    """One level's word, in every form in which it is recognised."""

    def __init__(self, level: ConfidentialityLevel, token: str) -> None:
        if len(token) < _LEAST_LETTERS or not set(token) <= set(CANARY_LETTERS):
            raise ValueError(f"a canary has at least {_LEAST_LETTERS} letters of its alphabet")
        self.level = level
        self.token = token
        plain = token.encode()
        self._folded = (
            plain,
            plain.hex().encode(),
            token.encode("utf-16-le"),
            token.encode("utf-16-be"),
        )
        written = (plain, plain.upper(), plain.capitalize())
        self._exact = tuple(form for way in written for form in _base64_forms(way))

    def stands_in(self, content: bytes, folded: bytes) -> bool:
        """Whether the word is in *content*; *folded* is the same in lower case."""
        return any(form in folded for form in self._folded) or any(
            form in content for form in self._exact
        )

    @property
    def longest_form(self) -> int:
        """Bytes that two neighbouring pieces of a file must share for none to be missed."""
        return max(map(len, (*self._folded, *self._exact)))


def leaks_in(place: Place, content: bytes, canaries: Iterable[Canary]) -> list[Leak]:
    """Return the canaries that stand in *content* above what *place* may hold.

    Found are plain text in any case, UTF-16, hexadecimal and base64 at any offset, each also inside gzip
    and, from the beginning, zlib. What is encrypted hides them, as it should.
    """
    may_hold = None if place.ceiling is None else Clearance(level=place.ceiling)
    sought = [
        canary for canary in canaries if may_hold is None or not may_hold.dominates(canary.level)
    ]
    found: dict[ConfidentialityLevel, None] = {}
    for piece in _with_inflated(content):
        folded = piece.lower()
        found |= {canary.level: None for canary in sought if canary.stands_in(piece, folded)}
    return [Leak(place, level) for level in found]


def require_clean(leaks: Iterable[Leak]) -> None:
    """Raise `CanaryFound`, which names places and levels and no word, when there are leaks."""
    distinct = sorted(set(map(str, leaks)))
    if distinct:
        told = "; ".join(distinct[:_PLACES_TOLD])
        more = f"; and {len(distinct) - _PLACES_TOLD} more" if len(distinct) > _PLACES_TOLD else ""
        raise CanaryFound(f"content stands where it may not, {len(distinct)} places: {told}{more}")


def _base64_forms(plain: bytes) -> Iterator[bytes]:
    """Yield what of *plain* is the same in base64 whatever stands around it, at each of three offsets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        first = -(-offset * 8 // 6)
        last = (offset + len(plain)) * 8 // 6
        form = encoded[first:last]
        yield form
        yield form.translate(bytes.maketrans(b"+/", b"-_"))


def _with_inflated(content: bytes) -> Iterator[bytes]:
    yield content
    for match in re.finditer(re.escape(_GZIP), content):
        yield _inflated(content[match.start() :], zlib.MAX_WBITS | 16)
    if content.startswith(_ZLIB):
        yield _inflated(content, zlib.MAX_WBITS)


def _inflated(content: bytes, window_bits: int) -> bytes:
    try:
        return zlib.decompressobj(window_bits).decompress(content, _INFLATED_AT_MOST)
    except zlib.error:
        return b""
