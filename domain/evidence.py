"""Evidence is a verbatim quote with its place; a finding is a statement that cites evidence.

A finding without evidence cannot be built, so a conclusion that nothing supports cannot be said.
Both carry labels: a finding's level is the high-water mark of what it cites.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field, computed_field, model_validator

from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.knowledge import ItemKey, KnowledgeCategory, KnowledgeHeader, KnowledgeItem
from domain.model import FrozenModel, ModelWithComputedFields, UtcDatetime


class Passage(FrozenModel):
    """A stretch of an item's content that a search or a window selected."""

    text: str
    """Verbatim: equal to `content[start : start + len(text)]`."""
    start: int = Field(ge=0)
    """Offset in characters into the item's content."""
    relevance: float = Field(ge=0, le=1)


class RetrievedItem(KnowledgeHeader, ModelWithComputedFields):
    """An item that a reader's search or window brought up, with the passages that matter."""

    relevance_score: float = Field(ge=0, le=1)
    """How well the item bears on the query; 1 for items selected by window alone."""
    passages: tuple[Passage, ...] = Field(min_length=1)
    """Best first."""

    @computed_field
    @property
    def excerpt(self) -> str:
        """The passage that bears most on the query."""
        return self.passages[0].text

    @classmethod
    def whole(cls, item: KnowledgeItem) -> RetrievedItem:
        """Return *item* as selected without a query: its whole content as the one passage."""
        header = {name: getattr(item, name) for name in KnowledgeHeader.model_fields}
        passage = Passage(text=item.content, start=0, relevance=1)
        return cls(**header, relevance_score=1, passages=(passage,))


class EvidenceOrigin(StrEnum):
    """Where a quote stands: in a knowledge item, in the requirement, or in the caller's context."""

    KNOWLEDGE = "knowledge"
    REQUIREMENT = "requirement"
    CONTEXT = "context"


class Evidence(FrozenModel):
    """A verbatim quote, where it stands, and how secret that place is."""

    knowledge_id: str
    """The item's id; for the other origins the origin's own name."""
    confidentiality_level: ConfidentialityLevel
    quote: str = Field(min_length=1)
    start: int = Field(ge=0)
    """Offset in characters into the item's content (or into the requirement or context text)."""
    origin: EvidenceOrigin = EvidenceOrigin.KNOWLEDGE

    @property
    def end(self) -> int:
        """Offset just past the quote."""
        return self.start + len(self.quote)

    @property
    def key(self) -> ItemKey:
        """The address of the item that is quoted."""
        return ItemKey(
            knowledge_id=self.knowledge_id, confidentiality_level=self.confidentiality_level
        )


class Finding(ModelWithComputedFields):
    """A statement and the evidence for it."""

    statement: str = Field(min_length=1)
    evidence: tuple[Evidence, ...] = Field(min_length=1)

    @computed_field
    @property
    def confidentiality_level(self) -> ConfidentialityLevel:
        """The high-water mark of the evidence."""
        return level_of_evidence(self.evidence)


def level_of_evidence(evidence: Iterable[Evidence]) -> ConfidentialityLevel:
    """Return the highest level among *evidence*."""
    return high_water_mark(quote.confidentiality_level for quote in evidence)


class Source(FrozenModel):
    """An item that a result cites, as the list of sources shows it."""

    knowledge_id: str
    confidentiality_level: ConfidentialityLevel
    title: str
    category: KnowledgeCategory
    strategic_priority: int
    source: str
    updated_at: UtcDatetime

    @property
    def key(self) -> ItemKey:
        """The address of the cited item."""
        return ItemKey(
            knowledge_id=self.knowledge_id, confidentiality_level=self.confidentiality_level
        )

    @classmethod
    def of(cls, header: KnowledgeHeader) -> Source:
        """Return the citation entry for the item that *header* describes."""
        return cls(**{name: getattr(header, name) for name in cls.model_fields})


class Labelled(FrozenModel):
    """A derived result: it carries a label that no part of it may exceed."""

    confidentiality_level: ConfidentialityLevel
    """The high-water mark of everything that the result was made from, cited or not."""
    sources: tuple[Source, ...]
    """Every item that the result cites, ordered by id and level."""

    @model_validator(mode="after")
    def _label_covers_sources(self) -> Labelled:
        highest = high_water_mark(source.confidentiality_level for source in self.sources)
        if highest.rank > self.confidentiality_level.rank:
            raise ValueError("a result's label must cover all of its sources")
        return self
