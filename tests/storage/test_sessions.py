from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select

from domain.clearance import Reader
from domain.errors import AccessDenied, Conflict, InvalidInput, NotFound
from domain.knowledge import ItemKey
from domain.sessions import MessageStatus, Speaker
from storage.audit import AuditOutcome
from storage.session_tables import ConclusionRow, MessageSourceRow
from storage.stores import Stores
from storage.tables import AuditRow
from tests.conversations import answer, exchange, registered, source
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    NOW,
    PUBLIC,
    TOP_SECRET,
    HandClock,
    reader_at,
)


async def denials(stores: Stores) -> int:
    async with stores.database.reading() as session:
        denied = col(AuditRow.outcome) == AuditOutcome.DENIED.value
        return len((await session.execute(select(AuditRow).where(denied))).scalars().all())


@pytest.fixture
async def ann(stores: Stores) -> Reader:
    return await registered(stores, CONFIDENTIAL, "ann")


async def test_a_session_is_called_by_its_first_message_and_marked_by_all(
    stores: Stores, ann: Reader, clock: HandClock
):
    started = await stores.sessions.start(ann, session_id="s")
    assert (started.title, started.confidentiality_level, started.last_message_at) == (
        "",
        PUBLIC,
        None,
    )
    clock.advance(timedelta(minutes=1))
    await exchange(stores, "s", "m1", "Who  are\nour brokers?", ann, answer("Two.", CONFIDENTIAL))
    found = await stores.sessions.get("s", ann)
    assert (found.title, found.confidentiality_level) == ("Who are our brokers?", CONFIDENTIAL)
    assert found.last_message_at == NOW + timedelta(minutes=1)
    assert await stores.sessions.start(ann, session_id="s") == found


async def test_a_message_carries_what_its_author_could_see_when_it_was_written(
    stores: Stores, ann: Reader
):
    await stores.sessions.start(ann, session_id="s")
    first, _ = await exchange(stores, "s", "m1", "Who?", ann, answer("Hush.", CONFIDENTIAL))
    second, _ = await exchange(stores, "s", "m2", "And?", ann)
    low = reader_at(PUBLIC, "ann")
    third = await stores.sessions.receive("s", "Hello?", low, message_id="m3")
    levels = [one.confidentiality_level for one in (first, second, third)]
    assert levels == [INTERNAL, CONFIDENTIAL, PUBLIC]


