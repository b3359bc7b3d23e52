"""Giving a request its place and handing it to whoever works there; nobody waits for the result here.

What Prefect then shows of the run are its deployment, pool, queue and a reason of fixed wording, as tags.
What was typed goes in sealed. The flow itself asks the registry again who the requester is.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import FlowRunCreate
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.states import Scheduled, to_state_create

from deployments.listening import PoolWatch, prefect_client
from domain.clearance import ConfidentialityLevel, Reader
from domain.collaboration import CollaborationMode
from domain.errors import DiarchyError
from domain.knowledge import Domain, KnowledgeCategory
from domain.model import FrozenModel
from domain.placement import Placement
from domain.routing import AnalysisScope, RoutedFlow, WorkPool, WorkQueue
from domain.summary import TimeHorizon
from domain.workload import DurationBands
from reasoning.routing import (
    AnalysisWanted,
    BriefingWanted,
    IngestWanted,
    RoutingRequest,
    SummaryWanted,
    Wanted,
    choose_queue,
)
from storage.submission import SubmissionStores


class NotDeployed(DiarchyError):
    """The flow has no deployment in Prefect; run `diarchy deploy`."""


class Submission(FrozenModel):
    """A run that has its place and waits for a worker, or found one already."""

    flow_run_id: str
    placement: Placement


class Pressing(FrozenModel):
    """How much a request presses, and by what it is known when it is sent again."""

    urgent: bool = False
    deadline: datetime | None = None
    """When the result is wanted."""
    once: str | None = None
    """A name of the requester's own: sent again under it, the run that was made is returned."""


class Submitter:
    """Submits requests of an installation to the Prefect API that this process uses.

    Every method raises `AccessDenied` for an unknown or revoked requester, `NobodyListens` where no
    worker would take the run, `NotDeployed`, and `ServerUnavailable`.
    """

    def __init__(
        self,
        stores: SubmissionStores,
        watch: PoolWatch | None = None,
        *,
        bands: DurationBands | None = None,
    ) -> None:
        self._stores = stores
        self._watch = watch or PoolWatch()
        self._bands = bands

    async def submit_analysis(
        self,
        requirement: str,
        requester: str,
        *,
        scope: AnalysisScope = AnalysisScope.COMPREHENSIVE,
        context: dict[str, str] | None = None,
        max_confidentiality: ConfidentialityLevel | None = None,
        collaboration: CollaborationMode = CollaborationMode.IN_PROCESS,
        pressing: Pressing | None = None,
    ) -> Submission:
        """Submit an analysis; its requirement and notes are sealed.

        *collaboration* says how a comprehensive one reaches Artemis.
        """
        reader = await self._stores.principals.get_reader(requester, max_confidentiality)
        wanted = AnalysisWanted(
            requirement=requirement, scope=scope, content_may_show=self._content_may_show(reader)
        )
        sealer = self._stores.sealer
        parameters = {
            "requirement": sealer.seal_text(requirement).model_dump(),
            "context": None if context is None else sealer.seal_notes(context).model_dump(),
            "max_confidentiality": max_confidentiality,
        }
        of_both = {"collaboration": collaboration}
        return await self._submit(wanted, reader, parameters, pressing, of_both_domains=of_both)

    async def submit_summary(
        self,
        domain: Domain,
        time_horizon: TimeHorizon,
        requester: str,
        *,
        max_confidentiality: ConfidentialityLevel | None = None,
        pressing: Pressing | None = None,
    ) -> Submission:
        """Submit a summary of one domain."""
        reader = await self._stores.principals.get_reader(requester, max_confidentiality)
        parameters = {
            "domain": domain,
            "time_horizon": time_horizon,
            "max_confidentiality": max_confidentiality,
        }
        return await self._submit(
            SummaryWanted(time_horizon=time_horizon), reader, parameters, pressing
        )

    async def submit_briefing(
        self,
        time_horizon: TimeHorizon,
        requester: str,
        *,
        edition: str | None = None,
        max_confidentiality: ConfidentialityLevel | None = None,
        pressing: Pressing | None = None,
    ) -> Submission:
        """Submit a briefing of the requester."""
        reader = await self._stores.principals.get_reader(requester, max_confidentiality)
        parameters = {
            "time_horizon": time_horizon,
            "edition": edition,
            "max_confidentiality": max_confidentiality,
        }
        return await self._submit(
            BriefingWanted(time_horizon=time_horizon), reader, parameters, pressing
        )

    async def submit_ingest(
        self,
        paths: Sequence[Path],
        requester: str,
        *,
        confidentiality_level: ConfidentialityLevel | None = None,
        category: KnowledgeCategory | None = None,
        strategic_priority: int | None = None,
        pressing: Pressing | None = None,
    ) -> Submission:
        """Submit an ingest of *paths*, which the worker must see under the same names.

        The last three are for records that name none of their own.
        """
        reader = await self._stores.principals.get_reader(requester)
        wanted = await asyncio.to_thread(_ingest_of, paths)
        parameters = {
            "paths": [str(path.absolute()) for path in paths],
            "confidentiality_level": confidentiality_level,
            "category": category,
            "strategic_priority": strategic_priority,
        }
        return await self._submit(wanted, reader, parameters, pressing)

    async def _submit(
        self,
        wanted: Wanted,
        reader: Reader,
        parameters: Mapping[str, Any],
        pressing: Pressing | None,
        *,
        of_both_domains: Mapping[str, Any] | None = None,
    ) -> Submission:
        pressing = pressing or Pressing()
        history = await self._stores.runs.read(reader.clearance)
        pools = await self._watch.states()
        # Nothing is awaited until this one is counted: who submits meanwhile sees it.
        placement = choose_queue(
            RoutingRequest(
                wanted=wanted,
                clearance=reader.clearance,
                urgent=pressing.urgent,
                deadline=pressing.deadline,
            ),
            pools,
            history,
            now=self._stores.settings.tell_time(),
            bands=self._bands,
        )
        given = {"requester": reader.name, **parameters}
        if placement.flow is RoutedFlow.COMPREHENSIVE_ANALYSIS:
            given |= of_both_domains or {}
        with self._watch.placing(placement):
            run = await create_run(placement, given, key=_key(reader, pressing.once))
        return Submission(flow_run_id=str(run.id), placement=_as_it_is(placement, run))

    def _content_may_show(self, reader: Reader) -> bool:
        """Whether Prefect's pages may tell what a requirement of *reader* says.

        It counts as internal, or as public where its author reads nothing higher.
        """
        ceiling = self._stores.settings.ui_ceiling
        level = min(ConfidentialityLevel.INTERNAL, reader.clearance.level, key=lambda one: one.rank)
        return level.rank <= ceiling.rank


