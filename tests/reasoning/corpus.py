"""A small company on paper: items with known contents, and a search that ranks by shared words."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from domain.clearance import ConfidentialityLevel
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeCategory, KnowledgeItem
from reasoning.requests import AnalysisContext, AnalysisRequest, questions_for
from reasoning.terms import terms_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
C = KnowledgeCategory
L = ConfidentialityLevel

REQUIREMENT = (
    "Build the Harbour telemetry platform. It must ingest 5,000 events per second with a latency "
    "of at most 500 ms and 99.95 % availability. All data must stay in the EU and comply with GDPR "
    "and SOC 2. Integrate with SAP and Salesforce. Go live by 31 March 2027 on a budget of EUR 4.5 "
    "million."
)


def item(
    knowledge_id: str,
    category: KnowledgeCategory,
    title: str,
    content: str,
    *,
    level: ConfidentialityLevel = L.INTERNAL,
    priority: int = 7,
    age_days: int = 10,
) -> KnowledgeItem:
    moment = NOW - timedelta(days=age_days)
    return KnowledgeItem(
        knowledge_id=knowledge_id,
        title=title,
        category=category,
        confidentiality_level=level,
        strategic_priority=priority,
        source="test",
        created_at=moment,
        updated_at=moment,
        content=content,
    )


ITEMS = (
    item(
        "strategy-harbour",
        C.STRATEGIC_PLANNING,
        "Harbour comes first",
        "The board decided that the Harbour telemetry platform is the first priority of 2027. "
        "Painting the canteen can wait.",
        priority=9,
    ),
    item(
        "finance-cap",
        C.FINANCIAL_ANALYSIS,
        "Investment plan 2027",
        "The budget for the Harbour telemetry platform is capped at EUR 3 million. Travel is cut "
        "by a quarter.",
        priority=8,
    ),
    item(
        "roadmap-broker",
        C.TECHNOLOGY_ROADMAP,
        "Broker of the telemetry platform",
        "The telemetry broker carries 600 events per second. The Harbour telemetry platform "
        "depends on the broker migration. The migration is not possible before 1 May 2027.",
    ),
    item(
        "operations-availability",
        C.OPERATIONAL_METRICS,
        "Telemetry in October",
        "Availability of the telemetry platform was 99.2 % in October.",
    ),
    item(
        "risk-telemetry",
        C.RISK_MANAGEMENT,
        "Telemetry outage",
        "An outage of the Harbour telemetry platform would breach the contract with our largest "
        "customer. Severity: high. Likelihood: low.",
        level=L.CONFIDENTIAL,
    ),
    item(
        "rivals-telemetry",
        C.COMPETITIVE_ANALYSIS,
        "Northwind and its telemetry platform",
        "Northwind offers a telemetry platform with alarms within ten seconds. In Germany Northwind "
        "charges less for telemetry than we do. Our telemetry platform lacks a live map.",
    ),
    item(
        "customers-telemetry",
        C.CUSTOMER_INSIGHTS,
        "What buyers of telemetry want",
        "Eleven customers are willing to pay for Harbour telemetry. They must have SOC 2 first.",
    ),
    item(
        "canteen",
        C.STRATEGIC_PLANNING,
        "A new canteen",
        "The board decided that the canteen is the top priority and must be painted green.",
        priority=10,
    ),
)


def request(
    requirement: str = REQUIREMENT,
    *,
    level: ConfidentialityLevel = L.INTERNAL,
    context: dict[str, str] | None = None,
) -> AnalysisRequest:
    return AnalysisRequest(requirement=requirement, requirement_level=level, context=context or {})


def search(asked: AnalysisRequest, items: Sequence[KnowledgeItem] = ITEMS) -> AnalysisContext:
    """Return the items that share a word with each question, best first."""
    return {
        question.name: _ranked(
            f"{question.text} {question.aspect or ''}",
            (i for i in items if i.category in question.categories),
        )
        for question in questions_for(asked)
    }


def _ranked(text: str, items: Iterable[KnowledgeItem]) -> tuple[RetrievedItem, ...]:
    wanted = terms_of(text)
    shared = [(len(wanted & terms_of(f"{one.title} {one.content}")), one) for one in items]
    found = [pair for pair in shared if pair[0]]
    found.sort(
        key=lambda pair: (-pair[0], pair[1].knowledge_id, pair[1].confidentiality_level.rank)
    )
    return tuple(
        RetrievedItem.whole(one).model_copy(update={"relevance_score": min(1.0, 0.3 + count / 10)})
        for count, one in found
    )
