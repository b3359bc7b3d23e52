"""What counts as support, as the same measure, as a dependency, and as the risk that decides."""

from __future__ import annotations

from domain.analysis import BusinessPerspective, TechnicalPerspective
from domain.knowledge import KnowledgeItem
from reasoning.extractive import ExtractiveReasoner
from reasoning.terms import terms_of
from reasoning.topic import subject_of, topic_of
from tests.reasoning.corpus import NOW, C, item, request, search

LINE = "A second panel line in Brno\n\nShould we build a second line for panels in Brno?"


async def business_of(requirement: str, *items: KnowledgeItem) -> BusinessPerspective:
    asked = request(requirement)
    return await ExtractiveReasoner().analyze_business(asked, search(asked, items), now=NOW)


async def technical_of(requirement: str, *items: KnowledgeItem) -> TechnicalPerspective:
    asked = request(requirement)
    reasoner = ExtractiveReasoner()
    required = await reasoner.extract_technical_requirements(asked, None)
    return await reasoner.analyze_technical(asked, required, None, search(asked, items), now=NOW)


def test_a_place_is_not_the_topic_unless_the_head_of_the_phrase_stands_beside_it():
    topic = topic_of(LINE)
    assert topic.is_named_in(terms_of("Brno line 2 may start its permit."))
    assert topic.is_named_in(terms_of("The second panel line waits."))
    assert not topic.is_named_in(terms_of("Bring panel scrap at Brno under 5 per cent."))
    assert not topic.is_named_in(terms_of("Energy at Brno was better than feared."))


def test_money_is_asked_by_the_name_of_the_requirement():
    assert subject_of("Real-time tracking for containers (Insight Live)\n\nMore.") == "Insight Live"
    assert subject_of(LINE) == "A second panel line in Brno"


async def test_a_goal_at_the_same_place_is_no_support():
    goals = item(
        "goals",
        C.STRATEGIC_PLANNING,
        "Objectives for the quarter",
        "Bring panel scrap at Brno under 5 per cent. We will build the second panel line in Brno in 2028.",
    )
    business = await business_of(LINE, goals)
    said = [quote.quote for one in business.strategic_alignment.supports for quote in one.evidence]
    assert said == ["We will build the second panel line in Brno in 2028."]


async def test_a_delay_is_compared_only_with_a_delay_of_the_same_thing():
    measured = item(
        "load",
        C.OPERATIONAL_METRICS,
        "Harbour service levels",
        "The stream of Harbour was measured at 640 milliseconds at the 95th percentile. Alarms of Harbour "
        "arrive after 48 seconds at the 95th percentile.",
    )
    technical = await technical_of(
        "Build the Harbour platform. Alarms must arrive within 2 seconds. The map must refresh within 500 ms.",
        measured,
    )
    said = [one.statement for one in technical.feasibility.obstacles]
    assert len(said) == 1
    assert said[0].startswith(
        "The delay allowed is 2 seconds, but operations puts it at 48 seconds"
    )


async def test_a_dependency_names_what_comes_first():
    roadmap = item(
        "road",
        C.TECHNOLOGY_ROADMAP,
        "Harbour roadmap",
        "The capacity of Harbour will be there, once we are. Harbour depends on the broker migration.",
    )
    technical = await technical_of("Build the Harbour platform.", roadmap)
    (needed,) = technical.roadmap_impact.depends_on
    assert needed.evidence[0].quote == "Harbour depends on the broker migration."


async def test_a_rejected_option_is_no_obstacle():
    roadmap = item(
        "road",
        C.TECHNOLOGY_ROADMAP,
        "Harbour: ways to build it",
        "Option A, poll faster. Harbour cannot meet two seconds with it. Rejected.\n\n"
        "Option B, streaming. Harbour cannot start with it before the migration.",
    )
    technical = await technical_of("Build the Harbour platform.", roadmap)
    (obstacle,) = technical.feasibility.obstacles
    assert "Option B, streaming – Harbour cannot start" in obstacle.statement


async def test_of_equal_risks_the_one_of_the_weightier_item_comes_first():
    def note(name: str, priority: int) -> KnowledgeItem:
        return item(
            name,
            C.RISK_MANAGEMENT,
            f"Harbour risk {name}",
            "The Harbour platform may fail. Likelihood: possible. Impact: major.",
            priority=priority,
        )

    technical = await technical_of("Build the Harbour platform.", note("a", 5), note("b", 9))
    cited = [risk.evidence[0].knowledge_id for risk in technical.risk_assessment.risks]
    assert cited == ["b", "a"]


async def test_a_requirement_missed_by_little_is_less_severe():
    def risk_at(share: str) -> KnowledgeItem:
        text = f"Availability of the Harbour platform was {share} % in October."
        return item("ops", C.OPERATIONAL_METRICS, "Harbour service levels", text)

    asked = "Build the Harbour platform with 99.95 % availability."
    (near,) = (await technical_of(asked, risk_at("99.93"))).risk_assessment.risks
    (far,) = (await technical_of(asked, risk_at("99.2"))).risk_assessment.risks
    assert near.severity == far.severity - 1
    assert near.exposure < far.exposure


async def test_an_action_names_its_object_once_without_a_doubled_lead_in():
    decision = item(
        "strategy",
        C.STRATEGIC_PLANNING,
        "Harbour next year",
        "Strategy asks the CTO to decide on the date of Harbour by 30 November.",
    )
    business = await business_of("Build the Harbour platform.", decision)
    assert [one.statement for one in business.recommendations] == [
        "Decide by 30 November 2026: Strategy asks the CTO to decide on the date of Harbour by 30 November."
    ]


async def test_a_way_around_a_freeze_is_no_obstacle():
    roadmap = item(
        "road",
        C.TECHNOLOGY_ROADMAP,
        "Harbour platform",
        "An exception from the feature freeze would allow Harbour to start in January behind the new broker.",
    )
    technical = await technical_of("Build the Harbour platform.", roadmap)
    assert technical.feasibility.obstacles == ()
    assert technical.roadmap_impact.collides_with == ()
