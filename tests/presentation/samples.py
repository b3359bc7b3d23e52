"""Aldersund, a fictional maker of ship batteries, seen through every kind of result."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from domain.analysis import (
    AlignmentAnalysis,
    AnalysisDomain,
    BusinessPerspective,
    CollaborationMetadata,
    Comparison,
    CompetitiveLandscape,
    CompetitorView,
    ComprehensiveAnalysis,
    ConfidenceScores,
    Degradation,
    EstimatedComplexity,
    Feasibility,
    ImplementationTimeline,
    MarketPosition,
    Quantity,
    Rating,
    Recommendation,
    RecommendedArchitecture,
    RequirementKind,
    Risk,
    RiskAssessment,
    RoadmapImpact,
    StrategicAlignment,
    StrategicSynthesis,
    TechnicalPerspective,
    TechnicalRequirement,
    Timeline,
)
from domain.briefing import CeoBriefing, Change, ChangeKind
from domain.clearance import ConfidentialityLevel as Level
from domain.evidence import Evidence, EvidenceOrigin, Finding, Passage, RetrievedItem, Source
from domain.knowledge import Domain, KnowledgeItem
from domain.knowledge import KnowledgeCategory as Category
from domain.markdown_escaping import escape_markdown
from domain.sessions import (
    Message,
    MessageStatus,
    Route,
    RoutingDecision,
    Session,
    SessionAnswer,
    Speaker,
)
from domain.summary import CategoryTrend, KeyInsight, StrategicSummary, TimeHorizon

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
REQUIREMENT = (
    "Open the charging data of our shipboard batteries to port operators through an API that takes "
    "1,000 requests per second at 99.95% availability, keeps all data in the EU and passes SOC 2, "
    "live by 31 March 2027 for at most EUR 1.8 million."
)


def _item(
    knowledge_id: str,
    title: str,
    category: Category,
    level: Level,
    priority: int,
    *,
    content: str,
    source: str,
    days_old: int,
    tags: tuple[str, ...] = (),
) -> KnowledgeItem:
    written = NOW - timedelta(days=days_old, hours=3)
    return KnowledgeItem(
        knowledge_id=knowledge_id,
        title=title,
        category=category,
        confidentiality_level=level,
        strategic_priority=priority,
        content=content,
        source=source,
        tags=tags,
        created_at=written - timedelta(days=20),
        updated_at=written,
        metadata={"reviewed": True, "pages": 3},
    )


ITEMS = {
    item.knowledge_id: item
    for item in (
        _item(
            "BRD-2026-11",
            "Board resolution on the second cell line",
            Category.STRATEGIC_PLANNING,
            Level.RESTRICTED,
            10,
            content="The board asks for a decision on the second cell line in Malmö before 12 December. "
            "Without the line, orders signed for 2028 exceed capacity by 31 percent. "
            "The option on the neighbouring site lapses on 15 December and will not be extended.",
            source="board/2026-11-resolution.docx",
            days_old=3,
            tags=("capacity", "malmö"),
        ),
        _item(
            "FIN-Q3-2026",
            "Third-quarter cash and covenant review",
            Category.FINANCIAL_ANALYSIS,
            Level.CONFIDENTIAL,
            9,
            content="Net debt stands at 2.9 times EBITDA against a covenant of 3.25. "
            "One more quarter of late payments from the two largest yards would breach it. "
            "The bank is willing to talk about headroom until the end of the year.",
            source="finance/q3-review.xlsx",
            days_old=5,
            tags=("covenant",),
        ),
        _item(
            "HR-071",
            "Retention of cell engineers",
            Category.HUMAN_RESOURCES,
            Level.CONFIDENTIAL,
            6,
            content="Four of eleven senior cell engineers have left since May, three of them to one rival. "
            "The retention bonus agreed in June has not been paid.",
            source="people/exit-interviews.md",
            days_old=6,
        ),
        _item(
            "OPS-2026-44",
            "Yield at the Karlskrona plant, week 44",
            Category.OPERATIONAL_METRICS,
            Level.INTERNAL,
            7,
            content="First-pass yield rose from 86 to 91 percent after the coating change. "
            "Scrap costs fell by EUR 140,000 in the month.",
            source="plant/yield.parquet",
            days_old=2,
        ),
        _item(
            "RSK-114",
            "Cobalt supplier concentration",
            Category.RISK_MANAGEMENT,
            Level.RESTRICTED,
            9,
            content="Seventy percent of cobalt comes from one refinery, which faces an export licence review. "
            "A stop of eight weeks would halt deliveries from February. "
            "A second supplier is qualified but not under contract.",
            source="risk/register.csv",
            days_old=4,
            tags=("supply", "cobalt"),
        ),
        _item(
            "RSK-121",
            "Remote access to vessel gateways",
            Category.RISK_MANAGEMENT,
            Level.TOP_SECRET,
            9,
            content="The penetration test reached the battery controller of a vessel at sea through the "
            "maintenance gateway. "
            "The flaw is present on 212 vessels and a fix needs a visit on board.",
            source="security/pentest-oct.pdf",
            days_old=1,
            tags=("security",),
        ),
        _item(
            "TEC-RM-27",
            "Platform roadmap 2027",
            Category.TECHNOLOGY_ROADMAP,
            Level.INTERNAL,
            8,
            content="The telemetry platform moves to the Stockholm region in the first quarter of 2027. "
            "No new outside interface is to be opened before the move is finished. "
            "The present platform sustains 400 requests a second.",
            source="tech/roadmap-2027.md",
            days_old=12,
        ),
        _item(
            "MKT-330",
            "Port operators ask for charging forecasts",
            Category.MARKET_INTELLIGENCE,
            Level.PUBLIC,
            7,
            content="Five of the nine largest Nordic ports plan to price shore power by the hour from 2027. "
            "They will favour ships that announce their charging demand.",
            source="news/ports-weekly.html",
            days_old=4,
        ),
        _item(
            "CMP-088",
            "Voltaine opens a data platform",
            Category.COMPETITIVE_ANALYSIS,
            Level.CONFIDENTIAL,
            8,
            content="Voltaine offers port operators free access to charging data until June 2027. "
            "Its platform lacks certification and two ports declined it for that reason.",
            source="sales/field-notes.jsonl",
            days_old=9,
        ),
        _item(
            "CUS-212",
            "Ferry lines on renewal",
            Category.CUSTOMER_INSIGHTS,
            Level.CONFIDENTIAL,
            8,
            content="Two ferry lines, together 14 percent of revenue, will renew only with open charging data. "
            "Their tenders close in April 2027.",
            source="crm/renewals.csv",
            days_old=7,
        ),
    )
}


def quoting(knowledge_id: str, words: str) -> Evidence:
    """Return verbatim evidence from one of the items."""
    item = ITEMS[knowledge_id]
    return Evidence(
        knowledge_id=knowledge_id,
        confidentiality_level=item.confidentiality_level,
        quote=words,
        start=item.content.index(words),
    )


def required(words: str, level: Level = Level.INTERNAL) -> Evidence:
    """Return verbatim evidence from the requirement."""
    return Evidence(
        knowledge_id="requirement",
        confidentiality_level=level,
        quote=words,
        start=REQUIREMENT.index(words),
        origin=EvidenceOrigin.REQUIREMENT,
    )


CONTEXT = Evidence(
    knowledge_id="context",
    confidentiality_level=Level.INTERNAL,
    quote="The port of Gothenburg has offered to pilot the interface with three berths.",
    start=0,
    origin=EvidenceOrigin.CONTEXT,
)


def says(statement: str, *evidence: Evidence) -> Finding:
    return Finding(statement=statement, evidence=evidence)


def first(knowledge_id: str, sentence: int = 0) -> Evidence:
    """Return the sentence of that number of an item as evidence."""
    content = ITEMS[knowledge_id].content
    sentences = [part.strip().rstrip(".") + "." for part in content.split(". ")]
    return quoting(knowledge_id, sentences[sentence])


def sources(*evidence: Evidence) -> tuple[Source, ...]:
    ids = sorted({quote.knowledge_id for quote in evidence if quote.knowledge_id in ITEMS})
    return tuple(Source.of(ITEMS[knowledge_id]) for knowledge_id in ids)


def all_sources() -> tuple[Source, ...]:
    return tuple(Source.of(item) for _, item in sorted(ITEMS.items()))


def recommend(
    rank: int, domain: Domain, timeline: Timeline, impact: str, statement: str, *evidence: Evidence
) -> Recommendation:
    return Recommendation.model_validate(
        {
            "rank": rank,
            "owner_domain": domain,
            "timeline": timeline,
            "impact": impact,
            "statement": statement,
            "evidence": evidence,
        }
    )


DECISIONS = (
    recommend(
        1,
        Domain.BUSINESS,
        Timeline.IMMEDIATE,
        "high",
        "Decide on the second cell line before the site option lapses on 15 December.",
        first("BRD-2026-11"),
        first("BRD-2026-11", 2),
    ),
    recommend(
        2,
        Domain.TECHNICAL,
        Timeline.IMMEDIATE,
        "high",
        "Order the on-board repair of the maintenance gateway, vessels at sea first.",
        first("RSK-121", 1),
    ),
    recommend(
        3,
        Domain.BUSINESS,
        Timeline.THIS_MONTH,
        "high",
        "Agree covenant headroom with the bank while it is still willing to talk.",
        first("FIN-Q3-2026", 2),
        first("FIN-Q3-2026"),
    ),
    recommend(
        4,
        Domain.TECHNICAL,
        Timeline.THIS_QUARTER,
        "medium",
        "Put the second cobalt supplier under contract.",
        first("RSK-114", 2),
    ),
)

RISKS = {
    Domain.BUSINESS: (
        Risk(
            statement="A further quarter of late payments breaches the covenant.",
            evidence=(first("FIN-Q3-2026", 1),),
            severity=5,
            severity_reason="a breach lets the bank call the loan",
            likelihood=3,
            likelihood_reason="both yards paid late in two of three quarters",
        ),
        Risk(
            statement="Orders signed for 2028 exceed capacity by 31 percent without the second line.",
            evidence=(first("BRD-2026-11", 1),),
            severity=4,
            severity_reason="signed orders carry penalties",
            likelihood=4,
            likelihood_reason="the orders are signed",
        ),
        Risk(
            statement="More senior cell engineers leave while the agreed bonus is unpaid.",
            evidence=(first("HR-071"), first("HR-071", 1)),
            severity=3,
            severity_reason="knowledge of the coating sits with few people",
            likelihood=4,
            likelihood_reason="four have left since May",
        ),
    ),
    Domain.TECHNICAL: (
        Risk(
            statement="An attacker reaches battery controllers through the maintenance gateway.",
            evidence=(first("RSK-121"),),
            severity=5,
            severity_reason="it touches vessels at sea",
            likelihood=3,
            likelihood_reason="shown in a test, not seen in use",
        ),
        Risk(
            statement="An export licence review stops cobalt deliveries from February.",
            evidence=(first("RSK-114"), first("RSK-114", 1)),
            severity=4,
            severity_reason="deliveries halt after eight weeks",
            likelihood=4,
            likelihood_reason="the review has been announced",
        ),
    ),
    Domain.MARKET: (
        Risk(
            statement="Voltaine becomes the ports' habit while its access is free.",
            evidence=(first("CMP-088"),),
            severity=3,
            severity_reason="ports rarely run two platforms",
            likelihood=3,
            likelihood_reason="two ports declined it",
        ),
        Risk(
            statement="Two ferry lines with 14 percent of revenue do not renew.",
            evidence=(first("CUS-212"),),
            severity=4,
            severity_reason="14 percent of revenue",
            likelihood=3,
            likelihood_reason="they name one condition that is not met today",
        ),
    ),
}


def insight(knowledge_id: str, sentence: int = 0) -> KeyInsight:
    item = ITEMS[knowledge_id]
    evidence = first(knowledge_id, sentence)
    return KeyInsight(
        statement=evidence.quote,
        evidence=(evidence,),
        category=item.category,
        title=item.title,
        priority=item.strategic_priority,
        tags=item.tags,
    )


_DOMAIN_ITEMS = {
    Domain.BUSINESS: ("BRD-2026-11", "FIN-Q3-2026", "HR-071", "OPS-2026-44"),
    Domain.TECHNICAL: ("RSK-121", "RSK-114", "TEC-RM-27"),
    Domain.MARKET: ("CMP-088", "CUS-212", "MKT-330"),
}


def summary(domain: Domain = Domain.BUSINESS) -> StrategicSummary:
    ids = _DOMAIN_ITEMS[domain]
    opportunities = {
        Domain.BUSINESS: (
            says("The coating change can be taken to the other lines.", first("OPS-2026-44")),
        ),
        Domain.TECHNICAL: (),
        Domain.MARKET: (
            says("Ports will favour ships that announce demand.", first("MKT-330", 1)),
            says("Certification sets Aldersund apart from Voltaine.", first("CMP-088", 1)),
        ),
    }
    recommendations = tuple(
        decision.model_copy(update={"rank": rank})
        for rank, decision in enumerate(
            (decision for decision in DECISIONS if decision.owner_domain is domain), start=1
        )
    )
    also = (
        recommend(
            3,
            Domain.BUSINESS,
            Timeline.THIS_MONTH,
            "medium",
            "Pay the retention bonus agreed in June.",
            first("HR-071", 1),
        ),
    )
    return StrategicSummary(
        confidentiality_level=max(
            (ITEMS[knowledge_id].confidentiality_level for knowledge_id in ids),
            key=lambda level: level.rank,
        ),
        sources=tuple(Source.of(ITEMS[knowledge_id]) for knowledge_id in sorted(ids)),
        domain=domain,
        time_horizon=TimeHorizon.WEEK,
        generated_at=NOW,
        window_start=NOW - TimeHorizon.WEEK.duration,
        strategic_priorities=(
            says(f"Nothing weighs more this week than {ids[0]}.", first(ids[0])),
        ),
        key_insights=tuple(insight(knowledge_id) for knowledge_id in ids),
        risk_factors=RISKS[domain],
        opportunities=opportunities[domain],
        recommendations=recommendations + (also if domain is Domain.BUSINESS else ()),
        trends=tuple(
            CategoryTrend(
                category=category,
                items=(3 * position + 2) % 7,
                items_before=(2 * position + 5) % 6,
                mean_priority=6.5 + position / 2,
                mean_priority_before=None if position == 1 else 6.1,
            )
            for position, category in enumerate(domain.categories)
        ),
        items_considered=len(ids) * 4,
    )


def _change(
    kind: ChangeKind, knowledge_id: str, before: int | None, finding: Finding | None
) -> Change:
    item = ITEMS[knowledge_id]
    return Change(
        kind=kind,
        knowledge_id=knowledge_id,
        confidentiality_level=item.confidentiality_level,
        title=item.title,
        category=item.category,
        strategic_priority=item.strategic_priority,
        previous_priority=before,
        finding=finding,
    )


def briefing() -> CeoBriefing:
    return CeoBriefing(
        confidentiality_level=Level.TOP_SECRET,
        sources=all_sources(),
        briefing_id="brf-2026-11-22-01",
        reader="Ingrid Halvorsen",
        time_horizon=TimeHorizon.WEEK,
        generated_at=NOW,
        window_start=NOW - TimeHorizon.WEEK.duration,
        previous_briefing_id="brf-2026-11-15-01",
        nothing_material=False,
        headline=(
            says(
                "The option on the site in Malmö lapses on 15 December.",
                first("BRD-2026-11", 2),
            ),
            says(
                "A test reached the battery controller of a vessel at sea; 212 vessels carry the flaw.",
                first("RSK-121"),
                first("RSK-121", 1),
            ),
            says("Yield in Karlskrona rose from 86 to 91 percent.", first("OPS-2026-44")),
        ),
        decisions=DECISIONS,
        changes=(
            _change(
                ChangeKind.STILL_OPEN,
                "FIN-Q3-2026",
                9,
                says("Net debt stands at 2.9 times EBITDA.", first("FIN-Q3-2026")),
            ),
            _change(
                ChangeKind.NEW,
                "RSK-121",
                None,
                says("The flaw is present on 212 vessels.", first("RSK-121", 1)),
            ),
            _change(
                ChangeKind.ESCALATED,
                "RSK-114",
                6,
                says("The refinery faces an export licence review.", first("RSK-114")),
            ),
            _change(
                ChangeKind.CHANGED,
                "OPS-2026-44",
                8,
                says("Scrap costs fell by EUR 140,000 in the month.", first("OPS-2026-44", 1)),
            ),
            _change(ChangeKind.RESOLVED, "CMP-088", 7, None),
        ),
        domains=tuple(summary(domain) for domain in Domain),
        item_states=(),
        degraded=(Degradation(part="market trend", reason="The window before could not be read."),),
    )


def quiet_briefing() -> CeoBriefing:
    still_open = _change(
        ChangeKind.STILL_OPEN,
        "OPS-2026-44",
        7,
        says("First-pass yield holds.", first("OPS-2026-44")),
    )
    return CeoBriefing(
        confidentiality_level=Level.INTERNAL,
        sources=sources(first("OPS-2026-44")),
        briefing_id="brf-2026-11-22-02",
        reader="Ingrid Halvorsen",
        time_horizon=TimeHorizon.WEEK,
        generated_at=NOW,
        window_start=NOW - TimeHorizon.WEEK.duration,
        previous_briefing_id="brf-2026-11-15-02",
        nothing_material=True,
        headline=(),
        decisions=(),
        changes=(still_open,),
        domains=(),
        item_states=(),
    )


def _requirements() -> tuple[TechnicalRequirement, ...]:
    kind, comparison = RequirementKind, Comparison
    return (
        TechnicalRequirement(
            kind=kind.THROUGHPUT,
            comparison=comparison.AT_LEAST,
            quantity=Quantity(magnitude=1000, unit="requests_per_second"),
            evidence=required("1,000 requests per second"),
        ),
        TechnicalRequirement(
            kind=kind.AVAILABILITY,
            comparison=comparison.AT_LEAST,
            quantity=Quantity(magnitude=99.95, unit="percent"),
            evidence=required("99.95% availability"),
        ),
        TechnicalRequirement(
            kind=kind.RESIDENCY,
            comparison=comparison.EXACTLY,
            name="EU",
            evidence=required("keeps all data in the EU"),
        ),
        TechnicalRequirement(
            kind=kind.COMPLIANCE,
            comparison=comparison.EXACTLY,
            name="SOC 2",
            evidence=required("passes SOC 2"),
        ),
        TechnicalRequirement(
            kind=kind.DEADLINE,
            comparison=comparison.AT_MOST,
            due=date(2027, 3, 31),
            evidence=required("live by 31 March 2027"),
        ),
        TechnicalRequirement(
            kind=kind.BUDGET,
            comparison=comparison.AT_MOST,
            quantity=Quantity(magnitude=1_800_000, unit="EUR"),
            evidence=required("at most EUR 1.8 million"),
        ),
    )


UNIFIED = (
    recommend(
        1,
        Domain.TECHNICAL,
        Timeline.IMMEDIATE,
        "high",
        "Close the gateway flaw before any outside interface opens.",
        first("RSK-121"),
        first("TEC-RM-27", 1),
    ),
    recommend(
        2,
        Domain.MARKET,
        Timeline.THIS_MONTH,
        "high",
        "Take up the pilot offered by the port of Gothenburg and name it to both ferry lines.",
        CONTEXT,
        first("CUS-212"),
    ),
    recommend(
        3,
        Domain.TECHNICAL,
        Timeline.THIS_QUARTER,
        "medium",
        "Raise the platform from 400 to 1,000 requests a second as part of the move to Stockholm.",
        first("TEC-RM-27", 2),
        required("1,000 requests per second"),
        first("TEC-RM-27"),
    ),
)


def business_perspective() -> BusinessPerspective:
    return BusinessPerspective(
        confidentiality_level=Level.CONFIDENTIAL,
        sources=sources(first("CUS-212"), first("CMP-088"), first("MKT-330")),
        query=REQUIREMENT,
        strategic_alignment=StrategicAlignment(
            supports=(
                says("Two ferry lines make open data a condition of renewal.", first("CUS-212")),
                says("Ports begin to price shore power by the hour.", first("MKT-330")),
            ),
            conflicts=(says("The second cell line claims the same months.", first("BRD-2026-11")),),
            strength=0.33,
        ),
        market_position=MarketPosition(
            strengths=(says("Certification decides with two ports.", first("CMP-088", 1)),),
            trends=(says("Five of nine large ports change pricing.", first("MKT-330")),),
        ),
        competitive_landscape=CompetitiveLandscape(
            competitors=(
                CompetitorView(
                    name="Voltaine",
                    findings=(
                        says("Voltaine gives access away until June 2027.", first("CMP-088")),
                    ),
                ),
            ),
            openings=(says("Its platform lacks certification.", first("CMP-088", 1)),),
        ),
        recommendations=(
            UNIFIED[1],
            recommend(
                2,
                Domain.BUSINESS,
                Timeline.THIS_QUARTER,
                "medium",
                "Price the interface into the April tenders.",
                first("CUS-212", 1),
            ),
        ),
        confidence_score=0.71,
    )


def technical_perspective() -> TechnicalPerspective:
    return TechnicalPerspective(
        confidentiality_level=Level.TOP_SECRET,
        sources=sources(first("TEC-RM-27"), first("RSK-121"), first("RSK-114")),
        query=REQUIREMENT,
        technical_requirements=_requirements(),
        feasibility=Feasibility(
            rating=Rating.MEDIUM,
            reasons=(says("The move gives one occasion to enlarge it.", first("TEC-RM-27")),),
            obstacles=(says("The platform sustains 400 requests.", first("TEC-RM-27", 2)),),
        ),
        strategic_technical_alignment=StrategicAlignment(
            conflicts=(says("The roadmap bars interfaces until then.", first("TEC-RM-27", 1)),),
            strength=-0.6,
        ),
        risk_assessment=RiskAssessment(
            risks=(
                RISKS[Domain.TECHNICAL][0],
                Risk(
                    statement="The move and the interface collide in the first quarter.",
                    evidence=(first("TEC-RM-27"), first("TEC-RM-27", 1)),
                    severity=3,
                    severity_reason="one of the two slips",
                    likelihood=4,
                    likelihood_reason="both are dated to the same quarter",
                ),
                Risk(
                    statement="Certification does not finish by the end of March.",
                    evidence=(required("passes SOC 2"),),
                    severity=3,
                    severity_reason="it is named as a condition",
                    likelihood=3,
                    likelihood_reason="nothing says that it has begun",
                ),
            )
        ),
        roadmap_impact=RoadmapImpact(
            depends_on=(says("It needs the move to Stockholm.", first("TEC-RM-27")),),
            collides_with=(says("It meets the freeze on interfaces.", first("TEC-RM-27", 1)),),
        ),
        recommended_architecture=RecommendedArchitecture(
            pattern="Read-only interface behind a gateway, fed by a copy of the telemetry",
            reasons=(says("Nothing outside may reach a controller.", first("RSK-121")),),
        ),
        estimated_complexity=EstimatedComplexity(
            rating=Rating.HIGH,
            drivers=(
                says("Two and a half times today's load.", required("1,000 requests per second")),
            ),
        ),
        implementation_timeline=ImplementationTimeline(
            minimum_weeks=14,
            maximum_weeks=22,
            drivers=(says("The move ends in the first quarter.", first("TEC-RM-27")),),
        ),
        implementation_recommendations=(UNIFIED[0], UNIFIED[2]),
        confidence_score=0.55,
    )


def synthesis() -> StrategicSynthesis:
    return StrategicSynthesis(
        confidentiality_level=Level.TOP_SECRET,
        sources=all_sources(),
        alignment_analysis=AlignmentAnalysis(
            agreements=(
                says("Both see trust as the way to win.", first("CMP-088", 1), first("RSK-121")),
            ),
            conflicts=(
                says(
                    "Customers want it in April; the roadmap has no room before the move.",
                    first("CUS-212", 1),
                    first("TEC-RM-27", 1),
                ),
            ),
        ),
        strategic_implications=(says("Security work comes before growth.", first("RSK-121", 1)),),
        synthesis_insights=(
            says(
                "A pilot at three berths serves customers without breaking the freeze.",
                CONTEXT,
                first("TEC-RM-27", 1),
            ),
        ),
        executive_summary=(
            says(
                "Open charging data decides the renewal of two ferry lines worth 14 percent of revenue.",
                first("CUS-212"),
            ),
            says(
                "It can be built in 14 to 22 weeks, but the roadmap allows no new outside interface "
                "before the platform has moved.",
                first("TEC-RM-27", 1),
            ),
            says(
                "A flaw in the maintenance gateway must be closed first.",
                first("RSK-121"),
                first("RSK-121", 1),
            ),
            says("Gothenburg offers a pilot that would not have to wait.", CONTEXT),
        ),
    )


def _metadata(
    *,
    overall: float,
    evidence_count: int,
    silent: tuple[Category, ...],
    degraded: tuple[Degradation, ...] = (),
) -> CollaborationMetadata:
    return CollaborationMetadata(
        analysis_id="ana-7f3c",
        analysis_timestamp=NOW,
        requester="Ingrid Halvorsen",
        domains_involved=tuple(AnalysisDomain),
        confidence_scores=ConfidenceScores(
            business=overall and 0.71, technical=overall and 0.55, overall=overall
        ),
        confidentiality_level=Level.TOP_SECRET if overall else Level.INTERNAL,
        evidence_count=evidence_count,
        categories_without_evidence=silent,
        reasoner="extractive",
        degraded=degraded,
    )


def analysis() -> ComprehensiveAnalysis:
    return ComprehensiveAnalysis(
        confidentiality_level=Level.TOP_SECRET,
        sources=all_sources(),
        requirement=REQUIREMENT,
        business_perspective=business_perspective(),
        technical_perspective=technical_perspective(),
        strategic_synthesis=synthesis(),
        unified_recommendations=UNIFIED,
        collaboration_metadata=_metadata(
            overall=0.62,
            evidence_count=21,
            silent=(Category.HUMAN_RESOURCES, Category.PARTNERSHIP_OPPORTUNITIES),
        ),
    )


def partial_analysis() -> ComprehensiveAnalysis:
    return analysis().model_copy(
        update={
            "technical_perspective": None,
            "strategic_synthesis": None,
            "collaboration_metadata": _metadata(
                overall=0.3,
                evidence_count=9,
                silent=(),
                degraded=(
                    Degradation(
                        part="technical_perspective",
                        reason="The search index did not answer within 30 seconds.",
                    ),
                ),
            ),
        }
    )


def empty_analysis() -> ComprehensiveAnalysis:
    return ComprehensiveAnalysis(
        confidentiality_level=Level.INTERNAL,
        sources=(),
        requirement="Should we grow tulips on the roof of the Karlskrona plant?",
        business_perspective=None,
        technical_perspective=None,
        strategic_synthesis=None,
        unified_recommendations=(),
        collaboration_metadata=_metadata(overall=0, evidence_count=0, silent=tuple(Category)),
    )


def results() -> list[RetrievedItem]:
    found: list[RetrievedItem] = []
    for position, knowledge_id in enumerate(("CUS-212", "MKT-330", "RSK-114")):
        item = ITEMS[knowledge_id]
        whole = RetrievedItem.whole(item)
        passage = Passage(text=item.content, start=0, relevance=0.9 - position / 4)
        found.append(
            whole.model_copy(update={"relevance_score": 0.9 - position / 4, "passages": (passage,)})
        )
    return found


def conversation(plant: str = "", *, text: str | None = None) -> tuple[Session, list[Message]]:
    """Return two questions, the first answered twice and the second failed; *plant* is in every text.

    *text* stands in place of what the first answer says.
    """
    known = {source.knowledge_id: source for source in all_sources()}
    cobalt, yard, port = (
        known[name].model_copy(update={"title": f"{known[name].title}{plant}"})
        for name in ("RSK-114", "FIN-Q3-2026", "MKT-330")
    )
    said = escape_markdown(f"A stop halts deliveries{plant}")
    first = (
        f"**It would hurt.** {said} [1][2]. Ports price by the hour [3].\n\n"
        f"- {said} [1]\n- Nothing else is known."
    )
    asked = Message(
        message_id="m1",
        session_id="talk",
        speaker=Speaker.READER,
        content=f"What if cobalt stops?{plant}",
        confidentiality_level=Level.INTERNAL,
        created_at=NOW,
        status=MessageStatus.ANSWERED,
    )
    failed = asked.model_copy(
        update={"message_id": "m2", "status": MessageStatus.FAILED, "failure": f"timeout{plant}"}
    )
    replies = [
        _reply("m3", first if text is None else text, (cobalt, yard, port), plant),
        _reply("m4", f"{said} [1][2].", (port, cobalt), plant),
    ]
    session = Session(
        session_id="talk",
        reader=f"ana{plant}",
        title=f"What if cobalt stops?{plant}",
        confidentiality_level=Level.INTERNAL,
        created_at=NOW,
        last_message_at=NOW,
    )
    return session, [asked, *replies, failed]


def _reply(message_id: str, text: str, cited: tuple[Source, ...], plant: str) -> Message:
    answer = SessionAnswer(
        confidentiality_level=Level.RESTRICTED,
        sources=cited,
        text=text,
        decision=RoutingDecision(
            route=Route.SOPHIA, confidence=0.82, reason=f"It asks what it means.{plant}"
        ),
        question="What if cobalt stops?",
        cited=cited,
        degraded=(f"earlier sessions{plant}",),
    )
    return Message(
        message_id=message_id,
        session_id="talk",
        speaker=Speaker.DIARCHY,
        content=text,
        confidentiality_level=Level.RESTRICTED,
        created_at=NOW,
        in_reply_to="m1",
        answer=answer,
    )
