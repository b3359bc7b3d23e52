"""Who speaks in a statement, by the category of the item that is quoted."""

from __future__ import annotations

from collections.abc import Mapping

from domain.knowledge import KnowledgeCategory

_C = KnowledgeCategory
LEAD_INS: Mapping[KnowledgeCategory, str] = {
    _C.STRATEGIC_PLANNING: "Strategy",
    _C.FINANCIAL_ANALYSIS: "Finance",
    _C.MARKET_INTELLIGENCE: "Market",
    _C.COMPETITIVE_ANALYSIS: "Competition",
    _C.OPERATIONAL_METRICS: "Operations",
    _C.TECHNOLOGY_ROADMAP: "Roadmap",
    _C.HUMAN_RESOURCES: "People",
    _C.RISK_MANAGEMENT: "Risk",
    _C.CUSTOMER_INSIGHTS: "Customers",
    _C.PARTNERSHIP_OPPORTUNITIES: "Partners",
}
"""Who speaks in a statement, by the category of the item."""

SPEAKERS: Mapping[KnowledgeCategory, str] = {
    _C.STRATEGIC_PLANNING: "strategy",
    _C.FINANCIAL_ANALYSIS: "finance",
    _C.MARKET_INTELLIGENCE: "market research",
    _C.COMPETITIVE_ANALYSIS: "the competitor file",
    _C.OPERATIONAL_METRICS: "operations",
    _C.TECHNOLOGY_ROADMAP: "the roadmap",
    _C.HUMAN_RESOURCES: "the staffing file",
    _C.RISK_MANAGEMENT: "the risk register",
    _C.CUSTOMER_INSIGHTS: "the customer file",
    _C.PARTNERSHIP_OPPORTUNITIES: "the partner file",
}
"""The same within a sentence, each in the singular: "finance says"."""


def spoken(category: KnowledgeCategory, said: str) -> str:
    """Return *said* behind who says it, unless it begins with that very word."""
    speaker = LEAD_INS[category]
    first = said.partition(" ")[0].strip("\"“'‘:,.").removesuffix("'s").removesuffix("’s")
    return said if _is_same(first, speaker) else f"{speaker}: {said}"


def _is_same(word: str, other: str) -> bool:
    return word.lower().removesuffix("s") == other.lower().removesuffix("s")
