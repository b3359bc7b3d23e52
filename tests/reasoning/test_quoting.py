from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evidence import Passage
from reasoning.cues import Role
from reasoning.quoting import (
    LONGEST_QUOTE,
    as_evidence,
    best_quotes,
    quotable_sentences,
    readable,
)
from tests.reasoning.corpora import corpora, item, retrieved

PAPER = """# Board paper on the Nordic entry

Status: open

The board is asked to decide by 4 December whether
to enter Norway. Cost is approx. EUR 3.4 million, i.e. 2.1% of sales.

| Metric | Q2 | Q3 |
|---|---|---|
| Churn | 2% | 3.1% |

- Loss of the licence would stop sales
1. First we build a store in Oslo.

```
SELECT everything FROM the table WHERE true.
```
"""


def texts(content: str) -> list[str]:
    return [quote.text for quote in quotable_sentences(retrieved(content))]


def test_sentences_and_list_entries_are_quoted_and_headings_tables_code_and_labels_are_not():
    assert texts(PAPER) == [
        "The board is asked to decide by 4 December whether\nto enter Norway.",
        "Cost is approx. EUR 3.4 million, i.e. 2.1% of sales.",
        "Loss of the licence would stop sales",
        "First we build a store in Oslo.",
    ]


def test_a_quote_knows_its_roles_and_reads_on_one_line():
    first = quotable_sentences(retrieved(PAPER))[0]
    assert Role.DECISION in first.roles
    assert first.statement == "The board is asked to decide by 4 December whether to enter Norway."


def test_emphasis_is_left_out_of_statements_and_kept_in_evidence():
    quote = quotable_sentences(retrieved("The **supplier** may fail in `spring` of 2027."))[0]
    assert quote.statement == "The supplier may fail in spring of 2027."
    assert as_evidence(quote).quote == "The **supplier** may fail in `spring` of 2027."


@pytest.mark.parametrize(
    "content", ["Resolved.", "# Only a heading", "| a | b |", "word", "🙂", "\n" * 30_000 + "a"]
)
def test_what_holds_no_sentence_is_quoted_as_it_is(content: str):
    (quote,) = quotable_sentences(retrieved(content))
    assert quote.text in content
    assert content[quote.start : quote.end] == quote.text
    assert quote.text.strip() == quote.text


def test_a_sentence_beyond_the_limit_is_passed_over_for_one_within_it():
    long = "word " * 100 + "end."
    assert texts(f"{long} A short sentence of six words.") == ["A short sentence of six words."]


def test_an_endless_sentence_is_cut_at_a_word_when_there_is_nothing_else():
    (text,) = texts("word " * 1_000)
    assert len(text) <= LONGEST_QUOTE
    assert text.endswith("word")


@pytest.mark.parametrize("content", ["a" * 5_000_000, "A fine sentence of words. " * 200_000])
def test_an_item_of_five_megabytes_costs_what_a_page_costs(content: str):
    whole = retrieved(content)
    begun = time.process_time()
    quotes = quotable_sentences(whole)
    assert time.process_time() - begun < 1
    assert len(quotes) < 1_000


def test_overlapping_passages_give_each_sentence_once():
    content = (
        "One sentence has five words. Another sentence has five words. A third has five words."
    )
    middle = content.index("Another")
    passages = (
        Passage(text=content[middle:], start=middle, relevance=0.9),
        Passage(text=content[: content.index("A third")], start=0, relevance=0.5),
    )
    quotes = quotable_sentences(retrieved(content).model_copy(update={"passages": passages}))
    assert [quote.text for quote in quotes] == [
        "One sentence has five words.",
        "Another sentence has five words.",
        "A third has five words.",
    ]
    assert all(content[quote.start : quote.end] == quote.text for quote in quotes)


def test_the_best_quotes_share_most_words_with_the_terms():
    content = "Revenue grew in every region. The licence in Norway lapses in spring. Norway is a small market."
    found = best_quotes(retrieved(content), ["Norwegian", "Norway", "licences"], 2)
    assert [quote.text for quote in found] == [
        "The licence in Norway lapses in spring.",
        "Norway is a small market.",
    ]


@given(corpora(least=1))
def test_every_quote_is_the_slice_of_the_content_that_it_says_it_is(items: list[object]):
    for one in items:
        content = one.content  # type: ignore[attr-defined]
        for quote in quotable_sentences(retrieved(content)):
            evidence = as_evidence(quote)
            assert content[evidence.start : evidence.end] == evidence.quote


@given(st.text(min_size=1, max_size=400).filter(lambda text: text.strip() and "\x00" not in text))
def test_any_text_at_all_is_quoted_verbatim(content: str):
    content = content.encode("utf-8", "ignore").decode() or "x"
    if not content.strip():
        return
    for quote in quotable_sentences(retrieved(content)):
        assert item(content).content[quote.start : quote.end] == quote.text
        assert readable(quote.text)
