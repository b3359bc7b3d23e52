"""The steps by which one orchestrator asks the other over the event bus, and answers.

Whoever asks stores a brief and its request, waits until the deadline, and takes the answer from the
store: an event only says when to look. Whoever answers reads the brief as the principal on whose
behalf it was asked, at that principal's clearance of now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

from domain.analysis import BusinessPerspective, TechnicalPerspective, TechnicalRequirement
from domain.clearance import Reader, high_water_mark
from domain.collaboration import (
    Collaboration,
    CollaborationBrief,
    CollaborationFailed,
    CollaborationState,
    CollaborationTimedOut,
    StoredRequest,
)
from domain.errors import RedisUnavailable
from domain.event_payloads import RequestType
from domain.events import EventDomain
from domain.evidence import Labelled, Source
from reasoning.requests import AnalysisContext, AnalysisRequest
from storage.reports import ReportKind
from tasks.analysis import keys_of
from tasks.identification import RunStamp
from tasks.step import step
from tasks.stores import current_stores

_READING = timedelta(minutes=2)
LONGEST_WAIT = timedelta(days=1)
_LOOKING_AGAIN = timedelta(seconds=15)

_ASKER_AND_ASKED = {
    RequestType.TECHNICAL_FEASIBILITY_ANALYSIS: (EventDomain.SOPHIA, EventDomain.ARTEMIS),
    RequestType.BUSINESS_ANALYSIS: (EventDomain.ARTEMIS, EventDomain.SOPHIA),
}

Answer = TypeVar("Answer", TechnicalPerspective, BusinessPerspective)


def brief_of(
    request: AnalysisRequest,
    evidence: AnalysisContext,
    run: RunStamp,
    *,
    requirements: Sequence[TechnicalRequirement] = (),
    business: BusinessPerspective | None = None,
) -> CollaborationBrief:
    """Return what is handed over, labelled with the highest level of all that it holds."""
    items = {item.key: item for found in evidence.values() for item in found}
    levels = [item.confidentiality_level for item in items.values()]
    if business is not None:
        levels.append(business.confidentiality_level)
    ordered = sorted(items, key=lambda key: (key.knowledge_id, key.confidentiality_level.rank))
    return CollaborationBrief(
        confidentiality_level=high_water_mark([request.requirement_level, *levels]),
        sources=tuple(Source.of(items[key]) for key in ordered),
        requirement=request.requirement,
        requirement_level=request.requirement_level,
        context=dict(request.context),
        evidence=dict(evidence),
        technical_requirements=tuple(requirements),
        business_perspective=business,
        now=run.now,
    )


def request_of(brief: CollaborationBrief) -> AnalysisRequest:
    """Return the request that *brief* hands over."""
    return AnalysisRequest(
        requirement=brief.requirement,
        requirement_level=brief.requirement_level,
        context=brief.context,
        asked_at=brief.now,
    )


@step(name="ask-orchestrator", timeout=_READING)
async def ask_orchestrator(
    request_type: RequestType,
    brief: CollaborationBrief,
    reader: Reader,
    run: RunStamp,
    answer_within: timedelta,
) -> Collaboration:
    """Ask the other orchestrator; an answer to an equal brief that is there already is taken."""
    stores = current_stores()
    answered = await stores.collaborations.find_answered(reader, brief.digest)
    if answered is not None and answered.request_type is request_type:
        return answered
    asker, asked = _ASKER_AND_ASKED[request_type]
    report_id = f"{run.report_id}-for-{asked.value}"
    await stores.reports.save(
        brief,
        report_id=report_id,
        kind=ReportKind.BRIEF,
        reader=reader,
        made_from=keys_of(brief.evidence, (brief,)),
    )
    now = stores.clock()
    collaboration = Collaboration(
        collaboration_id=report_id,
        source_domain=asker,
        target_domain=asked,
        request_type=request_type,
        reader=reader.name,
        max_confidentiality=reader.clearance.level,
        confidentiality_level=brief.confidentiality_level,
        request_report_id=report_id,
        request_digest=brief.digest,
        requested_at=now,
        deadline=now + answer_within,
    )
    recorded = await stores.collaborations.ask(collaboration)
    await stores.relay.publish_pending()
    return recorded


@step(
    name="await-artemis",
    timeout=LONGEST_WAIT,
    keep_result=True,
)
async def await_artemis(collaboration: Collaboration, reader: Reader) -> TechnicalPerspective:
    """Wait for Artemis's answer. Raises `CollaborationTimedOut` and `CollaborationFailed`."""
    return await _await(collaboration, TechnicalPerspective, reader)


@step(
    name="await-sophia",
    timeout=LONGEST_WAIT,
    keep_result=True,
)
async def await_sophia(collaboration: Collaboration, reader: Reader) -> BusinessPerspective:
    """Wait for Sophia's answer. Raises `CollaborationTimedOut` and `CollaborationFailed`."""
    return await _await(collaboration, BusinessPerspective, reader)


@step(name="load-brief", timeout=_READING)
async def load_brief(request: StoredRequest, reader: Reader) -> CollaborationBrief:
    """Read what was handed over. Raises `NotFound`, also for who may not read it any more."""
    stores = current_stores()
    collaboration = await stores.collaborations.get(request.collaboration_id)
    return await stores.reports.get(CollaborationBrief, collaboration.request_report_id, reader)


@step(name="answer-request", timeout=_READING)
async def answer_request(request: StoredRequest, answer: Labelled, run: RunStamp) -> None:
    """Tell the one who asked that the stored result of this run is the answer."""
    stores = current_stores()
    await stores.collaborations.answer(
        request.collaboration_id, report_id=run.report_id, level=answer.confidentiality_level
    )
    await stores.relay.publish_pending()


async def _await(collaboration: Collaboration, model: type[Answer], reader: Reader) -> Answer:
    stores = current_stores()
    ended = await _wait_for_end(collaboration)
    if ended.state is CollaborationState.FAILED:
        raise CollaborationFailed(f"{ended.target_domain} could not answer: {ended.reason}")
    if ended.response_report_id is None:
        raise CollaborationTimedOut(
            f"{ended.target_domain} did not answer in time; run it again to use a late answer"
        )
    return await stores.reports.get(model, ended.response_report_id, reader)


async def _wait_for_end(collaboration: Collaboration) -> Collaboration:
    """Return the exchange as it is when it has ended, or when its deadline has passed.

    Now and then it looks at the record itself and tells the request again: a Redis that came back
    empty has lost the event of either.
    """
    stores = current_stores()
    collaboration_id = collaboration.collaboration_id
    loop = asyncio.get_running_loop()
    # The clock may be pinned: it says how long to wait, the loop's own when that is over.
    ends = loop.time() + (collaboration.deadline - stores.clock()).total_seconds()
    while True:
        now = await stores.collaborations.get(collaboration_id)
        left = timedelta(seconds=ends - loop.time())
        if now.state is not CollaborationState.REQUESTED:
            return now
        if left <= timedelta():
            return await stores.collaborations.time_out(collaboration_id)
        await stores.collaborations.announce_again(collaboration_id)
        await stores.relay.publish_pending()
        with suppress(RedisUnavailable):
            await stores.events.wait_for_reply(
                collaboration_id, stores.clock() + min(left, _LOOKING_AGAIN)
            )
