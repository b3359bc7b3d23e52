from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.sentences import sentence_spans, shortened


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


@given(st.text(max_size=400))
def test_spans_are_in_order_apart_and_without_outer_white_space(text: str):
    end = 0
    for span in sentence_spans(text):
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end


def test_abbreviations_and_figures_end_no_sentence():
    text = "Dr. Novak paid 4.5 million to Acme Inc. yesterday. The U.S. office agreed."
    assert sentences(text) == [
        "Dr. Novak paid 4.5 million to Acme Inc. yesterday.",
        "The U.S. office agreed.",
    ]


def test_headings_and_list_entries_are_sentences_without_their_markers():
    assert sentences("# Plan\n\n- Hire welders\n- Sell the lease\n\n1. First.\n> Quoted.") == [
        "Plan",
        "Hire welders",
        "Sell the lease",
        "First.",
        "Quoted.",
    ]


def test_what_holds_no_words_holds_no_sentence():
    for text in ("", " \n\t", "- \n- \n"):
        assert sentences(text) == []


@given(st.text(max_size=400), st.integers(1, 200))
def test_a_shortened_text_keeps_to_the_limit_and_to_the_texts_beginning(text: str, limit: int):
    short = shortened(text, limit=limit)
    assert len(short) <= limit
    assert text.strip().startswith(short.removesuffix("…"))


def test_a_text_is_shortened_at_the_end_of_a_sentence_and_only_when_it_is_long():
    text = "The plant lacks welders. It falls behind on its orders."
    assert shortened(text, limit=100) == text
    assert shortened(text, limit=40) == "The plant lacks welders."
    assert shortened(text, limit=12) == "The plant…"
