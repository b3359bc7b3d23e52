from __future__ import annotations

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.analysis import Timeline
from domain.clearance import ConfidentialityLevel, high_water_mark
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import Domain, KnowledgeCategory, KnowledgeItem
from domain.summary import StrategicSummary, TimeHorizon
from reasoning.recommendations import deduplicated
from reasoning.summary import summarize
from tests.reasoning.corpora import NOW, corpora, is_verbatim, item, retrieved


def summary_of(
    items: list[KnowledgeItem],
    before: list[KnowledgeItem] | None = None,
    domain: Domain = Domain.BUSINESS,
) -> StrategicSummary:
    return summarize(
        domain=domain,
        time_horizon=TimeHorizon.MONTH,
        items=[RetrievedItem.whole(one) for one in items],
        items_before=before or [],
        now=NOW,
    )


def findings_of(summary: StrategicSummary) -> list[Finding]:
    return [
        *summary.recommendations,
        *summary.risk_factors,
        *summary.opportunities,
        *summary.strategic_priorities,
        *summary.key_insights,
    ]


def test_nothing_in_the_window_says_nothing_and_is_public():
    summary = summary_of([])
    assert findings_of(summary) == []
    assert summary.trends == summary.sources == ()
    assert summary.confidentiality_level is ConfidentialityLevel.PUBLIC
    assert summary.items_considered == 0


def test_a_single_plain_item_is_one_insight():
    summary = summary_of([item("Revenue grew by 4% in the third quarter.")])
    (insight,) = summary.key_insights
    assert insight.statement == "Revenue grew by 4% in the third quarter."
    assert insight.title == "A paper"
    assert [source.knowledge_id for source in summary.sources] == ["item-1"]


def test_each_section_holds_the_sentences_that_belong_there():
    content = (
        "Sales in Norway were EUR 3.2 million in October. "
        "The board is asked to decide by 4 December whether to stay in Norway. "
        "Loss of the licence in Norway would stop sales. "
        "We could win two regional hospitals in Norway. "
        "We will open a store in Oslo for Norway."
    )
    summary = summary_of([item(content, title="Norway", strategic_priority=9)])
    assert [one.statement for one in summary.recommendations] == [
        (
            "Decide by 4 December 2026: "
            "The board is asked to decide by 4 December whether to stay in Norway."
        )
    ]
    assert summary.recommendations[0].timeline is Timeline.THIS_MONTH
    assert summary.recommendations[0].owner_domain is Domain.BUSINESS
    assert summary.recommendations[0].impact == "high"
    assert [one.statement for one in summary.risk_factors] == [
        "Loss of the licence in Norway would stop sales."
    ]
    assert [one.statement for one in summary.opportunities] == [
        "We could win two regional hospitals in Norway."
    ]
    assert [one.statement for one in summary.strategic_priorities] == [
        "We will open a store in Oslo for Norway."
    ]
    assert [one.statement for one in summary.key_insights] == [
        "Sales in Norway were EUR 3.2 million in October."
    ]


def test_a_sentence_that_needs_its_title_is_given_it():
    summary = summary_of(
        [item("The chairman is asked to agree by 24 November.", title="Project Keel")]
    )
    assert summary.recommendations[0].statement == (
        "Decide by 24 November 2026: Project Keel – The chairman is asked to agree by 24 November."
    )


def test_a_decision_takes_its_date_from_the_title_of_the_meeting():
    agenda = item(
        "The board is asked to approve the budget.", title="Agenda of the board, 4 December 2026"
    )
    assert (
        summary_of([agenda]).recommendations[0].statement.startswith("Decide by 4 December 2026: ")
    )


def test_a_decision_that_was_due_long_ago_is_no_longer_asked_for():
    old = item(
        "The board is asked to decide by 2026-09-01 on Norway.", created_at=NOW - timedelta(days=90)
    )
    assert summary_of([old]).recommendations == ()


def test_an_overdue_decision_says_so():
    late = item("The board is asked to decide by 2026-11-16 on Norway.")
    (recommendation,) = summary_of([late]).recommendations
    assert recommendation.statement.startswith("Decide, overdue since 16 November 2026: ")
    assert recommendation.timeline is Timeline.IMMEDIATE


def test_two_papers_that_ask_for_one_thing_give_one_recommendation_with_both_as_evidence():
    asked = "The board is asked to decide by 4 December whether to enter the market of Norway"
    items = [
        item(f"{asked}.", knowledge_id="a"),
        item(f"{asked}, as sales proposes in its paper on prices.", knowledge_id="b"),
    ]
    (recommendation,) = summary_of(items).recommendations
    assert [evidence.knowledge_id for evidence in recommendation.evidence] == ["a", "b"]


