"""Files become knowledge once, changes become versions, and what is refused is told."""

from pathlib import Path

import pytest

from domain.clearance import ConfidentialityLevel
from domain.errors import AccessDenied
from domain.ingest import IngestReport
from domain.knowledge import KnowledgeCategory
from flows import ingest_knowledge, maintain_knowledge
from storage.knowledge_base import SearchQuery
from storage.stores import Stores
from tests.flows.conftest import on_each_database
from tests.stores import HandClock

ROWS = """knowledge_id,title,content,category,confidentiality_level,strategic_priority
a,Port strike,The port of Antwerp is closed by a strike.,risk_management,internal,7
b,Too important,Nothing is this important.,risk_management,internal,11
c,Secret port,We negotiate for the port of Ghent.,partnership_opportunities,top_secret,9
d,No level,Somebody forgot the level.,risk_management,,5
"""


def counts(report: IngestReport) -> tuple[int, int, int, int]:
    return (report.added, report.updated, report.unchanged, report.refused)


async def test_good_rows_are_stored_and_bad_ones_told(company: Stores, tmp_path: Path) -> None:
    file = tmp_path / "ports.csv"
    file.write_text(ROWS)
    report = await ingest_knowledge([str(file)], "top_secret")
    assert counts(report) == (2, 0, 0, 2)
    told = {(Path(one.file).name, one.row, one.field) for one in report.refusals}
    assert told == {
        ("ports.csv", 2, "strategic_priority"),
        ("ports.csv", 4, "confidentiality_level"),
    }
    reader = await company.principals.get_reader("internal")
    (found,) = await company.knowledge.search([SearchQuery(text="port strike")], reader)
    assert [item.knowledge_id for item in found][:1] == ["a"]
    assert "c" not in {item.knowledge_id for item in found}


@on_each_database
async def test_the_same_file_twice_changes_nothing_and_a_changed_row_is_updated(
    company: Stores, tmp_path: Path
) -> None:
    file = tmp_path / "ports.csv"
    file.write_text(ROWS)
    await ingest_knowledge([str(file)], "top_secret")
    assert counts(await ingest_knowledge([str(file)], "top_secret")) == (0, 0, 2, 2)
    file.write_text(ROWS.replace("is closed by a strike", "is open again"))
    assert counts(await ingest_knowledge([str(file)], "top_secret")) == (0, 1, 1, 2)
    reader = await company.principals.get_reader("internal")
    item = await company.knowledge.get_item("a", reader)
    assert item.content == "The port of Antwerp is open again."
    assert await company.knowledge.pending() == 0


async def test_a_writer_adds_up_to_its_own_clearance(company: Stores, tmp_path: Path) -> None:
    del company
    file = tmp_path / "ports.csv"
    file.write_text(ROWS)
    report = await ingest_knowledge([str(file)], "internal")
    assert counts(report) == (1, 0, 0, 3)
    assert ("ports.csv", 3, "confidentiality_level") in {
        (Path(one.file).name, one.row, one.field) for one in report.refusals
    }


async def test_defaults_fill_what_is_missing(company: Stores, tmp_path: Path) -> None:
    file = tmp_path / "memo.txt"
    file.write_text("The port of Rotterdam raises its fees by 4 percent in January.")
    report = await ingest_knowledge(
        [str(file)],
        "top_secret",
        ConfidentialityLevel.CONFIDENTIAL,
        KnowledgeCategory.MARKET_INTELLIGENCE,
        6,
    )
    assert counts(report) == (1, 0, 0, 0)
    reader = await company.principals.get_reader("confidential")
    (found,) = await company.knowledge.search([SearchQuery(text="Rotterdam fees")], reader)
    assert found[0].confidentiality_level is ConfidentialityLevel.CONFIDENTIAL
    assert found[0].strategic_priority == 6


async def test_an_unknown_writer_writes_nothing(company: Stores, tmp_path: Path) -> None:
    file = tmp_path / "ports.csv"
    file.write_text(ROWS)
    with pytest.raises(AccessDenied):
        await ingest_knowledge([str(file)], "nobody")
    assert await company.knowledge.pending() == 0


@on_each_database
async def test_maintenance_takes_expired_items_out_of_the_index(
    company: Stores, clock: HandClock
) -> None:
    writer = await company.principals.get_reader("top_secret")
    await company.knowledge.update_item(
        "breach", {"expires_at": clock.now.replace(year=clock.now.year + 1)}, writer
    )
    clock.now = clock.now.replace(year=clock.now.year + 2)
    report = await maintain_knowledge()
    assert report.expired == 1
    assert report.audit_entries > 0
    assert (await maintain_knowledge()).expired == 0
