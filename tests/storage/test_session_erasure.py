"""What a conversation left behind is gone when it is erased, and the rest of the home is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlmodel import col, select

from domain.clearance import Reader
from domain.errors import NotFound
from domain.knowledge import ItemKey
from domain.requests import AnalysisBrief
from domain.sessions import ERASED, MessageStatus
from storage.reports import ReportKind
from storage.session_tables import MessageRow
from storage.stores import Stores
from storage.tables import AuditRow
from tests.conversations import answer, exchange, registered, source
from tests.stores import (
    CONFIDENTIAL,
    INTERNAL,
    HandClock,
    OpenHome,
    item,
    reader_at,
    store,
)

FORGOTTEN = "zarkonite brokers of Vlissingen"
KEPT = "quillfeather depots of Antwerp"


@pytest.fixture
async def ann(stores: Stores) -> Reader:
    await store(stores, item("brokers", "Brokers carry frozen goods to the depots.", CONFIDENTIAL))
    reader = await registered(stores, CONFIDENTIAL, "ann")
    for session_id, words in (("gone", FORGOTTEN), ("kept", KEPT)):
        await stores.sessions.start(reader, session_id=session_id)
        await converse(stores, reader, session_id, words)
    return reader


async def converse(stores: Stores, reader: Reader, session_id: str, words: str) -> None:
    """Say something about *words* twice, with a report and a conclusion, as the flow does."""
    for number in range(2):
        message_id = f"{session_id}-{number}"
        brief = AnalysisBrief(
            requirement=f"Judge the {words}.", confidentiality_level=CONFIDENTIAL, sources=()
        )
        cited = source("brokers", CONFIDENTIAL)
        given = answer(
            f"The {words} matter [1].",
            CONFIDENTIAL,
            cited,
            conclusion=f"The {words} matter.",
            entities=(words,),
            report_id=f"{message_id}-report",
        )
        await stores.sessions.receive(
            session_id, f"What of the {words}?", reader, message_id=message_id
        )
        for kind, report_id in (
            (ReportKind.REQUEST, f"{message_id}-asked"),
            (ReportKind.BUSINESS, f"{message_id}-report"),
        ):
            await stores.sessions.note_report(message_id, report_id, reader)
            await stores.reports.save(
                brief, report_id=report_id, kind=kind, reader=reader, made_from=()
            )
        await exchange(
            stores, session_id, message_id, f"What of the {words}?", reader, given,
            made_from=[cited.key],
        )  # fmt: skip
        await stores.conclusions.drain()
        await stores.working_memory.recall(session_id, reader)


def files_with(home: Path, words: str) -> list[str]:
    return [
        str(file.relative_to(home))
        for file in home.rglob("*")
        if file.is_file() and words.encode() in file.read_bytes()
    ]


async def test_an_erased_session_leaves_no_trace_and_says_so(
    stores: Stores, ann: Reader, redis_of_all_tests: Redis
) -> None:
    assert await stores.working_memory.count("gone", ann.clearance) == 1
    erased = await stores.sessions.delete("gone", ann)
    assert (erased.messages, erased.conclusions, erased.reports) == (4, 2, 2)
    assert erased.working_memories == 1
    assert erased.keys_sought == 2
    assert erased.traces_found == 0
    with pytest.raises(NotFound):
        await stores.sessions.get("gone", ann)
    assert await stores.sessions.find_answer("gone-0", ann) is None
    assert await stores.reports.list(ann, limit=10) != ()
    ids = {entry.report_id for entry in await stores.reports.list(ann, limit=10)}
    assert ids == {"kept-0-report", "kept-1-report"}
    found = await stores.conclusions.search(f"The {FORGOTTEN}", ann, limit=5)
    assert {one.text for one in found} <= {f"The {KEPT} matter."}
    assert files_with(stores.settings.home, FORGOTTEN) == []
    assert not any(b"gone" in name for name in redis_of_all_tests.scan_iter())


async def test_the_other_session_is_whole(stores: Stores, ann: Reader) -> None:
    before = await stores.sessions.messages("kept", ann)
    await stores.sessions.delete("gone", ann)
    assert await stores.sessions.messages("kept", ann) == before
    assert len(await stores.conclusions.search(f"The {KEPT} matter.", ann, limit=5)) == 2
    assert len((await stores.working_memory.recall("kept", ann)).turns) == 4


async def test_a_lowered_reader_erases_all_and_is_told_of_what_it_may_read(
    stores: Stores, ann: Reader
) -> None:
    low = reader_at(INTERNAL, "ann")
    erased = await stores.sessions.delete("gone", low)
    assert (erased.messages, erased.conclusions, erased.traces_found) == (1, 0, 0)
    with pytest.raises(NotFound):
        await stores.sessions.get("gone", ann)
    assert files_with(stores.settings.home, FORGOTTEN) == []


async def test_only_its_own_principal_erases_a_session(stores: Stores, ann: Reader) -> None:
    for name in ("gone", "absent"):
        with pytest.raises(NotFound, match="No such item"):
            await stores.sessions.delete(name, reader_at(CONFIDENTIAL, "bob"))
    assert len(await stores.sessions.messages("gone", ann)) == 4


async def test_copies_elsewhere_are_erased_by_the_ids_of_the_reports(
    stores: Stores, ann: Reader
) -> None:
    told: list[str] = []

    async def erase_copies(report_ids: object) -> None:
        told.extend(report_ids)  # pyright: ignore[reportArgumentType] - a sequence of ids

    await stores.sessions.delete("gone", ann, erase_copies=erase_copies)
    assert set(told) == {f"gone-{n}-{kind}" for n in (0, 1) for kind in ("asked", "report")}


async def test_with_a_purged_item_go_the_answers_made_from_it(stores: Stores, ann: Reader) -> None:
    await stores.sessions.receive("kept", "What else?", ann, message_id="untouched")
    await stores.sessions.answer(
        "untouched", answer("Nothing.", CONFIDENTIAL), ann, answer_id="u", made_from=()
    )
    await stores.knowledge.purge_item("brokers", ann)
    messages = await stores.sessions.messages("kept", ann)
    assert [one.status for one in messages] == [
        MessageStatus.FAILED,
        MessageStatus.FAILED,
        MessageStatus.ANSWERED,
        None,
    ]
    assert {one.failure for one in messages[:2]} == {ERASED}
    assert await stores.conclusions.search(f"The {KEPT} matter.", ann, limit=5) == ()
    again = await stores.sessions.receive(
        "kept", messages[0].content, ann, message_id=messages[0].message_id
    )
    assert again.status is MessageStatus.RECEIVED


async def test_what_has_outlived_its_retention_goes(open_home: OpenHome, clock: HandClock) -> None:
    stores = await open_home(session_retention_days=30)
    await store(stores, item("brokers", "Brokers carry frozen goods.", CONFIDENTIAL))
    reader = await registered(stores, CONFIDENTIAL, "ann")
    await stores.sessions.start(reader, session_id="gone")
    await converse(stores, reader, "gone", FORGOTTEN)
    clock.advance(timedelta(days=20))
    await stores.sessions.start(reader, session_id="kept")
    await converse(stores, reader, "kept", KEPT)
    assert await stores.sessions.erase_outlived(clock()) == 0
    clock.advance(timedelta(days=10))
    assert await stores.sessions.erase_outlived(clock()) == 1
    assert [one.session_id for one in await stores.sessions.list(reader, limit=5)] == ["kept"]
    await stores.knowledge.erase_remains()
    assert files_with(stores.settings.home, FORGOTTEN) == []


async def test_without_a_retention_every_session_stays(stores: Stores, ann: Reader) -> None:
    far = stores.clock() + timedelta(days=10_000)
    assert await stores.sessions.erase_outlived(far) == 0
    assert len(await stores.sessions.list(ann, limit=5)) == 2


async def test_a_report_that_is_older_or_another_s_stays(
    open_home: OpenHome, database_url: str | None, clock: HandClock
) -> None:
    stores = await open_home(database_url=database_url)
    ann, bob = await registered(stores, CONFIDENTIAL, "ann"), reader_at(CONFIDENTIAL, "bob")
    brief = AnalysisBrief(requirement="Judge.", confidentiality_level=INTERNAL, sources=())

    async def save(report_id: str, reader: Reader) -> None:
        await stores.reports.save(
            brief, report_id=report_id, kind=ReportKind.BUSINESS, reader=reader, made_from=()
        )

    await save("older", ann)
    clock.advance(timedelta(hours=1))
    await stores.sessions.start(ann, session_id="s")
    await save("another-s", bob)
    for report_id in ("older", "another-s"):
        await exchange(stores, "s", f"m-{report_id}", "What?", ann, answer(report_id=report_id))
    assert (await stores.sessions.delete("s", ann)).reports == 0
    assert [one.report_id for one in await stores.reports.list(ann, limit=5)] == ["older"]
    assert [one.report_id for one in await stores.reports.list(bob, limit=5)] == ["another-s"]


async def test_an_answer_erased_above_changes_nothing_below(
    open_home: OpenHome, database_url: str | None
) -> None:
    stores = await open_home(database_url=database_url)
    ann, low = await registered(stores, CONFIDENTIAL, "ann"), reader_at(INTERNAL, "ann")
    await stores.sessions.start(ann, session_id="s")
    hush, key = answer("Hush.", CONFIDENTIAL), ItemKey("brokers", CONFIDENTIAL)
    await exchange(stores, "s", "m", "What?", ann, hush, made_from=[key])
    before = await stores.sessions.messages("s", low)
    assert await stores.sessions.erase_made_from(key) == 1
    assert await stores.sessions.messages("s", low) == before
    (said,) = await stores.sessions.messages("s", ann)
    assert said.failure == ERASED


async def test_what_recalled_a_conclusion_goes_with_the_item_behind_it(
    open_home: OpenHome, database_url: str | None
) -> None:
    stores = await open_home(database_url=database_url)
    ann = await registered(stores, CONFIDENTIAL, "ann")
    await store(stores, item("brokers", f"The {FORGOTTEN} carry frozen goods.", INTERNAL))
    for name in ("first", "second"):
        await stores.sessions.start(ann, session_id=name)
    concluded = f"The {FORGOTTEN} matter."
    given = answer("So [1].", INTERNAL, source("brokers"), conclusion=concluded)
    await exchange(stores, "first", "m1", "Who?", ann, given)
    await stores.conclusions.drain()
    recalled = await stores.conclusions.search(concluded, ann, limit=1)
    again = answer(f"As concluded: {concluded}", INTERNAL, drawn_on=recalled)
    await exchange(stores, "second", "m2", "Who again?", ann, again)
    assert await stores.sessions.erase_made_from(ItemKey("brokers", INTERNAL)) == 2
    for name in ("first", "second"):
        (said,) = await stores.sessions.messages(name, ann)
        assert said.failure == ERASED


async def test_what_comes_after_a_session_was_deleted_is_not_stored(
    stores: Stores, ann: Reader
) -> None:
    await stores.sessions.receive("gone", "What now?", ann, message_id="late")
    memory = await stores.working_memory.recall("gone", ann)
    await stores.sessions.delete("gone", ann)
    with pytest.raises(NotFound):
        await stores.sessions.answer("late", answer(), ann, answer_id="a", made_from=())
    with pytest.raises(NotFound):
        await stores.working_memory.remember(memory, ann)
    with pytest.raises(NotFound):
        await stores.sessions.note_report("late", "report", ann)


async def test_a_row_that_a_file_still_holds_is_told(stores: Stores, ann: Reader) -> None:
    async with stores.database.reading() as session:
        of_gone = select(MessageRow.message_key).where(
            col(MessageRow.message_id) == "gone-0", col(MessageRow.in_reply_key).is_(None)
        )
        key = (await session.execute(of_gone)).scalar_one()
    (stores.settings.home / "copy.sqlite").write_text(f"{key} and the row's other fields")
    assert (await stores.sessions.delete("gone", ann)).traces_found == 1


async def test_words_that_a_file_still_holds_are_for_the_audit_log(
    stores: Stores, ann: Reader
) -> None:
    (stores.settings.home / "copy.txt").write_text(f"The {FORGOTTEN} matter [1].")
    assert (await stores.sessions.delete("gone", ann)).traces_found == 0
    async with stores.database.reading() as session:
        newest = select(AuditRow).order_by(col(AuditRow.sequence).desc()).limit(1)
        entry = (await session.execute(newest)).scalar_one()
    assert entry.detail["session"] == "gone"
    assert entry.detail["phrases_sought"] > entry.detail["phrases_found"] > 0
    assert FORGOTTEN not in str(entry.detail)