async def create_run(
    placement: Placement, parameters: Mapping[str, Any], *, key: str | None = None
) -> FlowRun:
    """Create the run in its place; with a *key* that was used before, return the run of then.

    Raises `NotDeployed` and `ServerUnavailable`.
    """
    name = placement.flow.value
    async with prefect_client() as client:
        try:
            deployment = await client.read_deployment_by_name(f"{name}/{name}")
        except ObjectNotFound:
            raise NotDeployed(
                f"{name} has no deployment in Prefect; run `diarchy deploy`"
            ) from None
        tags = [placement.queue_reason.value]
        if deployment.work_pool_name != placement.pool.value:
            return await _create_elsewhere(
                client, deployment, placement, parameters=parameters, tags=tags, key=key
            )
        return await client.create_flow_run_from_deployment(
            deployment.id,
            parameters=dict(parameters),
            tags=tags,
            work_queue_name=placement.queue.value,
            idempotency_key=key,
        )


async def _create_elsewhere(
    client: PrefectClient,
    deployment: DeploymentResponse,
    placement: Placement,
    *,
    parameters: Mapping[str, Any],
    tags: list[str],
    key: str | None,
) -> FlowRun:
    """Create a run of *deployment* in another pool than its own, which its own call cannot."""
    run = FlowRunCreate(
        flow_id=deployment.flow_id,
        deployment_id=deployment.id,
        parameters={**deployment.parameters, **parameters},
        tags=[*deployment.tags, *tags],
        state=to_state_create(Scheduled()),
        idempotency_key=key,
        work_pool_name=placement.pool.value,
        work_queue_name=placement.queue.value,
    )
    body = run.model_dump(mode="json", exclude_unset=True)
    response = await client.request("POST", "/flow_runs/", json=body)
    return FlowRun.model_validate(response.json())


def _ingest_of(paths: Sequence[Path]) -> IngestWanted:
    """Return how much there is to read under *paths*, as far as it is seen from here."""
    # The readers of documents take longer to import than all else here.
    from storage.source_files import find_files  # noqa: PLC0415

    total_bytes, files = 0, find_files(paths).files
    for file in files:
        with suppress(OSError):
            total_bytes += file.stat().st_size
    return IngestWanted(files=len(files), total_bytes=total_bytes)


def _key(reader: Reader, once: str | None) -> str | None:
    """Return the idempotency key: a requester's own, so that no other's run answers to it."""
    if once is None:
        return None
    return hashlib.sha256(f"{reader.name}\n{once}".encode()).hexdigest()


def _as_it_is(placement: Placement, run: FlowRun) -> Placement:
    """Return where the run is: one that was made before may be elsewhere than it would be put now."""
    pools, queues = set(WorkPool), set(WorkQueue)
    where: dict[str, Any] = {}
    if run.work_pool_name in pools:
        where["pool"] = WorkPool(run.work_pool_name)
    if run.work_queue_name in queues:
        where["queue"] = WorkQueue(run.work_queue_name)
    return placement.model_copy(update=where)
