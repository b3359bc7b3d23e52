"""What a pronoun, a number or a fragment stands for in a conversation's last turn.

Only readings that hold are taken: a noun phrase with its determiner right behind the verb of a question, an
entry of the last answer by its number, a year for the one year named before, a name for the one name. Where
nothing holds, nothing is replaced: the question before is told with the message instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.sentences import shortened
from domain.sessions import Speaker, WorkingMemory
from reasoning.terms import terms_of

CONTINUING = "(continuing: "
_SELF_CONTAINED_TERMS = 2
_LONGEST_ENTRY = 160
_NUMBERS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
}  # fmt: skip
_ORDINAL = re.compile(
    r"(?:the )?(?P<ordinal>first|second|third|fourth|fifth|last) (?P<kind>one|point|item|option|risk|finding|source|document|entry|recommendation)\b"
    r"|(?:point|item|number|option|source|finding|risk|recommendation) (?P<number>\d{1,2}|one|two|three|four|five)\b|\[(?P<mark>\d{1,2})\]",
    re.IGNORECASE,
)
_ENTRY = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+(?P<text>\S.*)$", re.MULTILINE)
_MARK = re.compile(r"\s*\[\d{1,3}\]|[*_`\\]")
_YEAR = re.compile(r"\b(?:Q[1-4] )?20\d\d\b|\bQ[1-4]\b", re.IGNORECASE)
_ONLY_TIME = re.compile(
    r"^(?:(?:in|for|by|of|until) )?(?P<time>(?:Q[1-4] )?20\d\d|Q[1-4])\W*$", re.IGNORECASE
)
_NAME = re.compile(r"(?:[A-ZÀ-ÖØ-Þ][\w'’&-]*)(?: (?:[A-ZÀ-ÖØ-Þ\d][\w'’&-]*))*")
_ONLY_NAME = re.compile(
    r"^(?:(?:in|at|for|with|from|to|by|about) )?(?P<name>(?:[A-ZÀ-ÖØ-Þ][\w'’&-]*)(?: [A-ZÀ-ÖØ-Þ\d][\w'’&-]*){0,3})\W*$"
)
_NO_NAME = frozenset(
    ["I", "What", "When", "Where", "Who", "Why", "How", "Which", "Should", "Shall", "Can", "Could", "Would", "Will", "Do", "Does", "Did", "Is", "Are", "Was", "Were", "Has", "Have", "EUR", "USD", "GBP", "CHF", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December", "GDPR"]
)
_DETERMINED = r"(?:the|our|an?|this|that|its|their)"
_STOPS_A_PHRASE = (
    r"(?:by|in|on|at|to|for|with|until|before|after|from|of|and|or|but|if|when|which|that|who|so|as|than|into|next|this|last|is|are|was|were|be|has"
    r"|have|had|do|does|did|can|could|will|would|should|may|might|must|take|takes|survive|say|said|says|cost|costs|mean|stand|handle|run|runs|work|"
    r"works|expire|expires|end|ends|start|starts|contain|hold|face|carry|agree|report|write|fit|scale|cope|pay|change|affect|complain|leave|move|look)"
)
_PHRASE = re.compile(
    rf"\b(?P<determiner>{_DETERMINED}) (?P<words>(?:(?!{_STOPS_A_PHRASE}\b)[\w'’&%/-]+ ?){{1,4}})",
    re.IGNORECASE,
)


def own_part(question: str) -> str:
    """Return the question that a follow-up of *question* continues: its own words, or what it continued."""
    head, mark, tail = question.partition(f" {CONTINUING}")
    if not mark:
        return question
    return head if len(terms_of(head)) >= _SELF_CONTAINED_TERMS else tail.removesuffix(")")


def put_in_place(fragment: str, before: str) -> str | None:
    """Return *before* with its one year or its one name replaced by the one that is all of *fragment*.

    None where *fragment* is more than that or *before* names none or several.
    """
    time = _ONLY_TIME.match(fragment)
    if time:
        times = list(_YEAR.finditer(before))
        return _replaced(before, times[0].span(), time["time"]) if len(times) == 1 else None
    name = _ONLY_NAME.match(fragment)
    if name:
        names = [match for match in _NAME.finditer(before) if _is_name(match, before)]
        return _replaced(before, names[0].span(), name["name"]) if len(names) == 1 else None
    return None


def pointed_at(message: str, memory: WorkingMemory) -> str | None:
    """Return *message* with the entry or the source that it counts put in place; None where it counts none."""
    match = _ORDINAL.search(message)
    if match is None:
        return None
    named = _counted(match, memory)
    if named is None:
        return None
    return f"{message[: match.start()]}“{named}”{message[match.end() :]}"


def subject_of_question(question: str, entities: Sequence[str]) -> str | None:
    """Return what *question* is about as words that can stand in a sentence: "the Brno hub"; None if unclear."""
    phrases = [
        (match["determiner"], match["words"].strip())
        for match in _PHRASE.finditer(question)
        if terms_of(match["words"])
    ]
    if not phrases:
        named = [name for name in entities if name in question]
        return named[0] if len(named) == 1 else None
    determiner, words = phrases[0]
    definite = "our" if determiner.lower() == "our" else "the"
    return f"{definite} {words}"


def _counted(match: re.Match[str], memory: WorkingMemory) -> str | None:
    said = next((t.text for t in reversed(memory.turns) if t.speaker is Speaker.DIARCHY), "")
    titles = [item.title for item in memory.items]
    entries = [_plain(found["text"]) for found in _ENTRY.finditer(said)]
    is_source = bool(match["mark"]) or (match["kind"] or match.group().split()[0]).lower() in {
        "source", "document", "item",
    }  # fmt: skip
    counted = titles if is_source or not entries else entries
    word = (match["ordinal"] or match["number"] or match["mark"]).lower()
    if word == "last":
        return counted[-1] if counted else None
    number = _NUMBERS.get(word) or int(word)
    return counted[number - 1] if 0 < number <= len(counted) else None


def _plain(entry: str) -> str:
    return shortened(" ".join(_MARK.sub("", entry).split()), limit=_LONGEST_ENTRY).rstrip(".")


def _is_name(match: re.Match[str], question: str) -> bool:
    first = match.group().split()[0]
    return (
        match.start() > 0
        and first not in _NO_NAME
        and question[match.start() - 2 : match.start()] != ". "
    )


def _replaced(text: str, span: tuple[int, int], by: str) -> str:
    return f"{text[: span[0]]}{by}{text[span[1] :]}"
