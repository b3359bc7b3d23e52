"""What runs. Each file reads top to bottom as its phases.

A flow is imported when it is asked for: the process of a run needs one of them, and not what the
others stand on.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flows.bulk_ingest import bulk_ingest
    from flows.business_analysis import business_analysis
    from flows.canary_sweep import canary_sweep
    from flows.ceo_briefing import ceo_briefing
    from flows.comprehensive_analysis import comprehensive_analysis
    from flows.dispatch_events import dispatch_events
    from flows.ingest_knowledge import ingest_knowledge
    from flows.maintain_knowledge import maintain_knowledge
    from flows.process_message import process_message
    from flows.scheduled_briefings import scheduled_briefings
    from flows.strategic_summary import strategic_summary
    from flows.technical_analysis import technical_analysis

__all__ = [
    "bulk_ingest",
    "business_analysis",
    "canary_sweep",
    "ceo_briefing",
    "comprehensive_analysis",
    "dispatch_events",
    "ingest_knowledge",
    "maintain_knowledge",
    "process_message",
    "scheduled_briefings",
    "strategic_summary",
    "technical_analysis",
]


class _Flows(ModuleType):
    """Under a flow's name stands the flow, not the module of the same name that holds it."""

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{self.__name__}.{name}"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing a module writes it into its package.
        is_module = name in __all__ and isinstance(value, ModuleType)
        super().__setattr__(name, getattr(value, name) if is_module else value)


sys.modules[__name__].__class__ = _Flows
