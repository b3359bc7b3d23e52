"""The executive summary: at most seven sentences that can be read aloud in under a minute.

In this order, each only where there is evidence for it: what is asked, whether it fits, whether it can be
built, by when, the main risk, the money, what to decide. A long quote is shortened at a pause in the
statement; its evidence holds it whole. Quotes are shortened further until all fit into 150 words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from domain.analysis import (
    BusinessPerspective,
    Rating,
    RequirementKind,
    Risk,
    TechnicalPerspective,
    TechnicalRequirement,
)
from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, Finding
from domain.knowledge import KnowledgeCategory
from domain.sentences import sentence_spans
from reasoning.amounts import amount, day, requirement_in_words
from reasoning.bearing import Point
from reasoning.cues import Role, deadline_in
from reasoning.figures import FigureKind, figures_in
from reasoning.measurements import Measurement
from reasoning.quoting import as_evidence, readable
from reasoning.requests import AnalysisRequest
from reasoning.schedule import earliest_deadline

MOST_WORDS = 150
_QUOTED_WORDS = (24, 20, 16, 12)
"""Words of a quote that are read out: the first of these with which the whole stays within bounds."""
_LEANING = 0.33
_QUOTES = re.compile(r"(?:; [a-z ]+ says)?: ")
_PAUSE = re.compile(r"[,;:–—(]\s*$|[,;:–—(]$")
_C = KnowledgeCategory
_OTHERS_MONEY = frozenset({_C.COMPETITIVE_ANALYSIS, _C.MARKET_INTELLIGENCE})


def executive_summary(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    points: Sequence[Point],
    measurements: Sequence[Measurement],
    *,
    now: datetime,
) -> tuple[Finding, ...]:
    """Return the sentences in order, at most 150 words together."""
    kept: list[Finding] = []
    for words in _QUOTED_WORDS:
        kept = _distinct(
            _sentences(request, business, technical, points, measurements, now=now, words=words)
        )
        if sum(len(finding.statement.split()) for finding in kept) <= MOST_WORDS:
            break
    return tuple(kept)


def _distinct(sentences: Iterable[Finding]) -> list[Finding]:
    """Return the sentences, each resting on a quote that no earlier one has as its last."""
    kept: list[Finding] = []
    said: list[Evidence] = []
    for finding in sentences:
        if finding.evidence[-1] not in said:
            kept.append(finding)
            said.append(finding.evidence[-1])
    return kept


def in_brief(text: str, words: int) -> str:
    """Return *text* on one line, cut at the last pause within *words* words, else at a word."""
    every = readable(text).split()
    if len(every) <= words:
        return " ".join(every)
    first = every[:words]
    for end in range(len(first), len(first) * 2 // 3, -1):
        if _PAUSE.search(first[end - 1]):
            return " ".join(first[:end]).rstrip(" ,;:–—(") + " …"
    return " ".join(first) + " …"


def _sentences(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    points: Sequence[Point],
    measurements: Sequence[Measurement],
    *,
    now: datetime,
    words: int,
) -> Iterator[Finding]:
    yield asked_for(request, words)
    if business is not None:
        yield from _fit(business, words)
    requirements = technical.technical_requirements if technical is not None else ()
    if technical is not None:
        yield from _feasible(technical, words)
        yield from _by_when(technical, requirements, now.date())
        yield from _main_risk(technical, words)
    yield from _money(requirements, points, measurements, words)
    yield from _to_decide(points, now, words)


def asked_for(request: AnalysisRequest, words: int) -> Finding:
    """Return what the requirement asks in its own first words."""
    text = request.requirement
    spans = [span for span in sentence_spans(text) if len(text[span.start : span.end].split()) > 3]  # noqa: PLR2004 -- a heading is shorter
    start, end = spans[0] if spans else (len(text) - len(text.lstrip()), len(text.rstrip()))
    quote = text[start : min(end, start + 400)].rstrip()
    return Finding(
        statement=f"Asked for: {_ended(in_brief(quote, words))}",
        evidence=(_of_requirement(quote, start, request.requirement_level),),
    )


def _of_requirement(quote: str, start: int, level: ConfidentialityLevel) -> Evidence:
    return Evidence(
        knowledge_id="requirement",
        confidentiality_level=level,
        quote=quote,
        start=start,
        origin=EvidenceOrigin.REQUIREMENT,
    )


def _fit(business: BusinessPerspective, words: int) -> Iterator[Finding]:
    alignment = business.strategic_alignment
    spoken_for, spoken_against = alignment.supports[:1], alignment.conflicts[:1]
    if not spoken_for and not spoken_against:
        return
    if spoken_for and spoken_against and abs(alignment.strength) <= _LEANING:
        one, other = spoken_for[0], spoken_against[0]
        yield Finding(
            statement="The company is divided on it. "
            f"For: {_ended(in_brief(one.statement, words * 3 // 4))} "
            f"Against: {_ended(in_brief(other.statement, words * 3 // 4))}",
            evidence=(*one.evidence, *other.evidence),
        )
        return
    if alignment.strength > 0:
        opening, cited = "It fits what the company has set out to do", spoken_for
    else:
        opening, cited = "More stands against it than for it", spoken_against
    for finding in cited:
        yield Finding(
            statement=f"{opening}. {_ended(in_brief(finding.statement, words))}",
            evidence=finding.evidence,
        )


def _feasible(technical: TechnicalPerspective, words: int) -> Iterator[Finding]:
    feasibility = technical.feasibility
    if feasibility.rating is Rating.UNKNOWN:
        return
    cited = (
        feasibility.reasons[:1]
        if feasibility.rating is Rating.HIGH
        else feasibility.obstacles[:1] or feasibility.reasons[:1]
    )
    for finding in cited:
        said = in_brief(_without_quote(finding), words)
        yield Finding(
            statement=f"Feasibility is {feasibility.rating}. {_ended(said)}",
            evidence=finding.evidence,
        )


def _without_quote(finding: Finding) -> str:
    """Return what a comparison says before it quotes; other statements whole."""
    if finding.evidence[0].origin is EvidenceOrigin.KNOWLEDGE:
        return finding.statement
    return _QUOTES.split(finding.statement, maxsplit=1)[0]


def _by_when(
    technical: TechnicalPerspective, requirements: Sequence[TechnicalRequirement], now: date
) -> Iterator[Finding]:
    timeline = technical.implementation_timeline
    deadline = earliest_deadline(requirements, now)
    evidence = tuple(quote for driver in timeline.drivers[:1] for quote in driver.evidence)
    span = f"{timeline.minimum_weeks} to {timeline.maximum_weeks} weeks"
    if deadline is not None:
        due, requirement = deadline
        left = f"due by {day(due)}, in {(due - now).days // 7} weeks"
        statement = f"It is {left}" + (
            f"; reckon with {span}." if timeline.minimum_weeks is not None else "."
        )
        yield Finding(statement=statement, evidence=(*evidence, requirement.evidence))
    elif timeline.minimum_weeks is not None and evidence:
        yield Finding(statement=f"Reckon with {span}.", evidence=evidence)


def _main_risk(technical: TechnicalPerspective, words: int) -> Iterator[Finding]:
    used = {finding.evidence for finding in technical.feasibility.obstacles[:1]}
    risks = [risk for risk in technical.risk_assessment.risks if risk.evidence not in used]
    stated = [risk for risk in risks if not _quotes_requirement(risk)]
    for risk in (stated or risks)[:1]:
        said = in_brief(risk.statement, words)
        yield Finding(
            statement=f"Main risk, {risk.exposure} of 25: {_ended(said)}", evidence=risk.evidence
        )


def _quotes_requirement(risk: Risk) -> bool:
    return any(quote.origin is EvidenceOrigin.REQUIREMENT for quote in risk.evidence)


def _money(
    requirements: Sequence[TechnicalRequirement],
    points: Sequence[Point],
    measurements: Sequence[Measurement],
    words: int,
) -> Iterator[Finding]:
    for one in measurements:
        if one.requirement.kind is RequirementKind.BUDGET:
            required = one.requirement.quantity
            joint = "which covers it" if one.satisfied else "which leaves a gap"
            yield Finding(
                statement=f"Money: {amount(required) if required else ''} asked for, "
                f"{amount(one.found)} in the books, {joint}.",
                evidence=one.finding.evidence,
            )
            return
    stated = [point for point in points if point.on_topic and _states_money(point)]
    finance = [point for point in stated if point.category is _C.FINANCIAL_ANALYSIS]
    for point in (finance or stated)[:1]:
        yield Finding(
            statement=f"Money: {_ended(in_brief(point.quote.statement, words))}",
            evidence=(as_evidence(point.quote),),
        )
        return
    for requirement in requirements:
        if requirement.kind is RequirementKind.BUDGET:
            yield Finding(
                statement=f"Money: {requirement_in_words(requirement)} is stated.",
                evidence=(requirement.evidence,),
            )
            return


def _states_money(point: Point) -> bool:
    return point.category not in _OTHERS_MONEY and any(
        one.kind is FigureKind.MONEY for one in figures_in(point.quote.text)
    )


def _to_decide(points: Sequence[Point], now: datetime, words: int) -> Iterator[Finding]:
    open_now = [point for point in points if Role.DECISION in point.roles and point.on_topic]
    dated = [point for point in open_now if _is_due(point, now)]
    for point in (dated or open_now)[:1]:
        yield Finding(
            statement=f"To decide: {_ended(in_brief(point.quote.statement, words))}",
            evidence=(as_evidence(point.quote),),
        )


def _is_due(point: Point, now: datetime) -> bool:
    """Whether the sentence sets a date for the decision that is still to come, within a quarter."""
    due = deadline_in(point.quote.text, now)
    return due is not None and now.date() <= due <= now.date() + timedelta(days=92)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…", '"', "”")) else f"{text}."
