"""Answers of a conversation: what is known, what an analysis found, or a question back.

The text is Markdown of ours around words of items: whatever comes from an item is escaped, so that none of its
markup becomes ours, and its sources are numbered in the order of `cited`. The label is the high-water mark of
everything given, cited or not. What was concluded in earlier sessions is shown as that, never as evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import RetrievedItem, Source
from domain.sessions import Conclusion, Route, RoutingDecision, SessionAnswer
from reasoning.analysis_told import told
from reasoning.answer_text import AnswerText
from reasoning.knowledge_told import LookedUp, NothingBears, looked_up

_WHAT_IT_COULD_BE = {
    Route.SOPHIA: "**Sophia**: what it means for the business – market, money, customers, people",
    Route.ARTEMIS: "**Artemis**: whether and how it can be built or run",
    Route.BOTH: "**both**: a full analysis from the two sides",
    Route.KNOWLEDGE: "**look it up**: what is written about it",
}


def answer_from_knowledge(
    question: str,
    evidence: tuple[RetrievedItem, ...],
    *,
    recalled: tuple[Conclusion, ...] = (),
    decision: RoutingDecision,
    label: ConfidentialityLevel,
    now: datetime,
) -> SessionAnswer:
    """Return what *evidence* says to *question* in its own words; that nothing is known where none bears.

    *label* is the message's own; *recalled* are conclusions of earlier sessions that bear on the question.
    """
    text = AnswerText(evidence)
    found = looked_up(question, evidence, now=now)
    if isinstance(found, NothingBears):
        text.paragraph(found.sentence)
    else:
        found.tell(text)
    shown = text.recall(recalled)
    return SessionAnswer(
        confidentiality_level=_label(label, evidence, recalled),
        sources=text.sources,
        text=text.markdown,
        decision=decision,
        question=question,
        cited=text.cited,
        conclusion=None if isinstance(found, NothingBears) else found.conclusion,
        drawn_on=shown,
        entities=text.entities(question),
    )


def answer_from_analysis(
    question: str,
    analysis: ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective,
    *,
    report_id: str,
    evidence: tuple[RetrievedItem, ...] = (),
    recalled: tuple[Conclusion, ...] = (),
    decision: RoutingDecision,
    label: ConfidentialityLevel,
) -> SessionAnswer:
    """Return what *analysis* answers to *question*: the verdict, what bears most, the risks, what to do.

    Where the analysis found little, what *evidence* (a search for the question) says is told below it.
    """
    text = AnswerText((*_all_sources(analysis), *evidence))
    summary = told(analysis)
    summary.tell(text)
    known = looked_up(question, evidence, now=None) if summary.is_thin else None
    conclusion = summary.conclusion
    if isinstance(known, LookedUp):
        known.tell_besides(text)
        conclusion = conclusion or known.conclusion
    shown = text.recall(recalled)
    text.paragraph(f"The whole analysis: report `{report_id}`.")
    return SessionAnswer(
        confidentiality_level=_label(label, (analysis, *evidence), recalled),
        sources=text.sources,
        text=text.markdown,
        decision=decision,
        question=question,
        cited=text.cited,
        report_id=report_id,
        conclusion=conclusion,
        drawn_on=shown,
        entities=text.entities(question),
        degraded=summary.degraded,
    )


def ask_back(
    question: str, decision: RoutingDecision, *, label: ConfidentialityLevel
) -> SessionAnswer:
    """Return a question back: what is unclear, and what the reader may answer; nothing is concluded."""
    text = AnswerText(())
    text.paragraph("I am not sure what you are asking for. " + text.plain(decision.reason))
    text.paragraph("Say more, or say who should answer:")
    text.bullets([_WHAT_IT_COULD_BE[route] for route in decision.candidates or tuple(Route)])
    return SessionAnswer(
        confidentiality_level=label,
        sources=(),
        text=text.markdown,
        decision=decision,
        question=question,
    )


def _all_sources(
    analysis: ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective,
) -> list[Source]:
    if not isinstance(analysis, ComprehensiveAnalysis):
        return list(analysis.sources)
    parts = (
        analysis,
        analysis.business_perspective,
        analysis.technical_perspective,
        analysis.strategic_synthesis,
    )
    return [source for part in parts if part is not None for source in part.sources]


def _label(
    label: ConfidentialityLevel,
    given: Sequence[
        RetrievedItem | ComprehensiveAnalysis | BusinessPerspective | TechnicalPerspective
    ],
    recalled: Sequence[Conclusion],
) -> ConfidentialityLevel:
    levels = [one.confidentiality_level for one in (*given, *recalled)]
    return high_water_mark([label, *levels])
