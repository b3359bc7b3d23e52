"""Where sentences begin and end, so that excerpts, quotes and chunks are cut where a reader would cut.

Boundaries come from sentencex (Wikimedia), which knows abbreviations and figures. Offsets are in
characters into the text given, so every span is a verbatim quote with its place.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypedDict, cast

import sentencex

_LIST_MARKER = re.compile(r"\s*(?:#{1,6}\s+|[-*+•]\s+|>\s+|\d{1,3}[.)]\s+)*\s*")


class Span(NamedTuple):
    """A stretch of text: `text[start:end]`."""

    start: int
    end: int


class _Boundary(TypedDict):
    start_index: int
    end_index: int


def sentence_spans(text: str) -> list[Span]:
    """Return the sentences of *text* in order, without blank ones, list markers or outer white space.

    A line that ends a paragraph, a heading or a list entry ends a sentence too; a sentence that is
    wrapped over lines stays one.
    """
    spans: list[Span] = []
    boundaries = cast("list[_Boundary]", sentencex.get_sentence_boundaries("en", text))  # pyright: ignore[reportAttributeAccessIssue] - compiled, without stubs
    for boundary in boundaries:
        span = _trimmed(text, boundary["start_index"], boundary["end_index"])
        if span is not None:
            spans.append(span)
    return spans


def _trimmed(text: str, start: int, end: int) -> Span | None:
    marker = _LIST_MARKER.match(text, start, end)
    if marker is not None:
        start = marker.end()
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end) if end > start else None


def shortened(text: str, *, limit: int) -> str:
    """Return *text* whole when it has at most *limit* characters, else its sentences that fit.

    When not even the first sentence fits, it is cut at a word and ends in an ellipsis.
    """
    stripped = text.strip()
    if len(stripped) <= limit:
        return stripped
    spans = sentence_spans(stripped)
    fitting = [span for span in spans if span.end <= limit]
    if fitting:
        return stripped[: fitting[-1].end]
    cut = stripped[: limit - 1].rsplit(None, 1)
    return f"{cut[0] if cut else stripped[: limit - 1]}…"
