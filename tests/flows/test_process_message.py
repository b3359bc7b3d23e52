"""A conversation on real stores and a real Prefect server: each message is answered once, in its turn."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow, get_client
from prefect.client.schemas.objects import State
from prefect.states import AwaitingRetry

from domain.clearance import Reader
from domain.errors import Conflict, NotFound, TransientStorageError
from domain.sessions import Message, MessageStatus, Route, SessionAnswer, Speaker
from flows import process_message
from storage.reports import ReportKind
from storage.stores import Stores
from tasks.disturbance import disturb_steps
from tests.events import eventually
from tests.flows.conftest import on_each_database
from tests.stores import CONFIDENTIAL, INTERNAL

LOOK_UP = "Look up when the freeze of the tracking platform ends."
BUDGET = "Look up what is written about the budget for real-time tracking."
DECIDE = "Should we offer real-time tracking by March 2027 for at most EUR 5 million?"


async def reader_of(company: Stores, name: str) -> Reader:
    return await company.principals.get_reader(name)


async def started(company: Stores, name: str) -> str:
    return (await company.sessions.start(await reader_of(company, name))).session_id


async def say(session_id: str, content: str, requester: str, **more: Any) -> SessionAnswer:
    run: Any = process_message
    return answer_in(await run(session_id, content, requester, **more))


def answer_in(message: Message) -> SessionAnswer:
    assert message.speaker is Speaker.DIARCHY
    assert message.answer is not None
    return message.answer


async def ended(flow: Flow[..., Any], *parameters: Any) -> State[Any]:
    run: Any = flow
    return await run(*parameters, return_state=True)


@on_each_database
async def test_a_question_is_looked_up_and_its_sources_open(company: Stores) -> None:
    answer = await say(await started(company, "confidential"), LOOK_UP, "confidential")
    assert answer.decision.route is Route.KNOWLEDGE
    assert "30 June 2027" in answer.text
    assert answer.cited[0].knowledge_id == "platform-freeze"
    reader = await reader_of(company, "confidential")
    for source in answer.cited:
        assert (await company.knowledge.get_item(source.knowledge_id, reader)).content


@pytest.mark.parametrize(
    ("content", "route", "kind"),
    [
        ("Ask Sophia: what would tracking mean for us?", Route.SOPHIA, ReportKind.BUSINESS),
        ("Ask Artemis: can the platform carry tracking?", Route.ARTEMIS, ReportKind.TECHNICAL),
        (DECIDE, Route.BOTH, ReportKind.ANALYSIS),
    ],
    ids=["sophia", "artemis", "both"],
)
async def test_an_analysis_is_made_once_and_stored_for_the_reader(
    company: Stores, content: str, route: Route, kind: ReportKind
) -> None:
    session_id = await started(company, "confidential")
    first = await process_message(session_id, content, "confidential", message_id="m1")
    again = await process_message(session_id, content, "confidential", message_id="m1")
    assert first == again
    answer = answer_in(first)
    assert answer.decision.route is route
    reader = await reader_of(company, "confidential")
    (entry,) = await company.reports.list(reader, limit=10)
    assert (entry.report_id, entry.kind) == (answer.report_id, kind)
    assert answer.confidentiality_level.rank >= entry.confidentiality_level.rank


async def test_a_follow_up_continues_what_was_said(company: Stores) -> None:
    session_id = await started(company, "internal")
    await process_message(session_id, LOOK_UP, "internal")
    second = await say(session_id, "And what does it carry?", "internal")
    assert "tracking platform" in second.question
    assert "600 requests per second" in second.text
    alone = await say(await started(company, "internal"), "And what does it carry?", "internal")
    assert "tracking platform" not in alone.question


async def test_what_is_unclear_is_asked_back(company: Stores) -> None:
    answer = await say(await started(company, "internal"), "Hmm, what now?", "internal")
    assert answer.decision.route is None
    assert answer.conclusion is None
    assert answer.sources == ()
    assert len(answer.decision.candidates) > 1


@on_each_database
async def test_messages_that_come_at_once_are_answered_in_their_order(company: Stores) -> None:
    session_id = await started(company, "internal")
    reader = await reader_of(company, "internal")
    contents = [LOOK_UP, "And what does it carry?", "And who wants it?"]

    async def is_stored(message_id: str) -> bool:
        messages = await company.sessions.messages(session_id, reader)
        return message_id in {message.message_id for message in messages}

    sent: list[asyncio.Task[State[Any]]] = []
    for place, content in enumerate(contents):
        run = ended(process_message, session_id, content, "internal", None, f"m{place}")
        sent.append(asyncio.create_task(run))
        await eventually(lambda name=f"m{place}": is_stored(name), "the message is stored")
    assert all(state.is_completed() for state in await asyncio.gather(*sent))
    messages = await company.sessions.messages(session_id, reader)
    assert [message.message_id for message in messages[::2]] == ["m0", "m1", "m2"]
    assert [message.in_reply_to for message in messages[1::2]] == ["m0", "m1", "m2"]
    assert "tracking platform" in answer_in(messages[3]).question


@on_each_database
async def test_the_same_message_sent_twice_at_once_has_one_answer(company: Stores) -> None:
    session_id = await started(company, "internal")
    runs = [ended(process_message, session_id, DECIDE, "internal", None, "same") for _ in "ab"]
    first, second = [await state.aresult() for state in await asyncio.gather(*runs)]
    assert first == second
    reader = await reader_of(company, "internal")
    assert len(await company.sessions.messages(session_id, reader)) == 2
    (entry,) = await company.reports.list(reader, limit=10)
    assert entry.report_id == answer_in(first).report_id
    with pytest.raises(Conflict):
        await process_message(session_id, "Something else?", "internal", message_id="same")


@pytest.mark.parametrize("step", ["recall-context", "retrieve-for-message", "compose-answer"])
async def test_a_message_that_failed_says_so_and_can_be_sent_again(
    company: Stores, step: str
) -> None:
    session_id = await started(company, "internal")

    def fail(name: str, given: tuple[Any, ...], result: Any) -> None:
        if name == step:
            raise RuntimeError(f"{given} {result}")

    with disturb_steps(fail):
        state = await ended(process_message, session_id, LOOK_UP, "internal", None, "again")
    assert state.is_failed()
    reader = await reader_of(company, "internal")
    (message,) = await company.sessions.messages(session_id, reader)
    assert message.status is MessageStatus.FAILED
    assert message.failure
    assert "freeze" not in message.failure
    answer = await process_message(session_id, LOOK_UP, "internal", message_id="again")
    assert answer.in_reply_to == "again"
    statuses = [one.status for one in await company.sessions.messages(session_id, reader)]
    assert statuses == [MessageStatus.ANSWERED, None]


async def test_a_step_that_fails_for_a_moment_is_tried_again(company: Stores) -> None:
    session_id = await started(company, "internal")
    stumbled: set[str] = set()

    def stumble(name: str, _given: tuple[Any, ...], _result: Any) -> None:
        if name not in stumbled:
            stumbled.add(name)
            raise TransientStorageError

    with disturb_steps(stumble):
        message = await process_message(session_id, LOOK_UP, "internal", message_id="m")
    assert "remember-turn" in stumbled
    reader = await reader_of(company, "internal")
    _, answer = await company.sessions.messages(session_id, reader)
    assert answer == message


@on_each_database
async def test_a_run_that_is_tried_again_repeats_no_finished_step(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = await started(company, "internal")
    taken: Counter[str] = Counter()

    def count(name: str, _given: tuple[Any, ...], _result: Any) -> None:
        taken[name] += 1
        if name == "compose-answer" and taken[name] == 1:
            raise RuntimeError

    monkeypatch.setattr(process_message, "retries", 1)
    monkeypatch.setattr(process_message, "retry_delay_seconds", 0)
    with disturb_steps(count):
        answer = await process_message(session_id, DECIDE, "internal")
    repeated = {name for name, times in taken.items() if times > 1}
    # What is never kept: who asks, and what is stored once however often it is sent. The analysis has a
    # stamp of its own.
    assert repeated == {
        "stamp-run",
        "identify-requester",
        "receive-message",
        "find-answer",
        "await-turn",
        "store-question",
        "find-analysis",
        "show-result",
        "compose-answer",
    }
    reader = await reader_of(company, "internal")
    assert (await company.sessions.messages(session_id, reader))[1:] == (answer,)
    assert len(await company.reports.list(reader, limit=10)) == 1


@pytest.mark.parametrize("step", ["synthesize", "store-answer"])
async def test_a_run_whose_process_is_killed_goes_on_and_gives_one_answer(
    company: Stores, tmp_path: Path, step: str
) -> None:
    session_id = await started(company, "internal")
    said = {"session_id": session_id, "content": DECIDE, "requester": "internal", "message_id": "m"}
    async with get_client() as client:
        run = await client.create_flow_run(process_message, parameters=said)
        killed = await attempt(company, run.id, tmp_path / "first", step)
        assert killed == -signal.SIGKILL
        await client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
        assert await attempt(company, run.id, tmp_path / "second") == 0
    first = (tmp_path / "first").read_text().splitlines()
    second = (tmp_path / "second").read_text().splitlines()
    assert first[-1] == step
    kept = {"recall-context", "route-message", "retrieve-for-message", "retrieve-context"}
    kept |= {"sophia-business-analysis", "artemis-technical-analysis"}
    assert kept <= set(first)
    assert not kept & set(second)
    reader = await reader_of(company, "internal")
    message, answer = await company.sessions.messages(session_id, reader)
    assert (message.message_id, answer.in_reply_to) == ("m", "m")
    (entry,) = await company.reports.list(reader, limit=10)
    assert entry.report_id == answer_in(answer).report_id


async def test_two_processes_that_get_one_message_at_once_give_one_answer(
    company: Stores, tmp_path: Path
) -> None:
    session_id = await started(company, "internal")
    said = {"session_id": session_id, "content": DECIDE, "requester": "internal", "message_id": "m"}
    async with get_client() as client:
        runs = [await client.create_flow_run(process_message, parameters=said) for _ in "ab"]
        ended = [attempt(company, run.id, tmp_path / str(run.id)) for run in runs]
        assert await asyncio.gather(*ended) == [0, 0]
    reader = await reader_of(company, "internal")
    _, answer = await company.sessions.messages(session_id, reader)
    (entry,) = await company.reports.list(reader, limit=10)
    assert entry.report_id == answer_in(answer).report_id


async def attempt(company: Stores, run_id: UUID, file: Path, *dies_in: str) -> int | None:
    """Run one attempt in a process of its own; return its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.flows.one_attempt", str(run_id), str(file), *dies_in),
        env=os.environ | {"DIARCHY_HOME": str(company.settings.home)},
        cwd=Path(__file__).parents[2],
    )
    return await process.wait()


