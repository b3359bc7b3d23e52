"""Where content could have been carried: what Prefect tells of runs, what Redis holds, what files say.

Each place is searched as it is read; nothing of it is kept but its name, and only where a canary stands.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterTags,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.client.schemas.objects import FlowRun
from prefect.events import emit_event
from prefect.events.filters import (
    EventFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventResourceFilter,
)
from prefect.exceptions import ObjectNotFound
from prefect.logging.handlers import APILogWorker

from domain.canary import Canary, CanaryMissed, Leak, Place, PlaceKind, leaks_in
from domain.clearance import ConfidentialityLevel
from presentation.prefect_pages import ERASED
from storage.redis_census import read_everything
from storage.redis_server import RedisConnection
from tasks.artifacts import put_in

_PAGE = 200
_BLOCK_BYTES = 1 << 22
_ARRIVED_WITHIN = timedelta(seconds=120)
_PAUSE_SECONDS = 0.5
_TASK_RUN = "prefect.task-run."


class Search:
    """A search for canaries: what was looked through, and what was found."""

    def __init__(self, canaries: Sequence[Canary]) -> None:
        self.canaries = canaries
        self.counts: Counter[PlaceKind] = Counter()
        self.leaks: list[Leak] = []

    def look(self, place: Place, content: bytes) -> None:
        """Look through one place."""
        self.counts[place.kind] += 1
        self.leaks += leaks_in(place, content, self.canaries)

    def look_at_file(self, path: Path, ceiling: ConfidentialityLevel | None) -> None:
        """Look through a file in pieces that overlap; one that is gone by now holds nothing."""
        place = Place(PlaceKind.FILE, str(path), ceiling)
        overlap = max(canary.longest_form for canary in self.canaries)
        self.counts[place.kind] += 1
        tail = b""
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    self.leaks += leaks_in(place, tail + block, self.canaries)
                    tail = block[-overlap:]
        except FileNotFoundError:
            return


async def search_prefect(
    search: Search,
    *,
    tag: str,
    sweep_run_id: UUID | None,
    since: datetime,
    ui_ceiling: ConfidentialityLevel,
) -> list[UUID]:
    """Look through all that Prefect's API tells of the runs with *tag* and of the sweep's own.

    Returns the ids of the runs with the tag.
    Raises `CanaryMissed` when what the runs sent does not arrive there in time.
    """
    await asyncio.to_thread(APILogWorker.drain_all, timeout=30)
    await _let_events_arrive(tag, since)
    async with get_client() as client:
        await _let_task_runs_arrive(client, since)
        runs = [run async for run in _runs(client, tag)]
        ids = [run.id for run in runs]
        if sweep_run_id is not None:
            runs.append(await client.read_flow_run(sweep_run_id))
        await _search_runs(search, client, runs)
        async for log in _logs(client, [run.id for run in runs]):
            search.look(Place(PlaceKind.LOG, str(log.id)), log.model_dump_json().encode())
        async for artifact in _artifacts(client, ids):
            place = Place(PlaceKind.ARTIFACT, str(artifact.id), ui_ceiling)
            search.look(place, artifact.model_dump_json().encode())
        await _search_events(search, client, since)
    return ids


async def search_redis(search: Search, redis: RedisConnection) -> None:
    """Look through every key of the server. Nothing in clear may stand there."""
    async for name, content in read_everything(redis):
        search.look(Place(PlaceKind.REDIS, name), content)


async def search_files(
    search: Search,
    folders: Iterable[Path],
    *,
    leave_out: Iterable[Path],
    shown: Iterable[Path],
    ui_ceiling: ConfidentialityLevel,
    since: datetime,
) -> None:
    """Look through the files below *folders* that were written since.

    Left out are the stores, which hold content in clear; *shown* are files of Prefect's database, which
    hold what its pages show.
    """
    stores, databases = tuple(leave_out), tuple(shown)
    for folder in dict.fromkeys(folders):
        for path in sorted(await asyncio.to_thread(_files_since, folder, since)):
            if any(path.is_relative_to(store) for store in stores):
                continue
            of_prefect = any(path.is_relative_to(database) for database in databases)
            await asyncio.to_thread(search.look_at_file, path, ui_ceiling if of_prefect else None)


async def empty_artifacts(flow_run_ids: Sequence[UUID]) -> None:
    """Take what a sweep's runs have shown off Prefect's pages again.

    None is deleted: the one before it of its key, which may be a reader's, would be the latest again, and
    Prefect would copy what that holds into an event.
    """
    async with get_client() as client:
        for artifact in [one async for one in _artifacts(client, flow_run_ids)]:
            await put_in(client, artifact.id, ArtifactUpdate(data=ERASED))


async def _search_runs(search: Search, client: PrefectClient, runs: Sequence[FlowRun]) -> None:
    for run in runs:
        search.look(Place(PlaceKind.FLOW_RUN, str(run.id)), run.model_dump_json().encode())
        for state in await client.read_flow_run_states(run.id):
            search.look(Place(PlaceKind.STATE, str(state.id)), state.model_dump_json().encode())
    for first in range(0, len(runs), _PAGE):
        some = [run.id for run in runs[first : first + _PAGE]]
        offset = 0
        while page := await client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=some)),
            limit=_PAGE,
            offset=offset,
        ):
            offset += len(page)
            for task in page:
                place = Place(PlaceKind.TASK_RUN, str(task.id))
                search.look(place, task.model_dump_json().encode())


async def _search_events(search: Search, client: PrefectClient, since: datetime) -> None:
    """Look through every event since: none may tell anything, for nobody can erase one."""
    page = await client.read_events(EventFilter(occurred=_from(since)), limit=50)
    while True:
        for event in page.events:
            place = Place(PlaceKind.EVENT, str(event.id))
            search.look(place, event.model_dump_json().encode())
        following = await page.get_next_page(client)
        if following is None:
            return
        page = following


async def _let_events_arrive(tag: str, since: datetime) -> None:
    """Return when an event that is sent now has arrived: Prefect keeps them in order, tasks with them."""
    marker = f"diarchy.{tag.replace(':', '.')}"
    emit_event("diarchy.canary-sweep.ended", resource={"prefect.resource.id": marker})
    wanted = EventFilter(occurred=_from(since), resource=EventResourceFilter(id=[marker]))
    try:
        async with asyncio.timeout(_ARRIVED_WITHIN.total_seconds()), get_client() as client:
            while not (await client.read_events(wanted, limit=1)).events:
                await asyncio.sleep(_PAUSE_SECONDS)
                # Each question asks up to its own moment.
                wanted = EventFilter(occurred=_from(since), resource=wanted.resource)
    except TimeoutError:
        raise CanaryMissed("Prefect's events do not arrive: nothing can be said of them") from None


async def _let_task_runs_arrive(client: PrefectClient, since: datetime) -> None:
    """Wait until the newest task runs that events tell of are recorded, which happens in batches."""
    newest = EventFilter(
        occurred=_from(since),
        event=EventNameFilter(prefix=["prefect.task-run."]),
        resource=EventResourceFilter(id_prefix=[_TASK_RUN]),
    )
    page = await client.read_events(newest, limit=50)
    owed = {UUID(event.resource.id.removeprefix(_TASK_RUN)) for event in page.events}
    try:
        async with asyncio.timeout(_ARRIVED_WITHIN.total_seconds()):
            while True:
                owed = {task_run for task_run in owed if not await _is_recorded(client, task_run)}
                if not owed:
                    return
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise CanaryMissed("Prefect records no task runs: nothing can be said of them") from None


async def _is_recorded(client: PrefectClient, task_run_id: UUID) -> bool:
    try:
        await client.read_task_run(task_run_id)
    except ObjectNotFound:
        return False
    return True


def _from(since: datetime) -> EventOccurredFilter:
    return EventOccurredFilter.model_validate({"since": since})


async def _runs(client: PrefectClient, tag: str) -> AsyncGenerator[FlowRun]:
    tagged = FlowRunFilter(tags=FlowRunFilterTags(all_=[tag]))
    offset = 0
    while page := await client.read_flow_runs(flow_run_filter=tagged, limit=_PAGE, offset=offset):
        offset += len(page)
        for run in page:
            yield run


async def _logs(client: PrefectClient, flow_run_ids: Sequence[UUID]) -> AsyncGenerator[Any]:
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=list(flow_run_ids)))
    offset = 0
    while page := await client.read_logs(wanted, limit=_PAGE, offset=offset):
        offset += len(page)
        for log in page:
            yield log


async def _artifacts(client: PrefectClient, flow_run_ids: Sequence[UUID]) -> AsyncGenerator[Any]:
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=list(flow_run_ids)))
    window: dict[str, Any] = {"limit": _PAGE, "offset": 0}
    while page := await client.read_artifacts(artifact_filter=wanted, **window):
        window["offset"] += len(page)
        for artifact in page:
            yield artifact


def _files_since(folder: Path, since: datetime) -> list[Path]:
    found: list[Path] = []
    for path in folder.rglob("*"):
        try:
            if path.is_file() and path.stat().st_mtime >= since.timestamp() - 1:
                found.append(path)
        except FileNotFoundError:
            continue
    return found
