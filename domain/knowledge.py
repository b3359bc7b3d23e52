"""A knowledge item: what the company knows, with a category, a priority and a confidentiality level.

An item is addressed by its id *and* its level. Two writers who cannot see each other's level may use
the same id; were ids unique across levels, a refusal would tell the lower one that a secret exists.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from domain.clearance import ConfidentialityLevel
from domain.model import FrozenModel, UtcDatetime

MAX_ID_LENGTH = 200
MAX_TITLE_LENGTH = 500
MAX_TAG_LENGTH = 100
MAX_TAGS = 64
MAX_CONTENT_LENGTH = 20_000_000
"""Characters. One item larger than this is a data set, not a piece of knowledge."""


class KnowledgeCategory(StrEnum):
    """What an item is about."""

    STRATEGIC_PLANNING = "strategic_planning"
    FINANCIAL_ANALYSIS = "financial_analysis"
    MARKET_INTELLIGENCE = "market_intelligence"
    COMPETITIVE_ANALYSIS = "competitive_analysis"
    OPERATIONAL_METRICS = "operational_metrics"
    TECHNOLOGY_ROADMAP = "technology_roadmap"
    HUMAN_RESOURCES = "human_resources"
    RISK_MANAGEMENT = "risk_management"
    CUSTOMER_INSIGHTS = "customer_insights"
    PARTNERSHIP_OPPORTUNITIES = "partnership_opportunities"


class Domain(StrEnum):
    """The three views of the company that a summary can take."""

    BUSINESS = "business"
    TECHNICAL = "technical"
    MARKET = "market"

    @property
    def categories(self) -> tuple[KnowledgeCategory, ...]:
        """The categories that this domain is made of; every category is in exactly one domain."""
        return _DOMAIN_CATEGORIES[self]


_DOMAIN_CATEGORIES = {
    Domain.BUSINESS: (
        KnowledgeCategory.STRATEGIC_PLANNING,
        KnowledgeCategory.FINANCIAL_ANALYSIS,
        KnowledgeCategory.OPERATIONAL_METRICS,
        KnowledgeCategory.HUMAN_RESOURCES,
    ),
    Domain.TECHNICAL: (
        KnowledgeCategory.TECHNOLOGY_ROADMAP,
        KnowledgeCategory.RISK_MANAGEMENT,
    ),
    Domain.MARKET: (
        KnowledgeCategory.MARKET_INTELLIGENCE,
        KnowledgeCategory.COMPETITIVE_ANALYSIS,
        KnowledgeCategory.CUSTOMER_INSIGHTS,
        KnowledgeCategory.PARTNERSHIP_OPPORTUNITIES,
    ),
}

_DOMAIN_OF_CATEGORY = {
    category: domain for domain, categories in _DOMAIN_CATEGORIES.items() for category in categories
}


def domain_of(category: KnowledgeCategory) -> Domain:
    """Return the one domain that *category* belongs to."""
    return _DOMAIN_OF_CATEGORY[category]


_CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _without_control_characters(text: str) -> str:
    if _CONTROL_CHARACTER.search(text):
        raise ValueError("must not hold control characters")
    if text != text.strip():
        raise ValueError("must not begin or end with white space")
    return text


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold NUL characters")
    if _SURROGATE.search(text):
        raise ValueError("must be valid Unicode; it holds half of a surrogate pair")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


KnowledgeId = Annotated[
    str,
    Field(min_length=1, max_length=MAX_ID_LENGTH),
    AfterValidator(_without_nul),
    AfterValidator(_without_control_characters),
]
Title = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TITLE_LENGTH),
    AfterValidator(_without_nul),
    AfterValidator(_without_control_characters),
]
Tag = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TAG_LENGTH),
    AfterValidator(_without_nul),
    AfterValidator(_without_control_characters),
]
Content = Annotated[
    str,
    Field(min_length=1, max_length=MAX_CONTENT_LENGTH),
    AfterValidator(_without_nul),
    AfterValidator(_not_blank),
]
StrategicPriority = Annotated[int, Field(ge=1, le=10, strict=True)]


class KnowledgeHeader(FrozenModel):
    """Everything about an item except its text: what lists, results and citations carry."""

    knowledge_id: KnowledgeId
    title: Title
    category: KnowledgeCategory
    confidentiality_level: ConfidentialityLevel
    strategic_priority: StrategicPriority
    """1 (background) to 10 (the company depends on it)."""
    source: Annotated[str, Field(max_length=1000), AfterValidator(_without_nul)]
    """Where the item came from: a file, a system, a person."""
    tags: tuple[Tag, ...] = Field(default=(), max_length=MAX_TAGS)
    created_at: UtcDatetime
    updated_at: UtcDatetime
    expires_at: UtcDatetime | None = None
    """From this moment on the item is invisible; None means never."""

    @model_validator(mode="after")
    def _times_in_order(self) -> KnowledgeHeader:
        if self.updated_at < self.created_at:
            raise ValueError("updated_at must not come before created_at")
        if self.expires_at is not None and self.expires_at <= self.created_at:
            raise ValueError("expires_at must come after created_at")
        return self

    @property
    def key(self) -> ItemKey:
        """What addresses this item: its id together with its level."""
        return ItemKey(
            knowledge_id=self.knowledge_id, confidentiality_level=self.confidentiality_level
        )


class KnowledgeItem(KnowledgeHeader):
    """One piece of knowledge with its full text."""

    content: Content
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Free JSON values; never used for filtering or access."""


class ItemKey(NamedTuple):
    """The address of an item."""

    knowledge_id: str
    confidentiality_level: ConfidentialityLevel
