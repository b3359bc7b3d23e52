"""A comprehensive analysis as a document: the summary to read aloud, what to do, and the grounds.

A part that failed is named before the conclusions; what the evidence does not cover and how sure
the rest is stand beside them, on the first page.
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
    Statement,
    StatementList,
    Table,
)
from presentation.front_page import ActionsAcrossPages, given
from presentation.perspectives import business_section, technical_section
from presentation.quantities import requirement_value
from presentation.timeline_picture import earliest_deadline, timeline_picture, weeks_range
from presentation.wording import (
    category_names,
    confidence_grade,
    confidence_meaning,
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
    technical = analysis.technical_perspective
    if technical is not None:
        composer.draw((Domain.TECHNICAL, risk) for risk in technical.risk_assessment.risks)
    actions = ActionsAcrossPages(analysis.unified_recommendations, noun="recommendation")
    sections = _conclusions(analysis, actions, composer)
    aside = _aside(analysis, composer)
    page_sources = composer.sources_so_far()
    appendix = [
        *actions.appendix(composer),
        *_question(analysis),
        *_grounds(analysis, composer),
        _about(analysis),
    ]
    metadata = analysis.collaboration_metadata
    return Document(
        genre="Business and technical analysis",
        title=short_title(analysis.requirement) or "(an empty requirement)",
        level=analysis.confidentiality_level,
        facts=(
            Fact("Prepared for", metadata.requester),
            Fact("Prepared", minute(metadata.analysis_timestamp)),
            Fact("Rests on", counted(metadata.evidence_count, "quote")),
        ),
        notices=degradation_notices(metadata.degraded),
        sections=tuple(sections),
        aside=tuple(aside),
        page_sources=page_sources,
        appendix=tuple(appendix),
        sources=composer.sources(),
    )


def _conclusions(
    analysis: ComprehensiveAnalysis, actions: ActionsAcrossPages, composer: Composer
) -> list[Section]:
    synthesis = analysis.strategic_synthesis
    summary: list[Block] = []
    if synthesis is not None and synthesis.executive_summary and analysis.sources:
        summary = [Prose(composer.statements(synthesis.executive_summary), lead=True)]
    nothing = [] if analysis.sources else [Note(_no_evidence(analysis))]
    return [
        *given("No evidence", "no-evidence", nothing),
        *given("Executive summary", "executive-summary", summary),
        *given("Recommendations", "recommendations", actions.front(composer)),
    ]


def _aside(analysis: ComprehensiveAnalysis, composer: Composer) -> list[Section]:
    """Return what tells how far to trust the conclusions, and how long and risky the work is."""
    metadata = analysis.collaboration_metadata
    silent = metadata.categories_without_evidence if analysis.sources else ()
    missing = f"Nothing that bears on the requirement was found in: {category_names(silent)}."
    return [
        *given("What is missing", "missing", [Note(missing)] if silent else []),
        *given("Confidence", "confidence", _confidence(analysis) if analysis.sources else []),
        *given("Timeline", "timeline", _timeline(analysis)),
        *given("Priority and risk", "risk-picture", composer.risk_sketch()),
    ]


def _timeline(analysis: ComprehensiveAnalysis) -> Sequence[Block]:
    technical = analysis.technical_perspective
    if technical is None:
        return []
    return timeline_picture(
        technical.implementation_timeline,
        now=analysis.collaboration_metadata.analysis_timestamp,
        deadline=earliest_deadline(technical.technical_requirements),
    )


def _question(analysis: ComprehensiveAnalysis) -> list[Section]:
    if " ".join(analysis.requirement.split()) == short_title(analysis.requirement):
        return []
    asked = Quotation(passage(analysis.requirement, limit=LONGEST_REQUIREMENT))
    return [Section("What was asked", "requirement", (asked,))]


def _about(analysis: ComprehensiveAnalysis) -> Section:
    metadata = analysis.collaboration_metadata
    domains = (_NAMES[domain] for domain in metadata.domains_involved)
    facts = (
        Fact("Took part", enumerated(domains) or "no one"),
        Fact("Confidence", confidence_words(metadata.confidence_scores.overall)),
        Fact("Reasoner", metadata.reasoner),
        Fact("Analysis", metadata.analysis_id),
    )
    how = Note(
        "Confidence is computed from how much of the question the evidence covers, how well it "
        "bears on it, how recent it is and how far it agrees."
    )
    about = StatementList((Statement("", facts=facts),))
    return Section("About this analysis", "about", (about, how))


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
        Note(_sentence(confidence_meaning(scores.overall))),
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
        sections += _technical_figures(technical, composer)
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


def _technical_figures(technical: TechnicalPerspective, composer: Composer) -> list[Section]:
    sections: list[Section] = []
    requirements = technical.technical_requirements
    if requirements:
        table = _requirements_table(requirements, composer)
        sections.append(Section("Technical requirements", "technical-requirements", (table,)))
    risks = technical.risk_assessment.risks
    graded = [*composer.risk_plot(), *composer.risks(risks)]
    timeline = technical.implementation_timeline
    range_of_weeks = [] if timeline.minimum_weeks else [Note(_sentence(weeks_range(timeline)))]
    drivers = composer.listed(None, timeline.drivers)
    return [
        *sections,
        *given("Risks and their grades", "risks", graded),
        *given("What drives the time", "drivers", [*range_of_weeks, *drivers] if drivers else []),
    ]


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
