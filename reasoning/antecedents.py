"""What a pronoun, a number or a fragment stands for in a conversation's last turn.

Only readings that hold are taken: what "we" are to do something with, a noun phrase with its determiner, an
entry of the last answer by its number, a year for the one year named before, a name for the one name. Where
nothing holds, nothing is replaced: the question before is told with the message instead.
"""

from __future__ import annotations

import re

from domain.sentences import shortened
from domain.sessions import Speaker, WorkingMemory
from reasoning.terms import terms_of, word_list

CONTINUING = "(continuing: "
"""Opens what a question continues."""
_READ = 2_000
"""Characters of a question in which names and subjects are looked for."""
_OWN_TERMS = 2
_LONGEST_ENTRY = 160
_NUMBERS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
}  # fmt: skip
_COUNTED = "one|point|item|option|risk|finding|source|document|entry|recommendation"
_SOURCES = frozenset({"source", "document", "item"})
_ORDINAL = re.compile(
    rf"\b(?:the )?(?P<ordinal>first|second|third|fourth|fifth|last) (?P<kind>{_COUNTED})\b"
    rf"|\b(?P<named>number|{_COUNTED}) (?P<number>\d{{1,2}}|one|two|three|four|five)\b|\[(?P<mark>\d{{1,2}})\]",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+(?P<text>\S.*)$", re.MULTILINE)
_MARK = re.compile(r"\s*\[\d{1,3}\]|[*_`\\]")
_YEAR = re.compile(r"\b(?:Q[1-4] )?20\d\d\b|\bQ[1-4]\b", re.IGNORECASE)
_ONLY_TIME = re.compile(
    r"^(?:(?:in|for|by|of|until) )?(?P<time>(?:Q[1-4] )?20\d\d|Q[1-4])\W*$", re.IGNORECASE
)
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’&-]*"
_NAME = re.compile(rf"{_CAPITALISED}(?: (?:{_CAPITALISED}|\d{{1,3}}))*")
_ONLY_NAME = re.compile(
    r"^(?:(?i:in|at|for|with|from|to|by|about) )?"
    rf"(?P<name>{_CAPITALISED}(?: (?:{_CAPITALISED}|\d{{1,3}})){{0,3}})\W*$"
)
_AT_A_PLACE = re.compile(r"(?:in|at) ", re.IGNORECASE)
_MAY_BE_A_PLACE = re.compile(
    r"\b(?:in|at|from|to|for|about|around|near|the|our|an?) $", re.IGNORECASE
)
_NO_NAME = word_list(
    """
    I EUR USD GBP CHF EBITDA GDPR CEO CFO CTO COO API IT January February March April May June July August
    September October November December Monday Tuesday Wednesday Thursday Friday
    """
)
_STOPS = (
    r"(?:by|in|on|at|to|for|with|until|before|after|from|of|and|or|but|if|when|which|that|who|so|as|than|into|next|this"
    r"|last|now|again|given|instead|is|are|was|were|be|has|have|had|do|does|did|can|could|will|would|should|may|might"
    r"|must|take|takes|survive|say|said|says|cost|costs|mean|stand|handle|run|runs|work|works|expire|expires|end|ends"
    r"|start|starts|contain|hold|face|carry|agree|report|write|fit|scale|cope|pay|change|affect|complain|leave|move|look)"
)
_WORDS = rf"(?P<words>(?:(?!{_STOPS}\b)[\w'’&%/-]+ ?){{1,4}})"
_OBJECT = re.compile(
    rf"\b(?:should|shall|can|could|do|will|would|must|may|to) (?:we |i |they )?(?:\w+ly )?(?!be |have |we )\w+"
    rf"(?: up| out| over| about| of| on)? (?P<determiner>the |our |an? )?{_WORDS}",
    re.IGNORECASE,
)
_PHRASE = re.compile(rf"\b(?P<determiner>the |our |an? ){_WORDS}", re.IGNORECASE)
_SAYS_WHAT_IS = re.compile(r"^what(?:['’]?s| is| was| are| were) ", re.IGNORECASE)
_ASPECTS = word_list(
    """
    status state cost costs price name date outcome effect risk risks reason size number amount value level
    """
)
_WE_DO = re.compile(
    r"\b(?:should|shall|can|could|do|will|would|must) (?:we|i|they)\b", re.IGNORECASE
)


