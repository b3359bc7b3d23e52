"""What a sentence does for a reader who has to decide: the role that its wording gives it.

A role is given by documented wording (`reasoning.lexicon`), never by a model. Wording that the
sentence itself takes back does not count: "not at risk", "no longer blocked", "did not exceed". Work is
linear in the sentence's length: every pattern repeats a bounded number of times. Grades of risk and
deadlines follow the same rule and are read from here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reasoning.deadlines import deadline_in
from reasoning.grading import likelihood_of, severity_of
from reasoning.lexicon import (
    CLOSED,
    NO_CLAIM,
    ROLE_PATTERNS,
    UNFINISHED,
    Role,
)
from reasoning.wording import asserted, folded

__all__ = [
    "Role",
    "deadline_in",
    "likelihood_of",
    "matched_words",
    "roles_of",
    "says_closed",
    "severity_of",
]

_LOOKBACK = 60
"""Characters before "closed" or "resolved" in which a word may say that it is yet to come."""


def roles_of(sentence: str) -> frozenset[Role]:
    """Return every role that the wording of *sentence* gives it; none for plain description."""
    text = folded(sentence)
    return frozenset(role for role in Role if next(_cues(text, role), None) is not None)


def matched_words(sentence: str, role: Role) -> tuple[str, ...]:
    """Return the words of *sentence*, in order, that give it *role*."""
    return tuple(match.group() for match in _cues(folded(sentence), role))


def says_closed(sentence: str) -> bool:
    """Whether *sentence* says that the matter itself is over: "closed", "resolved", "withdrawn".

    Stricter than `Role.PROGRESS`, which a finished step has too.
    """
    text = folded(sentence)
    return any(_is_finished(text, match) for match in CLOSED.finditer(text))


def _cues(text: str, role: Role) -> Iterator[re.Match[str]]:
    spared: list[tuple[int, int]] | None = None
    for match in ROLE_PATTERNS[role].finditer(text):
        if spared is None:
            others = NO_CLAIM[role].finditer(text) if role in NO_CLAIM else ()
            spared = [other.span() for other in others]
        if any(start <= match.start() and match.end() <= end for start, end in spared):
            continue
        if role is Role.PROGRESS:
            if _is_finished(text, match):
                yield match
        elif role is Role.METRIC or asserted(text, match):
            yield match


def _is_finished(text: str, match: re.Match[str]) -> bool:
    if not asserted(text, match):
        return False
    clause = re.split(r"[,;:]", text[max(0, match.start() - _LOOKBACK) : match.start()])[-1]
    return UNFINISHED.search(clause) is None