def test_risks_are_graded_by_the_words_of_the_item_and_come_greatest_first():
    severe = item(
        "One supplier is the only source of the module for us. Likelihood: likely. Impact: severe.",
        knowledge_id="severe",
        category=KnowledgeCategory.RISK_MANAGEMENT,
    )
    slight = item(
        "There is a risk of a minor delay in the office move.",
        knowledge_id="slight",
        category=KnowledgeCategory.RISK_MANAGEMENT,
        strategic_priority=9,
    )
    first, second = summary_of([slight, severe], domain=Domain.TECHNICAL).risk_factors
    assert (first.severity, first.likelihood) == (5, 4)
    assert first.likelihood_reason == "likely: stated as 'likelihood: likely'"
    assert len(first.evidence) == 3
    assert second.severity == 2


def test_what_is_over_is_no_risk():
    closed = item(
        "The incident was closed on 3 November. A second outage could delay the launch of the store."
    )
    assert summary_of([closed]).risk_factors == ()


def test_what_a_rival_could_win_is_no_opportunity():
    rival = item(
        "Arctane could win two regional hospitals.", category=KnowledgeCategory.CUSTOMER_INSIGHTS
    )
    assert summary_of([rival], domain=Domain.MARKET).opportunities == ()


def test_trends_count_both_windows_by_category():
    financial = KnowledgeCategory.FINANCIAL_ANALYSIS
    now = [item(knowledge_id=f"n{n}", category=financial, strategic_priority=n) for n in (4, 9)]
    before = [
        item(knowledge_id="b", category=KnowledgeCategory.HUMAN_RESOURCES, strategic_priority=3)
    ]
    first, second = summary_of(now, before).trends
    assert (first.category, first.items, first.items_before) == (financial, 2, 0)
    assert (first.mean_priority, first.mean_priority_before) == (6.5, None)
    assert (second.items, second.items_before, second.mean_priority_before) == (0, 1, 3.0)


def test_the_window_before_counts_in_the_label():
    secret = item(confidentiality_level=ConfidentialityLevel.TOP_SECRET)
    assert summary_of([], [secret]).confidentiality_level is ConfidentialityLevel.TOP_SECRET


def test_findings_that_say_the_same_are_kept_once():
    evidence = summary_of([item()]).key_insights[0].evidence
    said = ["Sales in Norway grew by 4% in May", "Sales in Norway grew by 4% in May.", "Costs fell"]
    kept = deduplicated(Finding(statement=one, evidence=evidence) for one in said)
    assert [one.statement for one in kept] == [said[0], said[2]]


@given(corpora(), st.sampled_from(Domain), st.randoms(use_true_random=False))
def test_a_summary_does_not_depend_on_the_order_of_its_items(
    items: list[KnowledgeItem], domain: Domain, random: Random
):
    shuffled = list(items)
    random.shuffle(shuffled)
    assert summary_of(items, items, domain) == summary_of(shuffled, shuffled, domain)


@given(corpora(), st.sampled_from(Domain))
def test_every_finding_is_verbatim_cited_said_once_and_below_the_label(
    items: list[KnowledgeItem], domain: Domain
):
    summary = summary_of(items, [], domain)
    findings = findings_of(summary)
    assert all(is_verbatim(finding, items) for finding in findings)
    assert len({finding.statement for finding in findings}) == len(findings)
    cited = {evidence.key for finding in findings for evidence in finding.evidence}
    assert {source.key for source in summary.sources} == cited
    assert summary.confidentiality_level is high_water_mark(
        one.confidentiality_level for one in items
    )


def test_a_window_of_thousands_of_items_is_read_within_bounds():
    items = [retrieved(knowledge_id=f"i{n}") for n in range(3_000)]
    summary = summarize(
        domain=Domain.BUSINESS,
        time_horizon=TimeHorizon.YEAR,
        items=items,
        items_before=[],
        now=NOW,
    )
    assert summary.items_considered == 3_000
    assert summary.trends[0].items == 3_000


def test_a_lead_in_is_left_out_only_where_what_follows_says_what_is_asked():
    short = item("Decision needed from the COO by 27 November: travel or wait.", title="Trackers")
    whole = item(
        "Decision asked before 27 November: may we run a demonstration at Oriel?", title="Oriel"
    )
    assert [summary_of([one]).recommendations[0].statement for one in (short, whole)] == [
        "Decide by 27 November 2026: Trackers – Decision needed from the COO by 27 November: travel or wait.",
        "Decide by 27 November 2026: Oriel – May we run a demonstration at Oriel?",
    ]
