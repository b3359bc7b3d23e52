"""One message of a conversation: stored, understood, routed, answered, remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import Flow

from domain.sessions import Message, Route
from flows.business_analysis import business_analysis
from flows.comprehensive_analysis import comprehensive_analysis
from flows.parameters import (
    MaxConfidentiality,
    MessageContent,
    MessageId,
    Requester,
    SessionId,
)
from flows.technical_analysis import technical_analysis
from tasks.identification import identify_requester, stamp_run
from tasks.quiet_flow import quiet_flow
from tasks.sessions import (
    answering,
    await_turn,
    compose_answer,
    decide_route,
    find_answer,
    recall_context,
    receive_message,
    remember_turn,
    retrieve_for_message,
    store_answer,
    store_question,
)
from tasks.stores import flow_stores

_ANALYSES: Mapping[Route | None, Flow[..., Any]] = {
    Route.SOPHIA: business_analysis,
    Route.ARTEMIS: technical_analysis,
    Route.BOTH: comprehensive_analysis,
}


@quiet_flow(name="process-message", run_name="process-message for {requester}")
async def process_message(
    session_id: SessionId,
    content: MessageContent,
    requester: Requester,
    max_confidentiality: MaxConfidentiality = None,
    message_id: MessageId = None,
) -> Message:
    """Answer a message of a session, after those that came before it; return the answer.

    With *message_id* it is answered once however often it is sent, and tried again where it failed.
    Raises `AccessDenied` for an unknown or revoked requester, `NotFound` for a session that is not the
    requester's, `Conflict` for an id that another message has.
    """
    async with flow_stores():
        reader = await identify_requester(requester, max_confidentiality)
        run = await stamp_run(message_id)
        message = await receive_message(session_id, content, reader, run)
        async with answering(message, reader):
            if (answered := await find_answer(message, reader)) is not None:
                return answered
            await await_turn(message, reader)
            understood = await recall_context(message, reader)
            decision = await decide_route(message, understood, reader)

            found = kept = None
            if decision.route is not None:
                found = await retrieve_for_message(message, understood.question, reader)
            if decision.route in _ANALYSES:
                kept = await store_question(message, understood, decision, reader)
                analyse = _ANALYSES[decision.route]
                await analyse(kept, requester, max_confidentiality=reader.clearance.level)

            answer = await compose_answer(understood, decision, found, kept, reader=reader, run=run)
            stored = await store_answer(message, understood, answer, found, reader)
        await remember_turn(message, stored, understood, reader)
        return stored
