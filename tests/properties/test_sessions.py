"""Promises of conversations over random histories: each principal has its own, said once, in order.

A history is what two principals say, hear, delete and lose sight of, in two sessions each. A simple
oracle in memory says what each must see; the stores must agree, at every clearance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from domain.clearance import Clearance, ConfidentialityLevel, high_water_mark
from domain.errors import Conflict, NotFound
from domain.sessions import label_of_message
from domain.working_memory import memory_of, with_turn
from storage.settings import Settings
from storage.stores import Stores, open_stores
from tests.conversations import answer, source
from tests.properties.corpora import PROOFS, levels, many_cases
from tests.stores import NOW, TOP_SECRET, reader_at

some_cases = settings(many_cases, max_examples=400 if PROOFS else 10)
NAMES = ("ann", "bob")
SESSIONS = ("s", "t")


@dataclass(frozen=True)
class Said:
    """One message of a history, and how secret its answer is."""

    principal: str
    session: str
    message_id: str
    clearance: ConfidentialityLevel
    answer_level: ConfidentialityLevel

    @property
    def session_id(self) -> str:
        return f"{self.principal}-{self.session}"

    @property
    def content(self) -> str:
        return f"{self.principal} asks {self.message_id} in {self.session} at {self.clearance}?"


@dataclass
class Oracle:
    """What each session holds: pairs of level and text, in order."""

    held: dict[str, list[tuple[ConfidentialityLevel, str]]] = field(default_factory=dict)

    def say(self, said: Said) -> tuple[ConfidentialityLevel, ConfidentialityLevel]:
        """Note a message and its answer; return their levels."""
        clearance = Clearance(level=said.clearance)
        session = self.held.setdefault(said.session_id, [])
        seen = [level for level, _ in session if clearance.dominates(level)]
        asked = label_of_message(clearance, seen)
        given = min(said.answer_level, said.clearance, key=lambda level: level.rank)
        told = high_water_mark([asked, given])
        session += [(asked, said.content), (told, f"Answer to: {said.content}")]
        return asked, told

    def seen(self, session_id: str, level: ConfidentialityLevel) -> list[str]:
        clearance = Clearance(level=level)
        held = self.held.get(session_id, [])
        return [text for label, text in held if clearance.dominates(label)]


histories = st.lists(
    st.builds(
        Said,
        principal=st.sampled_from(NAMES),
        session=st.sampled_from(SESSIONS),
        message_id=st.integers(0, 9_999).map(lambda number: f"m{number}"),
        clearance=levels,
        answer_level=levels,
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda said: said.message_id,
)


async def opened(stores: Stores) -> None:
    for name in NAMES:
        await stores.principals.add(name, TOP_SECRET)
        for session in SESSIONS:
            reader = reader_at(TOP_SECRET, name)
            await stores.sessions.start(reader, session_id=f"{name}-{session}")


async def converse(stores: Stores, said: Said, told: ConfidentialityLevel) -> None:
    """Say it twice and have it answered twice, as two runs of one message would."""
    reader = reader_at(said.clearance, said.principal)
    for attempt in range(2):
        message = await stores.sessions.receive(
            said.session_id, said.content, reader, message_id=said.message_id
        )
        memory = await stores.working_memory.recall(said.session_id, reader)
        given = answer(
            f"Answer to: {said.content}",
            told,
            source(said.message_id, told),
            conclusion=f"{said.content} is settled.",
            entities=(said.message_id,),
        )
        answered = await stores.sessions.answer(
            said.message_id, given, reader, answer_id=f"{said.message_id}-{attempt}", made_from=()
        )
        assert answered.message_id == f"{said.message_id}-0"
        if attempt == 0:
            await stores.working_memory.remember(with_turn(memory, message, answered), reader)


@some_cases
@given(history=histories, level=levels)
async def test_each_sees_its_own_once_in_order_and_nothing_above(
    history: Sequence[Said], level: ConfidentialityLevel
) -> None:
    oracle = Oracle()
    with TemporaryDirectory() as folder:
        async with open_stores(Settings(home=Path(folder)), clock=lambda: NOW) as stores:
            await opened(stores)
            for said in history:
                _, told = oracle.say(said)
                await converse(stores, said, told)
            for name in NAMES:
                other = next(one for one in NAMES if one != name)
                for session in SESSIONS:
                    await assert_sees(stores, oracle, name, f"{name}-{session}", level)
                    await assert_denied(stores, name, f"{other}-{session}")
            await assert_no_second_meaning(stores, history[0])


async def assert_sees(
    stores: Stores, oracle: Oracle, name: str, session_id: str, level: ConfidentialityLevel
) -> None:
    reader = reader_at(level, name)
    messages = await stores.sessions.messages(session_id, reader)
    expected = oracle.seen(session_id, level)
    assert [message.content for message in messages] == expected
    session = await stores.sessions.get(session_id, reader)
    assert session.confidentiality_level == high_water_mark(
        message.confidentiality_level for message in messages
    )
    assert (session.title == "") is (not expected)
    recalled = await stores.working_memory.recall(session_id, reader)
    assert {turn.text for turn in recalled.turns} <= set(expected)
    assert recalled.turns == memory_of(session_id, messages).turns


async def assert_denied(stores: Stores, name: str, session_id: str) -> None:
    for level in (ConfidentialityLevel.PUBLIC, TOP_SECRET):
        for unknown in (session_id, "never-was"):
            try:
                await stores.sessions.messages(unknown, reader_at(level, name))
            except NotFound as error:
                assert str(error) == "No such item."  # noqa: PT017 - the same for both
            else:
                raise AssertionError("somebody else's session was read")


async def assert_no_second_meaning(stores: Stores, said: Said) -> None:
    reader = reader_at(said.clearance, said.principal)
    try:
        await stores.sessions.receive(
            said.session_id, "Something else?", reader, message_id=said.message_id
        )
    except Conflict:
        return
    raise AssertionError("one id has two meanings")


@some_cases
@given(history=histories)
async def test_an_erased_session_leaves_nothing_and_takes_nothing_with_it(
    history: Sequence[Said], redis_of_all_tests: Redis
) -> None:
    oracle = Oracle()
    gone = history[0].session_id
    with TemporaryDirectory() as folder:
        home = Path(folder)
        async with open_stores(Settings(home=home), clock=lambda: NOW) as stores:
            await opened(stores)
            for said in history:
                _, told = oracle.say(said)
                await converse(stores, said, told)
            await stores.conclusions.drain()
            before = await read_all(stores, but=gone)
            reader = reader_at(TOP_SECRET, history[0].principal)
            erased = await stores.sessions.delete(gone, reader)
            assert erased.messages == len(oracle.held[gone])
            assert erased.traces_found == 0
            assert await read_all(stores, but=gone) == before
            kept = [said for said in history if said.session_id != gone]
            assert await stores.conclusions.pending() == 0
            for said in history:
                held = [file for file in files_of(home) if said.content.encode() in file]
                assert bool(held) is (said in kept)
        assert not any(gone.encode() in name for name in redis_of_all_tests.scan_iter())
        redis_of_all_tests.flushall()


async def read_all(stores: Stores, *, but: str) -> dict[str, str]:
    """Return every session as its principal sees it, but the one."""
    told: dict[str, str] = {}
    for name in NAMES:
        reader = reader_at(TOP_SECRET, name)
        for session in await stores.sessions.list(reader, limit=9):
            if session.session_id != but:
                messages = await stores.sessions.messages(session.session_id, reader)
                lines = [one.model_dump_json() for one in (session, *messages)]
                told[session.session_id] = "\n".join(lines)
    return told


def files_of(home: Path) -> list[bytes]:
    return [file.read_bytes() for file in home.rglob("*") if file.is_file()]


@some_cases
@given(data=st.data(), many=st.integers(2, 5))
async def test_whoever_answers_when_a_session_is_answered_in_the_order_of_arrival(
    data: st.DataObject, many: int
) -> None:
    """Messages come in at once through two sets of stores, and their runs ask for their turn in any order."""
    ids = [f"m{number}" for number in range(many)]
    through = data.draw(st.lists(st.booleans(), min_size=many, max_size=many))
    asking = data.draw(st.permutations(ids))
    fails = data.draw(st.sets(st.sampled_from(ids)))
    with TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        async with (
            open_stores(settings, clock=lambda: NOW) as one,
            open_stores(settings, clock=lambda: NOW) as other,
        ):
            reader = reader_at(TOP_SECRET, "ann")
            await one.principals.add("ann", TOP_SECRET)
            await one.sessions.start(reader, session_id="s")
            homes = {name: one if left else other for name, left in zip(ids, through, strict=True)}
            await asyncio.gather(
                *(
                    homes[name].sessions.receive("s", f"This is {name}.", reader, message_id=name)
                    for name in ids
                )
            )
            arrived = [message.message_id for message in await one.sessions.messages("s", reader)]
            ended: list[str] = []

            async def answer_in_turn(name: str) -> None:
                sessions = homes[name].sessions
                await sessions.wait_for_turn(name, reader, within=timedelta(seconds=60))
                ended.append(name)
                if name in fails:
                    await sessions.fail(name, "failed", reader)
                else:
                    await sessions.answer(
                        name, answer(), reader, answer_id=f"to-{name}", made_from=()
                    )

            await asyncio.gather(*(answer_in_turn(name) for name in asking))
            assert sorted(arrived) == ids
            assert ended == arrived