async def test_a_session_is_its_principal_s_alone(company: Stores) -> None:
    session_id = await started(company, "confidential")
    denials: list[str] = []
    for asked, requester in [(session_id, "top_secret"), ("never-started", "confidential")]:
        with pytest.raises(NotFound) as denied:
            await process_message(asked, LOOK_UP, requester)
        denials.append(str(denied.value))
    assert len(set(denials)) == 1
    assert (await ended(process_message, session_id, LOOK_UP, "nobody")).is_failed()
    reader = await reader_of(company, "confidential")
    assert await company.sessions.messages(session_id, reader) == ()


async def test_who_is_lowered_between_two_messages_goes_on_below(company: Stores) -> None:
    await company.principals.add("lowered", CONFIDENTIAL)
    session_id = await started(company, "lowered")
    high = await say(session_id, BUDGET, "lowered")
    assert high.confidentiality_level is CONFIDENTIAL
    assert "6.8 million" in high.text
    await company.principals.set_clearance("lowered", INTERNAL)
    low = await say(session_id, "And when does it end?", "lowered")
    assert low.confidentiality_level is INTERNAL
    assert "6.8" not in low.model_dump_json()
    # The same as in a session in which nothing was said above.
    alone = await say(await started(company, "lowered"), BUDGET, "lowered")
    assert alone == await say(session_id, BUDGET, "lowered")


