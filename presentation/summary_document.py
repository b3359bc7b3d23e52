"""A strategic summary as a document, and one domain's part of a briefing.

The first page holds what to do and the foremost of what matters; the appendix has all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.analysis import Recommendation
from domain.summary import CategoryTrend, KeyInsight, StrategicSummary
from presentation.composition import Composer, without_repeats
from presentation.document import (
    Document,
    Fact,
    Note,
    Section,
    Statement,
    StatementList,
    TrendRow,
    Trends,
)
from presentation.front_page import ActionsAcrossPages, given, within_page
from presentation.wording import counted, domain_name, horizon_title, minute, window, words

MOST_ON_PAGE, ROOM_ON_PAGE = 3, 450
"""Statements of a sort in the wide column, and their characters."""
MOST_ASIDE, ROOM_ASIDE = 3, 450
"""The same in the narrow one."""


def summary_document(summary: StrategicSummary) -> Document:
    """Return *summary* composed: what to do and what matters, then the appendix with the rest."""
    composer = Composer(summary.sources)
    composer.draw((summary.domain, risk) for risk in summary.risk_factors)
    actions = ActionsAcrossPages(summary.recommendations, noun="recommendation")
    priorities, priorities_left = within_page(
        without_repeats(summary.strategic_priorities, said=summary.key_insights),
        most=MOST_ON_PAGE,
        room=ROOM_ON_PAGE,
    )
    insights, insights_left = within_page(
        summary.key_insights, most=MOST_ON_PAGE, room=ROOM_ON_PAGE
    )
    opportunities, opportunities_left = within_page(
        summary.opportunities, most=MOST_ASIDE, room=ROOM_ASIDE
    )
    sections = [
        *_nothing(summary),
        *given("What to do", "actions", actions.front(composer)),
        *given("Priorities", "priorities", composer.listed(None, priorities)),
        *given("Insights", "insights", _brief_insights(insights, composer, heading=None)),
    ]
    aside = [
        *given("Priority and risk", "risk-picture", composer.risk_sketch()),
        *given("Opportunities", "opportunities", composer.listed(None, opportunities)),
    ]
    page_sources = composer.sources_so_far()
    appendix = [
        *actions.appendix(composer),
        *given("Further priorities", "more-priorities", composer.listed(None, priorities_left)),
        *given("Further insights", "more-insights", _insight_blocks(insights_left, composer)),
        *given("Risks", "risks", [*composer.risk_plot(), *composer.risks(summary.risk_factors)]),
        *given(
            "Further opportunities",
            "more-opportunities",
            composer.listed(None, opportunities_left),
        ),
        *given("Trend", "trend", trend_blocks(summary.trends)),
    ]
    return Document(
        genre="Strategic summary",
        title=(
            f"{domain_name(summary.domain)}: "
            f"{_uncapitalised(horizon_title(summary.time_horizon, summary.generated_at))}"
        ),
        level=summary.confidentiality_level,
        facts=(
            Fact("Prepared", minute(summary.generated_at)),
            Fact("Covers", window(summary.window_start, summary.generated_at)),
            Fact("Considered", counted(summary.items_considered, "item")),
        ),
        notices=(),
        sections=tuple(sections),
        aside=tuple(aside),
        page_sources=page_sources,
        appendix=tuple(appendix),
        sources=composer.sources(),
    )


def _nothing(summary: StrategicSummary) -> list[Section]:
    if _says_anything(summary):
        return []
    note = Note(
        "Nothing was written in this domain over this time that this reader may read, "
        "so there is nothing to report."
    )
    return [Section("Nothing to report", "nothing", (note,))]


def domain_section(
    summary: StrategicSummary, composer: Composer, *, decisions: Sequence[Recommendation]
) -> Section:
    """Return one domain's part of a briefing; what is up for decision is not asked twice."""
    others = without_repeats(summary.recommendations, said=decisions)
    priorities = without_repeats(summary.strategic_priorities, said=summary.key_insights)
    return Section(
        heading=domain_name(summary.domain),
        anchor=f"domain-{summary.domain.value}",
        level=summary.confidentiality_level,
        blocks=(
            *composer.listed("Priorities", priorities, ledger=True),
            *_brief_insights(summary.key_insights, composer),
            *composer.risks(summary.risk_factors, heading="Risks", ledger=True),
            *composer.listed("Opportunities", summary.opportunities, ledger=True),
            *composer.actions(others, heading="Also to do"),
            *trend_blocks(summary.trends),
        ),
    )


def _brief_insights(
    insights: Sequence[KeyInsight], composer: Composer, *, heading: str | None = "Insights"
) -> list[StatementList]:
    if not insights:
        return []
    statements = tuple(
        replace(
            composer.statement(insight, title=insight.title),
            facts=(Fact("Priority", f"{insight.priority} of 10"),),
        )
        for insight in insights
    )
    return [StatementList(statements, heading=heading, ledger=True)]


def _insight_blocks(insights: Sequence[KeyInsight], composer: Composer) -> list[StatementList]:
    if not insights:
        return []
    return [StatementList(tuple(_insight(insight, composer) for insight in insights))]


def _insight(insight: KeyInsight, composer: Composer) -> Statement:
    composed = composer.statement(insight, title=insight.title)
    facts = (
        Fact("Category", words(insight.category)),
        Fact("Priority", f"{insight.priority} of 10"),
    )
    tags = (Fact("Tags", ", ".join(insight.tags)),) if insight.tags else ()
    return replace(composed, facts=(*facts, *tags))


def trend_blocks(trends: Sequence[CategoryTrend]) -> list[Trends]:
    """Return the trend of each category that had items in either window."""
    moving = [trend for trend in trends if trend.items or trend.items_before]
    if not moving:
        return []
    longest = max(max(trend.items, trend.items_before) for trend in moving)
    return [
        Trends(
            caption="Items written, this window against the one before",
            rows=tuple(_trend_row(trend, longest) for trend in moving),
        )
    ]


def _trend_row(trend: CategoryTrend, longest: int) -> TrendRow:
    return TrendRow(
        category=words(trend.category),
        items=trend.items,
        items_before=trend.items_before,
        mean_priority=_mean_priority(trend),
        share=round(trend.items / longest, 4),
        share_before=round(trend.items_before / longest, 4),
    )


def _mean_priority(trend: CategoryTrend) -> str:
    now = "–" if trend.mean_priority is None else f"{trend.mean_priority:.1f}"
    if trend.mean_priority_before is None:
        return now
    return f"{now} (before {trend.mean_priority_before:.1f})"


def _says_anything(summary: StrategicSummary) -> bool:
    return any(
        (
            summary.strategic_priorities,
            summary.key_insights,
            summary.risk_factors,
            summary.opportunities,
            summary.recommendations,
        )
    )


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
