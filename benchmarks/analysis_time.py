"""What a comprehensive analysis takes: its own work, what Prefect adds, and the sketch's way.

Own work is the bodies of the flow's steps called one after the other without Prefect; the flow
itself runs against a Prefect API that is up already. The sketch's way makes its searches one by
one and then thinks and stores as we do. All by turns, on the example company, with a warm model.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpora import EXAMPLE_KNOWLEDGE, EXAMPLES
from benchmarks.homes import NOW, READER, temporary_stores
from benchmarks.report import milliseconds, percentile, print_table, times, verdict
from benchmarks.sketch import SketchSearches
from domain.clearance import Reader
from domain.records import DuplicateTracker, IngestDefaults
from gateway.prefect_server import PrefectServer, point_process_at
from reasoning.assembly import assemble_analysis
from reasoning.requests import AnalysisContext, AnalysisRequest
from storage.reports import ReportKind
from storage.stores import Stores
from tasks import analysis as steps
from tasks.identification import identify_requester, stamp_run
from tasks.ingestion import find_source_files, index_pending, store_files
from tasks.stores import use_stores

_REPETITIONS = 15
_FLOWS = 8
BETWEEN_FLOWS_SECONDS = 3
"""A server on SQLite is still writing the last run's events, and would make the next one wait."""
_REQUIRED = 4.0
_REQUIREMENT = EXAMPLES / "requirements" / "real-time-tracking.txt"

Retrieve = Callable[[AnalysisRequest, Reader], Awaitable[AnalysisContext]]


async def run(_: Path | None) -> None:
    """Measure and print the times."""
    requirement = _REQUIREMENT.read_text(encoding="utf-8")
    context = json.loads(_REQUIREMENT.with_suffix(".context.json").read_text(encoding="utf-8"))
    async with temporary_stores() as stores, use_stores(stores):
        await ingest_examples()
        own: dict[str, list[float]] = defaultdict(list)
        sketch: dict[str, list[float]] = defaultdict(list)
        for number in range(-1, _REPETITIONS):
            for seconds, retrieve in ((own, _retrieve), (sketch, _as_the_sketch(stores))):
                parts = await _own_work(requirement, context, retrieve)
                for name, taken in parts.items() if number >= 0 else ():
                    seconds[name].append(taken)
        flows = await _flow_seconds(requirement, context)
    _print(own, sketch, flows)


async def _own_work(
    requirement: str, context: dict[str, str], retrieve: Retrieve
) -> dict[str, float]:
    """Run the steps of the flow without Prefect; return the seconds of searching and of the rest."""
    started = time.perf_counter()
    reader = await identify_requester.fn(READER, None)
    stamp = await stamp_run.fn()
    request = await steps.open_request(requirement, context, reader, stamp.now)
    before_search = time.perf_counter()
    evidence = await retrieve(request, reader)
    after_search = time.perf_counter()
    business = await steps.analyze_business.fn(request, evidence, stamp.now)
    requirements = await steps.extract_technical_requirements.fn(request, business)
    technical = await steps.analyze_technical.fn(
        request, requirements, business, evidence, stamp.now
    )
    synthesis = await steps.synthesize.fn(request, business, technical, evidence, stamp.now)
    recommendations = await steps.unify_recommendations.fn(
        request, business, technical, synthesis, stamp.now
    )
    report = assemble_analysis(
        request,
        business,
        technical,
        synthesis,
        recommendations,
        analysis_id=stamp.report_id,
        requester=reader.name,
        now=stamp.now,
        reasoner=steps.reasoner_name(),
        context=evidence,
        degraded=(),
    )
    after_thinking = time.perf_counter()
    await steps.store_analysis.fn(report, ReportKind.ANALYSIS, evidence, reader, stamp)
    ended = time.perf_counter()
    return {
        "retrieval": after_search - before_search,
        "reasoning": after_thinking - after_search,
        "identify and store": before_search - started + ended - after_thinking,
        "own work": ended - started,
    }


async def _retrieve(request: AnalysisRequest, reader: Reader) -> AnalysisContext:
    return await steps.retrieve_context.fn(request, reader)


def _as_the_sketch(stores: Stores) -> Retrieve:
    async def retrieve(request: AnalysisRequest, reader: Reader) -> AnalysisContext:
        searches = SketchSearches(stores.knowledge, stores.model, reader)
        return await searches.context_for(request)

    return retrieve


async def _flow_seconds(requirement: str, context: dict[str, str]) -> list[float]:
    """Run the flow itself against a server of its own; return its wall times."""
    with TemporaryDirectory(prefix="diarchy-benchmark-") as folder:
        server = PrefectServer(Path(folder))
        running = await asyncio.to_thread(server.start)
        try:
            point_process_at(server.client_environment(running))
            from flows import comprehensive_analysis  # noqa: PLC0415 - Prefect reads its settings first

            seconds: list[float] = []
            for number in range(_FLOWS + 1):
                await asyncio.sleep(BETWEEN_FLOWS_SECONDS)
                started = time.perf_counter()
                await comprehensive_analysis(requirement, READER, context)
                if number:
                    seconds.append(time.perf_counter() - started)
            return seconds
        finally:
            await asyncio.to_thread(send_what_is_queued)
            await asyncio.to_thread(server.stop)


def send_what_is_queued() -> None:
    """Let Prefect's senders of logs and events finish while there is a server to send to."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - as above
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415 - as above

    APILogWorker.drain_all(timeout=10)
    EventsWorker.drain_all(timeout=10)


async def ingest_examples() -> None:
    """Bring the example company into the current stores."""
    writer = await identify_requester.fn(READER, None)
    listing = await find_source_files.fn([str(EXAMPLE_KNOWLEDGE)])
    await store_files.fn(listing.files, IngestDefaults(), writer, NOW, DuplicateTracker())
    await index_pending.fn()


def _print(own: dict[str, list[float]], sketch: dict[str, list[float]], flows: list[float]) -> None:
    rows = [
        [
            name,
            milliseconds(percentile(taken, 50)),
            milliseconds(percentile(taken, 99)),
            milliseconds(percentile(sketch[name], 50)),
            milliseconds(percentile(sketch[name], 99)),
            times(percentile(sketch[name], 50) / percentile(taken, 50)),
        ]
        for name, taken in own.items()
    ]
    faster = percentile(sketch["own work"], 50) / percentile(own["own work"], 50)
    whole = percentile(flows, 50)
    work = percentile(own["own work"], 50)
    print_table(
        f"One comprehensive analysis, {len(own['own work'])} repetitions",
        ["", "p50 ms", "p99 ms", "sketch p50 ms", "sketch p99 ms", "sketch takes"],
        rows,
        notes=[
            f"own work at least {_REQUIRED:.0f} times faster required: {verdict(faster >= _REQUIRED)}",
            (
                f"the flow itself, {len(flows)} runs: p50 {milliseconds(whole)} ms, p99 "
                f"{milliseconds(percentile(flows, 99))} ms; Prefect's part of it "
                f"{milliseconds(whole - work)} ms, {(whole - work) / whole:.0%}"
            ),
        ],
    )
