"""Cut an item's content into the windows that are embedded and indexed.

Windows end where sentences end and overlap by a sentence or two, so that no thought is lost on a
cut. No window holds more word pieces than the model reads: what a model drops silently is never
found. Offsets are characters into the content, so a window is a verbatim slice of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from domain.sentences import Span, sentence_spans

MAX_WINDOW_CHARACTERS = 2_400
"""A word of a hundred letters can be one word piece, so characters are bounded as well."""

OffsetsOfTokens = Callable[[Sequence[str]], list[list[tuple[int, int]]]]
"""For each text, the (start, end) character offsets of its word pieces."""


class _Unit(NamedTuple):
    start: int
    end: int
    tokens: int


def window_spans(
    content: str, *, offsets_of_tokens: OffsetsOfTokens, max_tokens: int, overlap_tokens: int
) -> list[Span]:
    """Return the windows of *content* in order; every sentence is in at least one of them.

    `max_tokens` bounds the word pieces of a window, `overlap_tokens` those that it repeats from the
    one before.
    """
    units = list(_units(content, offsets_of_tokens=offsets_of_tokens, max_tokens=max_tokens))
    spans: list[Span] = []
    first = 0
    while first < len(units):
        last = _last_that_fits(units, first, max_tokens)
        spans.append(Span(units[first].start, units[last].end))
        if last + 1 == len(units):
            break
        first = _first_of_next(units, first, last, max_tokens, overlap_tokens)
    return spans


def _last_that_fits(units: Sequence[_Unit], first: int, max_tokens: int) -> int:
    tokens = units[first].tokens
    last = first
    while last + 1 < len(units):
        following = units[last + 1]
        tokens += following.tokens
        if tokens > max_tokens or following.end - units[first].start > MAX_WINDOW_CHARACTERS:
            break
        last += 1
    return last


def _first_of_next(
    units: Sequence[_Unit], first: int, last: int, max_tokens: int, overlap_tokens: int
) -> int:
    repeated = 0
    candidate = last + 1
    while candidate - 1 > first:
        repeated += units[candidate - 1].tokens
        if repeated > overlap_tokens or repeated + units[last + 1].tokens > max_tokens:
            break
        candidate -= 1
    return candidate


def _units(content: str, *, offsets_of_tokens: OffsetsOfTokens, max_tokens: int) -> Iterator[_Unit]:
    """Yield the sentences with their size, those too long for a window in pieces.

    The gap before a sentence (white space, list markers) is counted with it, because a window that
    holds both sentences holds the gap too.
    """
    sentences = sentence_spans(content)
    gap_starts = [0, *(span.end for span in sentences)][: len(sentences)]
    texts = [content[gap : span.end] for gap, span in zip(gap_starts, sentences, strict=True)]
    for span, gap, offsets in zip(sentences, gap_starts, offsets_of_tokens(texts), strict=True):
        if len(offsets) <= max_tokens and span.end - span.start <= MAX_WINDOW_CHARACTERS:
            yield _Unit(span.start, span.end, len(offsets))
        else:
            in_content = [(gap + start, gap + end) for start, end in offsets]
            inside = [(start, end) for start, end in in_content if end > span.start]
            pieces = _pieces(content, span, inside, max_tokens)
            for first in pieces:
                yield first._replace(tokens=first.tokens + len(offsets) - len(inside))
                yield from pieces


def _pieces(
    content: str, span: Span, offsets: Sequence[tuple[int, int]], max_tokens: int
) -> Iterator[_Unit]:
    """Yield the parts of an overlong sentence, cut between words where there are any."""
    start = span.start
    tokens = 0
    last_break: tuple[int, int] | None = None
    for token_start, token_end in offsets:
        too_many = tokens + 1 > max_tokens
        too_long = token_end - start > MAX_WINDOW_CHARACTERS
        if (too_many or too_long) and tokens:
            cut, held = last_break or (token_start, tokens)
            yield _Unit(start, cut, held)
            start, tokens, last_break = cut, tokens - held, None
        while token_end - start > MAX_WINDOW_CHARACTERS:
            yield _Unit(start, start + MAX_WINDOW_CHARACTERS, tokens + 1)
            start, tokens = start + MAX_WINDOW_CHARACTERS, 0
        if token_start > start and content[token_start - 1].isspace():
            last_break = (token_start, tokens)
        tokens += 1
    if start < span.end:
        yield _Unit(start, span.end, tokens)
