"""The stems of a text's words, as LanceDB's text index makes them: Snowball's English stemmer.

Asking the index to cut every passage of a result into terms would take most of a search's time.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+")
_LONGEST_WORD = 40
"""The index passes longer words over."""


def stems_of(text: str) -> frozenset[str]:
    """Return the distinct stems of *text*, without accents and in lower case."""
    words = {word for word in _WORD.findall(text.lower()) if len(word) <= _LONGEST_WORD}
    return frozenset(_stem(word) for word in words)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if not word.isascii():
        folded = unicodedata.normalize("NFKD", word)
        word = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _STEMMER.stemWord(word)
