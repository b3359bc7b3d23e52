"""Sentences that can stand as evidence: verbatim, with their place in the item's content.

What is quoted is always a slice of what was retrieved, even where a sentence is wrapped over lines;
`readable` is for the statement beside it. Headings, tables, code, letterheads and fragments are passed over
unless an item holds nothing else. A passage is read up to a bound, so a 5 MB item costs what a page costs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from domain.evidence import Evidence, Passage, RetrievedItem
from domain.sentences import Span, sentence_spans
from reasoning.cues import Role, roles_of
from reasoning.figures import Figure, figures_in
from reasoning.terms import terms_of
from reasoning.wording import readable, significant_words

__all__ = ["Quote", "Sentences", "as_evidence", "best_quotes", "quotable_sentences", "readable"]

READ_PER_PASSAGE = 20_000
"""Characters of one passage that are looked at."""
LONGEST_QUOTE = 400
FEWEST_WORDS = 5
_LONGEST_NAME = 4
"""Words that may open a list entry as its name: "Insight Live.", "Budget 2027."."""
FEWEST_WORDS_WITHOUT_A_STOP = 9
"""Below this a line that ends without a full stop is a heading or a label, unless it is a list entry."""

_HEADING = re.compile(r"[ ]{0,3}#{1,6}\s")
_FENCE = re.compile(r"[ ]{0,3}(?:```|~~~)")
_UNDERLINE = re.compile(r"\s*(?:[-=_*][ \t]?){3,}\s*$")
_ENTRY = re.compile(r"\s*(?:[-*+•–]|\d{1,3}[.)]|\([a-z\d]{1,2}\))\s")
_LETTERHEAD = re.compile(
    r"(?:\*\*)?(?:owner|author|from|to|cc|date|attendees|present|subject|re|distribution|classification|prepared"
    r"|version|status|source|period|contact|next review|reviewed|sponsor|location|participants|apologies"
    r"|minutes)(?: (?:by|for|of))?(?:\*\*)?:",
    re.IGNORECASE,
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(])(?:approx|incl|excl|est|ca|vs|resp|cf|no|nos|art|sec|para|fig)\.$", re.IGNORECASE
)
_OPTION = re.compile(
    r"(?:Option|Variant|Alternative|Scenario|Plan|Case) (?:[A-Z]|\d{1,2}|one|two|three)\b[^.:;\n]{0,60}"
)
_REJECTED = re.compile(
    r"\b(?:rejected|ruled out|discarded|dismissed|not pursued|abandoned)\b", re.IGNORECASE
)
_WORDS = re.compile(r"[^\W_]+")
_STOPS = (".", "!", "?", '"', "”", "’", ")", "…", "*", "_", ";")


@dataclass(frozen=True)
class Quote:
    """A sentence of an item: `text` equals the content from `start` on."""

    item: RetrievedItem
    text: str
    start: int
    option: str = ""
    """What its paragraph is about where that is one of several: "Option A, poll faster", "Insight Live"."""
    is_rejected: bool = False
    """Whether its paragraph says that the choice is rejected."""

    @property
    def end(self) -> int:
        """Offset just past the quote, in characters into the item's content."""
        return self.start + len(self.text)

    @cached_property
    def length(self) -> int:
        """How many words it has."""
        return len(_WORDS.findall(self.text))

    @cached_property
    def roles(self) -> frozenset[Role]:
        """What the sentence does, by its wording."""
        return roles_of(self.text)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures with units that it states; their places count from its beginning."""
        return figures_in(self.text)

    @cached_property
    def terms(self) -> frozenset[str]:
        """The words that carry its subject, stemmed."""
        return terms_of(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that carry meaning, folded."""
        return significant_words(self.text)

    @cached_property
    def statement(self) -> str:
        """The sentence on one line, after the option or the entry that it speaks of."""
        said = readable(self.text)
        return f"{self.option} – {said}" if self.option and self.option not in said else said


def quotable_sentences(item: RetrievedItem, *, fewest_words: int = FEWEST_WORDS) -> list[Quote]:
    """Return the sentences of *item*'s passages that can be quoted, in the order of the text.

    What has fewer than *fewest_words* words is a fragment and left out.

    Empty only for blank passages: where nothing is a proper sentence, the longest stretch of text within
    the limit stands in.
    """
    return Sentences().of(item, fewest_words=fewest_words)


class Sentences:
    """The quotable sentences of items, where each item is cut into sentences once."""

    def __init__(self) -> None:
        self._cut: dict[int, tuple[RetrievedItem, list[Quote]]] = {}
        """By the item's identity; the item is held so that none other takes it on."""

    def of(self, item: RetrievedItem, *, fewest_words: int = FEWEST_WORDS) -> list[Quote]:
        """Return what `quotable_sentences` does."""
        _, quotes = self._cut.setdefault(id(item), (item, []))
        if not quotes:
            quotes += _proper_sentences(item)
        proper = [quote for quote in quotes if quote.length >= fewest_words]
        return proper or _stand_in(item)


def _proper_sentences(item: RetrievedItem) -> Iterator[Quote]:
    sentences = _without_overlaps(
        sentence for passage in item.passages for sentence in _sentences(passage)
    )
    for sentence in sentences:
        if _is_proper(sentence, item.title):
            yield Quote(item, sentence.text, sentence.start, sentence.option, sentence.is_rejected)


