"""Every result is on Prefect's pages once, as far as their ceiling allows."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact, State

from domain.clearance import ConfidentialityLevel
from domain.knowledge import Domain, KnowledgeCategory
from domain.summary import TimeHorizon
from flows import (
    business_analysis,
    ceo_briefing,
    comprehensive_analysis,
    ingest_knowledge,
    strategic_summary,
    technical_analysis,
)
from presentation.prefect_pages import ERASED, shown_description
from storage.stores import Stores
from tasks import artifacts
from tasks.artifacts import PROGRESS_KEY, erase_shown, show_result, shown_progress
from tasks.progress import report_progress
from tasks.quiet_flow import quiet_flow
from tasks.stores import use_stores
from tests.flows.conftest import REQUIREMENT
from tests.stores import CONFIDENTIAL, INTERNAL


async def artifacts_like(key: str) -> list[Artifact]:
    wanted = ArtifactFilter(key=ArtifactFilterKey(like_=f"{key}%"))
    async with get_client() as client:
        return await client.read_artifacts(artifact_filter=wanted)


async def shown_of(report_id: str, stores: Stores) -> list[Artifact]:
    described = shown_description(report_id, (await stores.database.installation_id())[:8])
    return [one for one in await artifacts_like("") if one.description == described]


async def test_each_kind_of_result_is_shown_at_or_below_the_ceiling(company: Stores) -> None:
    briefing = await ceo_briefing("internal", edition="shown")
    analysis = await comprehensive_analysis(REQUIREMENT, "internal")
    await strategic_summary(Domain.TECHNICAL, TimeHorizon.MONTH, "internal")
    await business_analysis(REQUIREMENT, "internal")
    await technical_analysis(REQUIREMENT, "internal")
    reader = await company.principals.get_reader("internal")
    stored = await company.reports.list(reader, limit=10)
    assert len({entry.kind for entry in stored}) == 5
    for entry in stored:
        (shown,) = await shown_of(entry.report_id, company)
        assert shown.type == "markdown"
        assert shown.flow_run_id is not None
        assert str(shown.data).startswith("**INTERNAL**")
        assert "tracking" in str(shown.data)
    assert analysis.collaboration_metadata.analysis_id in {entry.report_id for entry in stored}
    assert briefing.briefing_id in {entry.report_id for entry in stored}


async def test_above_the_ceiling_there_is_a_command_and_no_content(company: Stores) -> None:
    briefing = await ceo_briefing("confidential")
    assert briefing.confidentiality_level is CONFIDENTIAL
    (shown,) = await shown_of(briefing.briefing_id, company)
    assert f"diarchy reports show {briefing.briefing_id} --as confidential" in str(shown.data)
    for source in briefing.sources:
        assert source.title not in str(shown.data)


@pytest.mark.parametrize("ceiling", [ConfidentialityLevel.PUBLIC, CONFIDENTIAL])
async def test_the_ceiling_is_the_installation_s(
    open_home: Any, prefect_api: str, ceiling: ConfidentialityLevel
) -> None:
    del prefect_api
    stores = await open_home(ui_ceiling=ceiling)
    await stores.principals.add("ana", INTERNAL)
    async with use_stores(stores):
        analysis = await comprehensive_analysis("Offer tracking.", "ana")
    (shown,) = await shown_of(analysis.collaboration_metadata.analysis_id, stores)
    assert ("Offer tracking" in str(shown.data)) is (ceiling is CONFIDENTIAL)


async def test_an_edition_is_shown_once_however_often_it_runs(company: Stores) -> None:
    reader = await company.principals.get_reader("internal")
    edition = await ceo_briefing("internal", edition="monday")
    assert await ceo_briefing("internal", edition="monday") == edition
    assert len(await shown_of(edition.briefing_id, company)) == 1

    @quiet_flow(name="resuming", run_name="resuming")
    async def resuming() -> None:
        for _ in range(2):
            await show_result(edition, edition.briefing_id, reader)

    await resuming()
    assert len(await shown_of(edition.briefing_id, company)) == 1


async def test_a_run_whose_artifact_cannot_be_made_goes_on(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    del company

    async def away(*_: Any, **__: Any) -> Artifact:
        raise ConnectionError("the API is away")

    monkeypatch.setattr(PrefectClient, "create_artifact", away)
    run: Any = strategic_summary
    state: State[Any] = await run(Domain.TECHNICAL, TimeHorizon.WEEK, "internal", return_state=True)
    assert state.is_completed()


async def test_a_run_goes_on_when_the_api_never_answers_for_its_artifact(
    company: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    del company

    async def silent(*_: Any, **__: Any) -> Artifact:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(PrefectClient, "create_artifact", silent)
    monkeypatch.setattr(artifacts, "SHOWN_WITHIN", timedelta(seconds=1))
    run: Any = strategic_summary
    state: State[Any] = await run(Domain.TECHNICAL, TimeHorizon.WEEK, "internal", return_state=True)
    assert state.is_completed()


async def test_what_is_erased_from_the_stores_is_erased_from_the_pages(company: Stores) -> None:
    gone = await ceo_briefing("internal", edition="gone")
    kept = await ceo_briefing("internal", edition="kept")
    assert await erase_shown([gone.briefing_id, "never-was"], company) == 1
    (emptied,) = await shown_of(gone.briefing_id, company)
    assert emptied.data == ERASED
    (whole,) = await shown_of(kept.briefing_id, company)
    assert str(whole.data).startswith("**INTERNAL**")


async def test_a_long_ingest_shows_how_far_it_is_in_counts(
    company: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del company
    monkeypatch.setattr(artifacts, "SHOWN_EVERY", timedelta(0))
    before = {one.id for one in await artifacts_like(PROGRESS_KEY)}
    for number in range(3):
        (tmp_path / f"{number}.md").write_text(f"# Note\n\nThe crane {number} is broken.\n")
    await ingest_knowledge(
        [str(tmp_path)],
        "internal",
        confidentiality_level=INTERNAL,
        category=KnowledgeCategory.OPERATIONAL_METRICS,
    )
    (shown,) = [one for one in await artifacts_like(PROGRESS_KEY) if one.id not in before]
    assert (shown.data, shown.description, shown.type) == (100.0, "done", "progress")


async def test_a_run_that_is_tried_again_moves_the_progress_that_it_showed(company: Stores) -> None:
    del company
    before = len(await artifacts_like(PROGRESS_KEY))

    @quiet_flow(name="long", run_name="long")
    async def long() -> None:
        for done in (1, 2):
            async with shown_progress(every=timedelta(milliseconds=10)):
                report_progress("index", done, 4)
                while len(await artifacts_like(PROGRESS_KEY)) == before:  # noqa: ASYNC110 - the server's
                    await asyncio.sleep(0.05)

    await asyncio.wait_for(long(), timeout=60)
    assert len(await artifacts_like(PROGRESS_KEY)) == before + 1


async def test_a_short_ingest_shows_no_progress(company: Stores, tmp_path: Path) -> None:
    del company
    (tmp_path / "a.md").write_text("# Note\n\nThe crane is broken.\n")
    before = len(await artifacts_like(PROGRESS_KEY))
    await ingest_knowledge([str(tmp_path)], "internal", confidentiality_level=INTERNAL)
    assert len(await artifacts_like(PROGRESS_KEY)) == before
