"""What is asked of the company on many machines, and what it leaves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from sqlmodel import select

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeItem
from storage.reports import ReportKind
from storage.settings import Settings
from storage.stores import Stores, open_stores
from storage.tables import ReportRow
from tasks.analysis import open_request, retrieve_context
from tests.end_to_end.topology import unfinished
from tests.events import eventually
from tests.flows.conftest import COMPANY, REQUIREMENT
from tests.stores import CONFIDENTIAL, INTERNAL, NOW, TOP_SECRET

READERS: dict[str, ConfidentialityLevel] = {
    "chief": TOP_SECRET,
    "head": CONFIDENTIAL,
    "ada": INTERNAL,
    "bob": INTERNAL,
}
_PATIENCE = 900.0
"""Seconds. Every flow run is a process of its own, on a machine that may have much else to do."""


class Work(NamedTuple):
    """One flow run to be asked for."""

    flow: str
    parameters: dict[str, Any]


def ingests(folder: Path) -> list[Work]:
    """Two ingests that share no level: which texts are embedded together moves a vector's last bits."""
    halves = {"internal": [], "above": []}
    for item in COMPANY:
        half = "internal" if item.confidentiality_level is INTERNAL else "above"
        halves[half].append(record(item))
    asked: list[Work] = []
    for half, records in halves.items():
        file = folder / f"{half}.jsonl"
        file.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
        asked.append(Work("ingest-knowledge", {"paths": [str(file)], "requester": "chief"}))
    return asked


def record(item: KnowledgeItem) -> dict[str, Any]:
    names = {"knowledge_id", "title", "content", "category", "confidentiality_level"}
    names |= {"strategic_priority", "source", "created_at", "updated_at"}
    return item.model_dump(mode="json", include=names)


def reading(*, collaboration: str) -> list[Work]:
    """Everything that is asked of the company, two runs a pool at least."""
    asked = {"requirement": REQUIREMENT, "collaboration": collaboration}
    return [
        Work("comprehensive-analysis", {**asked, "requester": "chief"}),
        Work("comprehensive-analysis", {**asked, "requester": "head"}),
        Work("business-analysis", {"requirement": REQUIREMENT, "requester": "ada"}),
        Work("business-analysis", {"requirement": REQUIREMENT, "requester": "bob"}),
        Work("technical-analysis", {"requirement": REQUIREMENT, "requester": "ada"}),
        Work("technical-analysis", {"requirement": REQUIREMENT, "requester": "bob"}),
        Work("ceo-briefing", {"requester": "head"}),
        Work("ceo-briefing", {"requester": "ada"}),
    ]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Stores]:
    async with open_stores(settings) as stores:
        known = {principal.name for principal in await stores.principals.list()}
        for name, level in READERS.items():
            if name not in known:
                await stores.principals.add(name, level)
        yield stores


async def start(
    client: PrefectClient, deployed: Mapping[str, UUID], work: Sequence[Work]
) -> list[FlowRun]:
    return [
        await client.create_flow_run_from_deployment(deployed[one.flow], parameters=one.parameters)
        for one in work
    ]


async def finish(client: PrefectClient, runs: Sequence[FlowRun]) -> None:
    """Wait until all have ended; fail unless each has completed."""

    async def ended() -> bool:
        return not await unfinished(client, runs)

    await eventually(ended, f"{len(runs)} flow runs have ended", within=_PATIENCE)
    ends = [(await client.read_flow_run(run.id)).state for run in runs]
    assert [end.name for end in ends if end is not None] == ["Completed"] * len(runs)


async def embed_questions(stores: Stores) -> None:
    """Put the questions' vectors into the shared cache, so that no machine loads the model for them."""
    for name in READERS:
        reader = await stores.principals.get_reader(name)
        request = await open_request(REQUIREMENT, None, reader, NOW)
        await retrieve_context.fn(request, reader)


async def reports(stores: Stores) -> Counter[tuple[str, str, str]]:
    """Return kind, reader and body of every report, their random ids taken out.

    Left out is what two orchestrators hand each other, which one process need not.
    """
    async with stores.database.reading() as session:
        rows = (await session.execute(select(ReportRow))).scalars().all()
    handed_over = {"chief", "head"}
    return Counter(
        (row.kind, row.reader, row.body.replace(row.report_id, "its id"))
        for row in rows
        if row.kind != ReportKind.BRIEF.value
        and not (row.kind == ReportKind.TECHNICAL.value and row.reader in handed_over)
    )
