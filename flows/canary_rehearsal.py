"""What a canary sweep puts on: every flow for every reader, then again with each step failing once.

The text of each error that a step is made to raise holds what the step was given and what it returned:
more than any real error is likely to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from prefect import Flow
from prefect.client.schemas.objects import State

from domain.briefing import AlertNotice
from domain.canary import Place, PlaceKind
from domain.clearance import ConfidentialityLevel
from domain.collaboration import CollaborationMode, StoredRequest
from domain.errors import TransientStorageError
from domain.event_payloads import CollaborationRequest, RequestType
from domain.events import Event
from domain.knowledge import Domain, KnowledgeCategory
from domain.requests import KeptRequest
from domain.sealed import SealedText
from domain.summary import Cadence, TimeHorizon
from flows.bulk_ingest import bulk_ingest
from flows.business_analysis import business_analysis
from flows.canary_company import READERS, knowledge_id, reader_name, session_name
from flows.ceo_briefing import ceo_briefing
from flows.comprehensive_analysis import comprehensive_analysis
from flows.dispatch_events import GROUP, dispatch_events
from flows.event_handlers import EventHandlers
from flows.ingest_knowledge import ingest_knowledge
from flows.maintain_knowledge import maintain_knowledge
from flows.process_message import process_message
from flows.scheduled_briefings import scheduled_briefings
from flows.starting import FinishedRun
from flows.strategic_summary import strategic_summary
from flows.technical_analysis import technical_analysis
from storage.stores import Stores
from tasks.canary_places import Search
from tasks.disturbance import disturb_steps

_HIGHEST = READERS[-1]
_WAIT_SECONDS = 30


_ALERT = AlertNotice(
    event_id="canary",
    confidentiality_level=ConfidentialityLevel.TOP_SECRET,
    alert_category=KnowledgeCategory.RISK_MANAGEMENT,
    priority_level=9,
    knowledge_ids=(
        knowledge_id(KnowledgeCategory.RISK_MANAGEMENT, ConfidentialityLevel.TOP_SECRET),
    ),
)


class Act(NamedTuple):
    """One run of the rehearsal."""

    flow: Flow[..., Any]
    parameters: dict[str, Any]
    clearance: ConfidentialityLevel = ConfidentialityLevel.TOP_SECRET
    """What the answer may hold."""


class Rehearsal:
    """Runs every flow in this process over one installation, and looks at the answers."""

    def __init__(
        self,
        stores: Stores,
        knowledge: Path,
        requirement: str,
        stored: KeptRequest,
        *,
        conversation: Sequence[str],
        search: Search,
    ) -> None:
        self._stores = stores
        self._search = search
        sealed = stores.sealer.seal_text(requirement)
        context = stores.sealer.seal_notes({"remark": requirement})
        messages = [stores.sealer.seal_text(message) for message in conversation]
        self._acts = _acts(knowledge, sealed, context, stored, messages)
        self.flows: set[str] = set()
        self.steps_failed: list[str] = []
        self.answers: dict[ConfidentialityLevel, list[str]] = {}

    async def perform(self) -> None:
        """Run everything, undisturbed and disturbed."""
        # By each step the first run of the highest reader that takes it: its errors can say most.
        runs_by_step: dict[str, Act] = {}
        async with self._dispatcher():
            for act in self._acts:
                runs_by_step = await self._run_noting_steps(act) | runs_by_step
            runs_by_step = await self._run_noting_steps(await self._answering()) | runs_by_step
            for step, act in runs_by_step.items():
                await self._run_failing(await self._as_new(act, step), step)
            of_highest = [act for act in self._acts if act.clearance is _HIGHEST]
            message = next(act for act in of_highest if act.flow is process_message)
            message = await self._as_new(message, "fail-message")
            await self._run_failing(message, "compose-answer", "fail-message")
            for flow in (ceo_briefing, comprehensive_analysis, process_message):
                act = next(act for act in of_highest if act.flow is flow)
                await self._run_stumbling(await self._as_new(act, "stumbling"))

    async def _run_noting_steps(self, act: Act) -> dict[str, Act]:
        """Run, and return *act* by each of its steps when it is the highest reader's."""
        steps: list[str] = []
        with disturb_steps(lambda name, _given, _result: steps.append(name)):
            await self._run(act)
        return dict.fromkeys(steps, act) if act.clearance is _HIGHEST else {}

    async def _answering(self) -> Act:
        """Return the run that the dispatcher started for Artemis, as one that can be disturbed."""
        asked = [
            stored.event.correlation_id
            async for stored in self._stores.events.tail()
            if stored.event
            and isinstance(stored.event.payload, CollaborationRequest)
            and stored.event.payload.request_type is RequestType.TECHNICAL_FEASIBILITY_ANALYSIS
        ]
        request = StoredRequest(collaboration_id=asked[0])
        return Act(technical_analysis, {"requirement": request, "requester": reader_name(_HIGHEST)})

    async def _run(self, act: Act) -> None:
        state: State[Any] = await act.flow(**act.parameters, return_state=True)
        self.flows.add(act.flow.name)
        if not state.is_completed():
            return
        answer = await state.aresult()
        told = answer.model_dump_json() if hasattr(answer, "model_dump_json") else repr(answer)
        self.answers.setdefault(act.clearance, []).append(told)
        name = f"{act.flow.name} at {act.clearance}"
        self._search.look(Place(PlaceKind.ANSWER, name, act.clearance), told.encode())

    async def _run_failing(self, act: Act, *steps: str) -> None:
        """Run with an error of each of *steps* that does not pass."""
        failed: list[str] = []

        def fail(name: str, given: tuple[Any, ...], result: Any) -> None:
            if name in steps and name not in failed:
                failed.append(name)
                raise RuntimeError(f"{given!r} {result!r}")

        with disturb_steps(fail):
            await self._run(act)
        self.steps_failed += failed

    async def _run_stumbling(self, act: Act) -> None:
        """Run with an error of every step that passes when it is tried again."""
        stumbled: set[str] = set()

        def stumble(name: str, given: tuple[Any, ...], result: Any) -> None:
            if name not in stumbled:
                stumbled.add(name)
                raise TransientStorageError("stumbled") from RuntimeError(f"{given!r} {result!r}")

        with disturb_steps(stumble):
            await self._run(act)

    async def _as_new(self, act: Act, name: str) -> Act:
        """Return *act* for an edition or a session of its own, where it has one.

        What is stored is not made again, and a message whose run has failed may hold up those after it.
        """
        parameters = dict(act.parameters)
        if "edition" in parameters:
            parameters["edition"] = name
        if "session_id" in parameters:
            reader = await self._stores.principals.get_reader(parameters["requester"])
            session = await self._stores.sessions.start(reader, session_id=f"canary-{name}")
            parameters["session_id"] = session.session_id
        return act._replace(parameters=parameters)

    @asynccontextmanager
    async def _dispatcher(self) -> AsyncGenerator[None]:
        """Answer what one orchestrator asks the other over events, by runs in this process."""
        stop = asyncio.Event()
        handlers = EventHandlers(self._stores, _start_here)
        consuming = asyncio.create_task(
            self._stores.events.consume(GROUP, "canary", handlers.handle, stop=stop)
        )
        try:
            yield
        finally:
            stop.set()
            await consuming


