"""The same analysis as the source design's sketch goes about it: one search after the other.

Each of its calls embeds its query by itself and searches by itself, with the whole requirement as
the query, also where the same query was asked a moment ago. Each orchestrator asks for the strategic
context and for a summary of its domain; its domain is its own name, which the sketch maps to no
categories and so to all ten, a search each. With two more of its own that makes 13 searches for Sophia,
13 for Artemis and 1 for the synthesis. What they find takes the place of our questions' answers in the
same reasoning.
"""

from __future__ import annotations

from domain.clearance import Reader
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeCategory
from reasoning.requests import AnalysisContext, AnalysisRequest
from storage.embeddings import EmbeddingModel
from storage.knowledge_base import KnowledgeBase, SearchQuery

_LIMIT = 20
_KEPT = 10
_C = KnowledgeCategory
_SUMMARY = "{domain} quarter strategic analysis"

Found = tuple[RetrievedItem, ...]


class SketchSearches:
    """Asks as the sketch's orchestrators do, and counts the searches."""

    def __init__(self, knowledge: KnowledgeBase, model: EmbeddingModel, reader: Reader) -> None:
        self._knowledge = knowledge
        self._model = model
        self._reader = reader
        self.searches = 0

    async def context_for(self, request: AnalysisRequest) -> AnalysisContext:
        """Return what the sketch's searches bring up, named as our reasoning expects it."""
        requirement = request.requirement
        # Sophia
        strategic = await self._search(requirement)
        of_sophia = await self._summary("sophia")
        market = await self._search(requirement, _C.MARKET_INTELLIGENCE)
        competitors = await self._search(requirement, _C.COMPETITIVE_ANALYSIS)
        # Artemis
        technical = f"Technical feasibility for: {requirement}"
        await self._search(technical)
        await self._summary("artemis")
        roadmap = await self._search(technical, _C.TECHNOLOGY_ROADMAP)
        risks = await self._search(technical, _C.RISK_MANAGEMENT)
        # Synthesis
        delivery = await self._search(f"Strategic synthesis: {requirement}")
        return {
            "strategic_context": strategic,
            "strategy": of_sophia[_C.STRATEGIC_PLANNING],
            "finance": of_sophia[_C.FINANCIAL_ANALYSIS],
            "operations": of_sophia[_C.OPERATIONAL_METRICS],
            "market": market,
            "competitors": competitors,
            "roadmap": roadmap,
            "risks": risks,
            "delivery": delivery,
        }

    async def _summary(self, domain: str) -> dict[KnowledgeCategory, Found]:
        query = _SUMMARY.format(domain=domain)
        return {category: await self._search(query, category) for category in KnowledgeCategory}

    async def _search(self, text: str, category: KnowledgeCategory | None = None) -> Found:
        self.searches += 1
        query = SearchQuery(
            text=self._read_by_model(text),
            categories=None if category is None else (category,),
            limit=_LIMIT,
        )
        (found,) = await self._knowledge.search([query], self._reader, purpose="analysis")
        return found[:_KEPT]

    def _read_by_model(self, text: str) -> str:
        """Cut *text* where a plain call of the model stops reading, so that no more is embedded."""
        offsets = self._model.offsets_of_tokens([text])[0]
        limit = self._model.max_tokens
        return text if len(offsets) <= limit else text[: offsets[limit - 1][1]]
