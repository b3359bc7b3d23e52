"""From files to searchable knowledge. Killed midway and run again, nothing is lost or there twice."""

from __future__ import annotations

from typing import Annotated

from prefect import flow
from pydantic import Field

from domain.clearance import ConfidentialityLevel
from domain.ingest import IngestReport
from domain.knowledge import KnowledgeCategory
from domain.records import DuplicateTracker, IngestDefaults
from flows.parameters import Explained, Requester
from tasks.identification import identify_requester, stamp_run
from tasks.ingestion import (
    FILES_A_STEP,
    find_source_files,
    index_pending,
    refused_files,
    store_files,
)
from tasks.stores import flow_stores


@flow(name="ingest-knowledge", flow_run_name="ingest-knowledge by {requester}")
async def ingest_knowledge(
    paths: Annotated[list[str], Field(min_length=1), Explained("Files and folders to read.")],
    requester: Requester,
    confidentiality_level: Annotated[
        ConfidentialityLevel | None, Explained("For records that name no level.")
    ] = None,
    category: Annotated[
        KnowledgeCategory | None, Explained("For records that name no category.")
    ] = None,
    strategic_priority: Annotated[
        int | None, Field(ge=1, le=10), Explained("For records that name no priority.")
    ] = None,
) -> IngestReport:
    """Read files, store their items at up to the requester's clearance, and index them.

    What cannot be taken is reported with file, row, field and reason; the rest goes on.
    """
    defaults = IngestDefaults(
        confidentiality_level=confidentiality_level,
        category=category,
        strategic_priority=strategic_priority,
    )
    async with flow_stores():
        report = await store_sources(paths, requester, defaults)
        await index_pending()
        return report


async def store_sources(paths: list[str], requester: str, defaults: IngestDefaults) -> IngestReport:
    """Store what the files hold, in their order; the index is owed it afterwards."""
    writer = await identify_requester(requester)
    run = await stamp_run()
    listing = await find_source_files(paths)
    report = refused_files(listing)
    duplicates = DuplicateTracker()
    for first in range(0, len(listing.files), FILES_A_STEP):
        some = listing.files[first : first + FILES_A_STEP]
        stored = await store_files(some, defaults, writer, run.now, duplicates)
        report, duplicates = report.plus(stored.report), stored.duplicates
    return report
