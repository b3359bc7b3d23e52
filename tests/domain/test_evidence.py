from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, Finding, Labelled, RetrievedItem, Source
from tests.stores import INTERNAL, PUBLIC, TOP_SECRET, item

levels = st.lists(st.sampled_from(list(ConfidentialityLevel)), min_size=1, max_size=6)


def quote(level: ConfidentialityLevel) -> Evidence:
    return Evidence(knowledge_id="a", confidentiality_level=level, quote="Text", start=3)


def test_a_statement_without_evidence_cannot_be_made():
    with pytest.raises(ValidationError):
        Finding(statement="The plant lacks welders.", evidence=())


def test_an_empty_quote_is_no_evidence():
    with pytest.raises(ValidationError):
        Evidence(knowledge_id="a", confidentiality_level=PUBLIC, quote="", start=0)


@given(levels)
def test_a_finding_is_as_secret_as_the_most_secret_of_its_evidence(
    found: list[ConfidentialityLevel],
):
    finding = Finding(statement="So.", evidence=tuple(quote(level) for level in found))
    assert finding.confidentiality_level.rank == max(level.rank for level in found)


def test_a_findings_level_is_computed_and_never_taken_from_the_input():
    finding = Finding(statement="So.", evidence=(quote(TOP_SECRET),))
    dumped = finding.model_dump(mode="json") | {"confidentiality_level": "public"}
    assert Finding.model_validate(dumped) == finding
    assert Finding.model_validate(dumped).confidentiality_level is TOP_SECRET


def test_a_quote_ends_where_its_text_does():
    assert (quote(PUBLIC).start, quote(PUBLIC).end) == (3, 7)


@given(levels, st.sampled_from(list(ConfidentialityLevel)))
def test_a_result_is_labelled_at_least_as_high_as_each_of_its_sources(
    cited: list[ConfidentialityLevel], label: ConfidentialityLevel
):
    sources = tuple(Source.of(item("a", "Text.", level)) for level in cited)
    if label.rank >= max(level.rank for level in cited):
        Labelled(confidentiality_level=label, sources=sources)
    else:
        with pytest.raises(ValidationError, match="cover"):
            Labelled(confidentiality_level=label, sources=sources)


def test_an_item_taken_whole_is_its_own_passage():
    given_item = item("a", "The whole text.", INTERNAL)
    whole = RetrievedItem.whole(given_item)
    assert (whole.key, whole.excerpt, whole.relevance_score) == (
        given_item.key,
        "The whole text.",
        1,
    )
