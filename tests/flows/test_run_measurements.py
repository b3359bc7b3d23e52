"""Every run that stores a result leaves behind what it took, at the clearance that it read at."""

from pathlib import Path

from domain.clearance import Clearance
from domain.knowledge import Domain
from domain.routing import RoutedFlow
from domain.summary import TimeHorizon
from domain.workload import SizeClass
from flows import ceo_briefing, comprehensive_analysis, ingest_knowledge, strategic_summary
from storage.stores import Stores
from tests.flows.conftest import REQUIREMENT
from tests.stores import CONFIDENTIAL, INTERNAL, TOP_SECRET


async def test_runs_are_measured_and_an_edition_that_is_there_already_is_not(
    company: Stores, tmp_path: Path
) -> None:
    await ceo_briefing("confidential", edition="monday")
    await ceo_briefing("confidential", edition="monday")
    await strategic_summary(Domain.BUSINESS, TimeHorizon.YEAR, "top_secret", INTERNAL)
    await comprehensive_analysis(REQUIREMENT, "internal")
    note = tmp_path / "note.md"
    note.write_text("The depot in Leipzig opens in June. It is late.")
    await ingest_knowledge([str(note)], "internal", INTERNAL, None, None)

    measured = await company.runs.read(Clearance(level=TOP_SECRET))
    assert [(one.flow, one.level, one.size) for one in reversed(measured)] == [
        (RoutedFlow.CEO_BRIEFING, CONFIDENTIAL, SizeClass.SMALL),
        (RoutedFlow.STRATEGIC_SUMMARY, INTERNAL, SizeClass.LARGE),
        (RoutedFlow.COMPREHENSIVE_ANALYSIS, INTERNAL, SizeClass.SMALL),
        (RoutedFlow.INGEST_KNOWLEDGE, INTERNAL, SizeClass.SMALL),
    ]
    assert all(0 < one.seconds < 120 for one in measured)