def own_part(question: str) -> str:
    """Return the question that a follow-up of *question* continues: its own words, or what it continued."""
    head, mark, tail = question.partition(f" {CONTINUING}")
    if not mark:
        return question
    return head if len(terms_of(head)) >= _OWN_TERMS else tail.removesuffix(")")


def put_in_place(fragment: str, before: str, *, may_name: bool) -> str | None:
    """Return *before* with its one year or its one name replaced by the one that is all of *fragment*.

    None where *fragment* is more than that or *before* names none or several. A name behind a preposition is
    one; whether a capital alone is, *may_name* says.
    """
    time = _ONLY_TIME.match(fragment)
    if time:
        times = list(_YEAR.finditer(before))
        return _replaced(before, times[0], time["time"]) if len(times) == 1 else None
    name = _ONLY_NAME.match(fragment)
    if name and (may_name or name.start("name")):
        names = _names_in(before)
        if len(names) != 1 or (_AT_A_PLACE.match(fragment) and not _placed(before, names[0])):
            return None
        return _replaced(before, names[0], name["name"])
    return None


def pointed_at(message: str, memory: WorkingMemory) -> str | None:
    """Return *message* with the entry or the source that it counts put in place; None where it counts none."""
    match = _ORDINAL.search(message)
    named = _counted(match, memory) if match else None
    if match is None or named is None:
        return None
    return f"{message[: match.start()]}“{named}”{message[match.end() :]}"


def holds_a_name(text: str) -> bool:
    """Whether *text* names something by a capital elsewhere than at its beginning."""
    return bool(_names_in(text))


def action_of(question: str) -> str | None:
    """Return what "that" after *question* means where a thing is decided on or asked for; None elsewhere."""
    if _WE_DO.search(question) or _SAYS_WHAT_IS.match(question):
        return subject_of(question)
    return None


def subject_of(question: str) -> str | None:
    """Return what *question* is about as it can stand in a sentence: "the Brno hub"; None if unclear."""
    matches = [_OBJECT.search(question, 0, _READ)] if _WE_DO.search(question) else []
    for match in [*matches, *_PHRASE.finditer(question, 0, _READ)]:
        if match is None:
            continue
        words = match["words"].strip()
        if not terms_of(words) or words.lower() in _ASPECTS:
            continue
        determiner = (match["determiner"] or "").lower()
        article = {"our ": "our ", "": ""}.get(determiner, "the ")
        return f"{article}{words}"
    names = _names_in(question)
    return names[0].group() if len(names) == 1 else None


def _counted(match: re.Match[str], memory: WorkingMemory) -> str | None:
    answers = (turn.text for turn in reversed(memory.turns) if turn.speaker is Speaker.DIARCHY)
    entries = [_plain(found["text"]) for found in _ENTRY.finditer(next(answers, ""))]
    titles = [item.title for item in memory.items]
    kind = (match["kind"] or match["named"] or "source").lower()
    counted = titles if kind in _SOURCES or not entries else entries
    word = (match["ordinal"] or match["number"] or match["mark"]).lower()
    if word == "last":
        return counted[-1] if counted else None
    number = _NUMBERS.get(word) or int(word)
    return counted[number - 1] if 0 < number <= len(counted) else None


def _plain(entry: str) -> str:
    return shortened(" ".join(_MARK.sub("", entry).split()), limit=_LONGEST_ENTRY).rstrip(".")


def _names_in(text: str) -> list[re.Match[str]]:
    return [
        match
        for match in _NAME.finditer(text, 0, _READ)
        if match.start() > 0
        and text[: match.start()].rstrip()[-1:] not in {".", "?", "!"}
        and match.group().split()[0] not in _NO_NAME
    ]


def _placed(text: str, name: re.Match[str]) -> bool:
    """Whether *name* may be a place: behind a preposition or an article, "in Brno", "the Brno hub"."""
    return _MAY_BE_A_PLACE.search(text[: name.start()]) is not None


def _replaced(text: str, match: re.Match[str], by: str) -> str:
    return f"{text[: match.start()]}{by}{text[match.end() :]}"
