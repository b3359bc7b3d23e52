"""What an analysis is asked, and every search that answering it takes.

All questions of all phases are known before the first search, so that they can be embedded as one
batch. A question asks for the requirement's most telling words, with a phrase for the facet it looks
for as its aspect; a long requirement is reduced to its most informative sentences and never sent whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import Field, PrivateAttr, field_validator

from domain.clearance import ConfidentialityLevel
from domain.evidence import RetrievedItem
from domain.facets import Facet
from domain.knowledge import KnowledgeCategory
from domain.model import FrozenModel, UtcDatetime
from domain.sentences import sentence_spans, shortened
from reasoning.shortcuts import Shortcuts
from reasoning.terms import terms_in_order
from reasoning.topic import subject_of

MAX_REQUIREMENT_LENGTH = 100_000
_GIST_LENGTH = 400
_LEAST_TOLD = 0.3
"""Share of the best sentence's information below which a sentence is left out."""
_SENTENCES_WEIGHED = 1_500
_SHORTEST_SENTENCE = 4
"""Terms. A shorter sentence is a heading or a fragment."""


class AnalysisRequest(FrozenModel):
    """A requirement to analyse, how secret it is, and what the caller adds to it."""

    requirement: str = Field(min_length=1, max_length=MAX_REQUIREMENT_LENGTH)
    requirement_level: ConfidentialityLevel
    context: dict[str, str] = Field(default_factory=dict)
    """The caller's notes by name; citable, as secret as the requirement."""
    asked_at: UtcDatetime | None = None
    """When it was asked: completes a date without a year; without it such a date is not placed."""
    _shortcuts: Shortcuts = PrivateAttr(default_factory=Shortcuts)

    @property
    def shortcuts(self) -> Shortcuts:
        """What has been worked out for this request so far; no part of its value."""
        return self._shortcuts

    @field_validator("requirement")
    @classmethod
    def _not_blank(cls, requirement: str) -> str:
        if not requirement.strip():
            raise ValueError("must not be empty")
        return requirement


class Question(FrozenModel):
    """One search of an analysis."""

    name: str
    text: str
    aspect: Facet | None
    """What about the text is asked."""
    categories: tuple[KnowledgeCategory, ...]
    """Where to look; what a category yields nothing for counts as asked without an answer."""


AnalysisContext = Mapping[str, tuple[RetrievedItem, ...]]
"""What each question brought up, by the question's name, most relevant first."""

_C = KnowledgeCategory
_FACETS: tuple[tuple[str, Facet | None, tuple[KnowledgeCategory, ...]], ...] = (
    ("strategic_context", None, tuple(KnowledgeCategory)),
    ("strategy", Facet.STRATEGY, (_C.STRATEGIC_PLANNING,)),
    ("finance", Facet.FINANCE, (_C.FINANCIAL_ANALYSIS,)),
    ("market", Facet.MARKET, (_C.MARKET_INTELLIGENCE,)),
    ("competitors", Facet.COMPETITORS, (_C.COMPETITIVE_ANALYSIS,)),
    ("customers", Facet.CUSTOMERS, (_C.CUSTOMER_INSIGHTS,)),
    ("partners", Facet.PARTNERS, (_C.PARTNERSHIP_OPPORTUNITIES,)),
    ("people", Facet.PEOPLE, (_C.HUMAN_RESOURCES,)),
    ("roadmap", Facet.ROADMAP, (_C.TECHNOLOGY_ROADMAP,)),
    ("operations", Facet.OPERATIONS, (_C.OPERATIONAL_METRICS,)),
    ("risks", Facet.RISKS, (_C.RISK_MANAGEMENT,)),
    (
        "delivery",
        Facet.DELIVERY,
        (_C.TECHNOLOGY_ROADMAP, _C.STRATEGIC_PLANNING, _C.FINANCIAL_ANALYSIS, _C.RISK_MANAGEMENT),
    ),
)

_MONEY = "budget, cost, investment, cap"
_MONEY_IN = (_C.FINANCIAL_ANALYSIS, _C.STRATEGIC_PLANNING)

BUSINESS_QUESTIONS = (
    "strategic_context",
    "strategy",
    "finance",
    "money",
    "market",
    "competitors",
    "customers",
    "partners",
    "people",
)
"""What the business perspective is made from."""

TECHNICAL_QUESTIONS = (
    "strategic_context",
    "strategy",
    "finance",
    "money",
    "people",
    "roadmap",
    "operations",
    "risks",
    "delivery",
)
"""What the technical perspective is made from."""


def questions_for(request: AnalysisRequest) -> tuple[Question, ...]:
    """Return every search of the analysis, in a fixed order.

    What it costs and what is there for it is asked by the requirement's name alone: a memo on money says
    little else of it.
    """
    gist = gist_of(request.requirement)
    by_facet = tuple(
        Question(name=name, text=gist, aspect=facet, categories=categories)
        for name, facet, categories in _FACETS
    )
    about_money = f"{subject_of(request.requirement)} {_MONEY}"
    return (
        *by_facet,
        Question(name="money", text=about_money, aspect=None, categories=_MONEY_IN),
    )


def part_of_context(context: AnalysisContext, names: tuple[str, ...]) -> AnalysisContext:
    """Return what *context* holds for the questions *names*."""
    return {name: context[name] for name in names if name in context}


def gist_of(requirement: str) -> str:
    """Return *requirement* when it is short, else its most informative sentences in their order.

    A sentence is as informative as the mean, over its distinct terms, of how often the whole
    requirement comes back to that term; sentences are taken best first while they fit in 400
    characters and are at least three tenths as informative as the best. Ties go to the earlier sentence.
    """
    whole = " ".join(requirement.split())
    if len(whole) <= _GIST_LENGTH:
        return whole
    spans = sentence_spans(requirement)[:_SENTENCES_WEIGHED]
    sentences = [" ".join(requirement[start:end].split()) for start, end in spans]
    terms = [frozenset(terms_in_order(sentence)) for sentence in sentences]
    frequency = Counter(term for sentence in terms for term in sentence)
    told = [
        sum(frequency[term] for term in sentence) / len(sentence)
        if len(sentence) >= _SHORTEST_SENTENCE
        else 0.0
        for sentence in terms
    ]
    least = _LEAST_TOLD * max(told, default=0.0)
    by_information = sorted(
        (index for index, value in enumerate(told) if value and value >= least),
        key=lambda index: (-told[index], index),
    )
    taken: list[int] = []
    seen: set[frozenset[str]] = set()
    length = 0
    for index in by_information:
        size = len(sentences[index]) + 1
        if length + size <= _GIST_LENGTH and terms[index] not in seen:
            taken.append(index)
            seen.add(terms[index])
            length += size
    if not taken:
        return shortened(whole, limit=_GIST_LENGTH)
    return " ".join(sentences[index] for index in sorted(taken))
