"""Five phases, one result; a phase that fails is named in it and takes no other with it."""

import asyncio

import pytest

from domain.analysis import ComprehensiveAnalysis
from domain.errors import AccessDenied
from domain.evidence import EvidenceOrigin
from flows import business_analysis, comprehensive_analysis, technical_analysis
from reasoning.assembly import evidence_in
from reasoning.extractive import ExtractiveReasoner
from storage.reports import ReportKind
from storage.stores import Stores
from tests.flows.conftest import REQUIREMENT, on_each_database
from tests.stores import CONFIDENTIAL, INTERNAL, RESTRICTED, TOP_SECRET


@on_each_database
async def test_an_analysis_has_both_perspectives_and_is_stored_under_its_label(
    company: Stores,
) -> None:
    analysis = await comprehensive_analysis(REQUIREMENT, "confidential")

    assert analysis.business_perspective
    assert analysis.technical_perspective
    assert analysis.strategic_synthesis
    assert analysis.unified_recommendations
    assert analysis.collaboration_metadata.degraded == ()
    assert analysis.confidentiality_level is CONFIDENTIAL
    cited = {one.knowledge_id for one in evidence_in(analysis)}
    assert {"tracking-first", "platform-freeze", "budget-gap"} <= cited
    assert "breach" not in cited
    reader = await company.principals.get_reader("confidential")
    stored = await company.reports.find_latest(
        ComprehensiveAnalysis, kind=ReportKind.ANALYSIS, reader=reader
    )
    assert stored == analysis


async def test_a_higher_clearance_sees_more_and_labels_higher(company: Stores) -> None:
    del company
    analysis = await comprehensive_analysis(REQUIREMENT, "top_secret")
    assert analysis.confidentiality_level is RESTRICTED


async def test_the_request_can_lower_the_bound_but_not_raise_it(company: Stores) -> None:
    del company
    bounded = await comprehensive_analysis(REQUIREMENT, "top_secret", None, INTERNAL)
    assert bounded.confidentiality_level is INTERNAL
    unraised = await comprehensive_analysis(REQUIREMENT, "internal", None, TOP_SECRET)
    assert unraised.confidentiality_level is INTERNAL


@pytest.mark.parametrize(
    ("method", "part"),
    [
        ("analyze_business", "business_perspective"),
        ("extract_technical_requirements", "technical_perspective.technical_requirements"),
        ("analyze_technical", "technical_perspective"),
        ("synthesize", "strategic_synthesis"),
        ("unify_recommendations", "unified_recommendations"),
    ],
)
async def test_a_phase_that_fails_is_named_and_the_others_stand(
    company: Stores, monkeypatch: pytest.MonkeyPatch, method: str, part: str
) -> None:
    del company

    async def fail(*_: object, **__: object) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the words of a secret")

    monkeypatch.setattr(ExtractiveReasoner, method, fail)
    analysis = await comprehensive_analysis(REQUIREMENT, "confidential")

    (degraded,) = analysis.collaboration_metadata.degraded
    assert degraded.part == part
    assert "secret" not in degraded.reason
    others = {
        "business_perspective": analysis.business_perspective,
        "technical_perspective": analysis.technical_perspective,
        "strategic_synthesis": analysis.strategic_synthesis,
    }
    assert {name for name, value in others.items() if value is None} == {part} & set(others)


async def test_an_unknown_requester_is_denied(company: Stores) -> None:
    del company
    for flow in (comprehensive_analysis, business_analysis, technical_analysis):
        with pytest.raises(AccessDenied):
            await flow(REQUIREMENT, "nobody")


async def test_a_sealed_requirement_gives_the_same_as_a_plain_one(company: Stores) -> None:
    plain = await business_analysis(REQUIREMENT, "internal", {"owner": "Product wants tracking."})
    sealed = await business_analysis(
        company.sealer.seal_text(REQUIREMENT),
        "internal",
        company.sealer.seal_notes({"owner": "Product wants tracking."}),
    )
    assert plain == sealed


async def test_an_empty_knowledge_base_yields_no_claim_but_the_requirement(
    company: Stores,
) -> None:
    for one in ("tracking-first", "platform-freeze", "budget-gap", "breach"):
        reader = await company.principals.get_reader("top_secret")
        await company.knowledge.delete_item(one, reader)
    analysis = await comprehensive_analysis(REQUIREMENT, "top_secret")
    assert {one.origin for one in evidence_in(analysis)} <= {EvidenceOrigin.REQUIREMENT}
    assert analysis.collaboration_metadata.confidence_scores.overall == 0
    assert analysis.collaboration_metadata.categories_without_evidence


@on_each_database
async def test_many_analyses_run_at_once_in_one_loop(company: Stores) -> None:
    del company
    requesters = ["internal", "confidential", "top_secret"] * 3
    analyses = await asyncio.gather(
        *(comprehensive_analysis(REQUIREMENT, requester) for requester in requesters)
    )
    levels = [analysis.confidentiality_level for analysis in analyses]
    assert levels == [INTERNAL, CONFIDENTIAL, RESTRICTED] * 3
