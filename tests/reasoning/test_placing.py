"""Sentences outside their text: when the item's title or the option's name has to go before them."""

from __future__ import annotations

import pytest

from reasoning.placing import attributed, needs_title
from reasoning.quoting import Quote, quotable_sentences
from tests.reasoning.corpora import retrieved

OPTIONS = (
    "Option A, poll faster. Cheap, four to six weeks of work. It multiplies the load on the database. "
    "Rejected.\n\n"
    "Option B, event streaming. Needs the broker migration and device identity first."
)


def quotes_of(content: str, title: str = "Nimbria satellite trial") -> list[Quote]:
    return quotable_sentences(retrieved(content, title=title))


@pytest.mark.parametrize(
    "sentence",
    [
        "The product team recommends to sign.",
        "Needs the satellite modem and a certificate first.",
        "Waiting for satellite containers takes until April.",
        "It fits the satellite housing of Beacon 4 only.",
        "The chairman of Nimbria is asked to agree by 24 November.",
        "Nothing in this sentence names the paper.",
    ],
)
def test_a_sentence_without_its_subject_or_object_needs_the_title(sentence: str):
    (quote,) = quotes_of(sentence)
    assert needs_title(quote)
    assert attributed(quote) == f"Nimbria satellite trial – {sentence}"


def test_a_sentence_that_says_what_it_speaks_of_stands_as_it_is():
    (quote,) = quotes_of("Nimbria asks for a minimum commitment on top of the list.")
    assert attributed(quote) == quote.text


def test_what_describes_an_option_is_said_of_that_option_and_what_is_rejected_is_marked():
    quotes = quotes_of(OPTIONS)
    by_text = {quote.text: quote for quote in quotes}
    needs = by_text["Needs the broker migration and device identity first."]
    assert needs.statement == (
        "Option B, event streaming – Needs the broker migration and device identity first."
    )
    assert not needs.is_rejected
    assert by_text["It multiplies the load on the database."].is_rejected


def test_an_entry_of_an_agenda_is_named_by_its_first_words():
    (quote,) = quotes_of(
        "1. Opening of the meeting.\n2. Budget 2027. The board is asked to approve revenue of €438m.\n"
    )
    assert quote.statement == "Budget 2027 – The board is asked to approve revenue of €438m."
    assert quote.text == "The board is asked to approve revenue of €438m."
