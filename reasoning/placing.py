"""How a sentence reads outside its text: whether it stands alone, and what it is called after if not.

A sentence that leans on the one before it, that has no subject or no object of its own, or that shares no
word with what its item is called, is placed by its item's title. The quote itself is never changed.
"""

from __future__ import annotations

import re

from domain.sentences import shortened
from reasoning.quoting import Quote
from reasoning.wording import significant_words

_LEANS = re.compile(
    r"[\"“']?(?:it|its|it['’]s|this|that|these|those|they|their|them|he|she|his|her|both|neither|none|such|also|then"
    r"|there(?! is| are| was| were)|here"
    r"|but|and|so|or|yet|still|instead|therefore|hence|thus|otherwise|however|second|third|finally|my"
    r"|what (?:remains|is left|they|it|the two)"
    r"|why|how|without it|with the|for the (?:first|last) time"
    r"|the (?:other|former|latter|same|rest|answer|remainder|remaining)"
    r"|of (?:these|those|them)|in (?:this|that|both)|by that|to be"
    r"|every one|each|nobody|somebody|someone|a threat|not|less|plus|minus)\b",
    re.IGNORECASE,
)
_SUBJECTLESS = re.compile(
    r"(?:needs|requires|depends|fits|works|runs|takes|costs|asks|wants|allows|covers|includes|assumes"
    r"|excludes|applies|starts|ends|lapses|expires|would|could|must|cheap|fast|slow|quick|expensive|done"
    r"|out|in|reduced|not solved|left|next|likelihood|impact|[a-z]{2,12}ing (?:for|on|to|until|with|the))\b",
    re.IGNORECASE,
)
_OBJECTLESS = re.compile(
    r"\b(?:(?:recommends?|proposes?|wants?|prefers?|refuses?|agreed|decided|intends?) to|asked to)"
    r" (?:sign|buy|sell|approve|decide|agree|proceed|accept|wait|stop|leave|go ahead|continue|invest|join"
    r"|postpone|choose|answer)(?: (?:by|on|before|until|in) [\w ]{1,24})?\W*$",
    re.IGNORECASE,
)
_LONGEST_TITLE = 90
_LONGEST_NAME = 40
_SHORTEST_NAME = 6


def stands_alone(text: str) -> bool:
    """Whether a sentence is understood without the one before it; what begins in lower case is not."""
    return _LEANS.match(text) is None and not text[0].islower()


def says_of_what(text: str) -> bool:
    """Whether a sentence has a subject of its own and, where it wants something done, an object."""
    return _SUBJECTLESS.match(text) is None and _OBJECTLESS.search(text) is None


def needs_title(quote: Quote) -> bool:
    """Whether the sentence of *quote* is hard to place without its item's title."""
    if quote.option:
        return not _shares(quote, quote.statement)
    return not (
        _shares(quote, quote.text) and stands_alone(quote.text) and says_of_what(quote.text)
    )


def attributed(quote: Quote) -> str:
    """Return the sentence of *quote* as a statement, after what its item is called where it needs that."""
    if not needs_title(quote):
        return quote.statement
    return f"{short_title(quote.item.title)} – {quote.statement}"


def titled(quote: Quote, sentence: str | None = None) -> str:
    """Return the sentence of *quote*, or *sentence* in its place, after the whole title of its item."""
    statement = quote.statement if sentence is None else sentence
    return f"{shortened(quote.item.title, limit=_LONGEST_TITLE).rstrip('.')} – {statement}"


def short_title(title: str) -> str:
    """Return what the title names before its colon ("Project Keel"), or the title where that is too little."""
    name, colon, _ = title.partition(": ")
    if colon and _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        return name
    return shortened(title, limit=_LONGEST_TITLE).rstrip(".")


def _shares(quote: Quote, text: str) -> bool:
    return bool(significant_words(quote.item.title) & significant_words(text))
