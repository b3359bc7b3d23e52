"""What the dispatcher does about each kind of event. Every effect happens once, however often it is told.

A knowledge update moves the epoch of its level. A strategic alert that needs executive attention gives
everyone who may read it an edition of the briefing. A request for collaboration starts the analysis
that answers it. All else is for others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from prefect import Flow

from domain.clearance import Principal
from domain.collaboration import Collaboration, CollaborationState, StoredRequest
from domain.errors import TransientStorageError
from domain.event_payloads import (
    CollaborationRequest,
    KnowledgeUpdate,
    RequestType,
    StrategicAlert,
)
from domain.events import Event
from domain.summary import TimeHorizon
from flows.business_analysis import business_analysis
from flows.ceo_briefing import ceo_briefing
from flows.starting import FinishedRun
from flows.technical_analysis import technical_analysis
from storage.epochs import advance_epochs
from storage.stores import Stores

StartRun = Callable[[Flow[Any, Any], dict[str, Any], Event], Awaitable[FinishedRun]]
"""Runs a flow for an event and waits for its end; raises when the run was interrupted."""

_ANALYSES: dict[RequestType, Flow[Any, Any]] = {
    RequestType.TECHNICAL_FEASIBILITY_ANALYSIS: technical_analysis,
    RequestType.BUSINESS_ANALYSIS: business_analysis,
}


class RunFailed(TransientStorageError):
    """A flow run that an event asked for failed."""


class EventHandlers:
    """The dispatcher's handlers, over one installation's stores."""

    def __init__(self, stores: Stores, start_run: StartRun) -> None:
        self._stores = stores
        self._start_run = start_run

    async def handle(self, event: Event) -> None:
        """Do what *event* asks for. What is raised counts as a failed try, and is tried again."""
        match event.payload:
            case KnowledgeUpdate():
                await self._move_epoch(event)
            case StrategicAlert() as alert if alert.requires_executive_attention:
                await self._brief_everyone_cleared(event, alert)
            case CollaborationRequest() as request:
                await self._answer(event, request)
            case _:
                pass

    async def _move_epoch(self, event: Event) -> None:
        async with self._stores.database.writing() as session:
            if await self._stores.handled.once(session, "move-epoch", event.event_id):
                await advance_epochs(session, [event.confidentiality_level.rank])

    async def _brief_everyone_cleared(self, event: Event, alert: StrategicAlert) -> None:
        for principal in await self._stores.principals.list():
            if principal.revoked_at is None and principal.clearance.dominates(
                event.confidentiality_level
            ):
                await self._brief(principal, event, alert)

    async def _brief(self, principal: Principal, event: Event, alert: StrategicAlert) -> None:
        told = hashlib.sha256(f"{event.event_id}\n{principal.name}".encode()).hexdigest()
        if await self._stores.handled.is_done("alert-briefing", told):
            return
        parameters = {
            "requester": principal.name,
            "time_horizon": TimeHorizon.WEEK,
            "edition": event.event_id,
            "alert": {
                "event_id": event.event_id,
                "confidentiality_level": event.confidentiality_level,
                **alert.model_dump(include={"alert_category", "priority_level", "knowledge_ids"}),
            },
        }
        run = await self._start_run(ceo_briefing, parameters, event)
        if not run.completed:
            raise RunFailed
        await self._remember("alert-briefing", told, run)

    async def _answer(self, event: Event, request: CollaborationRequest) -> None:
        asked = await self._stores.collaborations.get(event.correlation_id)
        if asked.state is CollaborationState.ANSWERED:
            return
        parameters = {
            "requirement": StoredRequest(collaboration_id=asked.collaboration_id),
            "requester": asked.reader,
            "max_confidentiality": asked.max_confidentiality,
        }
        run = await self._start_run(_ANALYSES[request.request_type], parameters, event)
        if not run.completed:
            await self._tell_of_failure(asked)
        await self._remember("collaboration", event.event_id, run)

    async def _tell_of_failure(self, asked: Collaboration) -> None:
        """A run that failed has been tried often enough: whoever waits is told at once."""
        reason = f"its {asked.request_type} failed"
        await self._stores.collaborations.fail(asked.collaboration_id, reason=reason)
        await self._stores.relay.publish_pending()

    async def _remember(self, handler: str, event_id: str, run: FinishedRun) -> None:
        async with self._stores.database.writing() as session:
            await self._stores.handled.once(session, handler, event_id, flow_run_id=run.flow_run_id)
