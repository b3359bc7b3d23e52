"""Which source a statement rests on: numbers in order of first citation, and the list of sources.

A mark names the item by its number and shows the level of that item; it leads to the very words
that are quoted, and the list of sources leads back to every mark. Quotes from the requirement or
from the caller's context are no knowledge of the company: they are marked `Req` and `Ctx` instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, Source
from domain.knowledge import ItemKey
from presentation.document import Fact, Mark, Quote, SourceEntry
from presentation.wording import day, excerpt, words

LONGEST_QUOTE = 600
"""Characters of a quote that the list of sources shows; longer ones are cut at a sentence."""

_ORIGIN_LABELS = {EvidenceOrigin.REQUIREMENT: "Req", EvidenceOrigin.CONTEXT: "Ctx"}
_ORIGIN_TITLES = {
    EvidenceOrigin.REQUIREMENT: "The requirement, as it was asked",
    EvidenceOrigin.CONTEXT: "The context given with the requirement",
}


@dataclass(slots=True)
class _CitedQuote:
    text: str
    anchor: str
    cited_at: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _CitedPlace:
    label: str
    anchor: str
    title: str
    level: ConfidentialityLevel
    facts: tuple[Fact, ...]
    quotes: dict[tuple[int, str], _CitedQuote] = field(default_factory=dict)


_PlaceKey = tuple[EvidenceOrigin, str, ConfidentialityLevel]


class Citations:
    """The citations of one document, built up in reading order."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources: dict[ItemKey, Source] = {source.key: source for source in sources}
        self._places: dict[_PlaceKey, _CitedPlace] = {}
        self._marks = 0
        self._numbers = 0

    @property
    def marks_given(self) -> int:
        """How many marks have been given so far."""
        return self._marks

    def marks(self, evidence: Iterable[Evidence]) -> tuple[Mark, ...]:
        """Return a mark for each place that *evidence* quotes, in order; remember the quotes."""
        marks: dict[str, Mark] = {}
        for quote in evidence:
            place = self._place(quote)
            cited = self._quote(place, quote)
            if place.anchor not in marks:
                self._marks += 1
                marks[place.anchor] = Mark(
                    label=place.label,
                    level=place.level,
                    anchor=f"mark-{self._marks}",
                    source_anchor=place.anchor,
                    quote_anchor=cited.anchor,
                )
            mark = marks[place.anchor]
            if mark.anchor not in cited.cited_at:
                cited.cited_at.append(mark.anchor)
        return tuple(marks.values())

    def source_of(self, evidence: Iterable[Evidence]) -> Source | None:
        """Return the weightiest item that *evidence* quotes; None when it quotes no known item."""
        found = [self._sources[quote.key] for quote in evidence if self._is_known(quote)]
        return max(found, key=lambda source: source.strategic_priority, default=None)

    def titles(self, evidence: Iterable[Evidence]) -> tuple[str, ...]:
        """Return the titles of the known items that *evidence* quotes, each once, in its order."""
        known = (self._sources[quote.key] for quote in evidence if self._is_known(quote))
        return tuple(dict.fromkeys(source.title for source in known))

    def entries(self) -> tuple[SourceEntry, ...]:
        """Return the list of sources: the cited ones as numbered, then those that no mark cites."""
        for source in self._sources.values():
            self._item_place(source.key)
        return self.cited()

    def cited(self) -> tuple[SourceEntry, ...]:
        """Return the list of the sources that a mark has cited so far."""
        numbered = [place for place in self._places.values() if place.label.isdecimal()]
        others = [place for place in self._places.values() if not place.label.isdecimal()]
        return tuple(_entry(place) for place in (*others, *numbered))

    def _is_known(self, quote: Evidence) -> bool:
        return quote.origin is EvidenceOrigin.KNOWLEDGE and quote.key in self._sources

    def _place(self, quote: Evidence) -> _CitedPlace:
        if quote.origin is EvidenceOrigin.KNOWLEDGE:
            return self._item_place(quote.key)
        return self._given_place(quote)

    def _item_place(self, key: ItemKey) -> _CitedPlace:
        place_key = (EvidenceOrigin.KNOWLEDGE, key.knowledge_id, key.confidentiality_level)
        if place_key not in self._places:
            self._numbers += 1
            source = self._sources.get(key)
            self._places[place_key] = _CitedPlace(
                label=str(self._numbers),
                anchor=f"source-{self._numbers}",
                title=source.title if source else key.knowledge_id,
                level=key.confidentiality_level,
                facts=source_facts(source) if source else (),
            )
        return self._places[place_key]

    def _given_place(self, quote: Evidence) -> _CitedPlace:
        place_key = (quote.origin, quote.knowledge_id, quote.confidentiality_level)
        if place_key not in self._places:
            before = sum(origin is quote.origin for origin, _, _ in self._places)
            label = _ORIGIN_LABELS[quote.origin]
            numbered = f"{label} {before + 1}" if before else label
            self._places[place_key] = _CitedPlace(
                label=numbered,
                anchor=f"source-{numbered.lower().replace(' ', '-')}",
                title=_ORIGIN_TITLES[quote.origin],
                level=quote.confidentiality_level,
                facts=(),
            )
        return self._places[place_key]

    def _quote(self, place: _CitedPlace, quote: Evidence) -> _CitedQuote:
        at = (quote.start, quote.quote)
        if at not in place.quotes:
            anchor = f"{place.anchor.replace('source', 'quote', 1)}-{len(place.quotes) + 1}"
            place.quotes[at] = _CitedQuote(
                text=excerpt(quote.quote, limit=LONGEST_QUOTE), anchor=anchor
            )
        return place.quotes[at]


def source_facts(source: Source) -> tuple[Fact, ...]:
    """Return what a list of sources says of an item behind its title and level."""
    facts = (
        Fact("Category", words(source.category)),
        Fact("Priority", f"{source.strategic_priority} of 10"),
        Fact("Updated", day(source.updated_at)),
        Fact("Id", source.knowledge_id),
    )
    return (*facts, Fact("From", source.source)) if source.source.strip() else facts


def _entry(place: _CitedPlace) -> SourceEntry:
    in_order = sorted(place.quotes.items(), key=lambda entry: entry[0])
    return SourceEntry(
        label=place.label,
        anchor=place.anchor,
        title=place.title,
        level=place.level,
        facts=place.facts,
        quotes=tuple(
            Quote(text=quote.text, anchor=quote.anchor, cited_at=tuple(quote.cited_at))
            for _, quote in in_order
        ),
    )
