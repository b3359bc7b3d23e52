"""A strategic summary: what one domain's items say over one window, sentence by sentence.

Each section takes the sentences whose wording fits it from the most important items first, and no
sentence stands in two sections. The label covers everything that was considered, quoted or not, and the
window before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import polars as pl

from domain.analysis import Risk
from domain.clearance import high_water_mark
from domain.evidence import Evidence, Finding, RetrievedItem, Source
from domain.knowledge import Domain, ItemKey, KnowledgeCategory, KnowledgeHeader
from domain.summary import CategoryTrend, KeyInsight, StrategicSummary, TimeHorizon
from reasoning.contradictions import to_settle
from reasoning.cues import Role, likelihood_of, matched_words, severity_of
from reasoning.grading import stated_likelihood, stated_severity
from reasoning.placing import attributed
from reasoning.quoting import Quote, as_evidence
from reasoning.recommendations import asks_in, recommendations_from
from reasoning.salience import Reading, Said, importance, readings_of

MOST_ITEMS_READ = 400
"""The most important items of a window are read; the others count in trends and in the label."""
MOST_RECOMMENDATIONS = 6
MOST_TO_SETTLE = 2
MOST_RISKS = 8
MOST_OPPORTUNITIES = 6
MOST_PRIORITIES = 6
INSIGHTS_PER_CATEGORY = 3
_POSSIBLE = 3
_OURS = re.compile(r"\b(?:we|us|our|ours|opportunit\w+)\b", re.IGNORECASE)
_FORESEEN = re.compile(
    r"\b(?:risks?|threat(?:s|ens?)?|expos\w+|may|might|could|would|will|if|unless|(?:un)?likely|possible|until"
    r"|only (?:source|supplier)|sole|single|not yet|still|no longer|warn\w*|downside|jeopardi\w+)\b",
    re.IGNORECASE,
)
"""Outside the risk register, what only tells of a past outage or loss is no risk."""


def summarize(
    *,
    domain: Domain,
    time_horizon: TimeHorizon,
    items: Sequence[RetrievedItem],
    items_before: Sequence[KnowledgeHeader],
    now: datetime,
) -> StrategicSummary:
    """Return the summary of *domain* as of *now*.

    *items* are all permitted, unexpired items of the domain's categories that were updated in the
    horizon's window; *items_before* those of the window of equal length just before it. Both may come in
    any order.
    """
    readings = readings_of(items)[:MOST_ITEMS_READ]
    said = Said()
    recommendations = recommendations_from(
        asks_in(readings, now), now, said=said, limit=MOST_RECOMMENDATIONS
    )
    recommendations += to_settle(
        [reading.item for reading in readings],
        now,
        ranked_after=len(recommendations),
        limit=MOST_TO_SETTLE,
    )
    risks = _risks(readings, said)
    opportunities = _first_of_each(map(_open_to_us, readings), said, MOST_OPPORTUNITIES)
    priorities = _first_of_each(map(_meant, _planning_first(readings)), said, MOST_PRIORITIES)
    insights = _insights(domain, readings, said)
    cited = [*recommendations, *risks, *opportunities, *priorities, *insights]
    return StrategicSummary(
        confidentiality_level=high_water_mark(
            item.confidentiality_level for item in (*items, *items_before)
        ),
        sources=sources_of(cited, items),
        domain=domain,
        time_horizon=time_horizon,
        generated_at=now,
        window_start=now - time_horizon.duration,
        strategic_priorities=priorities,
        key_insights=insights,
        risk_factors=risks,
        opportunities=opportunities,
        recommendations=recommendations,
        trends=category_trends(domain, items, items_before),
        items_considered=len(items),
    )


def sources_of(findings: Iterable[Finding], items: Iterable[KnowledgeHeader]) -> tuple[Source, ...]:
    """Return the items among *items* that *findings* cite, by id and level."""
    cited: set[ItemKey] = {evidence.key for finding in findings for evidence in finding.evidence}
    found = {item.key: Source.of(item) for item in items if item.key in cited}
    return tuple(
        found[key]
        for key in sorted(found, key=lambda key: (key.knowledge_id, key.confidentiality_level.rank))
    )


def category_trends(
    domain: Domain, items: Iterable[KnowledgeHeader], items_before: Iterable[KnowledgeHeader]
) -> tuple[CategoryTrend, ...]:
    """Return how much each category of *domain* was written about, now and before; silent ones are left out."""
    schema = {"category": pl.String, "priority": pl.Int64, "is_before": pl.Boolean}
    rows = [
        (item.category.value, item.strategic_priority, is_before)
        for is_before, window in ((False, items), (True, items_before))
        for item in window
    ]
    priority, is_before = pl.col("priority"), pl.col("is_before")
    counted = (
        pl.DataFrame(rows, schema=schema, orient="row")
        .group_by("category")
        .agg(
            items=(~is_before).sum(),
            items_before=is_before.sum(),
            mean_priority=priority.filter(~is_before).mean().round(1),
            mean_priority_before=priority.filter(is_before).mean().round(1),
        )
    )
    by_category = {row["category"]: row for row in counted.iter_rows(named=True)}
    return tuple(
        CategoryTrend.model_validate(by_category[category.value])
        for category in domain.categories
        if category.value in by_category
    )


def _risks(readings: Sequence[Reading], said: Said) -> tuple[Risk, ...]:
    graded = sorted(
        (_graded(reading, quote) for reading in readings for quote in foreseen_risks(reading)[:1]),
        key=lambda risk: (-risk[1].exposure, importance(risk[0].item)),
    )
    chosen: list[Risk] = []
    for quote, risk in graded:
        if len(chosen) < MOST_RISKS and said.is_new(quote):
            said.add(quote)
            chosen.append(risk)
    return tuple(chosen)


def foreseen_risks(reading: Reading) -> tuple[Quote, ...]:
    """Return what *reading* says may go wrong, the sentence that says the most first; nothing once closed."""
    if reading.is_closed:
        return ()
    quotes = reading.telling(Role.RISK)
    if reading.item.category is KnowledgeCategory.RISK_MANAGEMENT:
        return quotes or reading.telling(Role.WEAKNESS, Role.CONFLICT)
    return tuple(quote for quote in quotes if _FORESEEN.search(quote.text))


def _graded(reading: Reading, quote: Quote) -> tuple[Quote, Risk]:
    """Return *quote* as a risk.

    Where the item goes on to state a grade ("Impact: major"), that grade holds, unless the sentence
    states one itself or speaks of its likelihood in stronger words than "may".
    """
    severity, severity_reason = severity_of(quote.text)
    likelihood, likelihood_reason = likelihood_of(quote.text)
    evidence: list[Evidence] = [as_evidence(quote)]
    for other in _grading_sentences(reading, quote):
        impact, chance = stated_severity(other.text), stated_likelihood(other.text)
        if impact and stated_severity(quote.text) is None:
            severity, severity_reason = impact
            evidence.append(as_evidence(other))
        if chance and likelihood == _POSSIBLE and stated_likelihood(quote.text) is None:
            likelihood, likelihood_reason = chance
            evidence.append(as_evidence(other))
    return quote, Risk(
        statement=attributed(quote),
        evidence=tuple(dict.fromkeys(evidence)),
        severity=severity,
        severity_reason=severity_reason,
        likelihood=likelihood,
        likelihood_reason=likelihood_reason,
    )


def _grading_sentences(reading: Reading, quote: Quote) -> Iterator[Quote]:
    """Yield what may grade *quote*: what comes after it, and a whole entry of the risk register."""
    whole = reading.item.category is KnowledgeCategory.RISK_MANAGEMENT
    for other in reading.grades:
        if other != quote and (whole or other.start > quote.start):
            yield other


def _first_of_each(
    candidates: Iterable[Sequence[Quote]], said: Said, limit: int
) -> tuple[Finding, ...]:
    """Return a finding for each item's first sentence that has not been said, up to *limit*."""
    found: list[Finding] = []
    for quotes in candidates:
        quote = said.first_new(quotes) if len(found) < limit else None
        if quote is not None:
            found.append(Finding(statement=attributed(quote), evidence=(as_evidence(quote),)))
    return tuple(found)


