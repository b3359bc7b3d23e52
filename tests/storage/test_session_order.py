"""Messages of a session are answered in the order in which they came, whoever answers them."""

from __future__ import annotations

import asyncio
import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.clearance import Reader
from domain.errors import TransientStorageError
from storage.session_turns import LEASE, SessionTurns
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tests.conversations import answer, registered
from tests.stores import CONFIDENTIAL, INTERNAL, reader_at

SOON = timedelta(seconds=20)
NOT_NOW = timedelta(0)


@pytest.fixture
async def ann(stores: Stores) -> Reader:
    reader = await registered(stores, CONFIDENTIAL, "ann")
    await stores.sessions.start(reader, session_id="s")
    return reader


async def say(stores: Stores, message_id: str, reader: Reader) -> None:
    await stores.sessions.receive("s", f"This is {message_id}.", reader, message_id=message_id)


async def reply(stores: Stores, message_id: str, reader: Reader) -> None:
    level = reader.clearance.level
    await stores.sessions.answer(
        message_id, answer(level=level), reader, answer_id=f"to-{message_id}", made_from=()
    )


async def test_many_that_come_at_once_are_answered_one_after_the_other(
    stores: Stores, ann: Reader
) -> None:
    """The messages come through two sets of stores, as if from two processes."""
    ids = [f"m{number}" for number in range(6)]
    answered: list[str] = []
    async with open_stores(stores.settings) as others:
        homes = [stores, others] * 3
        await asyncio.gather(*(say(home, name, ann) for home, name in zip(homes, ids, strict=True)))
        arrived = [one.message_id for one in await stores.sessions.messages("s", ann)]

        async def take_turn(home: Stores, message_id: str) -> None:
            await home.sessions.wait_for_turn(message_id, ann, within=SOON)
            answered.append(message_id)
            await asyncio.sleep(0)
            await reply(home, message_id, ann)

        await asyncio.gather(
            *(take_turn(home, name) for home, name in zip(homes, reversed(ids), strict=True))
        )
    assert sorted(arrived) == ids
    assert answered == arrived
    messages = await stores.sessions.messages("s", ann)
    assert [one.in_reply_to for one in messages[1::2]] == arrived


async def test_a_message_waits_until_those_before_it_are_answered_or_have_failed(
    stores: Stores, ann: Reader
) -> None:
    for name in ("first", "second", "third"):
        await say(stores, name, ann)
    await stores.sessions.wait_for_turn("first", ann, within=NOT_NOW)
    with pytest.raises(TransientStorageError, match="an earlier message"):
        await stores.sessions.wait_for_turn("third", ann, within=NOT_NOW)
    await reply(stores, "first", ann)
    with pytest.raises(TransientStorageError):
        await stores.sessions.wait_for_turn("third", ann, within=NOT_NOW)
    await stores.sessions.fail("second", "the index is away", ann)
    await stores.sessions.wait_for_turn("third", ann, within=NOT_NOW)


async def test_a_lowered_reader_waits_for_nothing_that_is_above_it(
    stores: Stores, ann: Reader
) -> None:
    await say(stores, "first", ann)
    await reply(stores, "first", ann)
    await say(stores, "above", ann)
    low = reader_at(INTERNAL, "ann")
    await say(stores, "below", low)
    await stores.sessions.wait_for_turn("below", low, within=NOT_NOW)


async def test_a_run_that_died_holds_up_the_others_until_its_lease_is_over(
    stores: Stores, ann: Reader
) -> None:
    moment = datetime.now(UTC)
    turns = SessionTurns(stores.database, clock=lambda: moment)
    await say(stores, "died", ann)
    await say(stores, "next", ann)
    with pytest.raises(TransientStorageError):
        await turns.wait("next", ann, within=NOT_NOW)
    moment += LEASE + timedelta(seconds=5)
    await turns.wait("next", ann, within=NOT_NOW)


async def test_a_run_that_works_long_keeps_its_turn(stores: Stores, ann: Reader) -> None:
    lease = timedelta(milliseconds=400)
    await say(stores, "long", ann)
    await say(stores, "next", ann)
    turns = SessionTurns(stores.database, lease=lease)
    started = datetime.now(UTC)
    async with turns.holding("long", ann):
        with pytest.raises(TransientStorageError):
            await turns.wait("next", ann, within=3 * lease)
    assert datetime.now(UTC) - started >= 3 * lease


async def test_a_lowered_reader_waits_for_no_run_that_reads_more(
    stores: Stores, ann: Reader
) -> None:
    """The message is readable; how long its run takes could tell of what only the run reads."""
    low = reader_at(INTERNAL, "ann")
    await say(stores, "first", ann)
    await say(stores, "second", low)
    await stores.sessions.wait_for_turn("second", low, within=NOT_NOW)
    with pytest.raises(TransientStorageError):
        await stores.sessions.wait_for_turn("second", ann, within=NOT_NOW)


async def test_a_slow_run_whose_lease_was_over_still_answers_once_and_in_its_place(
    stores: Stores, ann: Reader
) -> None:
    for name in ("slow", "next"):
        await say(stores, name, ann)
    for name in ("next", "slow", "slow"):
        await reply(stores, name, ann)
    ids = [one.message_id for one in await stores.sessions.messages("s", ann)]
    assert ids == ["slow", "to-slow", "next", "to-next"]


async def test_messages_of_two_processes_have_one_order(stores: Stores, ann: Reader) -> None:
    context = multiprocessing.get_context("spawn")
    where = (stores.settings.home, stores.settings.database_url)
    senders = [context.Process(target=_send, args=(*where, name)) for name in ("p", "q")]
    for sender in senders:
        sender.start()
    for sender in senders:
        await asyncio.to_thread(sender.join, 60)
        assert sender.exitcode == 0
    said = [one.message_id for one in await stores.sessions.messages("s", ann)]
    for name in ("p", "q"):
        own = [one for one in said if one.startswith(name)]
        assert own == [f"{name}-{number}" for number in range(5)]
    assert [one for one in said if one.startswith("to-")] == [f"to-{one}" for one in said[::2]]


def _send(home: Path, database_url: str | None, name: str) -> None:
    async def send() -> None:
        reader = reader_at(CONFIDENTIAL, "ann")
        async with open_stores(Settings(home=home, database_url=database_url)) as stores:
            for number in range(5):
                await say(stores, f"{name}-{number}", reader)
                await stores.sessions.wait_for_turn(f"{name}-{number}", reader, within=SOON)
                await reply(stores, f"{name}-{number}", reader)

    asyncio.run(send())
