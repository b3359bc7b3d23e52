"""How well a follow-up finds its item: as typed, as resolved, and glued to the question before.

Fourteen follow-ups about the example company, each with the items that answer it. Figures are mean reciprocal
ranks among twenty items, for a reader of everything. Glueing knows no new topic: it is what resolving must come
near to without ever confusing two subjects.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from benchmarks.analysis_time import ingest_examples
from benchmarks.homes import reader_of, temporary_stores
from benchmarks.report import print_table
from domain.sessions import WorkingMemory
from reasoning.follow_ups import resolve_message
from storage.knowledge_search import SearchQuery
from tasks.stores import use_stores

_DEPTH = 20


class FollowUp(NamedTuple):
    """A follow-up, the question before it, and the items that answer it."""

    before: str
    typed: str
    answers: frozenset[str]


_MIGRATION = "what's the status of the broker migration"
_LODESTAR = "Should we acquire Lodestar?"
_LINE = "Should we build Brno line 2?"
_MODULES = "How much do we pay Ouluvaara per module?"
_FOLLOW_UPS = (
    FollowUp(
        _MIGRATION,
        "And what slows it down?",
        frozenset({"tech-broker-migration", "tech-migration-true-progress"}),
    ),
    FollowUp(_LODESTAR, "And what would that cost?", frozenset({"fin-lodestar-financing"})),
    FollowUp(_LODESTAR, "What would the regulator say?", frozenset({"risk-lodestar-antitrust"})),
    FollowUp(_LINE, "and the scrap rate?", frozenset({"ops-brno-panel-scrap"})),
    FollowUp(_LINE, "What about the wages there?", frozenset({"hr-brno-wage-settlement"})),
    FollowUp(
        "What does the Nimbria term sheet say?",
        "How did the trial go?",
        frozenset({"partner-nimbria-trial"}),
    ),
    FollowUp(
        "How exposed are we if Oriel takes its volume to Thermovia?",
        "What is their bid?",
        frozenset({"comp-thermovia-oriel-bid"}),
    ),
    FollowUp("Why did we lose Tessaro?", "And in Milan?", frozenset({"comp-arctane-pulse-milan"})),
    FollowUp(_MODULES, "Is there a second source?", frozenset({"partner-second-source-grenoble"})),
    FollowUp(_MODULES, "Could they go bankrupt?", frozenset({"partner-ouluvaara-solvency"})),
    FollowUp(
        "What did Ypsila complain about?",
        "How much do they claim?",
        frozenset({"cust-ypsila-lawyer"}),
    ),
    FollowUp(
        "What happened in the August outage?",
        "What did the customers see of it?",
        frozenset({"tech-outage-august-review"}),
    ),
    FollowUp(
        "Is the cell therapy market attractive enough for us to enter?",
        "and the competitors?",
        frozenset({"comp-cryoloop-funding"}),
    ),
    FollowUp(
        "What is Grey Heron?",
        "What are our legal duties there?",
        frozenset({"risk-grey-heron-legal"}),
    ),
)


async def run(_: Path | None) -> None:
    """Search for every follow-up in each form and print the figures."""
    async with temporary_stores() as stores, use_stores(stores):
        await ingest_examples()
        reader = await reader_of(stores)
        ranks: dict[str, list[float]] = {}
        for follow_up in _FOLLOW_UPS:
            forms = _forms_of(follow_up)
            queries = [SearchQuery(text=text, limit=_DEPTH) for text in forms.values()]
            for form, items in zip(
                forms, await stores.knowledge.search(queries, reader), strict=True
            ):
                found = [item.knowledge_id in follow_up.answers for item in items]
                ranks.setdefault(form, []).append(1 / (found.index(True) + 1) if any(found) else 0)
    print_table(
        "Follow-ups about the example company",
        ["searched for", "follow-ups", "mean reciprocal rank"],
        [[form, f"{len(one)}", f"{sum(one) / len(one):.2f}"] for form, one in ranks.items()],
    )


def _forms_of(follow_up: FollowUp) -> dict[str, str]:
    memory = WorkingMemory(session_id="session", question=follow_up.before)
    return {
        "as typed": follow_up.typed,
        "as resolved": resolve_message(follow_up.typed, memory).question,
        "glued to the question before": f"{follow_up.before} {follow_up.typed}",
    }
