"""Which sentences of a context bear on a requirement, and how strongly.

A sentence bears on it by the terms that both share, each weighed by how rare it is in the context. The terms
of the requirement's opening sentence are its topic and weigh more; an item's title and tags count half. The
weight is scaled by the item's relevance and, within a fifth, by its strategic priority: a priority-10 item
that shares nothing stays out. An item must share two of the requirement's terms (one where the requirement
has few) and reach 15 per cent of the best item's weight.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from domain.evidence import Finding, Passage, RetrievedItem
from domain.knowledge import ItemKey, KnowledgeCategory
from reasoning.cues import Role
from reasoning.placing import needs_title, says_of_what, short_title, stands_alone
from reasoning.quoting import LONGEST_QUOTE, Quote, Sentences, as_evidence
from reasoning.requests import AnalysisContext, AnalysisRequest
from reasoning.speakers import spoken
from reasoning.terms import term_weights, terms_in_order, terms_of
from reasoning.topic import Topic, topic_of

_MOST_TERMS = 60
_FEW_TERMS = 3
_ITEM_FLOOR = 0.15
_ON_TOPIC_TERMS = 2
_CLEAR_TERMS, _LONG_ENOUGH = 3, 14
_TOPIC_WEIGHT = 2.5
_REFERENCE = 10
"""A sentence weighs 1 when it weighs as much as the ten weightiest on average."""
_MANY_MATTERS = re.compile(
    r"\b(?:minutes|agenda|town ?hall|newsletter|digest|watch|round-?up|all-hands)\b", re.IGNORECASE
)
"""A paper on many matters lends its topic to no sentence."""
_LEANS_BACK = re.compile(
    r"(?:that|this|these|those|it|its|it['’]s|they|their|them|he|she|his|her|both|neither|such"
    r"|also|then|there|here|but|and|so"
    r"|or|instead|therefore|hence|thus|otherwise|however|yet|still|the (?:former|latter|other|same|rest"
    r"|(?:first|second|third)(?! (?:quarter|half|year|month|week|time|party)))"
    r"|second|third|finally|if (?:so|not|that)|why|what|how|for (?:this|that)|in (?:this|that))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Point:
    """A quote that bears on the requirement: its roles and its weight, about 1 for the weightiest."""

    quote: Quote
    """The sentence, with the one before it where it leans on that one."""
    sentence: Quote
    """The sentence alone."""
    weight: float
    shared: frozenset[str]
    """The requirement's terms that the sentence itself holds."""
    topic: Topic
    names_topic: bool
    """Whether the sentence names the requirement's topic."""
    about: bool
    """Whether the title and tags of its item do."""

    @property
    def roles(self) -> frozenset[Role]:
        """What the sentence does."""
        return self.sentence.roles

    @property
    def bears(self) -> bool:
        """Whether the sentence itself shares a term or its item is about the topic."""
        return bool(self.shared) or self.about

    @cached_property
    def on_topic(self) -> bool:
        """Whether the sentence speaks of the topic: by its own terms, or by its item's.

        An item about the topic lends it to sentences that share any term, and to every sentence of a roadmap
        or risk item, since these keep to one matter.
        """
        if self.names_topic:
            return True
        return self.about and (bool(self.shared) or self.category in _ONE_MATTER)

    @property
    def item(self) -> RetrievedItem:
        """The item that is quoted."""
        return self.quote.item

    @cached_property
    def category(self) -> KnowledgeCategory:
        """The category of the item that is quoted."""
        return self.quote.item.category

    @cached_property
    def statement(self) -> str:
        """The quote on one line behind who says it, or behind its item's title where it needs that."""
        placed = self.placed
        return placed if placed != self.quote.statement else spoken(self.category, placed)

    @cached_property
    def placed(self) -> str:
        """The quote on one line, behind its item's title where it is not understood without."""
        said = self.quote.statement
        text = self.quote.text
        is_clear = stands_alone(text) and says_of_what(text)
        is_close = len(self.shared) >= (_CLEAR_TERMS - self.about)
        is_told = self.about and bool(self.shared) and len(said.split()) >= _LONG_ENOUGH
        if is_clear and (self.names_topic or is_close or is_told):
            return said
        return f"{short_title(self.item.title)}: {said}" if needs_title(self.quote) else said

    @cached_property
    def finding(self) -> Finding:
        """The statement with its evidence."""
        return Finding(statement=self.statement, evidence=(as_evidence(self.quote),))

    @property
    def influence(self) -> float:
        """The weight times the item's priority as a share of ten."""
        return self.weight * self.item.strategic_priority / 10


_C = KnowledgeCategory
_ONE_MATTER = frozenset({_C.TECHNOLOGY_ROADMAP, _C.RISK_MANAGEMENT})


def points_for(request: AnalysisRequest, context: AnalysisContext) -> tuple[Point, ...]:
    """Return what in *context* bears on the requirement, weightiest first, then by id, level and place."""
    items = request.shortcuts.of(items_of, context)
    sentences = request.shortcuts.of(Sentences)
    return request.shortcuts.of(_points_for, request.requirement, items, sentences)


