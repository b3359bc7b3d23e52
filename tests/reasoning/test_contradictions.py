"""Two figures for one thing are told; a series, a target and another matter are not."""

from __future__ import annotations

import pytest

from domain.clearance import ConfidentialityLevel
from domain.evidence import RetrievedItem
from reasoning.contradictions import contradictions_in
from tests.reasoning.corpora import retrieved


def pair(
    first: str, second: str, *, titles: tuple[str, str], tags: tuple[str, ...] = ("market-size",)
) -> list[RetrievedItem]:
    return [
        retrieved(first, knowledge_id="a", title=titles[0], tags=tags),
        retrieved(
            second,
            knowledge_id="b",
            title=titles[1],
            tags=tags,
            confidentiality_level=ConfidentialityLevel.RESTRICTED,
        ),
    ]


def test_a_figure_that_another_item_disputes_is_told_with_what_that_item_says_instead():
    items = pair(
        "The European market is worth €1.9bn this year.",
        "Our model puts the European market at €1.35bn. Frostell publishes €1.9bn. The difference has "
        "three parts.",
        titles=("Frostell on Europe", "Our count"),
    )
    (finding,) = contradictions_in(items)
    assert finding.statement == (
        "Two figures for market size: €1.9bn by “Frostell on Europe”, €1.35bn by “Our count”."
    )
    assert {quote.knowledge_id for quote in finding.evidence} == {"a", "b"}
    assert finding.confidentiality_level is ConfidentialityLevel.RESTRICTED


def test_a_title_may_dispute_a_figure_and_figures_may_be_rounded():
    status = "So leverage is 2.87 times at the end of September."
    items = pair(
        status,
        "Treasury says 2.9 times. Leverage by the facility agreement: 3.29 times.",
        titles=("Leverage is comfortable", "Leverage is 3.29 times, not 2.9"),
        tags=("covenant",),
    )
    (finding,) = contradictions_in(items)
    assert finding.evidence[0].quote == status
    assert "2.87 times" in finding.statement
    assert "3.29 times" in finding.statement


def test_two_sentences_that_differ_in_nothing_but_the_figure_are_told():
    items = pair(
        "Churn among hospitals in Norway stands at 3.1 per cent.",
        "Churn among hospitals in Norway stands at 4.4 per cent.",
        titles=("Sales note", "Finance note"),
    )
    assert len(contradictions_in(items)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Churn of hospitals in Norway was 3.1 per cent in May.",
         "Churn of hospitals in Norway was 4.4 per cent in June."),
        ("Churn of hospitals in Norway stands at 3.1 per cent.",
         "The target for churn of hospitals in Norway is 4.4 per cent."),
        ("Churn of hospitals in Norway stands at 3.1 per cent.",
         "Growth of pharmacies in Sweden stands at 4.4 per cent."),
        ("Churn of hospitals in Norway stands at 3.1 per cent.",
         "Churn of hospitals in Norway stands at 3.1 per cent."),
        ("Insight Live asks for €2.3m beyond its envelope.",
         "The board decides on plan A (€6.8m). Items 3 and 4 contradict each other by €2.3m."),
    ],
)  # fmt: skip
def test_a_series_a_target_and_another_matter_are_no_contradiction(first: str, second: str):
    items = pair(first, second, titles=("Sales note", "Board paper"), tags=())
    assert contradictions_in(items) == ()
