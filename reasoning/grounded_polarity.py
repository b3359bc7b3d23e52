"""Whether a statement says that it is so, how surely, and which way round, as its evidence does.

The marks of a clause (a negation, a hedge, a condition, a word for all) belong to the content words of that
clause. A statement that uses the evidence's words must keep the evidence's marks on them, and may bring no
mark of its own. Words of opposite direction count as marks of their own kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reasoning.grounded_figures import stated_figures
from reasoning.grounded_wording import clauses_of, content_words

_NEGATION = re.compile(
    r"\b(?:not|no|never|without|neither|nor|none|nothing|nobody|cannot|excluding|except(?:ing|ed)?|\w{2,8}n['’]t)\b",
    re.IGNORECASE,
)
_POSSIBLY = (
    r"might|could|can|possible|possibly|feasible|feasibly|likely|unlikely|perhaps|maybe|probably|probable"
    r"|potential|potentially|would|appears?|seems?|rumou?red|expected|expects?"
)
_ADVISED = (
    r"should|ought|recommend\w*|propos\w+|suggest\w*|(?:is|are|was|were|been) asked|asks? (?:for|to)|advis\w+"
    r"|opinion|guess|consider\w*|plans?|planned|demands?|wants?"
)
_OBLIGED = r"must|(?:has|have|had|need|needs|required|obliged|bound) to"
_HEDGES = {
    "possibility": re.compile(rf"\b(?:{_POSSIBLY}|may)\b", re.IGNORECASE),
    "advice": re.compile(rf"\b(?:{_ADVISED})\b", re.IGNORECASE),
    "duty": re.compile(rf"\b(?:{_OBLIGED})\b", re.IGNORECASE),
}
_MAY_MONTH = re.compile(r"(?:\d|\b(?:in|by|of|until|since|before|after|on))\s+May\b")
_CONDITIONAL = re.compile(r"\b(?:unless|if|provided that|as soon as)\b", re.IGNORECASE)
_UNIVERSAL = re.compile(
    r"\b(?:all|every|everywhere|everything|everyone|everybody|always|any|whole|entire|entirely|across"
    r"|worldwide|global|globally|completely)\b",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\b(?:only|sole|solely|exclusively)\b", re.IGNORECASE)
_CERTAIN = re.compile(r"\b(?:will|shall|certainly|definitely|surely)\b", re.IGNORECASE)

_OPPOSITES = tuple(
    (re.compile(rf"\b(?:{one})\b", re.IGNORECASE), re.compile(rf"\b(?:{other})\b", re.IGNORECASE))
    for one, other in (
        ("above|over|more|higher|greater|exceed\\w*", "below|under|less|lower|fewer|beneath"),
        (
            "ris\\w+|rose|increas\\w+|grow\\w*|grew|gain\\w*|climb\\w*",
            "fall\\w*|fell|decreas\\w+|declin\\w+|drop\\w*|shr[aiu]nk\\w*|cut|lower\\w*|reduc\\w+",
        ),
        ("first|newest|latest", "last|oldest"),
        ("highest|best|most|largest", "lowest|worst|least|smallest"),
        ("likely", "unlikely"),
        ("feasible|possible", "infeasible|impossible"),
        ("before|until", "after"),
        ("better|improv\\w+", "worse\\w*|deteriorat\\w+"),
        ("upside", "downside"),
        ("ahead|early|earlier", "behind|late|later"),
        ("win|won|wins", "lose|lost|loses|loss"),
        ("with", "without"),
        ("approv\\w+|accept\\w*", "reject\\w*|refus\\w+"),
    )
)
_RELEVANT = 0.7
"""Share of a hedged or conditional clause's words from which on a statement speaks of it."""
_TWICE = "two negations"
_SAME_SCOPE = 0.75
"""The same for what is denied, where one word can be the difference."""


class _Mark(NamedTuple):
    kind: str
    scope: frozenset[str]


def polarity_differs(statement: str, quotes: Sequence[str]) -> bool:
    """Whether *statement* denies what *quotes* say, or says what they deny."""
    return _marks_differ(statement, quotes, "negation", _NEGATION)