def _points_for(
    requirement: str, items: Sequence[RetrievedItem], sentences: Sentences
) -> tuple[Point, ...]:
    if not items:
        return ()
    texts = {item.key: _terms_of_item(item) for item in items}
    weights = dict(term_weights(texts.values()))
    topic = topic_of(requirement)
    known = topic.terms & weights.keys()
    for term in known:
        weights[term] *= _TOPIC_WEIGHT
    wanted = _requirement_terms(requirement, weights) | known
    heads = {item.key: _terms_of_head(item) & wanted for item in items}
    standing = {key: _sum(weights, terms & wanted) for key, terms in texts.items()}
    best = max(standing.values(), default=0.0)
    enough = 1 if len(wanted) <= _FEW_TERMS else 2
    points: list[Point] = []
    for item in items:
        if len(texts[item.key] & wanted) < enough or standing[item.key] < _ITEM_FLOOR * best:
            continue
        points += _points_of(sentences.of(item), wanted, topic, heads[item.key], weights)
    weightiest = sorted((point.weight for point in points), reverse=True)[:_REFERENCE]
    reference = sum(weightiest) / len(weightiest) if weightiest else 1.0
    scaled = [replace(point, weight=point.weight / reference) for point in points]
    return tuple(sorted(scaled, key=order_of))


def order_of(point: Point) -> tuple[float, str, int, int]:
    """Sort key: weightiest first, then by id, level and place."""
    item = point.item
    return (
        -round(point.weight, 9),
        item.knowledge_id,
        item.confidentiality_level.rank,
        point.quote.start,
    )


def items_of(context: AnalysisContext) -> tuple[RetrievedItem, ...]:
    """Return the distinct items of *context* with all their passages, by id and level."""
    versions: dict[ItemKey, list[RetrievedItem]] = {}
    for found in context.values():
        for item in found:
            versions.setdefault(item.key, []).append(item)
    merged = [_merged(same) for same in versions.values()]
    return tuple(
        sorted(merged, key=lambda item: (item.knowledge_id, item.confidentiality_level.rank))
    )


def first_of_each_item(points: Iterable[Point], limit: int) -> tuple[Point, ...]:
    """Return the weightiest point of each item, at most *limit*, as *points* are ordered."""
    taken: dict[ItemKey, Point] = {}
    for point in points:
        if len(taken) == limit:
            break
        taken.setdefault(point.item.key, point)
    return tuple(taken.values())


def _merged(versions: Sequence[RetrievedItem]) -> RetrievedItem:
    passages: dict[tuple[int, str], Passage] = {}
    for version in versions:
        for passage in version.passages:
            place = (passage.start, passage.text)
            if place not in passages or passages[place].relevance < passage.relevance:
                passages[place] = passage
    ordered = sorted(
        passages.values(),
        key=lambda passage: (-passage.relevance, passage.start, len(passage.text)),
    )
    relevance = max(version.relevance_score for version in versions)
    return versions[0].model_copy(update={"passages": tuple(ordered), "relevance_score": relevance})


def _requirement_terms(requirement: str, weights: Mapping[str, float]) -> frozenset[str]:
    """Return the requirement's terms that the context knows: the most telling ones of a long text."""
    counted = Counter(term for term in terms_in_order(requirement) if term in weights)
    ranked = sorted(counted, key=lambda term: (-counted[term] * weights[term], term))
    return frozenset(ranked[:_MOST_TERMS])


def _terms_of_head(item: RetrievedItem) -> frozenset[str]:
    return terms_of(item.title) | terms_of(" ".join(item.tags).replace("-", " "))


def _terms_of_item(item: RetrievedItem) -> frozenset[str]:
    terms = _terms_of_head(item)
    for passage in item.passages:
        terms |= terms_of(passage.text[:20_000])
    return terms


def _points_of(
    quotes: Sequence[Quote],
    wanted: frozenset[str],
    topic: Topic,
    head: frozenset[str],
    weights: Mapping[str, float],
) -> list[Point]:
    if not quotes:
        return []
    item = quotes[0].item
    scale = (0.5 + 0.5 * item.relevance_score) * (0.9 + 0.02 * item.strategic_priority)
    about = topic.is_named_in(head) and not _MANY_MATTERS.search(item.title)
    points: list[Point] = []
    before: Quote | None = None
    for quote in quotes:
        whole = with_antecedent(quote, before)
        before = quote
        if whole is None or quote.is_rejected:
            continue
        shared = terms_of(whole.statement) & wanted
        if shared or len(head) >= _ON_TOPIC_TERMS:
            weight = _sum(weights, shared) + 0.5 * _sum(weights, head - shared)
            if points and points[-1].quote.start == whole.start:
                points.pop()
            named = topic.is_named_in(shared)
            points.append(Point(whole, quote, weight * scale, shared, topic, named, about))
    return points


def with_antecedent(quote: Quote, before: Quote | None) -> Quote | None:
    """Return *quote*, with the sentence before it where it leans on that one; None if it cannot.

    What leans and does nothing for a decision is left out: the sentence before it says more alone.
    """
    if not _LEANS_BACK.match(quote.statement.lstrip("\"'“‘")):
        return quote
    if before is None or quote.start - before.end > 1 or not quote.roles:
        return None
    for passage in quote.item.passages:
        start, end = before.start - passage.start, quote.end - passage.start
        if start >= 0 and end <= len(passage.text) and end - start <= LONGEST_QUOTE:
            return replace(before, text=passage.text[start:end])
    return None


def _sum(weights: Mapping[str, float], terms: Iterable[str]) -> float:
    return sum(weights[term] for term in sorted(terms))