def as_evidence(quote: Quote) -> Evidence:
    """Return the citation of *quote*: verbatim, with its place and its item's label."""
    return Evidence(
        knowledge_id=quote.item.knowledge_id,
        confidentiality_level=quote.item.confidentiality_level,
        quote=quote.text,
        start=quote.start,
    )


def best_quotes(item: RetrievedItem, terms: Collection[str], limit: int) -> list[Quote]:
    """Return up to *limit* quotes of *item*: those that share most words with *terms* first.

    Quotes that share as many stand in the order of the text. Without a shared word an item's opening
    sentences come back: the search found the item for its sense.
    """
    wanted = significant_words(" ".join(sorted(terms)))
    return sorted(
        quotable_sentences(item), key=lambda quote: (-len(wanted & quote.words), quote.start)
    )[:limit]


class _Sentence(NamedTuple):
    text: str
    start: int
    """Offset into the item's content."""
    is_entry: bool
    """Whether it opens an entry of a list."""
    option: str
    is_rejected: bool


def _sentences(passage: Passage) -> Iterator[_Sentence]:
    text, offset = _readable_part(passage)
    for block in _blocks(text):
        spans = _rejoined(
            text, [_shifted(span, block.start) for span in sentence_spans(text[slice(*block)])]
        )
        if len(text) < len(passage.text) and block.end == len(text) and len(spans) > 1:
            spans.pop()
        is_list = _ENTRY.match(text, block.start) is not None
        name = _matter_of(text, spans, is_list=is_list)
        is_rejected = bool(name and not is_list and _REJECTED.search(text, block.start, block.end))
        for span in spans:
            is_entry = is_list and span == spans[0]
            sentence = text[span.start : span.end]
            yield _Sentence(sentence, span.start + offset, is_entry, name, is_rejected)


def _matter_of(text: str, spans: list[Span], *, is_list: bool) -> str:
    """Return the option that a paragraph opens with, or the few words that open a list entry."""
    if not spans:
        return ""
    first = text[slice(*spans[0])]
    option = _OPTION.match(first)
    if option is not None:
        return readable(option.group()).rstrip(" ,")
    is_name = is_list and len(spans) > 1 and len(first.split()) <= _LONGEST_NAME
    return readable(first).rstrip(".") if is_name and first.endswith(".") else ""


def _readable_part(passage: Passage) -> tuple[str, int]:
    """Return the part of *passage* that is looked at, and its offset into the item's content."""
    blank = len(passage.text) - len(passage.text.lstrip())
    return passage.text[blank : blank + READ_PER_PASSAGE], passage.start + blank


def _shifted(span: Span, offset: int) -> Span:
    return Span(span.start + offset, span.end + offset)


def _rejoined(text: str, spans: list[Span]) -> list[Span]:
    """Return *spans* with those joined that an abbreviation's full stop has cut in two."""
    joined: list[Span] = []
    for span in spans:
        if joined and _ABBREVIATED.search(text, joined[-1].start, joined[-1].end):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _blocks(text: str) -> Iterator[Span]:
    """Yield the stretches of running text: paragraphs and list entries, without headings, tables, code."""
    start = position = 0
    fenced = False
    for line in text.splitlines(keepends=True):
        is_fence = _FENCE.match(line) is not None
        is_skipped = fenced or is_fence or not line.strip() or _is_no_prose(line)
        fenced = fenced != is_fence
        if (is_skipped or _ENTRY.match(line)) and position > start:
            yield Span(start, position)
            start = position
        position += len(line)
        if is_skipped:
            start = position
    if position > start:
        yield Span(start, position)


def _is_no_prose(line: str) -> bool:
    if (
        _HEADING.match(line)
        or _UNDERLINE.match(line)
        or line.count("|") > 1
        or line.count("\t") > 1
    ):
        return True
    return _LETTERHEAD.match(line.lstrip()) is not None and len(line) < 2 * LONGEST_QUOTE


def _without_overlaps(sentences: Iterable[_Sentence]) -> list[_Sentence]:
    """Return each stretch of text once, in order; where two overlap, the one that begins first."""
    kept: list[_Sentence] = []
    for sentence in sorted(sentences, key=lambda one: (one.start, -len(one.text))):
        if not kept or sentence.start >= kept[-1].start + len(kept[-1].text):
            kept.append(sentence)
    return kept


def _is_proper(sentence: _Sentence, title: str) -> bool:
    text = sentence.text
    if len(text) > LONGEST_QUOTE or text.endswith(":") or text == title:
        return False
    is_closed = sentence.is_entry or text.endswith(_STOPS)
    return is_closed or len(_WORDS.findall(text)) >= FEWEST_WORDS_WITHOUT_A_STOP


def _stand_in(item: RetrievedItem) -> list[Quote]:
    """Return the longest sentence, heading or cell that there is, cut at a word where it is too long."""
    for passage in item.passages:
        text, offset = _readable_part(passage)
        spans = sentence_spans(text)
        if spans:
            span = max(spans, key=lambda one: (min(one.end - one.start, LONGEST_QUOTE), -one.start))
            return [
                Quote(item=item, text=_cut(text[span.start : span.end]), start=span.start + offset)
            ]
    return []


def _cut(text: str) -> str:
    if len(text) <= LONGEST_QUOTE:
        return text
    head = text[: LONGEST_QUOTE + 1].rsplit(None, 1)[0]
    return head if head.strip() and len(head) <= LONGEST_QUOTE else text[:LONGEST_QUOTE]
