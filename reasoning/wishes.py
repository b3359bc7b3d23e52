"""Who the reader wants an answer from, where the message says so outright: "ask Sophia", "@artemis", "from both
sides", "just look it up". A wish wins over everything that the router would have guessed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from domain.sessions import Route
from reasoning.wording import pattern_of


class Wish(NamedTuple):
    """A wish for one route and what is left of the message without it."""

    route: Route
    words: str
    """The words that say so, as the reader typed them."""
    rest: str
    """The message without the wish; empty where the wish was all of it."""


_SHARED = {
    "<ask>": (
        r"(?:(?:please|pls|let['’]?s|could you|can you) )?"
        r"(?:ask|consult|let|check with|get|route (?:this|it) to|give (?:this|it) to)"
    ),
    "<it>": (
        r"(?:[ ,]*(?:about (?:it|this|that)|answer(?: (?:it|this|that))?|(?:to )?say"
        r"|(?:to )?look at (?:it|this|that)))?"
    ),
    "<artemis>": r"art[ei]mis",
}
_WHOLE_MESSAGE = {
    Route.BOTH: r"""
        both; both of them; both sides; (?:a |the )?(?:full|comprehensive|complete) analysis
    """,
    Route.SOPHIA: "sophia; (?:the )?business(?: (?:side|view|one|angle))?",
    Route.ARTEMIS: "<artemis>; (?:the )?(?:technical|engineering|tech)(?: (?:side|view|one|angle))?",
    Route.KNOWLEDGE: """
        (?:just |only )?(?:a )?look-?up; (?:just |only )?look it up; (?:just )?the facts; knowledge
    """,
}
"""A message that is nothing but one of these names a route; what is asked was said before."""
_INSIDE = {
    Route.BOTH: r"""
        <ask> (?:them )?both(?: of them)?<it>; <ask> (?:sophia and <artemis>|<artemis> and sophia)<it>; @both;
        @sophia\W{1,3}(?:and )?@<artemis>; @<artemis>\W{1,3}(?:and )?@sophia;
        (?:from|on) both (?:sides|perspectives|angles|points of view);
        (?:as |run )?a (?:full|comprehensive|complete) analysis(?: of (?:it|this|that)(?! \w))?
    """,
    Route.SOPHIA: r"""
        <ask> sophia<it>; @sophia; ^sophia(?= ?[,:]); in sophia['’]s view;
        what does sophia (?:think|say)(?: (?:about|of))?; (?:just|only) the business (?:side|view)
    """,
    Route.ARTEMIS: r"""
        <ask> <artemis><it>; @<artemis>; ^<artemis>(?= ?[,:]); in <artemis>['’]s view;
        what does <artemis> (?:think|say)(?: (?:about|of))?; (?:just|only) the technical (?:side|view)
    """,
    Route.KNOWLEDGE: r"""
        (?:just|only|simply) look(?:[- ]?(?:it|this|that))?[- ]?up; ^look up; (?:just|only) the facts;
        (?:just|only) search(?: for)?; (?:just|only) what is (?:written|known); @(?:knowledge|lookup|search);
        no analysis(?:,? (?:just|please))?; without (?:an |any )?analysis
    """,
}
_WHOLE = tuple(
    (route, pattern_of(wording, _SHARED, flags=re.IGNORECASE))
    for route, wording in _WHOLE_MESSAGE.items()
)
_PART = tuple(
    (route, pattern_of(wording, _SHARED, flags=re.IGNORECASE)) for route, wording in _INSIDE.items()
)
_POLITE = frozenset({"please", "pls", "yes", "ok", "okay", "then"})
_ONLY_POLITE = re.compile(r"(?:please|pls|and|then|now|ok|okay)?\W*", re.IGNORECASE)
_EDGE = " \t\n,;:.!?-–—"
_TAKEN_BACK = re.compile(r"\b(?:not|don['’]?t|do not|never|without)(?: \w+)? ?$", re.IGNORECASE)


def wish_in(message: str) -> Wish | None:
    """Return what *message* wishes for outright; None where it leaves that open."""
    text = " ".join(message.split())
    bare = _without_politeness(text)
    for route, pattern in _WHOLE:
        if pattern.fullmatch(bare):
            return Wish(route, bare, "")
    for route, pattern in _PART:
        match = pattern.search(text)
        if match is not None and not _TAKEN_BACK.search(text, 0, match.start()):
            return Wish(route, match.group().strip(_EDGE), _without(text, match))
    return None


def _without_politeness(text: str) -> str:
    words = text.strip(_EDGE).split(" ")
    while words and words[0].strip(_EDGE).lower() in _POLITE:
        words.pop(0)
    while words and words[-1].strip(_EDGE).lower() in _POLITE:
        words.pop()
    return " ".join(words).strip(_EDGE)


def _without(text: str, match: re.Match[str]) -> str:
    before, after = text[: match.start()].rstrip(), text[match.end() :]
    rest = (
        f"{before} {after.lstrip(_EDGE)}".strip() if after.strip(_EDGE) else before + after.strip()
    )
    rest = rest.strip(" ,;:-–—")
    return "" if _ONLY_POLITE.fullmatch(rest) else rest