async def _start_here(
    flow: Flow[Any, Any], parameters: dict[str, Any], event: Event
) -> FinishedRun:
    state: State[Any] = await flow(**parameters, return_state=True)  # pyright: ignore[reportGeneralTypeIssues] - an async flow
    return FinishedRun(f"canary-{event.event_id}"[:64], completed=state.is_completed())


def _acts(
    knowledge: Path,
    requirement: SealedText,
    context: SealedText,
    stored: KeptRequest,
    messages: Sequence[SealedText],
) -> list[Act]:
    """Return every run of the rehearsal: the ingest first, then what reads, then the upkeep."""
    files = {"paths": [str(knowledge)], "requester": reader_name(_HIGHEST)}
    # The second finds nothing new, so it needs no cluster: other processes have other stores.
    acts = [Act(ingest_knowledge, files), Act(bulk_ingest, files)]
    asked: dict[str, Any] = {"requirement": requirement, "context": context}
    for clearance in READERS:
        requester = {"requester": reader_name(clearance)}
        acts += [
            Act(ceo_briefing, {**requester, "edition": "canary", "alert": _ALERT}, clearance),
            Act(comprehensive_analysis, {**asked, **requester}, clearance),
        ]
        session = {"session_id": session_name(clearance), **requester}
        acts += [Act(process_message, {"content": said, **session}, clearance) for said in messages]
    highest = {"requester": reader_name(_HIGHEST)}
    summaries = [{"domain": domain, "time_horizon": TimeHorizon.WEEK} for domain in Domain]
    acts += [Act(strategic_summary, {**summary, **highest}) for summary in summaries]
    over_events = {"answer_within_seconds": _WAIT_SECONDS}
    acts += [
        Act(business_analysis, {"requirement": stored, **highest}),
        Act(technical_analysis, {**asked, **highest}),
        Act(
            comprehensive_analysis,
            {**asked, **highest, **over_events, "collaboration": CollaborationMode.EVENTS},
        ),
        Act(
            technical_analysis,
            {**asked, **highest, **over_events, "business_view": CollaborationMode.EVENTS},
        ),
        Act(scheduled_briefings, {"cadence": Cadence.WEEKLY}),
        Act(dispatch_events, {}),
        Act(maintain_knowledge, {}),
    ]
    return acts