async def test_who_is_revoked_between_two_messages_is_denied(company: Stores) -> None:
    await company.principals.add("leaving", CONFIDENTIAL)
    session_id = await started(company, "leaving")
    await say(session_id, LOOK_UP, "leaving")
    await company.principals.revoke("leaving")
    state = await ended(process_message, session_id, "And who wants it?", "leaving")
    assert "Access denied" in str(state.message)


@pytest.mark.parametrize("content", [LOOK_UP, BUDGET], ids=["internal", "confidential"])
@pytest.mark.parametrize("loss", ["lowered", "revoked"])
async def test_nothing_is_released_to_who_lost_its_clearance_while_it_was_made(
    company: Stores, loss: str, content: str
) -> None:
    await company.principals.add("leaving", CONFIDENTIAL)
    session_id = await started(company, "leaving")
    before = await reader_of(company, "leaving")
    is_lost = False

    def lose(name: str, _given: tuple[Any, ...], _result: Any) -> None:
        nonlocal is_lost
        if name == "retrieve-for-message" and not is_lost:
            # The step is tried again a moment later; its reader stays who it was.
            is_lost = True
            raise TransientStorageError

    async def lose_meanwhile() -> None:
        await eventually(lambda: is_lost, "the knowledge base has been asked")
        if loss == "lowered":
            await company.principals.set_clearance("leaving", INTERNAL)
        else:
            await company.principals.revoke("leaving")

    with disturb_steps(lose):
        losing = asyncio.create_task(lose_meanwhile())
        state = await ended(process_message, session_id, content, "leaving", None, "m")
        await losing
    assert "Access denied" in str(state.message)
    (message,) = await company.sessions.messages(session_id, before)
    assert message.status is MessageStatus.FAILED
    if loss == "lowered":
        assert (
            await say(session_id, content, "leaving", message_id="m")
        ).confidentiality_level is (INTERNAL)


