"""Who the reader wants an answer from, where the message says so outright: "ask Sophia", "@artemis", "from both
sides", "just look it up". A wish wins over everything that the router would have guessed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from domain.sessions import Route


class Wish(NamedTuple):
    """A wish for one route and what is left of the message without it."""

    route: Route
    words: str
    """The words that say so, as the reader typed them."""
    rest: str
    """The message without the wish; empty where the wish was all of it."""


_SOPHIA, _ARTEMIS = "sophia", "art[ei]mis"
_ASK = r"(?:(?:please|pls|let['’]?s|could you|can you) )?(?:ask|consult|let|check with|get|route (?:this|it) to|give (?:this|it) to)"
_TAIL = r"(?:[ ,]*(?:about (?:it|this|that)|answer(?: (?:it|this|that))?|(?:to )?(?:say|look at (?:it|this|that)))\b)?"
_EVERY_WORD_OF_IT = {
    Route.BOTH: r"both|both of them|both sides|(?:a |the )?(?:full|comprehensive|complete) analysis|everything of it",
    Route.SOPHIA: r"sophia|(?:the )?business(?: (?:side|view|one|angle))?|commercially",
    Route.ARTEMIS: rf"{_ARTEMIS}|(?:the )?(?:technical|engineering|tech)(?: (?:side|view|one|angle))?",
    Route.KNOWLEDGE: r"(?:just |only )?(?:a )?(?:look[- ]?up|look it up|search|the (?:facts|knowledge base))",
}
"""A message that is nothing but one of these names a route; what is asked was said before."""
_INSIDE = {
    Route.BOTH: (
        rf"{_ASK} (?:them )?both(?: of them)?{_TAIL}",
        rf"{_ASK} (?:{_SOPHIA} and {_ARTEMIS}|{_ARTEMIS} and {_SOPHIA}){_TAIL}",
        r"@both\b",
        rf"@{_SOPHIA}\W{{1,3}}(?:and )?@{_ARTEMIS}",
        rf"@{_ARTEMIS}\W{{1,3}}(?:and )?@{_SOPHIA}",
        r"(?:from|on) both (?:sides|perspectives|angles|points of view)",
        r"(?:as |run )?a (?:full|comprehensive|complete) analysis(?: of (?:it|this|that)(?! \w))?",
    ),
    Route.SOPHIA: (
        rf"{_ASK} {_SOPHIA}\b{_TAIL}",
        rf"@{_SOPHIA}\b",
        rf"^{_SOPHIA} ?[,:]",
        rf"(?:in {_SOPHIA}['’]s view|what does {_SOPHIA} (?:think|say)(?: (?:about|of))?)",
        r"(?:just|only) the business (?:side|view)",
    ),
    Route.ARTEMIS: (
        rf"{_ASK} {_ARTEMIS}\b{_TAIL}",
        rf"@{_ARTEMIS}\b",
        rf"^{_ARTEMIS} ?[,:]",
        rf"(?:in {_ARTEMIS}['’]s view|what does {_ARTEMIS} (?:think|say)(?: (?:about|of))?)",
        r"(?:just|only) the technical (?:side|view)",
    ),
    Route.KNOWLEDGE: (
        r"(?:just|only|simply) look(?:[- ]?(?:it|this|that))?[- ]?up",
        r"^look up\b",
        r"(?:just|only) (?:the facts|search(?: for)?|what is (?:written|known))",
        r"@(?:knowledge|lookup|search)\b",
        r"no analysis(?:,? (?:just|please))?",
        r"without (?:an |any )?analysis",
    ),
}
_WISHES = tuple(
    (route, re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE))
    for route, patterns in _INSIDE.items()
    for pattern in patterns
)
_ALONE = tuple(
    (
        route,
        re.compile(
            rf"\W*(?:(?:please|pls|yes|ok|okay|then)\W+)*(?:{pattern})(?:\W+(?:please|pls|then))?\W*",
            re.IGNORECASE,
        ),
    )
    for route, pattern in _EVERY_WORD_OF_IT.items()
)
_EDGE = " \t\n,;:.!?-–—"
_NOT = re.compile(r"\b(?:not|don['’]?t|do not|never|without)(?: \w+)? ?$", re.IGNORECASE)


def wish_in(message: str) -> Wish | None:
    """Return what *message* wishes for outright; None where it leaves that open."""
    text = " ".join(message.split())
    for route, pattern in _ALONE:
        if pattern.fullmatch(text):
            return Wish(route, text.strip(_EDGE), "")
    for route, pattern in _WISHES:
        match = pattern.search(text)
        if match is None or _NOT.search(text, 0, match.start()):
            continue
        before, after = text[: match.start()].rstrip(), text[match.end() :].lstrip(_EDGE)
        rest = f"{before} {after}".strip() if after else before.rstrip(" ,;:-–—")
        rest = re.sub(r"^(?:please|pls|and|then|now)?\W*$", "", rest, flags=re.IGNORECASE)
        return Wish(route, match.group().strip(_EDGE), rest)
    return None
