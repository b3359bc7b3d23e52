"""What a requirement costs against what there is for it."""

from __future__ import annotations

from domain.knowledge import KnowledgeItem
from reasoning.extractive import ExtractiveReasoner
from tests.reasoning.corpus import NOW, C, item, request, search

PLAN = item(
    "plan",
    C.STRATEGIC_PLANNING,
    "Harbour platform: the programme plan",
    "€6.8m in 2027: €3.1m own staff, €1.4m contractors, €2.3m cloud. The envelope given by finance is "
    "€4.5m. Half a year of delay costs €3.2m of present value.",
    priority=9,
)
REQUESTS = item(
    "cap",
    C.FINANCIAL_ANALYSIS,
    "Capital expenditure in 2027",
    "Capital expenditure in 2027 will not exceed €31m. Requests add up to €39.6m: Harbour platform "
    "€14.2m, fleet €13.5m, everything else €11.9m.",
    priority=9,
).model_copy(update={"tags": ("harbour", "platform", "fleet")})


async def money_line(requirement: str, *items: KnowledgeItem) -> str | None:
    asked = request(requirement)
    context = search(asked, items)
    reasoner = ExtractiveReasoner()
    required = await reasoner.extract_technical_requirements(asked, None)
    technical = await reasoner.analyze_technical(asked, required, None, context, now=NOW)
    synthesis = await reasoner.synthesize(asked, None, technical, context, now=NOW)
    said = [one.statement for one in synthesis.executive_summary]
    return next((one for one in said if one.startswith("Money:")), None)


async def test_what_the_plan_costs_is_held_against_its_envelope():
    line = await money_line(
        "Build the Harbour platform.\n\nThe budget is at most EUR 4.5 million.", PLAN
    )
    assert line == "Money: EUR 6.8 million needed, EUR 4.5 million allowed: EUR 2.3 million short."


async def test_a_cap_on_all_requests_is_held_against_all_of_them():
    line = await money_line(
        "Build the Harbour platform.\n\nIt may cost EUR 14.2 million.", REQUESTS
    )
    assert line == (
        "Money: EUR 14.2 million, out of requests of EUR 39.6 million in all against a cap of "
        "EUR 31 million."
    )


async def test_without_money_in_the_evidence_only_the_requirement_speaks():
    note = item(
        "note",
        C.FINANCIAL_ANALYSIS,
        "Harbour platform",
        "Upgrades worth €0.9m wait for the Harbour platform.",
    )
    line = await money_line("Build the Harbour platform.\n\nThe budget is EUR 2 million.", note)
    assert line == "Money: the requirement sets a budget of at most EUR 2 million."
    assert await money_line("Build the Harbour platform.", note) is None