async def test_what_was_concluded_is_found_in_later_sessions_of_who_may_read_it(
    company: Stores,
) -> None:
    first = await say(await started(company, "confidential"), BUDGET, "confidential")
    assert first.conclusion is not None
    assert first.confidentiality_level is CONFIDENTIAL
    found = await company.conclusions.search(
        BUDGET, await reader_of(company, "top_secret"), limit=5, other_than="another"
    )
    assert [conclusion.text for conclusion in found] == [first.conclusion]
    decided = "Should we raise the budget for real-time tracking? Ask both."
    later = await say(await started(company, "top_secret"), decided, "top_secret")
    assert [conclusion.text for conclusion in later.drawn_on] == [first.conclusion]
    assert later.confidentiality_level.rank >= CONFIDENTIAL.rank
    below = await say(await started(company, "internal"), decided, "internal")
    assert below.drawn_on == ()
    assert below.confidentiality_level is INTERNAL


async def test_a_deleted_session_leaves_neither_its_analyses_nor_its_conclusions(
    company: Stores,
) -> None:
    session_id = await started(company, "confidential")
    reader = await reader_of(company, "confidential")
    await say(session_id, BUDGET, "confidential")
    await say(session_id, DECIDE, "confidential")
    assert await company.reports.list(reader, limit=10)
    erasure = await company.sessions.delete(session_id, reader)
    assert erasure.messages == 4
    assert erasure.traces_found == 0
    assert await company.reports.list(reader, limit=10) == ()
    assert await company.conclusions.search(BUDGET, reader, limit=5) == ()
    with pytest.raises(NotFound):
        await process_message(session_id, LOOK_UP, "confidential")