def modality_differs(statement: str, quotes: Sequence[str]) -> bool:
    """Whether *statement* is surer or less sure than *quotes*, or leaves out a condition."""
    hedges = _HEDGES.items()
    if any(_marks_differ(statement, quotes, kind, pattern) for kind, pattern in hedges):
        return True
    if _CERTAIN.search(statement) and not any(_CERTAIN.search(quote) for quote in quotes):
        return True
    return _drops_condition(statement, quotes)


def scope_widened(statement: str, quotes: Sequence[str]) -> bool:
    """Whether *statement* says all, everywhere or only where *quotes* do not."""
    return any(
        pattern.search(statement) and not any(pattern.search(quote) for quote in quotes)
        for pattern in (_UNIVERSAL, _ONLY)
    )


def direction_differs(statement: str, quotes: Sequence[str]) -> bool:
    """Whether a clause of *statement* turns round what the clauses of *quotes* nearest to it say."""
    given = [clause for quote in quotes for clause, _ in clauses_of(quote)]
    for clause, _ in clauses_of(statement):
        for pair in _OPPOSITES:
            for one, other in (pair, pair[::-1]):
                if one.search(clause) and _nearest(other, one, clause, given) > _nearest(
                    one, other, clause, given
                ):
                    return True
    return False


def _nearest(
    wanted: re.Pattern[str], opposite: re.Pattern[str], clause: str, given: Sequence[str]
) -> int:
    """Return how many words *clause* shares with that one of *given* which has *wanted*; -1 for none."""
    own = content_words(opposite.sub(" ", wanted.sub(" ", clause)))
    return max(
        (
            len(own & content_words(opposite.sub(" ", wanted.sub(" ", other))))
            for other in given
            if wanted.search(other)
        ),
        default=-1,
    )


def _marks_differ(
    statement: str, quotes: Sequence[str], kind: str, pattern: re.Pattern[str]
) -> bool:
    own = list(_marks(statement, kind, pattern))
    given = [mark for quote in quotes for mark in _marks(quote, kind, pattern)]
    words = _scope(statement)
    share = _SAME_SCOPE if kind == "negation" else _RELEVANT
    for mark in own:
        if not any(_agree(mark, other) for other in given):
            return True
    return any(
        _is_relevant(mark.scope, words, share) and not any(_agree(other, mark) for other in own)
        for mark in given
    )


def _agree(own: _Mark, given: _Mark) -> bool:
    if own.kind != given.kind:
        return False
    if not own.scope or not given.scope:
        return not own.scope
    common = len(own.scope & given.scope)
    if own.kind not in _HEDGES:
        return common >= _SAME_SCOPE * min(len(own.scope), len(given.scope))
    return common > 0


def _is_relevant(scope: frozenset[str], words: frozenset[str], share: float = _RELEVANT) -> bool:
    return bool(scope) and len(scope & words) >= share * len(scope)


def _marks(text: str, kind: str, pattern: re.Pattern[str]) -> Iterator[_Mark]:
    plain = _MAY_MONTH.sub(" ", text)
    for clause, _ in clauses_of(plain):
        count = len(pattern.findall(clause))
        if count:
            is_twice = kind == "negation" and count % 2 == 0
            yield _Mark(_TWICE if is_twice else kind, _scope(pattern.sub(" ", clause)))


def _scope(text: str) -> frozenset[str]:
    """Return the content words of *text* and its figures."""
    return content_words(text) | {f"#{figure.value}" for figure in stated_figures(text)}


def _drops_condition(statement: str, quotes: Sequence[str]) -> bool:
    if _CONDITIONAL.search(statement):
        return False
    words = content_words(statement)
    for quote in quotes:
        for sentence in re.split(r"(?<=[.!?])\s+", quote):
            match = _CONDITIONAL.search(sentence)
            if match is None:
                continue
            main = sentence[: match.start()]
            if len(content_words(main)) < 1:
                main = " ".join(clause for clause, _ in list(clauses_of(sentence))[1:])
            if _is_relevant(content_words(main), words):
                return True
    return False