async def test_an_answer_is_read_back_as_it_was_given(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    given = answer("Two [1].", INTERNAL, source("a"), entities=("Frostline",), conclusion="Two.")
    _, answered = await exchange(stores, "s", "m1", "How many?", ann, given)
    assert answered.answer == given
    assert (answered.speaker, answered.in_reply_to) == (Speaker.DIARCHY, "m1")
    assert await stores.sessions.find_answer("m1", ann) == answered
    said, read_back = await stores.sessions.messages("s", ann)
    assert read_back == answered
    assert (said.status, said.content) == (MessageStatus.ANSWERED, "How many?")


async def test_the_latest_messages_come_oldest_first(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    for number in range(4):
        await exchange(stores, "s", f"m{number}", f"Question {number}", ann)
    latest = await stores.sessions.messages("s", ann, limit=3)
    assert [one.message_id for one in latest] == ["m2-answer", "m3", "m3-answer"]
    assert len(await stores.sessions.messages("s", ann)) == 8


async def test_a_message_is_stored_once_however_often_it_is_sent(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    await stores.sessions.start(ann, session_id="t")
    first = await stores.sessions.receive("s", "Who?", ann, message_id="m")
    assert await stores.sessions.receive("s", "Who?", ann, message_id="m") == first
    for session_id, content in [("s", "What?"), ("t", "Who?")]:
        with pytest.raises(Conflict, match="another message has this id"):
            await stores.sessions.receive(session_id, content, ann, message_id="m")
    assert len(await stores.sessions.messages("s", ann)) == 1


async def test_the_first_answer_stands(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    _, first = await exchange(stores, "s", "m", "Who?", ann, answer("First."))
    again = await stores.sessions.answer(
        "m", answer("Second."), ann, answer_id="another", made_from=()
    )
    assert again == first
    assert len(await stores.sessions.messages("s", ann)) == 2


async def test_a_failed_message_is_sent_again_in_its_old_place(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    await stores.sessions.receive("s", "First", ann, message_id="m1")
    await stores.sessions.fail("m1", "index_unavailable", ann)
    await exchange(stores, "s", "m2", "Second", ann)
    failed = (await stores.sessions.messages("s", ann))[0]
    assert (failed.status, failed.failure) == (MessageStatus.FAILED, "index_unavailable")
    again = await stores.sessions.receive("s", "First", ann, message_id="m1")
    assert (again.status, again.failure) == (MessageStatus.RECEIVED, None)
    await exchange(stores, "s", "m1", "First", ann)
    ids = [one.message_id for one in await stores.sessions.messages("s", ann)]
    assert ids == ["m1", "m1-answer", "m2", "m2-answer"]
    await stores.sessions.fail("m1", "too late", ann)
    assert (await stores.sessions.messages("s", ann))[0].status is MessageStatus.ANSWERED


async def test_nobody_else_learns_that_a_session_is_there(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    await exchange(stores, "s", "m", "Who?", ann)
    bob = reader_at(TOP_SECRET, "bob")
    given = answer()
    sessions = stores.sessions
    before = await denials(stores)
    asked: list[Callable[[str], Awaitable[object]]] = [
        lambda name: sessions.get(name, bob),
        lambda name: sessions.messages(name, bob),
        lambda name: sessions.receive(name, "Who?", bob, message_id="m"),
        lambda _: sessions.wait_for_turn("m", bob, within=timedelta(0)),
        lambda _: sessions.answer("m", given, bob, answer_id="a", made_from=()),
        lambda _: sessions.fail("m", "failed", bob),
        lambda name: (
            sessions.start(bob, session_id=name) if name == "s" else sessions.get(name, bob)
        ),
        lambda name: stores.working_memory.recall(name, bob),
    ]
    for ask in asked:
        for name in ("s", "absent", "\x00 no id"):
            with pytest.raises(NotFound, match="No such item"):
                await ask(name)
    assert await denials(stores) == before + 3 * len(asked)
    assert await sessions.find_answer("m", bob) is None
    assert await sessions.list(bob, limit=9) == ()
    assert len(await sessions.messages("s", ann)) == 2


async def test_two_principals_may_give_messages_the_same_id(stores: Stores, ann: Reader):
    bob = await registered(stores, INTERNAL, "bob")
    await stores.sessions.start(ann, session_id="s")
    await stores.sessions.start(bob, session_id="t")
    await exchange(stores, "s", "m", "Who?", ann, answer("To Ann."))
    await exchange(stores, "t", "m", "What?", bob, answer("To Bob."))
    found = await stores.sessions.find_answer("m", bob)
    assert found is not None
    assert found.content == "To Bob."


async def test_sessions_are_listed_by_their_last_use(stores: Stores, ann: Reader, clock: HandClock):
    for name in ("old", "new", "unused"):
        await stores.sessions.start(ann, session_id=name)
        clock.advance(timedelta(hours=1))
    await exchange(stores, "new", "m1", "Who?", ann)
    clock.advance(timedelta(hours=1))
    await exchange(stores, "old", "m2", "Who?", ann)
    listed = await stores.sessions.list(ann, limit=9)
    assert [one.session_id for one in listed] == ["old", "new", "unused"]
    assert len(await stores.sessions.list(ann, limit=1)) == 1


async def test_an_answer_names_everything_that_it_was_made_from(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    keys = [ItemKey("uncited", CONFIDENTIAL)]
    first = answer("Two [1].", INTERNAL, source("a"), conclusion="Two.")
    _, answered = await exchange(stores, "s", "m1", "Who?", ann, first, made_from=keys)
    assert answered.confidentiality_level is CONFIDENTIAL
    assert answered.answer is not None
    assert answered.answer.confidentiality_level is CONFIDENTIAL
    await stores.sessions.receive("s", "And?", ann, message_id="m2")
    await stores.sessions.answer(
        "m2", answer(), ann, answer_id="a2", made_from=(), drew_on=["m1-answer"]
    )
    async with stores.database.reading() as session:
        sources = (await session.execute(select(MessageSourceRow))).scalars().all()
        concluded = (await session.execute(select(ConclusionRow))).scalars().all()
    named = sorted((row.knowledge_id, row.level_rank) for row in sources)
    assert named == [("a", 1), ("a", 1), ("uncited", 2), ("uncited", 2)]
    assert [(row.text, row.level_rank) for row in concluded] == [("Two.", 2)]


async def test_no_answer_above_the_readers_clearance_is_stored(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    await stores.sessions.receive("s", "Who?", ann, message_id="m")
    for given, made_from in [
        (answer("Hush.", TOP_SECRET), ()),
        (answer(), [ItemKey("above", TOP_SECRET)]),
    ]:
        with pytest.raises(AccessDenied):
            await stores.sessions.answer("m", given, ann, answer_id="a", made_from=made_from)
    assert await stores.sessions.find_answer("m", ann) is None


async def test_who_was_revoked_or_lowered_in_the_meantime_gets_no_answer(
    stores: Stores, ann: Reader
):
    await stores.sessions.start(ann, session_id="s")
    await stores.sessions.receive("s", "Who?", ann, message_id="m")
    hush = answer("Hush.", CONFIDENTIAL)
    await stores.principals.set_clearance("ann", INTERNAL)
    with pytest.raises(AccessDenied):
        await stores.sessions.answer("m", hush, ann, answer_id="a", made_from=())
    await stores.sessions.answer("m", answer(), ann, answer_id="a", made_from=())
    await stores.sessions.receive("s", "And?", ann, message_id="m2")
    await stores.principals.revoke("ann")
    with pytest.raises(AccessDenied):
        await stores.sessions.answer("m2", answer(), ann, answer_id="b", made_from=())


async def test_a_lowered_reader_goes_on_as_if_nothing_were_above(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    await exchange(stores, "s", "m1", "Who?", ann, answer("Hush.", CONFIDENTIAL))
    await exchange(stores, "s", "m2", "And?", ann)
    low = reader_at(INTERNAL, "ann")
    (left,) = await stores.sessions.messages("s", low)
    assert (left.message_id, left.status) == ("m1", MessageStatus.RECEIVED)
    assert (await stores.sessions.get("s", low)).confidentiality_level is INTERNAL
    # What is above takes up no id, and the message can be answered below as well.
    await exchange(stores, "s", "m2", "Something else", low, answer("Below."))
    await exchange(stores, "s", "m1", "Who?", low, answer("Nobody."))
    assert [one.content for one in await stores.sessions.messages("s", low)] == [
        "Who?",
        "Nobody.",
        "Something else",
        "Below.",
    ]
    found = await stores.sessions.find_answer("m1", ann)
    assert found is not None
    assert found.content == "Hush."


async def test_reading_above_internal_is_audited_by_counts(stores: Stores, ann: Reader):
    await stores.sessions.start(ann, session_id="s")
    await exchange(stores, "s", "m1", "Who?", ann, answer("Open.", INTERNAL))
    before = await stores.audit.verify()
    await stores.sessions.messages("s", ann)
    await stores.sessions.get("s", ann)
    assert await stores.audit.verify() == before
    await exchange(stores, "s", "m2", "Who?", ann, answer("Hush.", CONFIDENTIAL))
    before = await stores.audit.verify()
    await stores.sessions.messages("s", ann)
    await stores.sessions.find_answer("m2", ann)
    await stores.sessions.list(ann, limit=3)
    assert await stores.audit.verify() == before + 3
    async with stores.database.reading() as session:
        details = [row.detail for row in (await session.execute(select(AuditRow))).scalars()]
    assert not any("Hush" in str(detail) or "Who" in str(detail) for detail in details)


@pytest.mark.parametrize("content", ["", " \n", "x" * 100_001, "a\x00b", "a\ud800b"])
async def test_what_no_database_can_hold_is_refused(stores: Stores, ann: Reader, content: str):
    await stores.sessions.start(ann, session_id="s")
    with pytest.raises(InvalidInput, match="a message has 1 to 100000 characters"):
        await stores.sessions.receive("s", content, ann, message_id="m")


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "a/b", "ä"])
async def test_what_is_no_id_is_refused(stores: Stores, ann: Reader, bad: str):
    await stores.sessions.start(ann, session_id="s")
    with pytest.raises(InvalidInput, match="id has 1 to 64 characters"):
        await stores.sessions.start(ann, session_id=bad)
    with pytest.raises(InvalidInput, match="id has 1 to 64 characters"):
        await stores.sessions.receive("s", "Who?", ann, message_id=bad)
