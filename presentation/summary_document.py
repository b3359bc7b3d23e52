"""A strategic summary as a document, and one domain's part of a briefing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.analysis import Recommendation
from domain.summary import CategoryTrend, KeyInsight, StrategicSummary
from presentation.composition import Composer, without_repeats
from presentation.document import (
    Block,
    Document,
    Fact,
    Note,
    Section,
    Statement,
    StatementList,
    TrendRow,
    Trends,
)
from presentation.risk_picture import risk_picture
from presentation.wording import counted, domain_name, horizon_title, minute, window, words


def summary_document(summary: StrategicSummary) -> Document:
    """Return *summary* composed: what to do, what matters, risks, opportunities, the trend."""
    composer = Composer(summary.sources)
    sections = _summary_sections(summary, composer)
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
        sections=sections,
        sources=composer.sources(),
    )


def _summary_sections(summary: StrategicSummary, composer: Composer) -> tuple[Section, ...]:
    if not _says_anything(summary):
        note = Note(
            "Nothing was written in this domain over this time that this reader may read, "
            "so there is nothing to report."
        )
        blocks: list[Block] = [note, *trend_blocks(summary.trends)]
        return (Section("Nothing to report", "nothing", tuple(blocks)),)
    priorities = without_repeats(summary.strategic_priorities, said=summary.key_insights)
    sections: list[tuple[str, str, Sequence[Block]]] = [
        ("What to do", "actions", composer.actions(summary.recommendations)),
        ("Priorities", "priorities", composer.listed(None, priorities)),
        ("Insights", "insights", _insight_blocks(summary.key_insights, composer)),
    ]
    drawn = composer.draw((summary.domain, risk) for risk in summary.risk_factors)
    sections += [
        ("Priority and risk", "risk-picture", risk_picture(drawn)),
        ("Risks", "risks", composer.risks(summary.risk_factors)),
        ("Opportunities", "opportunities", composer.listed(None, summary.opportunities)),
        ("Trend", "trend", trend_blocks(summary.trends)),
    ]
    return tuple(
        Section(heading, anchor, tuple(blocks)) for heading, anchor, blocks in sections if blocks
    )


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


def _brief_insights(insights: Sequence[KeyInsight], composer: Composer) -> list[StatementList]:
    if not insights:
        return []
    statements = tuple(
        replace(
            composer.statement(insight, title=insight.title),
            facts=(Fact("Priority", f"{insight.priority} of 10"),),
        )
        for insight in insights
    )
    return [StatementList(statements, heading="Insights", ledger=True)]


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
