"""The executive summary: at most seven sentences that can be read aloud in under a minute.

In this order, each only where there is evidence for it: what is asked, whether it fits, whether it can be
built, by when, the main risk, the money, what to decide. A long quote is shortened at a pause until all fit
into 150 words; its evidence holds it whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from domain.analysis import (
    BusinessPerspective,
    Rating,
    RequirementKind,
    TechnicalPerspective,
    TechnicalRequirement,
)
from domain.evidence import Evidence, EvidenceOrigin, Finding
from domain.sentences import Span, sentence_spans
from reasoning.amounts import day
from reasoning.bearing import Point
from reasoning.cues import Role
from reasoning.money_line import OPENING, money_line
from reasoning.quoting import as_evidence
from reasoning.recommendations import Ask, ask_of, in_words
from reasoning.requests import AnalysisRequest
from reasoning.schedule import earliest_deadline
from reasoning.spoken import ended, in_brief

MOST_WORDS = 150
_QUOTED_WORDS = (32, 28, 24, 20, 16, 12)
"""Words of a quote that are read out: the first of these with which the whole stays within bounds."""
_LEANING = 0.33
_FEWEST_WORDS = 4
"""A shorter sentence is a heading."""
_LONGEST_OPENING = 400
_QUOTES = re.compile(r"(?:; [a-z ]+ says)?: ")
_PUT_TO_SOMEBODY = re.compile(
    r"\b(?:asked to|decision (?:needed|required|asked)|decides?|approv\w+)\b", re.IGNORECASE
)
_WORDS_OF_A_DECISION = 36


def executive_summary(
    request: AnalysisRequest,
    business: BusinessPerspective | None,
    technical: TechnicalPerspective | None,
    points: Sequence[Point],
    *,
    now: datetime,
) -> tuple[Finding, ...]:
    """Return the sentences in order, at most 150 words together."""
    requirements = technical.technical_requirements if technical is not None else ()
    asked = _opening_of(request)
    by_when = () if technical is None else tuple(_by_when(technical, requirements, now.date()))
    decisive = (*money_line(requirements, points), *_to_decide(points, now))
    kept: list[Finding] = []
    for words in _QUOTED_WORDS:
        sentences = [_asked_for(asked, words)]
        if business is not None:
            sentences += _fit(business, words)
        if technical is not None:
            sentences += [*_feasible(technical, words), *by_when, *_main_risk(technical, words)]
        kept = _distinct([*sentences, *decisive])
        if sum(len(finding.statement.split()) for finding in kept) <= MOST_WORDS:
            break
    return tuple(kept)


def _distinct(sentences: Iterable[Finding]) -> list[Finding]:
    """Return the sentences, each resting on a quote that no earlier one has as its last.

    The line on money quotes nothing and stands whatever it rests on.
    """
    kept: list[Finding] = []
    said: set[Evidence] = set()
    for finding in sentences:
        if finding.evidence[-1] not in said or finding.statement.startswith(OPENING):
            kept.append(finding)
            said.add(finding.evidence[-1])
    return kept


def _opening_of(request: AnalysisRequest) -> Evidence:
    """Return the requirement's first sentence, at most 400 characters of it."""
    text = request.requirement
    first = next(
        (span for span in sentence_spans(text) if len(text[slice(*span)].split()) >= _FEWEST_WORDS),
        Span(len(text) - len(text.lstrip()), len(text.rstrip())),
    )
    return Evidence(
        knowledge_id="requirement",
        confidentiality_level=request.requirement_level,
        quote=text[first.start : min(first.end, first.start + _LONGEST_OPENING)].rstrip(),
        start=first.start,
        origin=EvidenceOrigin.REQUIREMENT,
    )


def _asked_for(opening: Evidence, words: int) -> Finding:
    """Return what the requirement asks in its own first words."""
    return Finding(
        statement=f"Asked for: {ended(in_brief(opening.quote, words))}", evidence=(opening,)
    )


def _fit(business: BusinessPerspective, words: int) -> Iterator[Finding]:
    alignment = business.strategic_alignment
    spoken_for, spoken_against = alignment.supports[:1], alignment.conflicts[:1]
    if not spoken_for and not spoken_against:
        return
    if spoken_for and spoken_against and abs(alignment.strength) <= _LEANING:
        most = words - words // 8
        one, other = _first_short(alignment.supports, most), _first_short(alignment.conflicts, most)
        yield Finding(
            statement="The company is divided on it. "
            f"For: {ended(in_brief(one.evidence[-1].quote, most))} "
            f"Against: {ended(in_brief(other.evidence[-1].quote, most))}",
            evidence=(*one.evidence, *other.evidence),
        )
        return
    if alignment.strength > 0:
        opening, cited = "It fits what the company has set out to do", spoken_for
    else:
        opening, cited = "More stands against it than for it", spoken_against
    for finding in cited:
        yield Finding(
            statement=f"{opening}. {ended(in_brief(finding.statement, words))}",
            evidence=finding.evidence,
        )


def _first_short(findings: Sequence[Finding], words: int) -> Finding:
    """Return the first finding whose quote can be read out whole, else the first."""
    short = (one for one in findings if len(one.evidence[-1].quote.split()) <= words)
    return next(short, findings[0])


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
        own = _without_quote(finding)
        said = in_brief(own, words) if own == finding.statement else own
        yield Finding(
            statement=f"Feasibility is {feasibility.rating}. {ended(said)}",
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
    money = [
        one.evidence
        for one in technical.technical_requirements
        if one.kind is RequirementKind.BUDGET
    ]
    risks = [
        risk
        for risk in technical.risk_assessment.risks
        if risk.evidence not in used and risk.evidence[0] not in money
    ]
    for risk in risks[:1]:
        said = _without_quote(risk)
        if len(said.split()) > words:
            titles = (one.title for one in technical.sources if one.key == risk.evidence[-1].key)
            title = next(titles, "").rstrip(".")
            said = title if title and said.startswith(title) else in_brief(said, words)
        yield Finding(
            statement=f"Main risk, {risk.exposure} of 25: {ended(said)}", evidence=risk.evidence
        )


def _to_decide(points: Sequence[Point], now: datetime) -> Iterator[Finding]:
    asks = [
        (not point.names_topic, ask)
        for point in points
        if Role.DECISION in point.roles
        and point.on_topic
        and (ask := ask_of(point.quote, now)) is not None
    ]
    for _, ask in sorted(asks, key=lambda one: _urgency(*one, now))[:1]:
        yield Finding(
            statement=ended(in_brief(in_words(ask, now), _WORDS_OF_A_DECISION)),
            evidence=(as_evidence(ask.quote),),
        )


def _urgency(is_elsewhere: bool, ask: Ask, now: datetime) -> tuple[bool, bool, bool, int, date]:
    """Sort key: what is due within a quarter, is put to somebody, names the topic, and weighs most."""
    is_soon = ask.due is not None and ask.due <= now.date() + timedelta(days=92)
    is_put = _PUT_TO_SOMEBODY.search(ask.quote.text) is not None
    return (
        not is_soon,
        not is_put,
        is_elsewhere,
        -ask.quote.item.strategic_priority,
        ask.due or date.max,
    )
