from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from domain.errors import StorageError
from domain.evidence import Labelled, Source
from domain.knowledge import KnowledgeItem
from storage.knowledge_search import SearchQuery
from storage.reports import ReportKind
from storage.stores import Stores
from storage.tables import AuditRow
from tests.conversations import answer, exchange, registered
from tests.storage.contents import assert_index_is_right
from tests.stores import INTERNAL, TOP_SECRET, OpenHome, item, reader_at, store

CEO = reader_at(TOP_SECRET)
STAFF = reader_at(INTERNAL)
PHRASE = "Project Nightjar buys the whole Lisbon yard"
SECRET = item(
    "nightjar",
    " ".join(f"{PHRASE} in week {week}. Nobody outside the board knows." for week in range(40)),
    TOP_SECRET,
    title="About Nightjar",
)
OTHERS = tuple(
    item(f"n{number}", f"Note {number}: the Brno plant lacks welders.") for number in range(20)
)


def files_that_hold(home: Path, phrase: str) -> list[Path]:
    return [
        path
        for path in sorted(home.rglob("*"))
        if path.is_file() and phrase.encode() in path.read_bytes()
    ]


async def last_audited(stores: Stores) -> dict[str, Any]:
    newest = select(AuditRow).order_by(col(AuditRow.sequence).desc()).limit(1)
    async with stores.database.reading() as session:
        return (await session.execute(newest)).scalar_one().detail


async def save_report(stores: Stores, report_id: str, made_from: KnowledgeItem) -> None:
    report = Labelled(
        confidentiality_level=made_from.confidentiality_level, sources=(Source.of(made_from),)
    )
    await stores.reports.save(
        report,
        report_id=report_id,
        kind=ReportKind.SUMMARY,
        reader=CEO,
        made_from=[made_from.key],
    )


async def test_after_a_purge_no_file_holds_a_trace_and_before_it_several_did(
    open_home: OpenHome, home: Path
):
    stores = await open_home()
    await store(stores, *OTHERS, SECRET)
    await save_report(stores, "from-it", SECRET)
    await save_report(stores, "from-another", OTHERS[0])
    await stores.knowledge.search([SearchQuery(text="Nightjar")], CEO)
    holding = files_that_hold(home, PHRASE)
    assert any(path.suffix == ".lance" for path in holding)
    assert any("sqlite" in path.name for path in holding)

    report = await stores.knowledge.purge_item("nightjar", CEO)
    assert files_that_hold(home, PHRASE) == []
    assert files_that_hold(home, "About Nightjar") == []
    assert (report.knowledge_id, report.confidentiality_level) == ("nightjar", TOP_SECRET)
    assert report.phrases_sought > 0
    erasure = await last_audited(stores)
    assert erasure["reports"] == 1
    assert erasure["files_scanned"] > 3
    assert erasure["phrases_elsewhere"] == 0
    await assert_index_is_right(stores)
    await stores.audit.verify()


async def test_other_readers_find_what_they_found_before(open_home: OpenHome):
    stores = await open_home()
    await store(stores, *OTHERS, SECRET)
    query = [SearchQuery(text="Who lacks welders?", limit=50)]
    before = await stores.knowledge.search(query, STAFF)
    await stores.knowledge.purge_item("nightjar", CEO)
    assert await stores.knowledge.search(query, STAFF) == before


async def test_a_process_that_has_the_stores_open_goes_on(open_home: OpenHome):
    stores, other = await open_home(), await open_home()
    await store(stores, *OTHERS, SECRET)
    query = [SearchQuery(text="Nightjar in Lisbon")]
    assert await other.knowledge.search(query, CEO) != [()]
    await stores.knowledge.purge_item("nightjar", CEO)
    assert await other.knowledge.search(query, CEO) == [()]


async def test_what_stands_in_another_item_too_is_no_trace(open_home: OpenHome):
    stores = await open_home()
    shared = f"{PHRASE}. The rest differs between the two of them."
    await store(stores, item("a", shared), item("b", f"{shared} And more."))
    await stores.knowledge.purge_item("a", CEO)
    erasure = await last_audited(stores)
    assert erasure["phrases_elsewhere"] == erasure["phrases_sought"] > 0
    assert (await stores.knowledge.get_item("b", CEO)).content.startswith(PHRASE)


async def test_what_somebody_says_above_its_writer_changes_nothing_of_a_purge(open_home: OpenHome):
    """A guess that is stored and purged tells nothing of a conversation that holds its words."""
    stores = await open_home()
    secret = f"{PHRASE}, and nobody below may know of it until the spring."
    above = await registered(stores, TOP_SECRET, "above")
    await stores.sessions.start(above, session_id="s")
    await exchange(stores, "s", "m", secret, above, answer(f"Yes: {secret}", TOP_SECRET))
    await store(stores, item("guess", secret), item("miss", secret[::-1]))
    reports = [
        await stores.knowledge.purge_item(name, reader_at(INTERNAL)) for name in ("guess", "miss")
    ]
    assert reports[0].phrases_sought == reports[1].phrases_sought
    said, _ = await stores.sessions.messages("s", above)
    assert said.content == secret


@pytest.mark.parametrize("content", ["ok", "no", "1", "%", "😀"])
async def test_the_shortest_content_is_purged_without_a_false_alarm(
    open_home: OpenHome, content: str
):
    stores = await open_home()
    await store(stores, item("short", content), *OTHERS[:2])
    assert (await stores.knowledge.purge_item("short", CEO)).phrases_sought == 0
    await assert_index_is_right(stores)


async def test_a_trace_that_another_file_still_holds_is_told(open_home: OpenHome, home: Path):
    stores = await open_home()
    await store(stores, SECRET, OTHERS[0])
    (home / "copy.txt").write_text(f"somebody's copy: {SECRET.content}")
    with pytest.raises(StorageError, match="still holds a trace") as told:
        await stores.knowledge.purge_item("nightjar", CEO)
    assert "Nightjar" not in str(told.value)
    assert "copy.txt" not in str(told.value)


async def test_a_deleted_item_leaves_no_trace_once_remains_are_erased(
    open_home: OpenHome, home: Path
):
    stores = await open_home()
    await store(stores, SECRET, *OTHERS)
    await stores.knowledge.delete_item("nightjar", CEO)
    await stores.knowledge.erase_remains()
    assert files_that_hold(home, PHRASE) == []


async def test_an_item_is_purged_where_the_truth_is_postgresql(stores: Stores):
    await store(stores, SECRET, *OTHERS)
    assert files_that_hold(stores.settings.home, PHRASE)
    await stores.knowledge.purge_item("nightjar", CEO)
    assert files_that_hold(stores.settings.home, PHRASE) == []
    await assert_index_is_right(stores)


async def test_kept_results_of_flow_runs_go_with_the_item(stores: Stores):
    await store(stores, SECRET, OTHERS[0])
    await stores.results.keep("phase", stores.sealer.seal(SECRET.content.encode()))
    await stores.knowledge.purge_item("nightjar", CEO)
    assert await stores.results.find("phase") is None
