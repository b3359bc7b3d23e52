"""From files to stored and indexed items. Every step may be repeated: what is stored already is unchanged."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from domain.clearance import Reader
from domain.errors import InvalidRecord
from domain.ingest import IngestReport, Refusal
from domain.records import (
    DuplicateTracker,
    IngestDefaults,
    RawRecord,
    ValidatedBatch,
    validate_batch,
)
from domain.routing import RoutedFlow
from domain.workload import size_of_files
from storage.knowledge_writer import WriteResult
from storage.source_files import SourceListing, find_files, read_files
from tasks.measuring import measure_run
from tasks.progress import report_progress
from tasks.step import step
from tasks.stores import current_stores

FILES_A_STEP = 50

_Records = Sequence[RawRecord | InvalidRecord]


class StoredFiles(NamedTuple):
    """What became of some files, and the ids that the ingest has seen by now."""

    report: IngestReport
    duplicates: DuplicateTracker


@step(name="find-source-files", timeout=timedelta(minutes=30))
async def find_source_files(paths: Sequence[str]) -> SourceListing:
    """List the files under *paths*, and what cannot be read there."""
    return await asyncio.to_thread(find_files, [Path(path) for path in paths])


@step(name="store-files", timeout=timedelta(hours=12))
async def store_files(
    files: Sequence[Path],
    defaults: IngestDefaults,
    writer: Reader,
    now: datetime,
    duplicates: DuplicateTracker,
) -> StoredFiles:
    """Validate the records of *files* and store them, a transaction a batch.

    Works on a copy of *duplicates*: a step that is repeated must not meet its own first attempt.
    """
    seen = copy.deepcopy(duplicates)
    report = IngestReport()
    batches = read_files(files)
    while (records := await asyncio.to_thread(_next_batch, batches)) is not None:
        batch = await asyncio.to_thread(
            validate_batch, records, defaults=defaults, now=now, duplicates=seen
        )
        report = report.plus(await _store(batch, writer))
        done = report.added + report.updated + report.unchanged
        report_progress("store", done, 0)
    return StoredFiles(report, seen)


@step(name="index-pending", timeout=timedelta(hours=24))
async def index_pending() -> int:
    """Bring everything that is stored into the vector index; return how many writes it took."""
    return await current_stores().knowledge.drain_outbox(
        lambda done, total: report_progress("index", done, total)
    )


@step(name="note-duration", timeout=timedelta(minutes=2))
async def note_duration(files: Sequence[Path], writer: Reader) -> None:
    """Remember what the ingest of *files* took."""
    size = size_of_files(len(files), await asyncio.to_thread(_total_bytes, files))
    took = measure_run(RoutedFlow.INGEST_KNOWLEDGE, size, writer)
    if took is not None:
        await current_stores().runs.add(took)


def _total_bytes(files: Sequence[Path]) -> int:
    """Return their bytes; what has gone by now counts for nothing."""
    total = 0
    for file in files:
        with suppress(OSError):
            total += file.stat().st_size
    return total


def refused_files(listing: SourceListing) -> IngestReport:
    """Return the report of the files that could not even be opened."""
    refusals = tuple(Refusal.of(problem) for problem in listing.problems)
    return IngestReport(refused=len(refusals), refusals=refusals)


def _next_batch(batches: Iterator[_Records]) -> _Records | None:
    return next(batches, None)


async def _store(batch: ValidatedBatch, writer: Reader) -> IngestReport:
    outcomes = await current_stores().knowledge.add_items(batch.items, writer)
    refusals = [Refusal.of(problem) for problem in batch.refused]
    places = {(refusal.file, refusal.row) for refusal in refusals}
    counts = dict.fromkeys(WriteResult, 0)
    for validated, outcome in zip(batch.items, outcomes, strict=True):
        counts[outcome.result] += 1
        if outcome.reason is not None:
            field, _, reason = outcome.reason.partition(": ")
            place = (validated.file, validated.row)
            refusals.append(Refusal(file=place[0], row=place[1], field=field, reason=reason))
    return IngestReport(
        added=counts[WriteResult.ADDED],
        updated=counts[WriteResult.UPDATED],
        unchanged=counts[WriteResult.UNCHANGED],
        refused=counts[WriteResult.REFUSED] + len(places),
        refusals=tuple(refusals),
    )
