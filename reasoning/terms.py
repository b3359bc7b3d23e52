"""The words of a text that carry its subject: stemmed, without the words that every text has.

Two texts speak of the same thing when they share such terms. A term that many items of a context
hold says little about any one of them, so terms are weighed by how few items hold them (inverse
document frequency over the context in hand, never over anything outside it).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|(?<=[^\W_])[-'’&](?=[^\W_]))*")
_LONGEST_WORD = 40


def word_list(words: str) -> frozenset[str]:
    """Return the words of *words*, which white space parts."""
    return frozenset(words.split())


STOP_WORDS = word_list(
    """
    a about above across after again against all almost along already also although always
    am among an and any anything are aren't around as at away back be became because become
    been before behind being below between both but by came can cannot come could did do
    does doing done down due during each either else end enough even ever every everyone
    everything except far few first five for four from further gave get gets give given go
    goes going gone got had has have having he hence her here hers him his how however if in
    instead into is isn't it its itself just keep kept last least less let like likely made
    make makes making many may me might mine more most much must my near nearly need needed
    needing needs neither never next no nobody none nor not nothing now of off often on once
    one only onto or other others otherwise our ours out over own per perhaps please put
    rather really same seven several shall she should since six so some something soon still
    such take taken taking ten than that the their theirs them then there therefore these
    they thing things third this those though three through thus to today together too
    toward towards two under unless until up upon us use used using usual usually very via
    want wants was way we well went were what whatever when where whether which while who
    whole whose why will with within without would yes yet you your yours january february
    march april june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday day days week weeks month months quarter
    quarters year years yearly monthly daily weekly annual annually hour hours minute
    minutes second seconds million billion thousand percent eur usd gbp euro euros dollar
    dollars able allow allows ask asks asked available based begin believe bring brings
    build building built business case change changes company companies consider create
    current currently customer customers deliver delivered delivers different enable enables
    ensure exactly expect expected follow following general good great group help helps high
    higher important include includes including increase initiative introduce know large
    launch launched level long look low lower main major new number offer offers open order
    part people place plan planned plans point possible project propose proposed provide
    provides question reach ready requirement requirements require required requires result
    results right run running see serve service services set show side small solution start
    starts state strategic strategy strong subject support supports system systems target
    team teams technical technology term terms time top total turn unit view whole work
    working works world
    percentile peak sustained sustain average reach reaches median measured
    """
)
"""Words of grammar, of time and money, and those that any plan or report is made of."""


def terms_in_order(text: str) -> list[str]:
    """Return the stemmed terms of *text* as they come, repeats included; a hyphen parts words."""
    return [term for word in _WORD.findall(text) for term in _terms_of_word(word)]


@lru_cache(maxsize=50_000)
def _terms_of_word(word: str) -> tuple[str, ...]:
    plain = word.lower().replace("’", "'").removesuffix("'s")
    if len(plain) > _LONGEST_WORD:
        return ()
    parts = plain.split("-")
    return tuple(
        _STEMMER.stemWord(part) for part in parts if len(part) > 1 and part not in STOP_WORDS
    )


def terms_of(text: str) -> frozenset[str]:
    """Return the distinct terms of *text*."""
    words = set(_WORD.findall(text))
    return frozenset(chain.from_iterable(map(_terms_of_word, words)))


def term_weights(documents: Iterable[frozenset[str]]) -> Mapping[str, float]:
    """Return the weight of each term over *documents*: ln(1 + N / documents that hold it)."""
    holding: Counter[str] = Counter()
    count = 0
    for document in documents:
        holding.update(document)
        count += 1
    return {term: math.log(1 + count / held) for term, held in holding.items()}
