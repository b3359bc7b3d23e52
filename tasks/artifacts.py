"""What runs show on Prefect's pages: each result once, and how far a long ingest is.

An artifact is a courtesy: a run whose artifact cannot be made goes on, and says so in its log.

Prefect copies what an artifact is made with, what its client updates it with, and what one that becomes
the latest again holds, into its stream of events, where nobody can erase it. So an artifact is made
without content, which an update of ours puts in, and it is emptied and never deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    ArtifactFilterType,
)
from prefect.client.schemas.objects import Artifact
from prefect.logging import get_run_logger
from prefect.runtime import flow_run, task_run

from domain.clearance import Reader
from presentation import Result
from presentation.prefect_pages import (
    ERASED,
    ShownResult,
    progress_of,
    shown_description,
    shown_result,
)
from storage.stores import Stores
from tasks.progress import report_progress_to
from tasks.step import step
from tasks.stores import current_stores

PROGRESS_KEY = "ingest-progress"
SHOWN_EVERY = timedelta(seconds=5)
SHOWN_WITHIN = timedelta(seconds=150)
"""Longer than Prefect's client goes on asking an API that is away: two minutes."""
_PAGE = 200
_MARKDOWN = "markdown"
_PROGRESS = "progress"


@step(name="show-result", timeout=SHOWN_WITHIN + timedelta(seconds=30))
async def show_result(result: Result, report_id: str, reader: Reader) -> None:
    """Leave the result on Prefect's pages as far as their ceiling allows, once however often it runs."""
    stores = current_stores()
    shown = shown_result(
        result,
        report_id=report_id,
        reader=reader.name,
        installation=await _installation(stores),
        ceiling=stores.settings.ui_ceiling,
    )
    try:
        # A bound of its own: the step's timeout fails the run, after asking all over four times more.
        async with asyncio.timeout(SHOWN_WITHIN.total_seconds()), get_client() as client:
            artifact = await _find_described(client, shown.description, key=shown.key)
            if artifact is None:
                artifact = await client.create_artifact(_artifact_of(shown))
            if artifact.data != shown.markdown:
                await put_in(client, artifact.id, ArtifactUpdate(data=shown.markdown))
    except Exception as error:  # noqa: BLE001 - the result is stored; only its page is missing
        get_run_logger().warning("This result has no artifact: %s", type(error).__name__)


async def erase_shown(report_ids: Sequence[str], stores: Stores) -> int:
    """Empty the artifacts of reports that are erased from *stores*; return how many."""
    installation = await _installation(stores)
    descriptions = {shown_description(report_id, installation) for report_id in report_ids}
    erased = 0
    async with get_client() as client:
        markdown = ArtifactFilter(type=ArtifactFilterType(any_=[_MARKDOWN]))
        for artifact in await _read_all(client, markdown):
            if artifact.description in descriptions:
                await put_in(client, artifact.id, ArtifactUpdate(data=ERASED))
                erased += 1
    return erased


async def put_in(client: PrefectClient, artifact_id: UUID, update: ArtifactUpdate) -> None:
    """Update an artifact as the client's own method does, but for the event that repeats its content."""
    await client.request(
        "PATCH",
        "/artifacts/{id}",
        path_params={"id": artifact_id},
        json=update.model_dump(mode="json", exclude_unset=True),
    )


@asynccontextmanager
async def shown_progress(*, every: timedelta | None = None) -> AsyncGenerator[None]:
    """Show on Prefect's pages how far the ingest inside is, as often as *every* says.

    An ingest that takes no longer than that shows nothing.
    """
    progress = _Progress()
    showing = asyncio.create_task(_show_now_and_then(progress, every or SHOWN_EVERY))
    try:
        with report_progress_to(progress.note):
            yield
        progress.finish()
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
    if progress.artifact_id is not None:
        await _show_progress(progress)


async def _installation(stores: Stores) -> str:
    """Return the installation's id as far as it must be known to tell two apart."""
    return (await stores.database.installation_id())[:8]


class _Progress:
    """How far an ingest is by what its steps have told last."""

    def __init__(self) -> None:
        self.percent = 0.0
        self.words = "begun"
        self.changed = False
        self.artifact_id: UUID | None = None

    def note(self, activity: str, done: int, total: int) -> None:
        percent, self.words = progress_of(activity, done, total)
        self.percent = max(self.percent, percent)
        self.changed = True

    def finish(self) -> None:
        self.percent, self.words = 100.0, "done"


async def _show_now_and_then(progress: _Progress, every: timedelta) -> None:
    while True:
        await asyncio.sleep(every.total_seconds())
        if progress.changed:
            progress.changed = False
            await _show_progress(progress)


async def _show_progress(progress: _Progress) -> None:
    try:
        async with get_client() as client:
            if progress.artifact_id is None:
                progress.artifact_id = await _begun_before(client)
            if progress.artifact_id is None:
                made = await client.create_artifact(_progress_artifact(progress))
                progress.artifact_id = made.id
            else:
                update = ArtifactUpdate(data=progress.percent, description=progress.words)
                await put_in(client, progress.artifact_id, update)
    except Exception as error:  # noqa: BLE001 - the ingest goes on unseen
        get_run_logger().warning("The progress is not shown: %s", type(error).__name__)


async def _begun_before(client: PrefectClient) -> UUID | None:
    """Return the progress artifact that this run left when it was tried before."""
    own = ArtifactFilter(
        key=ArtifactFilterKey(any_=[PROGRESS_KEY]),
        flow_run_id=ArtifactFilterFlowRunId(any_=[UUID(flow_run.get_id())]),
    )
    found = await client.read_artifacts(artifact_filter=own, limit=1)
    return found[0].id if found else None


def _progress_artifact(progress: _Progress) -> ArtifactCreate:
    return ArtifactCreate(
        type=_PROGRESS,
        key=PROGRESS_KEY,
        description=progress.words,
        data=progress.percent,
        flow_run_id=UUID(flow_run.get_id()),
    )


def _artifact_of(shown: ShownResult) -> ArtifactCreate:
    return ArtifactCreate(
        type=_MARKDOWN,
        key=shown.key,
        description=shown.description,
        data=shown.reference,
        flow_run_id=UUID(flow_run.get_id()),
        task_run_id=UUID(task_run.get_id()),
    )


async def _find_described(client: PrefectClient, description: str, *, key: str) -> Artifact | None:
    """Return the artifact of that key where it is there already, also one that another run made."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    found = await _read_all(client, wanted)
    return next((one for one in found if one.description == description), None)


async def _read_all(client: PrefectClient, wanted: ArtifactFilter) -> list[Artifact]:
    found: list[Artifact] = []
    while True:
        window: dict[str, Any] = {"limit": _PAGE, "offset": len(found)}
        page = await client.read_artifacts(artifact_filter=wanted, **window)
        found += page
        if len(page) < _PAGE:
            return found
