from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from domain.sentences import Span, sentence_spans
from storage.chunking import MAX_WINDOW_CHARACTERS, window_spans
from storage.embeddings import EmbeddingModel
from storage.item_windows import _MOST_TITLE_TOKENS

MODEL = EmbeddingModel()
SEED = 20261122
WORDS = [
    "the",
    "plant",
    "in",
    "Brno",
    "ships",
    "14,5",
    "t",
    "of",
    "parts",
    "e.g.",
    "pumps",
    "to",
    "Dr.",
    "Müller's",
    "site",
    "while",
    "東京",
    "waits",
    "unbelievably-hyphenated",
    "supercalifragilisticexpialidocious",
    "😀",
    "x²",
    "naïve",
    "U.S.",
    "$4.2m",
    "(approx.)",
]


def windows_of(content: str, *, max_tokens: int = 222, overlap: int = 40) -> list[Span]:
    return window_spans(
        content,
        offsets_of_tokens=MODEL.offsets_of_tokens,
        max_tokens=max_tokens,
        overlap_tokens=overlap,
    )


def word_pieces(text: str) -> int:
    return len(MODEL.offsets_of_tokens([text])[0])


sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(
    lambda words: " ".join(words) + "."
)
prose = st.lists(
    st.tuples(sentences, st.sampled_from([" ", "\n", "\n\n", "\n- ", "\n## ", "  \t"])),
    min_size=1,
    max_size=40,
).map(lambda parts: "".join(sentence + gap for sentence, gap in parts))
texts = st.one_of(prose, st.text(min_size=1, max_size=3000))


@settings(max_examples=60, deadline=None)
@given(content=texts, max_tokens=st.integers(110, 222), share=st.floats(0, 0.9))
def test_windows_are_in_order_within_the_models_reach_and_leave_no_sentence_out(
    content: str, max_tokens: int, share: float
):
    windows = windows_of(content, max_tokens=max_tokens, overlap=int(max_tokens * share))
    for window in windows:
        text = content[window.start : window.end]
        assert text.strip()
        assert word_pieces(text) <= max_tokens
        assert len(text) <= MAX_WINDOW_CHARACTERS
    for one, following in pairwise(windows):
        assert one.start < following.start
        assert one.end < following.end
    covered = [False] * len(content)
    for window in windows:
        covered[window.start : window.end] = [True] * (window.end - window.start)
    for sentence in sentence_spans(content):
        assert all(covered[sentence.start : sentence.end])


@settings(max_examples=30, deadline=None)
@given(content=prose)
def test_windows_begin_and_end_where_sentences_do(content: str):
    spans = sentence_spans(content)
    longest = max((word_pieces(content[span.start : span.end]) for span in spans), default=0)
    windows = windows_of(content, max_tokens=max(222, longest + 4))
    assert {window.start for window in windows} <= {span.start for span in spans}
    assert {window.end for window in windows} <= {span.end for span in spans}


def test_a_window_repeats_the_end_of_the_one_before():
    content = " ".join(f"Sentence number {number} tells of pumps." for number in range(100))
    windows = windows_of(content, overlap=40)
    assert len(windows) > 3
    for one, following in pairwise(windows):
        assert following.start < one.end
        assert word_pieces(content[following.start : one.end]) <= 40


def test_a_short_text_is_one_window_without_outer_white_space():
    assert windows_of("  \n A short note. And another. \n") == [Span(4, 30)]


@pytest.mark.parametrize("content", ["", " ", "\n\n\t", "- \n- \n", "\u200b"])
def test_what_holds_no_sentence_makes_no_window_or_a_harmless_one(content: str):
    for window in windows_of(content):
        assert content[window.start : window.end].strip()


@pytest.mark.parametrize(("word", "size"), [("x", 5_000_000), ("語", 500_000), ("a-", 500_000)])
def test_a_word_of_megabytes_is_cut_into_windows_that_cover_it(word: str, size: int):
    content = word * (size // len(word.encode()))
    started = time.monotonic()
    windows = windows_of(content)
    assert time.monotonic() - started < 60
    assert windows[0].start == 0
    assert windows[-1].end == len(content)
    for one, following in pairwise(windows):
        assert following.start <= one.end
    for window in random.Random(SEED).sample(windows, 20):
        text = content[window.start : window.end]
        assert len(text) <= MAX_WINDOW_CHARACTERS
        assert word_pieces(text) <= 222


def test_five_megabytes_of_prose_are_cut_in_reasonable_time():
    chosen = random.Random(SEED)
    sentence = [" ".join(chosen.choices(WORDS, k=18)) + ". " for _ in range(500)]
    content = "".join(chosen.choice(sentence) for _ in range(40_000))[:5_000_000]
    started = time.monotonic()
    windows = windows_of(content)
    assert time.monotonic() - started < 60
    assert len(windows) > 1000


def test_the_title_the_window_and_the_special_tokens_fit_the_model():
    """What `Indexer` embeds is read to its end: nothing that the index says it holds is dropped."""
    content = " ".join(f"Sentence {number} of the plan." for number in range(400))
    title = "Überlegungen zur Zukunft " * 20
    offsets = MODEL.offsets_of_tokens([title])[0]
    shown = title[: offsets[_MOST_TITLE_TOKENS - 1][1]]
    tokenizer = Tokenizer.from_file(str(MODEL._folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for window in windows_of(content, max_tokens=MODEL.max_tokens - _MOST_TITLE_TOKENS):
        embedded = f"{shown}\n{content[window.start : window.end]}"
        assert len(tokenizer.encode(embedded).ids) <= MODEL.max_tokens + 2
