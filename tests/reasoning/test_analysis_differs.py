"""The whole analysis, run on a small company: what it says, what it leaves out, and why it differs."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.analysis import ComprehensiveAnalysis, Rating, RequirementKind
from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, RetrievedItem
from domain.knowledge import ItemKey, KnowledgeItem
from reasoning.assembly import assemble_analysis, evidence_in
from reasoning.extractive import ExtractiveReasoner
from reasoning.requests import AnalysisContext, AnalysisRequest
from reasoning.terms import word_list
from tests.reasoning.corpus import ITEMS, NOW, REQUIREMENT, C, L, item, request, search


async def analyze(asked: AnalysisRequest, context: AnalysisContext) -> ComprehensiveAnalysis:
    reasoner = ExtractiveReasoner()
    business = await reasoner.analyze_business(asked, context, now=NOW)
    requirements = await reasoner.extract_technical_requirements(asked, business)
    technical = await reasoner.analyze_technical(asked, requirements, business, context, now=NOW)
    synthesis = await reasoner.synthesize(asked, business, technical, context, now=NOW)
    recommendations = await reasoner.unify_recommendations(
        asked, business, technical, synthesis, now=NOW
    )
    return assemble_analysis(
        asked,
        business,
        technical,
        synthesis,
        recommendations,
        analysis_id="a-1",
        requester="ceo",
        now=NOW,
        reasoner=reasoner.name,
        context=context,
    )


@pytest.fixture
async def analysis() -> ComprehensiveAnalysis:
    asked = request()
    return await analyze(asked, search(asked))


def said(analysis: ComprehensiveAnalysis) -> str:
    return analysis.model_dump_json(exclude={"requirement"})


async def test_strategy_that_speaks_for_it_and_against_it_is_told_apart(
    analysis: ComprehensiveAnalysis,
):
    assert analysis.business_perspective is not None
    alignment = analysis.business_perspective.strategic_alignment
    assert "strategy-harbour" in {f.evidence[0].knowledge_id for f in alignment.supports}
    assert "finance-cap" in {f.evidence[0].knowledge_id for f in alignment.conflicts}
    assert -1 < alignment.strength < 1


async def test_what_does_not_bear_on_it_stays_out_whatever_its_priority(
    analysis: ComprehensiveAnalysis,
):
    assert "canteen" not in said(analysis)


async def test_rivals_are_named_with_what_they_do(analysis: ComprehensiveAnalysis):
    assert analysis.business_perspective is not None
    competitors = analysis.business_perspective.competitive_landscape.competitors
    assert [view.name for view in competitors] == ["Northwind"]


async def test_required_figures_are_held_against_stated_ones(analysis: ComprehensiveAnalysis):
    assert analysis.technical_perspective is not None
    feasibility = analysis.technical_perspective.feasibility
    obstacles = " ".join(finding.statement for finding in feasibility.obstacles)
    assert "5,000 events per second, but the roadmap puts it at 600" in obstacles
    assert "99.95 %, but operations puts it at 99.2 %" in obstacles
    assert "EUR 4.5 million, but finance allows EUR 3 million" in obstacles
    assert "31 March 2027, but the roadmap says" in obstacles
    assert feasibility.rating is Rating.LOW


async def test_a_comparison_cites_both_figures(analysis: ComprehensiveAnalysis):
    assert analysis.technical_perspective is not None
    load = next(
        finding
        for finding in analysis.technical_perspective.feasibility.obstacles
        if "600 events" in finding.statement
    )
    assert [quote.origin for quote in load.evidence] == [
        EvidenceOrigin.REQUIREMENT,
        EvidenceOrigin.KNOWLEDGE,
    ]


async def test_a_risk_takes_the_grades_that_its_item_states(analysis: ComprehensiveAnalysis):
    assert analysis.technical_perspective is not None
    risk = next(
        risk
        for risk in analysis.technical_perspective.risk_assessment.risks
        if risk.evidence[0].knowledge_id == "risk-telemetry"
    )
    assert (risk.severity, risk.likelihood) == (4, 2)
    assert "stated" in risk.severity_reason
    assert "stated" in risk.likelihood_reason


async def test_risks_come_with_the_greatest_exposure_first(analysis: ComprehensiveAnalysis):
    assert analysis.technical_perspective is not None
    exposures = [risk.exposure for risk in analysis.technical_perspective.risk_assessment.risks]
    assert exposures == sorted(exposures, reverse=True)
    assert len(exposures) > 1


async def test_the_roadmap_names_what_comes_first_and_what_collides(
    analysis: ComprehensiveAnalysis,
):
    assert analysis.technical_perspective is not None
    impact = analysis.technical_perspective.roadmap_impact
    assert any("depends on the broker migration" in f.statement for f in impact.depends_on)
    assert any("not possible before 1 May 2027" in f.statement for f in impact.collides_with)


async def test_the_architecture_follows_from_the_requirements(analysis: ComprehensiveAnalysis):
    assert analysis.technical_perspective is not None
    architecture = analysis.technical_perspective.recommended_architecture
    assert architecture.pattern is not None
    assert architecture.pattern.startswith("Event-driven services")
    assert "regional deployment" in architecture.pattern
    assert len(architecture.reasons) == architecture.pattern.count(";") + 1


async def test_the_timeline_is_not_shorter_than_the_roadmap_allows(
    analysis: ComprehensiveAnalysis,
):
    assert analysis.technical_perspective is not None
    timeline = analysis.technical_perspective.implementation_timeline
    assert timeline.minimum_weeks is not None
    assert timeline.minimum_weeks >= 23
    assert timeline.drivers


async def test_money_and_dates_that_do_not_fit_are_conflicts(analysis: ComprehensiveAnalysis):
    assert analysis.strategic_synthesis is not None
    conflicts = [f.statement for f in analysis.strategic_synthesis.alignment_analysis.conflicts]
    assert any("EUR 3 million" in statement for statement in conflicts)
    assert any(statement.startswith("The date of 31 March 2027") for statement in conflicts)


async def test_the_summary_can_be_read_aloud_in_a_minute(analysis: ComprehensiveAnalysis):
    assert analysis.strategic_synthesis is not None
    sentences = [finding.statement for finding in analysis.strategic_synthesis.executive_summary]
    assert 5 <= len(sentences) <= 7
    assert sum(len(sentence.split()) for sentence in sentences) <= 150
    assert sentences[0] == "Asked for: Build the Harbour telemetry platform."


async def test_recommendations_are_ranked_without_repeats(analysis: ComprehensiveAnalysis):
    recommendations = analysis.unified_recommendations
    assert [one.rank for one in recommendations] == list(range(1, len(recommendations) + 1))
    statements = [one.statement for one in recommendations]
    assert len(set(statements)) == len(statements)
    assert any(statement.startswith("Settle the budget gap:") for statement in statements)
    order = [("high", "medium", "low").index(one.impact) for one in recommendations]
    assert order == sorted(order)


async def test_a_demand_of_customers_becomes_a_requirement():
    asked = request("Build the Harbour telemetry platform.")
    items = [
        item(
            "customers-demand",
            C.CUSTOMER_INSIGHTS,
            "Harbour telemetry",
            "Eleven customers are willing to pay for Harbour telemetry, provided that the platform "
            "must hold SOC 2.",
        )
    ]
    analysis = await analyze(asked, search(asked, items))
    assert analysis.technical_perspective is not None
    found = analysis.technical_perspective.technical_requirements
    assert [(one.kind, one.name) for one in found] == [(RequirementKind.COMPLIANCE, "SOC 2")]
    assert found[0].evidence.knowledge_id == "customers-demand"


async def test_two_requirements_give_two_analyses_for_reasons_one_can_follow():
    modest = request(
        "Build the Harbour telemetry platform. It must ingest 500 events per second. Go live by 30 "
        "June 2028 on a budget of EUR 2 million."
    )
    demanding, easy = request(), modest
    first = await analyze(demanding, search(demanding))
    second = await analyze(easy, search(easy))
    assert first.technical_perspective is not None
    assert second.technical_perspective is not None
    assert first.technical_perspective.feasibility.rating is Rating.LOW
    assert second.technical_perspective.feasibility.rating is not Rating.LOW
    reasons = " ".join(f.statement for f in second.technical_perspective.feasibility.reasons)
    assert "500 events per second, and the roadmap puts it at 600" in reasons
    assert "EUR 2 million, and finance allows EUR 3 million" in reasons
    assert second.technical_perspective.recommended_architecture.pattern is None


async def test_without_evidence_only_the_requirement_speaks():
    asked = request()
    analysis = await analyze(asked, {})
    assert analysis.business_perspective is not None
    assert analysis.technical_perspective is not None
    assert analysis.strategic_synthesis is not None
    assert analysis.business_perspective.confidence_score == 0
    assert analysis.technical_perspective.confidence_score == 0
    assert analysis.collaboration_metadata.confidence_scores.overall == 0
    assert analysis.technical_perspective.feasibility.rating is Rating.UNKNOWN
    assert analysis.unified_recommendations == ()
    assert analysis.sources == ()
    assert len(analysis.collaboration_metadata.categories_without_evidence) == 10
    assert analysis.strategic_synthesis.executive_summary
    assert {quote.origin for quote in evidence_in(analysis)} == {EvidenceOrigin.REQUIREMENT}


async def test_a_missing_perspective_leaves_the_rest_standing():
    asked = request()
    context = search(asked)
    reasoner = ExtractiveReasoner()
    requirements = await reasoner.extract_technical_requirements(asked, None)
    technical = await reasoner.analyze_technical(asked, requirements, None, context, now=NOW)
    synthesis = await reasoner.synthesize(asked, None, technical, context, now=NOW)
    found = await reasoner.unify_recommendations(asked, None, technical, synthesis, now=NOW)
    assert synthesis.alignment_analysis.agreements == ()
    assert synthesis.executive_summary
    assert found
    analysis = assemble_analysis(
        asked, None, technical, synthesis, found, analysis_id="a", requester="r", now=NOW,
        reasoner="extractive", context=context,
    )  # fmt: skip
    assert analysis.business_perspective is None
    assert analysis.collaboration_metadata.confidence_scores.business == 0


async def test_labels_cover_everything_that_was_read_cited_or_not():
    asked = request(level=L.PUBLIC)
    secret = item(
        "secret-canteen", C.HUMAN_RESOURCES, "Canteen", "Nobody cites this.", level=L.TOP_SECRET
    )
    context = dict(search(asked))

    context["people"] = (RetrievedItem.whole(secret),)
    analysis = await analyze(asked, context)
    assert analysis.confidentiality_level is L.TOP_SECRET
    assert "secret-canteen" not in {source.knowledge_id for source in analysis.sources}
    raised = await analyze(request(level=L.RESTRICTED), search(asked))
    assert raised.confidentiality_level is L.RESTRICTED


_levels = st.sampled_from(ConfidentialityLevel)
_words = st.sampled_from(
    sorted(
        word_list(
            "Harbour telemetry platform broker events budget EUR million depends risk outage custo"
            "mers SAP must will not before 2027 priority decided lost to Northwind offers "
            "capped at 3 99 % . , ;"
        )
    )
)
_contents = st.lists(_words, min_size=5, max_size=60).map(" ".join)
_items = st.lists(
    st.tuples(st.sampled_from(C), _contents, _levels, st.integers(1, 10)), min_size=0, max_size=8
)


def _built(drawn: list[tuple[C, str, ConfidentialityLevel, int]]) -> list[KnowledgeItem]:
    return [
        item(f"k-{number}", category, f"Telemetry {number}", text, level=level, priority=priority)
        for number, (category, text, level, priority) in enumerate(drawn)
    ]


@settings(max_examples=40, deadline=None)
@given(_items)
async def test_every_quote_is_verbatim_and_every_label_dominates(
    drawn: list[tuple[C, str, ConfidentialityLevel, int]],
):
    asked = request()
    items = _built([*drawn]) + list(ITEMS)
    context = search(asked, items)
    analysis = await analyze(asked, context)
    by_key: dict[ItemKey, str] = {one.key: one.content for one in items}
    cited = set[ItemKey]()
    for quote in evidence_in(analysis):
        assert quote.quote == _text_of(quote, by_key)[quote.start : quote.end]
        assert quote.confidentiality_level.rank <= analysis.confidentiality_level.rank
        if quote.origin is EvidenceOrigin.KNOWLEDGE:
            cited.add(quote.key)
    assert {source.key for source in analysis.sources} == cited
    highest = max(
        (one.confidentiality_level.rank for found in context.values() for one in found), default=0
    )
    assert analysis.confidentiality_level.rank >= highest


def _text_of(quote: Evidence, contents: dict[ItemKey, str]) -> str:
    return REQUIREMENT if quote.origin is EvidenceOrigin.REQUIREMENT else contents[quote.key]


@settings(max_examples=20, deadline=None)
@given(_items, st.randoms(use_true_random=False))
async def test_the_order_of_the_context_does_not_matter(
    drawn: list[tuple[C, str, ConfidentialityLevel, int]], shuffler: random.Random
):
    asked = request()
    context = search(asked, _built(drawn) + list(ITEMS))
    names = list(context)
    shuffler.shuffle(names)
    shuffled = {name: tuple(shuffler.sample(context[name], len(context[name]))) for name in names}
    assert said(await analyze(asked, context)) == said(await analyze(asked, shuffled))
