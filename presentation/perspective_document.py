"""One perspective alone as a document: what Sophia or Artemis says when nobody else is asked."""

from __future__ import annotations

from domain.analysis import BusinessPerspective, TechnicalPerspective
from domain.knowledge import Domain
from presentation.composition import Composer, short_title
from presentation.document import Document, Fact, Note, Section
from presentation.front_page import given
from presentation.perspectives import business_section, technical_section
from presentation.wording import confidence_words, counted


def perspective_document(perspective: BusinessPerspective | TechnicalPerspective) -> Document:
    """Return *perspective* with its grounds; it needs no appendix but the list of sources."""
    composer = Composer(perspective.sources)
    match perspective:
        case BusinessPerspective():
            genre = "Business analysis"
            section = business_section(perspective, composer, said=())
        case TechnicalPerspective():
            genre = "Technical analysis"
            composer.draw((Domain.TECHNICAL, risk) for risk in perspective.risk_assessment.risks)
            section = technical_section(perspective, composer, said=())
    nothing = [] if perspective.sources else [Note("No evidence bears on the requirement.")]
    sections: tuple[Section, ...] = (*given("No evidence", "no-evidence", nothing), section)
    return Document(
        genre=genre,
        title=short_title(perspective.query) or "(an empty requirement)",
        level=perspective.confidentiality_level,
        facts=(
            Fact("Rests on", counted(len(perspective.sources), "source")),
            Fact("Confidence", confidence_words(perspective.confidence_score)),
        ),
        notices=(),
        sections=sections,
        aside=tuple(given("Priority and risk", "risk-picture", composer.risk_sketch())),
        page_sources=composer.sources_so_far(),
        sources=composer.sources(),
    )
