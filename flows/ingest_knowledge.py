"""From files to searchable knowledge. Killed midway and run again, nothing is lost or there twice."""

from __future__ import annotations

from domain.clearance import Reader
from domain.ingest import IngestReport
from domain.records import DuplicateTracker, IngestDefaults
from flows.parameters import (
    DefaultCategory,
    DefaultLevel,
    DefaultPriority,
    Requester,
    SourcePaths,
)
from storage.source_files.listing import SourceListing
from tasks.artifacts import shown_progress
from tasks.identification import identify_requester, stamp_run
from tasks.ingestion import (
    FILES_A_STEP,
    find_source_files,
    index_pending,
    note_duration,
    refused_files,
    store_files,
)
from tasks.progress import report_progress
from tasks.quiet_flow import quiet_flow
from tasks.stores import flow_stores


@quiet_flow(name="ingest-knowledge", run_name="ingest-knowledge by {requester}")
async def ingest_knowledge(
    paths: SourcePaths,
    requester: Requester,
    confidentiality_level: DefaultLevel = None,
    category: DefaultCategory = None,
    strategic_priority: DefaultPriority = None,
) -> IngestReport:
    """Read files, store their items at up to the requester's clearance, and index them.

    What cannot be taken is reported with file, row, field and reason; the rest goes on.
    """
    defaults = IngestDefaults(
        confidentiality_level=confidentiality_level,
        category=category,
        strategic_priority=strategic_priority,
    )
    async with flow_stores(), shown_progress():
        writer = await identify_requester(requester)
        listing, report = await store_sources(paths, writer, defaults)
        await index_pending()
        await note_duration(listing.files, writer)
        return report


async def store_sources(
    paths: list[str], writer: Reader, defaults: IngestDefaults
) -> tuple[SourceListing, IngestReport]:
    """Store what the files hold, in their order; the index is owed it afterwards."""
    run = await stamp_run()
    listing = await find_source_files(paths)
    report = refused_files(listing)
    duplicates = DuplicateTracker()
    for first in range(0, len(listing.files), FILES_A_STEP):
        some = listing.files[first : first + FILES_A_STEP]
        stored = await store_files(some, defaults, writer, run.now, duplicates)
        report, duplicates = report.plus(stored.report), stored.duplicates
        report_progress("files", first + len(some), len(listing.files))
    return listing, report
