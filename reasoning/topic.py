"""What a requirement is about: the terms of its opening sentence, its names, and its places.

A place says where, not what: "scrap at Brno" is not about "a second line in Brno". So a place counts only
together with the head of the opening phrase ("line"); other names stand for the topic on their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.sentences import sentence_spans, shortened
from reasoning.named_requirements import is_standard_name
from reasoning.terms import terms_in_order, terms_of

_TOPICAL = 2
_LONGEST = 240
_LONGEST_SUBJECT = 100
_NAME = re.compile(r"\b[A-Z][\w&-]+(?: [A-Z][\w&-]+)*")
_PLACED = re.compile(r"\b(?:in|at|near)\s$")
_PHRASE_END = re.compile(
    r"[,;:.?!()–—]|\b(?:in|at|near|for|to|of|from|with|by|on|within|between|that|which)\b"
)


@dataclass(frozen=True)
class Topic:
    """The terms of a requirement's opening sentence, and which of them are names, places, its head."""

    terms: frozenset[str]
    names: tuple[frozenset[str], ...] = ()
    places: frozenset[str] = frozenset()
    head: str | None = None

    def is_named_in(self, terms: frozenset[str]) -> bool:
        """Whether *terms* hold a whole name, two of the topic's terms, or its head and its place."""
        if any(name <= terms for name in self.names):
            return True
        own = self.terms - self.places
        shared = terms & own
        if len(shared) >= min(_TOPICAL, len(own) or _TOPICAL):
            return True
        return self.head in shared and bool(terms & self.places)


def topic_of(requirement: str) -> Topic:
    """Return the topic by the opening sentence: a title, or the first thing that is asked."""
    for start, end in sentence_spans(requirement[:2_000])[:1]:
        opening = requirement[start : min(end, start + _LONGEST)]
        names: list[frozenset[str]] = []
        places: frozenset[str] = frozenset()
        for match in _NAME.finditer(opening):
            name = terms_of(match.group())
            if not match.start() or not name or is_standard_name(match.group()):
                continue
            if _PLACED.search(opening, 0, match.start()):
                places |= name
            else:
                names.append(name)
        terms = terms_of(opening)
        return Topic(terms, tuple(names), places - {t for n in names for t in n}, _head(opening))
    return Topic(frozenset())


def subject_of(requirement: str) -> str:
    """Return what a requirement calls its subject: the name in its opening sentence, else its opening."""
    for start, end in sentence_spans(requirement[:2_000])[:1]:
        opening = requirement[start : min(end, start + _LONGEST)]
        names = [
            match.group()
            for match in _NAME.finditer(opening)
            if match.start()
            and terms_of(match.group())
            and not is_standard_name(match.group())
            and not _PLACED.search(opening, 0, match.start())
        ]
        return names[-1] if names else shortened(" ".join(opening.split()), limit=_LONGEST_SUBJECT)
    return shortened(" ".join(requirement.split()), limit=_LONGEST_SUBJECT)


def _head(opening: str) -> str | None:
    """Return the last term of the first phrase that holds two: "line" of "a second panel line in Brno"."""
    held: str | None = None
    for phrase in _PHRASE_END.split(opening):
        terms = terms_in_order(phrase)
        if len(terms) >= _TOPICAL:
            return terms[-1]
        held = held or (terms[-1] if terms else None)
    return held