def _open_to_us(reading: Reading) -> tuple[Quote, ...]:
    """Return what the item says could be won; what somebody else could win is no opportunity."""
    return tuple(
        quote
        for quote in reading.telling(Role.OPPORTUNITY)
        if _OURS.search(quote.text)
        or (
            reading.item.category is not KnowledgeCategory.COMPETITIVE_ANALYSIS
            and not all(
                words.startswith(("could", "would"))
                for words in matched_words(quote.text, Role.OPPORTUNITY)
            )
        )
    )


def _meant(reading: Reading) -> tuple[Quote, ...]:
    """Return what the company has said it will do; that something "was approved" need not be its own act."""
    return tuple(
        quote
        for quote in reading.telling(Role.SUPPORT)
        if set(matched_words(quote.text, Role.SUPPORT)) - {"approved"}
    )


def _planning_first(readings: Sequence[Reading]) -> list[Reading]:
    return sorted(
        readings,
        key=lambda reading: reading.item.category is not KnowledgeCategory.STRATEGIC_PLANNING,
    )


def _insights(domain: Domain, readings: Sequence[Reading], said: Said) -> tuple[KeyInsight, ...]:
    insights: list[KeyInsight] = []
    for category in domain.categories:
        of_category = [reading for reading in readings if reading.item.category is category]
        for reading in of_category[:INSIGHTS_PER_CATEGORY]:
            quote = said.first_new(reading.by_salience)
            if quote is not None:
                insights.append(_insight(quote))
    return tuple(sorted(insights, key=lambda insight: -insight.priority))


def _insight(quote: Quote) -> KeyInsight:
    return KeyInsight(
        statement=quote.statement,
        evidence=(as_evidence(quote),),
        category=quote.item.category,
        title=quote.item.title,
        priority=quote.item.strategic_priority,
        tags=quote.item.tags,
    )
