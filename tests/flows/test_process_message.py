"""A conversation on real stores and a real Prefect server: each message is answered once, in its turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prefect import Flow
from prefect.client.schemas.objects import State

from domain.errors import AccessDenied, Conflict, NotFound
from domain.sessions import Message, MessageStatus, Route, SessionAnswer, Speaker
from flows import process_message
from storage.reports import ReportKind
from storage.stores import Stores
from tasks.disturbance import disturb_steps
from tests.flows.conftest import on_each_database
from tests.stores import CONFIDENTIAL, INTERNAL

LOOK_UP = "When does the freeze of the tracking platform end?"
DECIDE = "Should we offer real-time tracking by March 2027 for at most EUR 5 million?"


async def started(company: Stores, name: str = "confidential") -> str:
    reader = await company.principals.get_reader(name)
    return (await company.sessions.start(reader)).session_id


def answer_in(message: Message) -> SessionAnswer:
    assert message.speaker is Speaker.DIARCHY
    assert message.answer is not None
    return message.answer


@on_each_database
async def test_a_question_is_looked_up_and_its_sources_open(company: Stores) -> None:
    session_id = await started(company)
    answer = answer_in(await process_message(session_id, LOOK_UP, "confidential"))
    assert answer.decision.route is Route.KNOWLEDGE
    assert "30 June 2027" in answer.text
    assert [source.knowledge_id for source in answer.cited][:1] == ["platform-freeze"]
    reader = await company.principals.get_reader("confidential")
    for source in answer.cited:
        assert (await company.knowledge.get_item(source.knowledge_id, reader)).content


@pytest.mark.parametrize(
    ("content", "route", "kind"),
    [
        ("@sophia what would it mean to raise the budget for tracking?", Route.SOPHIA, ReportKind.BUSINESS),
        ("@artemis can the tracking platform carry it?", Route.ARTEMIS, ReportKind.TECHNICAL),
        (DECIDE, Route.BOTH, ReportKind.ANALYSIS),
    ],
)  # fmt: skip
async def test_an_analysis_is_made_once_and_stored_for_the_reader(
    company: Stores, content: str, route: Route, kind: ReportKind
) -> None:
    session_id = await started(company)
    sent = [await process_message(session_id, content, "confidential", message_id="m1") for _ in range(2)]  # fmt: skip
    assert sent[0] == sent[1]
    answer = answer_in(sent[0])
    assert answer.decision.route is route
    reader = await company.principals.get_reader("confidential")
    (entry,) = await company.reports.list(reader, limit=10)
    assert (entry.report_id, entry.kind) == (answer.report_id, kind)
    assert answer.confidentiality_level.rank >= entry.confidentiality_level.rank


async def test_a_follow_up_continues_what_was_said(company: Stores) -> None:
    session_id = await started(company)
    await process_message(session_id, LOOK_UP, "confidential")
    second = answer_in(await process_message(session_id, "And what does it carry?", "confidential"))
    assert "tracking platform" in second.question
    assert "600 requests per second" in second.text
    alone = await started(company)
    unclear = answer_in(await process_message(alone, "And what does it carry?", "confidential"))
    assert "tracking platform" not in unclear.question


async def test_what_is_unclear_is_asked_back(company: Stores) -> None:
    session_id = await started(company)
    answer = answer_in(await process_message(session_id, "Hmm, what now?", "confidential"))
    assert answer.decision.route is None
    assert answer.conclusion is None
    assert answer.sources == ()
    assert len(answer.decision.candidates) > 1


async def test_messages_that_come_at_once_are_answered_in_their_order(company: Stores) -> None:
    session_id = await started(company)
    contents = [LOOK_UP, "And what does it carry?", "And who uses it?", "Why?"]
    sent: list[asyncio.Task[Message]] = []
    for place, content in enumerate(contents):
        run: Any = process_message
        sent.append(asyncio.create_task(run(session_id, content, "internal", None, f"m{place}")))
        reader = await company.principals.get_reader("internal")
        while len(await company.sessions.messages(session_id, reader)) <= place:  # noqa: ASYNC110 - SQL's
            await asyncio.sleep(0.05)
    await asyncio.gather(*sent)
    messages = await company.sessions.messages(session_id, reader)
    assert [message.message_id for message in messages[::2]] == ["m0", "m1", "m2", "m3"]
    assert [message.in_reply_to for message in messages[1::2]] == ["m0", "m1", "m2", "m3"]
    times = [message.created_at for message in messages[1::2]]
    assert times == sorted(times)
    assert "tracking platform" in answer_in(messages[3]).question


async def test_the_same_message_sent_twice_at_once_has_one_answer(company: Stores) -> None:
    session_id = await started(company)
    run: Any = process_message
    sent = [run(session_id, LOOK_UP, "internal", None, "same") for _ in range(2)]
    first, second = await asyncio.gather(*sent)
    assert first == second
    reader = await company.principals.get_reader("internal")
    assert len(await company.sessions.messages(session_id, reader)) == 2
    with pytest.raises(Conflict):
        await process_message(session_id, "Something else?", "internal", message_id="same")


async def test_a_message_that_failed_says_so_and_can_be_sent_again(company: Stores) -> None:
    session_id = await started(company)

    def fail(name: str, given: tuple[Any, ...], result: Any) -> None:
        if name == "compose-answer":
            raise RuntimeError(f"{given} {result}")

    with disturb_steps(fail):
        state = await ended(process_message, session_id, LOOK_UP, "internal", None, "again")
    assert state.is_failed()
    reader = await company.principals.get_reader("internal")
    (message,) = await company.sessions.messages(session_id, reader)
    assert message.status is MessageStatus.FAILED
    assert "RuntimeError" in str(message.failure)
    assert "freeze" not in str(message.failure)
    answer = await process_message(session_id, LOOK_UP, "internal", message_id="again")
    assert answer.in_reply_to == "again"
    assert [one.status for one in await company.sessions.messages(session_id, reader)] == [
        MessageStatus.ANSWERED,
        None,
    ]


async def test_a_session_is_its_principal_s_alone(company: Stores) -> None:
    session_id = await started(company, "confidential")
    with pytest.raises(NotFound):
        await process_message(session_id, LOOK_UP, "top_secret")
    with pytest.raises(NotFound):
        await process_message("never-started", LOOK_UP, "confidential")
    with pytest.raises(AccessDenied):
        await process_message(session_id, LOOK_UP, "nobody")


async def test_lowered_in_mid_conversation_a_reader_goes_on_below(company: Stores) -> None:
    session_id = await started(company)
    gap = "How much is real-time tracking planned at?"
    high = answer_in(await process_message(session_id, gap, "confidential"))
    assert high.confidentiality_level is CONFIDENTIAL
    assert "6.8 million" in high.text
    low = answer_in(await process_message(session_id, "And when does it end?", "confidential", INTERNAL))  # fmt: skip
    assert low.confidentiality_level is INTERNAL
    assert "6.8" not in low.model_dump_json()
    reader = await company.principals.get_reader("confidential", INTERNAL)
    seen = await company.sessions.messages(session_id, reader)
    assert [message.content for message in seen][:1] == ["And when does it end?"]


@pytest.mark.parametrize("lowered", [True, False], ids=["lowered", "revoked"])
async def test_nothing_is_released_to_who_lost_its_clearance_meanwhile(
    company: Stores, lowered: bool
) -> None:
    await company.principals.add("leaving", CONFIDENTIAL)
    session_id = await started(company, "leaving")

    async def lose() -> None:
        if lowered:
            await company.principals.set_clearance("leaving", INTERNAL)
        else:
            await company.principals.revoke("leaving")

    losing: list[asyncio.Task[None]] = []

    def meanwhile(name: str, _given: tuple[Any, ...], _result: Any) -> None:
        if name == "look-up" and not losing:
            losing.append(asyncio.create_task(lose()))

    with disturb_steps(meanwhile):
        state = await ended(
            process_message, session_id, "How much is real-time tracking planned at?", "leaving"
        )
    assert state.is_failed()
    assert "Access denied" in str(state.message)


async def test_what_was_concluded_is_found_in_later_sessions_of_who_may_read_it(
    company: Stores,
) -> None:
    gap = "How much is real-time tracking planned at?"
    first = answer_in(await process_message(await started(company), gap, "confidential"))
    assert first.conclusion is not None
    question = "What is known on the plan for real-time tracking and its budget?"
    later = answer_in(await process_message(await started(company, "top_secret"), question, "top_secret"))  # fmt: skip
    assert [conclusion.text for conclusion in later.drawn_on] == [first.conclusion]
    below = answer_in(await process_message(await started(company, "internal"), question, "internal"))  # fmt: skip
    assert below.drawn_on == ()
    assert below.confidentiality_level is INTERNAL


async def ended(flow: Flow[..., Any], *parameters: Any) -> State[Any]:
    run: Any = flow
    return await run(*parameters, return_state=True)
