"""Text as it is read aloud: on one line, ended where a speaker would pause, closed by a full stop.

What is cut keeps its opening, to the word, and ends in an ellipsis unless a whole clause ended there.
"""

from __future__ import annotations

import re

from reasoning.wording import readable

_CLAUSE_END = re.compile(r"[;:]$")
_PAUSE = re.compile(r"[,;:–—(]\s*$|[,;:–—(]$")


def in_brief(text: str, words: int) -> str:
    """Return *text* on one line, ended at the last clause within *words* words, else cut at a pause."""
    every = readable(text).split()
    if len(every) <= words:
        return " ".join(every)
    first = every[:words]
    for end in range(len(first), len(first) * 3 // 4, -1):
        if _CLAUSE_END.search(first[end - 1]):
            return " ".join(first[:end]).rstrip(" ;:") + "."
    for end in range(len(first), len(first) * 2 // 3, -1):
        if _PAUSE.search(first[end - 1]):
            return " ".join(first[:end]).rstrip(" ,;:–—(") + " …"
    return " ".join(first) + " …"


def ended(text: str) -> str:
    """Return *text* with a full stop unless it ends like a sentence."""
    return text if text.endswith((".", "!", "?", "…", '"', "”")) else f"{text}."
