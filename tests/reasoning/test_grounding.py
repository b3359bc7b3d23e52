"""What a reasoner says is shown only where its evidence says it; results are rebuilt without the rest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from benchmarks.corpora import example_items
from benchmarks.grounding import is_kept
from benchmarks.grounding_cases import Case, example_cases
from domain.analysis import (
    AlignmentAnalysis,
    CompetitiveLandscape,
    CompetitorView,
    Recommendation,
    Risk,
    RiskAssessment,
    StrategicSynthesis,
    Timeline,
)
from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, Finding, Passage, RetrievedItem, Source
from domain.knowledge import Domain, ItemKey
from domain.summary import TimeHorizon
from reasoning.extractive import ExtractiveReasoner
from reasoning.grounding import (
    Ungrounded,
    check_statement,
    ground_findings,
    ground_result,
    texts_of,
)
from reasoning.summary import summarize
from tests.reasoning.corpora import retrieved
from tests.reasoning.corpus import NOW, request, search

L = ConfidentialityLevel
EXAMPLES = Path(__file__).parents[2] / "examples" / "requirements"
KEY = ItemKey("item-1", L.INTERNAL)
LEAST_DROPPED = {"hedging": 0.9, "negated": 0.9, "direction": 0.9}
LEAST_DROPPED_OTHERWISE = 0.95
LEAST_KEPT = 0.9


def quote_of(text: str, content: str = "", key: ItemKey = KEY) -> Evidence:
    return Evidence(
        knowledge_id=key.knowledge_id,
        confidentiality_level=key.confidentiality_level,
        quote=text,
        start=max(0, content.find(text)),
    )


def reasons(statement: str, *quotes: str) -> set[Ungrounded]:
    content = "\n".join(quotes)
    evidence = [quote_of(text, content) for text in quotes]
    return set(check_statement(statement, evidence, {KEY: content}).reasons)


def finding(statement: str, quote: str, content: str) -> Finding:
    return Finding(statement=statement, evidence=(quote_of(quote, content),))


@pytest.fixture(scope="module")
def tuned() -> list[Case]:
    return [case for case in example_cases() if not case.is_held_out]


def test_the_labelled_set_is_large_and_half_of_it_is_held_out():
    cases = example_cases()
    assert len(cases) >= 320
    assert 0.4 < sum(case.is_held_out for case in cases) / len(cases) < 0.6
    assert len({case.kind for case in cases}) == 12


def test_false_statements_of_every_kind_are_dropped(tuned: list[Case]):
    false = [case for case in tuned if not case.is_supported]
    dropped = Counter(case.kind for case in false if not is_kept(case))
    for kind, count in Counter(case.kind for case in false).items():
        least = LEAST_DROPPED.get(kind, LEAST_DROPPED_OTHERWISE)
        assert dropped[kind] / count >= least, kind


def test_supported_statements_are_kept(tuned: list[Case]):
    true = [case for case in tuned if case.is_supported]
    assert sum(map(is_kept, true)) / len(true) >= LEAST_KEPT


def test_every_statement_of_the_set_is_dropped_where_its_quote_is_moved(tuned: list[Case]):
    for case in tuned:
        moved = [one.model_copy(update={"start": one.start + 1}) for one in case.evidence]
        found = check_statement(case.statement, moved, case.items)
        assert found.reasons == (Ungrounded.NOT_VERBATIM,)


def test_a_citation_of_what_was_not_given_fails_whatever_its_words():
    stranger = quote_of("Sales grew.", key=ItemKey("other", L.INTERNAL))
    higher = quote_of("Sales grew.", key=ItemKey("item-1", L.RESTRICTED))
    for cited in (stranger, higher):
        found = check_statement("Sales grew.", [cited], {KEY: "Sales grew."})
        assert found.reasons == (Ungrounded.NOT_GIVEN,)
    assert check_statement("Sales grew.", [], {KEY: "Sales grew."}).reasons == (
        Ungrounded.NOT_GIVEN,
    )


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("It costs EUR 5 million.", "It costs 5m euros."),
        ("It costs €5,000,000.", "It costs EUR 5 million."),
        ("It ends on 2027-06-30.", "It ends on 30 June 2027."),
        ("It ends on June 30, 2027.", "It ends on 30 June 2027."),
        ("It has 4 hubs.", "It has four hubs."),
        ("It has twenty-four hubs.", "It has 24 hubs."),
        ("It opens in Q2 2027.", "It opens in the second quarter of 2027."),
        ("It grew by 4.7%.", "It grew by 4.7 per cent."),
    ],
)
def test_one_figure_may_be_written_in_several_ways(statement: str, quote: str):
    assert reasons(statement, quote) == set()


@pytest.mark.parametrize(
    ("statement", "quote", "reason"),
    [
        ("It costs EUR 5 million.", "It costs USD 5 million.", Ungrounded.FIGURE),
        ("It costs €5m a month.", "It costs €5m a year.", Ungrounded.FIGURE),
        ("Ten left and five stayed.", "Five left and ten stayed.", Ungrounded.FIGURE_OF_ANOTHER),
        ("The Brno plant closes.", "The plant closes.", Ungrounded.NAME),
        ("The plant closes early.", "The plant closes.", Ungrounded.WORDING),
        ("The plant closes.", "The plant does not close.", Ungrounded.POLARITY),
        ("The plant does not close.", "The plant closes.", Ungrounded.POLARITY),
        ("The plant closes.", "The plant may close.", Ungrounded.MODALITY),
        ("The plant closes.", "The plant must close.", Ungrounded.MODALITY),
        ("The plant must close.", "The plant may close.", Ungrounded.MODALITY),
        ("The plant will close.", "The plant is asked to close.", Ungrounded.MODALITY),
        ("The plant closes.", "The plant closes if the bank agrees.", Ungrounded.MODALITY),
        ("Cost is above the plan.", "Cost is below the plan.", Ungrounded.DIRECTION),
        ("All plants close.", "Plants close.", Ungrounded.SCOPE),
        ("See [it](https://a.example).", "See [it](https://a.example).", Ungrounded.UNREADABLE),
        ("The plant\u200b closes.", "The plant\u200b closes.", Ungrounded.UNREADABLE),
    ],
)
def test_each_way_to_say_more_than_the_evidence_has_its_reason(
    statement: str, quote: str, reason: Ungrounded
):
    assert reason in reasons(statement, quote)


def test_what_is_said_of_one_party_is_not_said_of_another_that_is_quoted_beside_it():
    quotes = ("Arctane cut its prices in May.", "Thermovia opened a hub in Dublin.")
    assert (
        reasons("Arctane cut its prices, and Thermovia opened a hub in Dublin.", *quotes) == set()
    )
    for swapped in ("Thermovia cut its prices in May.", "In May Thermovia cut its prices."):
        assert Ungrounded.NAME_OF_ANOTHER in reasons(swapped, *quotes)
    beaten = "Arctane sued Thermovia."
    assert Ungrounded.NAME_OF_ANOTHER in reasons("Thermovia sued Arctane.", beaten)
    assert reasons("Thermovia was sued by Arctane.", beaten) == set()


def test_the_placing_words_of_a_report_need_no_evidence_and_other_headings_do():
    quote = "The board is asked to decide on 4 December."
    assert reasons(f"Strategy: {quote}", quote) == set()
    assert reasons(f"Decide by 4 December 2026: {quote}", quote) == set()
    assert reasons(f"Decide by 5 December 2026: {quote}", quote)
    assert Ungrounded.WORDING in reasons(f"Scandal: {quote}", quote)


def test_only_what_the_passages_show_was_given():
    item = retrieved("Sales grew. Margins fell. Costs rose.")
    end = Passage(text="Costs rose.", start=26, relevance=1)
    given = texts_of([item.model_copy(update={"passages": (end,)})])
    for text, is_shown in (("Costs rose.", True), ("Margins fell.", False)):
        quote = quote_of(text, "Sales grew. Margins fell. Costs rose.")
        assert check_statement(text, [quote], given).kept is is_shown


CONTENT = "Arctane cut its prices. A price war is likely, impact severe. Medhaven must be answered."
GOOD = finding("Arctane cut its prices.", "Arctane cut its prices.", CONTENT)
BAD = finding("Thermovia cut its prices.", "Arctane cut its prices.", CONTENT)


def recommendation(statement: str, rank: int) -> Recommendation:
    return Recommendation(
        statement=statement,
        evidence=(quote_of("Medhaven must be answered.", CONTENT),),
        owner_domain=Domain.MARKET,
        timeline=Timeline.THIS_MONTH,
        impact="high",
        rank=rank,
    )


def synthesis(*insights: Finding) -> StrategicSynthesis:
    source = Source.of(retrieved(CONTENT))
    return StrategicSynthesis(
        confidentiality_level=L.INTERNAL,
        sources=(source,),
        alignment_analysis=AlignmentAnalysis(agreements=(BAD,)),
        strategic_implications=(),
        synthesis_insights=insights,
        executive_summary=(),
    )


def test_a_result_is_rebuilt_without_what_fails_and_counted_without_content():
    result, report = ground_result(synthesis(GOOD, BAD), {KEY: CONTENT})
    assert result == synthesis(GOOD).model_copy(update={"alignment_analysis": AlignmentAnalysis()})
    assert (report.checked, report.kept) == (3, 1)
    assert (
        report.dropped[Ungrounded.NAME if Ungrounded.NAME in report.dropped else Ungrounded.WORDING]
        == 2
    )
    assert "Thermovia" not in report.model_dump_json()


def test_a_result_of_which_nothing_stands_is_none_and_an_empty_one_stays():
    result, report = ground_result(synthesis(BAD), {KEY: CONTENT})
    assert result is None
    assert report.kept == 0
    empty = synthesis().model_copy(
        update={"alignment_analysis": AlignmentAnalysis(), "sources": ()}
    )
    assert ground_result(empty, {})[0] == empty


def test_a_source_that_nothing_cites_any_more_is_left_out_and_the_label_stays():
    other = retrieved("Other words.", knowledge_id="item-2")
    stray = finding("Something else.", "Other words.", "Other words.")
    cited = stray.evidence[0].model_copy(update={"knowledge_id": "item-2"})
    both = synthesis(GOOD, stray.model_copy(update={"evidence": (cited,)})).model_copy(
        update={"sources": (Source.of(retrieved(CONTENT)), Source.of(other))}
    )
    result, _ = ground_result(both, texts_of([retrieved(CONTENT), other]))
    assert result is not None
    assert [source.knowledge_id for source in result.sources] == ["item-1"]
    assert result.confidentiality_level is both.confidentiality_level


def test_a_competitor_goes_with_its_last_finding_and_with_a_name_that_no_evidence_has():
    def landscape(name: str, *findings: Finding) -> CompetitiveLandscape | None:
        view = CompetitorView(name=name, findings=findings)
        threat = CompetitiveLandscape(competitors=(view,), threats=(GOOD,))
        return ground_result(threat, {KEY: CONTENT})[0]

    kept = landscape("Arctane", GOOD, BAD)
    assert kept is not None
    assert kept.competitors[0].findings == (GOOD,)
    for gone in (landscape("Arctane", BAD), landscape("Thermovia", GOOD)):
        assert gone is not None
        assert not gone.competitors


def test_the_reasons_of_a_grade_are_made_of_grades_and_of_the_evidence():
    def risk(reason: str) -> Risk:
        return Risk(
            statement="A price war is likely, impact severe.",
            evidence=(quote_of("A price war is likely, impact severe.", CONTENT),),
            severity=5,
            severity_reason=reason,
            likelihood=4,
            likelihood_reason="likely: stated as 'likely'",
        )

    stated, invented = risk("severe: stated as 'impact severe'"), risk("the CFO resigns in March")
    result, _ = ground_result(RiskAssessment(risks=(stated, invented)), {KEY: CONTENT})
    assert result == RiskAssessment(risks=(stated,))


def test_ranks_count_on_from_one():
    class Advice(BaseModel):
        recommendations: tuple[Recommendation, ...]

    advice = Advice(
        recommendations=(
            recommendation("Medhaven is answered.", 1),
            recommendation("Medhaven must be answered.", 2),
        )
    )
    result, _ = ground_result(advice, {KEY: CONTENT})
    assert result is not None
    assert [one.rank for one in result.recommendations] == [1]
    assert result.recommendations[0].statement == "Medhaven must be answered."


@given(st.text(max_size=60), st.text(min_size=1, max_size=60), st.integers(0, 5))
def test_nothing_passes_whose_quote_does_not_stand_there(statement: str, quote: str, start: int):
    evidence = quote_of(quote).model_copy(update={"start": start})
    found = check_statement(statement, [evidence], {KEY: CONTENT})
    assert not found.kept or CONTENT.startswith(quote, start)


@given(st.lists(st.sampled_from((GOOD, BAD)), max_size=6))
def test_what_passed_passes_again(findings: list[Finding]):
    first = ground_findings(findings, {KEY: CONTENT})
    again = ground_findings(first.kept, {KEY: CONTENT})
    assert again.kept == first.kept
    assert again.report.dropped == {}
    assert first.report.checked == len(findings)


async def test_most_of_what_the_extractive_reasoner_says_of_the_example_company_passes():
    company = example_items()
    titles = {one.key: one.title for one in company}
    texts = {one.key: one.content for one in company}
    asked = request((EXAMPLES / "cell-therapy-desk.txt").read_text(encoding="utf-8"))
    asked_for = ItemKey("requirement", asked.requirement_level)
    business = await ExtractiveReasoner().analyze_business(asked, search(asked, company), now=NOW)
    kept, report = ground_result(business, {**texts, asked_for: asked.requirement}, titles=titles)
    assert kept is not None
    assert report.kept >= 0.9 * report.checked > 0
    for domain in Domain:
        own = [RetrievedItem.whole(one) for one in company if one.category in domain.categories]
        summary = summarize(
            domain=domain, time_horizon=TimeHorizon.QUARTER, items=own, items_before=(), now=NOW
        )
        _, report = ground_result(summary, texts, titles=titles)
        assert report.kept >= 0.85 * report.checked > 0
