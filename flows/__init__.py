"""What runs. Each file reads top to bottom as its phases."""

from flows.business_analysis import business_analysis
from flows.ceo_briefing import ceo_briefing
from flows.comprehensive_analysis import comprehensive_analysis
from flows.dispatch_events import dispatch_events
from flows.ingest_knowledge import ingest_knowledge
from flows.maintain_knowledge import maintain_knowledge
from flows.scheduled_briefings import scheduled_briefings
from flows.strategic_summary import strategic_summary
from flows.technical_analysis import technical_analysis

__all__ = [
    "business_analysis",
    "ceo_briefing",
    "comprehensive_analysis",
    "dispatch_events",
    "ingest_knowledge",
    "maintain_knowledge",
    "scheduled_briefings",
    "strategic_summary",
    "technical_analysis",
]
