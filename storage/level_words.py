"""One level's words in memory: which items hold which word, and what that is worth.

BM25 as LanceDB's text index reckons it (Robertson and Zaragoza, "The Probabilistic Relevance
Framework: BM25 and Beyond", 2009; k1 1.2, b 0.75), over the items of this level alone, so that no
other level's texts move a score. The words of an item are stored beside it when it is indexed, by
the index's own tokenizer: cutting texts again would take minutes where reading words takes a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

WORD_COLUMNS = ("knowledge_id", "words", "word_counts")
_K1 = 1.2
_B = 0.75


@dataclass(frozen=True)
class Words:
    """The words of a query, as the text index sees them, with how often each stands in it."""

    counts: Counter[str]

    @classmethod
    def of(cls, tokens: Sequence[str]) -> Words:
        """Count *tokens*."""
        return cls(Counter(tokens))

    def share_in(self, held: frozenset[str]) -> float:
        """Return the share of the query's distinct words that are among *held*."""
        return len(self.counts.keys() & held) / max(1, len(self.counts))


@dataclass(frozen=True, eq=False)
class WordScores:
    """What a query's words say of each item of a level; both arrays have shape (items,)."""

    scores: NDArray[np.float32]
    """BM25, 0 where no word is shared."""
    coverages: NDArray[np.float32]
    """Share of the query's distinct words that the item holds."""


@dataclass(frozen=True, eq=False)
class LevelWords:
    """Postings by word: those of word w are `items[start[w]:start[w + 1]]` with their `weights`."""

    item_count: int
    table_version: int
    numbers: dict[str, int]
    """Each word's number."""
    start: NDArray[np.int64]
    items: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, table: pa.Table, *, knowledge_ids: Sequence[str], table_version: int) -> LevelWords:
        """Arrange *table*, which holds `WORD_COLUMNS`, for items in the order of *knowledge_ids*."""
        place = {knowledge_id: number for number, knowledge_id in enumerate(knowledge_ids)}
        places = np.asarray([place.get(one, -1) for one in table["knowledge_id"].to_pylist()])
        words = cast("pa.ListArray", table["words"].combine_chunks())
        words_of_item = np.diff(np.asarray(words.offsets, dtype=np.int64))
        item_of_posting = np.repeat(places, words_of_item)
        counts_of_items = cast("pa.ListArray", table["word_counts"].combine_chunks())
        counts = np.asarray(counts_of_items.flatten(), dtype=np.float32)
        encoded = cast("pa.DictionaryArray", words.flatten().dictionary_encode())
        vocabulary = cast("list[str]", encoded.dictionary.to_pylist())
        codes = np.asarray(encoded.indices, dtype=np.int32)
        weights = _weights(codes, counts, words_of_item, vocabulary_size=len(vocabulary))
        # Written after the vectors were read, an item has no place among them.
        known = item_of_posting >= 0
        order = np.argsort(codes[known], kind="stable")
        held_by = np.bincount(codes[known], minlength=len(vocabulary))
        return cls(
            item_count=len(knowledge_ids),
            table_version=table_version,
            numbers={word: number for number, word in enumerate(vocabulary)},
            start=np.concatenate([[0], np.cumsum(held_by)]),
            items=item_of_posting[known][order].astype(np.int32),
            weights=weights[known][order],
        )

    def scores(self, query: Words) -> WordScores:
        """Return every item's score and coverage for *query*."""
        scores = np.zeros(self.item_count, np.float32)
        held = np.zeros(self.item_count, np.float32)
        for word, count in query.counts.items():
            number = self.numbers.get(word)
            if number is not None:
                postings = slice(self.start[number], self.start[number + 1])
                scores[self.items[postings]] += count * self.weights[postings]
                held[self.items[postings]] += 1
        return WordScores(scores, held / np.float32(max(1, len(query.counts))))


def _weights(
    codes: NDArray[np.int32],
    counts: NDArray[np.float32],
    words_of_item: NDArray[np.int64],
    *,
    vocabulary_size: int,
) -> NDArray[np.float32]:
    """Return what each posting adds to its item's score when its word is asked for once."""
    item_of_posting = np.repeat(np.arange(len(words_of_item)), words_of_item)
    lengths = np.bincount(item_of_posting, weights=counts, minlength=len(words_of_item))
    items = max(1, np.count_nonzero(words_of_item))  # the text index passes over the others
    norm = _K1 * (1 - _B + _B * lengths * items / max(1.0, lengths.sum()))
    held_by = np.bincount(codes, minlength=vocabulary_size)
    rarity = np.log1p((items - held_by + 0.5) / (held_by + 0.5))
    worth = rarity[codes] * counts * (_K1 + 1) / (counts + norm[item_of_posting])
    return worth.astype(np.float32)
