"""The words of a text as the rules read them: folded, asserted or taken back, and compared.

Folding keeps the length of every character run but white space, so it is for matching only; what is
quoted always comes from the original text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_NEGATOR = re.compile(
    r"\b(?:not|no|never|without|neither|nor|none|nothing|nobody|cannot|free of|far from|instead of"
    r"|rather than|unaffected by|\w{2,8}n't)\b(?! only\b| just\b| doubt\b| later\b| earlier\b)"
)
_CLAUSE_END = re.compile(r"[,;:()–—]|\b(?:but|however|although|while|which|because|so|unless)\b")
_LOOKBACK = 48
_WORDS_BETWEEN = 4
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about above after again all also an and any are as at be been before being below between
        both but by can could did do does each for from had has have he her his how if in into is
        it its may more most must my next no nor not now of off on once one only or other our out
        over own per she should so some such than that the their them then there these they this
        those through to too under until up very was we were what when where which while who whom
        why will with would you your
        """,
    )
)
_SAME = 0.8
_SHORTEST_S = 3
_SHORTEST_IES = 4


_NONE: Mapping[str, str] = MappingProxyType({})


def pattern_of(
    wording: str, shared: Mapping[str, str] = _NONE, *, flags: re.RegexFlag = re.NOFLAG
) -> re.Pattern[str]:
    """Return the pattern of a list of wording: any of its entries between word boundaries.

    Entries are small regular expressions in lower case separated by semicolons; a line may break after a bar. A
    name of *shared* in an entry stands for that wording. For text that is not folded, *flags* ignores case.
    """
    unbroken = re.sub(r"\|\n\s*", "|", wording)
    alternatives = "|".join(" ".join(entry.split()) for entry in unbroken.split(";"))
    for name, meant in shared.items():
        alternatives = alternatives.replace(name, meant)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", flags)


def folded(text: str) -> str:
    """Return *text* in lower case with straight apostrophes, single spaces and no emphasis marks."""
    plain = text.replace("’", "'").replace("*", "").replace("`", "")
    return " ".join(plain.lower().split())


def asserted(text: str, match: re.Match[str]) -> bool:
    """Whether what *match* found in folded *text* is claimed, not taken back by a word before it.

    A negator counts when it stands in the same clause with at most four words in between; two of
    them cancel out ("never without risk").
    """
    before = _CLAUSE_END.split(text[max(0, match.start() - _LOOKBACK) : match.start()])[-1]
    near = " ".join(before.split()[-(_WORDS_BETWEEN + 1) :])
    return len(_NEGATOR.findall(near)) % 2 == 0


def readable(text: str) -> str:
    """Return *text* on one line, as a statement shows it: no emphasis marks, single spaces."""
    plain = " ".join(text.split())
    return re.sub(r"(?<!\w)(\*\*|__|`)(?=\S)|(?<=\S)(\*\*|__|`)(?!\w)", "", plain)


def significant_words(text: str) -> frozenset[str]:
    """Return the words of *text* that carry meaning, folded, without their plural s."""
    words = (word.removesuffix("'s") for word in _WORD.findall(folded(text)))
    return frozenset(_singular(word) for word in words if word not in _STOP_WORDS)


def _singular(word: str) -> str:
    if len(word) > _SHORTEST_IES and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > _SHORTEST_S and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of common words among all words of both (Jaccard), 0 when both are empty."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def says_the_same(words: frozenset[str], earlier: Iterable[frozenset[str]]) -> bool:
    """Whether *words* overlap with one of *earlier* by four fifths or more."""
    return any(overlap(words, others) >= _SAME for others in earlier)
