"""A comprehensive analysis as a document: the summary to read aloud, what to do, and the grounds.

What is missing and how sure the rest is stand before the conclusions, never behind them.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.analysis import (
    AnalysisDomain,
    ComprehensiveAnalysis,
    StrategicSynthesis,
    TechnicalPerspective,
    TechnicalRequirement,
)
from domain.evidence import Source
from domain.knowledge import Domain
from presentation.composition import Composer, degradation_notices, short_title
from presentation.document import (
    Block,
    Cell,
    Columns,
    Document,
    Fact,
    Note,
    Prose,
    Quotation,
    Section,
    Table,
)
from presentation.perspectives import business_section, technical_section
from presentation.quantities import requirement_value
from presentation.risk_picture import risk_picture
from presentation.timeline_picture import earliest_deadline, timeline_picture, weeks_range
from presentation.wording import (
    category_names,
    confidence_grade,
    confidence_words,
    counted,
    enumerated,
    excerpt,
    minute,
    passage,
    words,
)

LONGEST_REQUIREMENT = 3_000
_NAMES = {
    AnalysisDomain.SOPHIA: "Sophia (business)",
    AnalysisDomain.ARTEMIS: "Artemis (technical)",
    AnalysisDomain.CEO_KNOWLEDGE: "the CEO’s knowledge",
}


def analysis_document(analysis: ComprehensiveAnalysis) -> Document:
    """Return *analysis* composed from the conclusion down to the quotes that carry it."""
    composer = Composer(_all_sources(analysis))
    sections = (*_conclusions(analysis, composer), *_grounds(analysis, composer))
    return Document(
        genre="Business and technical analysis",
        title=short_title(analysis.requirement) or "(an empty requirement)",
        level=analysis.confidentiality_level,
        facts=_facts(analysis),
        notices=_notices(analysis),
        sections=sections,
        sources=composer.sources(),
    )


def _facts(analysis: ComprehensiveAnalysis) -> tuple[Fact, ...]:
    metadata = analysis.collaboration_metadata
    domains = (_NAMES[domain] for domain in metadata.domains_involved)
    return (
        Fact("Prepared for", metadata.requester),
        Fact("Prepared", minute(metadata.analysis_timestamp)),
        Fact("Confidence", confidence_words(metadata.confidence_scores.overall)),
        Fact("Rests on", counted(metadata.evidence_count, "quote")),
        Fact("Took part", enumerated(domains) or "no one"),
        Fact("Reasoner", metadata.reasoner),
        Fact("Analysis", metadata.analysis_id),
    )


def _notices(analysis: ComprehensiveAnalysis) -> tuple[str, ...]:
    metadata = analysis.collaboration_metadata
    missing = degradation_notices(metadata.degraded)
    silent = metadata.categories_without_evidence
    if not silent or not analysis.sources:
        return missing
    return (
        *missing,
        f"Nothing that bears on the requirement was found in: {category_names(silent)}.",
    )


def _conclusions(analysis: ComprehensiveAnalysis, composer: Composer) -> list[Section]:
    sections: list[Section] = []
    synthesis = analysis.strategic_synthesis
    if not analysis.sources:
        sections.append(Section("No evidence", "no-evidence", (Note(_no_evidence(analysis)),)))
    elif synthesis is not None and synthesis.executive_summary:
        lead = Prose(composer.statements(synthesis.executive_summary), lead=True)
        sections.append(Section("Executive summary", "executive-summary", (lead,)))
    actions = composer.actions(analysis.unified_recommendations, named_sources=True)
    if actions:
        sections.append(Section("Recommendations", "recommendations", tuple(actions)))
    if " ".join(analysis.requirement.split()) != short_title(analysis.requirement):
        asked = Quotation(passage(analysis.requirement, limit=LONGEST_REQUIREMENT))
        sections.append(Section("What was asked", "requirement", (asked,)))
    if analysis.sources:
        sections.append(Section("Confidence", "confidence", _confidence(analysis)))
    return sections


def _no_evidence(analysis: ComprehensiveAnalysis) -> str:
    silent = analysis.collaboration_metadata.categories_without_evidence
    asked = f" Asked were {category_names(silent)}." if silent else ""
    return (
        "Nothing that this reader may read bears on the requirement, so nothing is concluded "
        f"about the company.{asked} Add knowledge on the subject, or put the question in the "
        "company's own words, and ask again."
    )


def _confidence(analysis: ComprehensiveAnalysis) -> tuple[Block, ...]:
    scores = analysis.collaboration_metadata.confidence_scores
    rows = (
        ("Business", scores.business),
        ("Technical", scores.technical),
        ("Both together", scores.overall),
    )
    return (
        Table(
            caption="How far to rely on this, from 0 to 1",
            columns=("Perspective", "Confidence"),
            rows=tuple(
                (Cell(name, strong=True), Cell(f"{score:.2f} — {confidence_grade(score)}"))
                for name, score in rows
            ),
        ),
        Note(
            "Confidence is computed from how much of the question the evidence covers, how well it "
            "bears on it, how recent it is and how far it agrees. "
            f"{confidence_words(scores.overall)}."
        ),
    )


def _grounds(analysis: ComprehensiveAnalysis, composer: Composer) -> list[Section]:
    said = analysis.unified_recommendations
    technical = analysis.technical_perspective
    marks_before = composer.marks_given
    perspectives = Columns(
        (
            business_section(analysis.business_perspective, composer, said=said),
            technical_section(technical, composer, said=said),
        )
    )
    sections: list[Section] = []
    # Without evidence two empty perspectives would only repeat that there is none.
    if analysis.sources or composer.marks_given > marks_before:
        sections.append(Section("The two perspectives", "perspectives", (perspectives,)))
        sections += _synthesis(analysis.strategic_synthesis, composer)
    if technical is not None:
        sections += _technical_figures(technical, analysis, composer)
    return sections


def _synthesis(synthesis: StrategicSynthesis | None, composer: Composer) -> list[Section]:
    if synthesis is None:
        note = Note("The two perspectives were not joined in this analysis.")
        return [Section("Synthesis", "synthesis", (note,))]
    blocks = (
        *composer.listed("Where both agree", synthesis.alignment_analysis.agreements),
        *composer.listed("Where they pull apart", synthesis.alignment_analysis.conflicts),
        *composer.listed("What follows", synthesis.strategic_implications),
        *composer.listed("Seen only together", synthesis.synthesis_insights),
    )
    return (
        [Section("Synthesis", "synthesis", blocks, synthesis.confidentiality_level)]
        if blocks
        else []
    )


def _technical_figures(
    technical: TechnicalPerspective, analysis: ComprehensiveAnalysis, composer: Composer
) -> list[Section]:
    sections: list[Section] = []
    requirements = technical.technical_requirements
    if requirements:
        table = _requirements_table(requirements, composer)
        sections.append(Section("Technical requirements", "technical-requirements", (table,)))
    risks = technical.risk_assessment.risks
    picture = risk_picture(composer.draw((Domain.TECHNICAL, risk) for risk in risks))
    if risks:
        blocks = (*picture, *composer.risks(risks, heading="The risks and their grades"))
        sections.append(Section("Priority and risk", "risks", blocks))
    timeline = technical.implementation_timeline
    bar = timeline_picture(
        timeline,
        now=analysis.collaboration_metadata.analysis_timestamp,
        deadline=earliest_deadline(requirements),
    )
    drivers = composer.listed("What drives it", timeline.drivers)
    if bar or drivers:
        blocks = (*bar, *([] if bar else [Note(_sentence(weeks_range(timeline)))]), *drivers)
        sections.append(Section("Timeline", "timeline", blocks))
    return sections


def _requirements_table(requirements: Sequence[TechnicalRequirement], composer: Composer) -> Table:
    return Table(
        caption="What the solution must meet, and the words that say so",
        columns=("Kind", "Value", "Stated as"),
        rows=tuple(
            (
                Cell(words(requirement.kind)),
                Cell(requirement_value(requirement), strong=True),
                Cell(
                    f"“{excerpt(requirement.evidence.quote, limit=200)}”",
                    marks=composer.marks((requirement.evidence,)),
                ),
            )
            for requirement in requirements
        ),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _all_sources(analysis: ComprehensiveAnalysis) -> list[Source]:
    parts = (
        analysis,
        analysis.business_perspective,
        analysis.technical_perspective,
        analysis.strategic_synthesis,
    )
    return [source for part in parts if part is not None for source in part.sources]
