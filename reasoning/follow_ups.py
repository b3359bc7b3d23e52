"""A follow-up, made into a question of its own: "And what would that cost?" means the Brno hub.

A message follows up when it points at what was said ("it", "this plan", "the second one", "[2]") without having
said it itself, or when it is too short to be asked alone ("Why?", "And in Brno?", "what about 2027"). Only what
stands in the working memory given flows in, so the question is as secret as the memory and the message, no more.
A new subject stays alone: nothing is glued to a question that can be understood without.
"""

from __future__ import annotations

import re

from domain.model import FrozenModel
from domain.sentences import shortened
from domain.sessions import WorkingMemory
from reasoning.antecedents import (
    CONTINUING,
    own_part,
    pointed_at,
    put_in_place,
    subject_of_question,
)
from reasoning.terms import terms_of
from reasoning.wishes import wish_in

__all__ = ["ResolvedMessage", "resolve_message"]

_LONGEST_CONTINUED = 240
_FEW_WORDS = 7
_SELF_CONTAINED_TERMS = 3
"""Terms before a pronoun that it may stand for."""


class ResolvedMessage(FrozenModel):
    """A message as a question of its own."""

    question: str
    """What retrieval and analyses are asked."""
    is_follow_up: bool
    continues: str | None = None
    """The question that it continues."""


_NEW_TOPIC = re.compile(
    r"^\W*(?:(?:ok|okay|right|thanks|thank you|good|fine|great|now)\W+){0,3}(?:now |and )?(?:for |to )?(?:something (?:else|different|completely different"
    r"|new)|(?:a |an )?(?:new|different|other|another|unrelated|separate) (?:topic|subject|question|matter|thing)|on another (?:note|subject|topic)"
    r"|(?:changing|change of|let['’]?s change the) (?:the )?(?:subject|topic)|unrelated(?:ly)?|leaving that aside|apart from that)\b\W*",
    re.IGNORECASE,
)
_OPENER = re.compile(
    r"^\W*(?:(?:ok|okay|yes|right|thanks|thank you|good|fine|great|hm+|well|please|pls)\W+){0,2}"
    r"(?:and|but|so|then|also|or)\b,?\s+(?:then |what if |now )?(?=\S)",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^\W*(?:(?:ok|okay|yes|right|thanks|thank you|good|fine|great|hm+|well)\b[\s,.!]+){1,3}(?=\S)",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"^(?:(?:and|but|so|then|ok|okay) )*(?:what|how) about\b\s*", re.IGNORECASE
)
_POINTS = re.compile(
    r"\b(?:it|its|it['’]s|they|them|their|theirs|he|she|him|her|his"
    r"|that(?! (?:the|we|our|a|an|is|are|was|were|will|would|can|could|has|have|they|it|you|i|he|she|run|work|make|need|matter)\b)"
    r"|these|those(?! who| that| which)"
    r"|this(?! (?:year|quarter|month|week|morning|summer|winter|spring|autumn|season|time|company|morning|afternoon)\b)"
    r"|the (?:former|latter|same|other one|other two|others)"
    r"|(?:the )?(?:first|second|third|fourth|fifth|last|other|next) (?:one|two|point|item|option|risk|finding|source|document|entry|recommendation)"
    r"|(?:point|item|number|option|source|finding|risk|recommendation) (?:\d{1,2}|one|two|three|four|five)|\[\d{1,2}\])(?!\w)",
    re.IGNORECASE,
)
_POINTS_NOWHERE = re.compile(
    r"\b(?:(?:is|was|would|will|does|can|could|should) it (?:be )?(?:\w+ )?(?:possible|feasible|realistic|technically|time|worth(?! it)|smart|wise|a good idea"
    r"|good|make sense|true|legal|take|pay|even|still)\b(?= \w+ (?:to|that|for|if)| to| that| for| if)"
    r"|(?:would|does|will|might) it (?:take|cost|be) (?:\w+ ){0,3}to\b|(?:time|worth) it to|it (?:is|was|seems|looks|would be) (?:\w+ ){1,2}(?:that|to)\b"
    r"|is it (?:\w+ ){0,2}(?:to|that|time|worth)\b|those of|that of|so that|such that|given that|now that|except that|is that(?= (?:the|we|our))"
    r"|make it (?:\w+ )?to|that['’]s it|that way)",
    re.IGNORECASE,
)
_QUESTION_ALONE = re.compile(
    r"^(?:why|when|who|where|how|how so|how much|how many|how long|how sure(?: are you)?|since when|by whom|says who|who said so|how come"
    r"|why (?:not|now|is|so)|which (?:one|ones)|what (?:else|for|then|if not|now)|really|are you sure|tell me more|more(?: detail| details)?|go on|continue"
    r"|explain|elaborate|can you (?:explain|elaborate)|for example|an example|any (?:risks|others?|more)|anything else|who else|what else|where else"
    r"|technically|commercially|financially|legally|in detail|in short|shorter|by when|from when|until when|how certain(?: are you)?"
    r"|on what (?:grounds|basis)|source|sources|and)\W*$",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"^(?:and |but |so )?(?:what )?if (?:we|they|he|she|not|so)\b", re.IGNORECASE
)
_POINT_OF_VIEW = re.compile(
    r"^(?:now |and )?(?:from|for|in|on|at|with|without|by|until|after|before|under|to) ",
    re.IGNORECASE,
)
_VERBLESS = re.compile(
    r"\b(?:is|are|was|were|be|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|show|list|find|give|tell|compare|assess|evaluate"
    r"|explain|summari[sz]e|build|launch|plan|estimate|check|analy[sz]e|decide|need|want|quote|say|says|said|hi|hello|good morning)\b",
    re.IGNORECASE,
)
_PARTS_OF_A_WHOLE = re.compile(
    r"^(?:and |but |so )?(?:which|what|how many|how much|how long|who|when|where)\b(?: \w+){0,5}\W*$",
    re.IGNORECASE,
)


def resolve_message(content: str, memory: WorkingMemory) -> ResolvedMessage:
    """Return *content* as a question of its own, continued from *memory* where it follows up."""
    text = " ".join(content.split())
    wish = wish_in(text)
    asked = text if wish is None else wish.rest
    before = own_part(memory.question) if memory.question else None
    if before is None:
        return ResolvedMessage(question=asked or text, is_follow_up=False)
    if not asked:
        return ResolvedMessage(question=before, is_follow_up=True, continues=before)
    new_topic = _NEW_TOPIC.match(asked)
    if new_topic and len(asked) > new_topic.end():
        rest = asked[new_topic.end() :]
        return ResolvedMessage(question=rest[0].upper() + rest[1:], is_follow_up=False)
    if not follows_up(asked):
        return ResolvedMessage(question=asked, is_follow_up=False)
    return ResolvedMessage(
        question=_continued(asked, before, memory), is_follow_up=True, continues=before
    )


def follows_up(message: str) -> bool:
    """Whether *message*, one line, needs what was said before to be understood."""
    bare = _POLITE.sub("", message)
    opener = _OPENER.match(bare)
    if opener:
        bare = bare[opener.end() :] or bare
    if _WHAT_ABOUT.match(bare) or _QUESTION_ALONE.match(bare):
        return True
    words = bare.split()
    terms = terms_of(bare)
    nowhere = [match.span() for match in _POINTS_NOWHERE.finditer(bare)]
    for match in _POINTS.finditer(bare):
        if any(start <= match.start() < end for start, end in nowhere):
            continue
        said = terms_of(bare[: match.start()])
        if len(said) < _SELF_CONTAINED_TERMS or len(words) <= _FEW_WORDS:
            return True
    if _CONDITION.match(bare) and len(terms) < _SELF_CONTAINED_TERMS:
        return True
    if opener and len(terms) < _SELF_CONTAINED_TERMS and len(words) <= _FEW_WORDS:
        return True
    if len(terms) <= 2 and _POINT_OF_VIEW.match(bare) and not _VERBLESS.search(bare):
        return True
    return len(words) <= 3 and len(terms) <= 2 and not _VERBLESS.search(bare)


def _continued(message: str, before: str, memory: WorkingMemory) -> str:
    """Return *message* with what it points at put in place, or followed by the question that it continues."""
    bare = _POLITE.sub("", message)
    about = _WHAT_ABOUT.match(bare)
    opener = _OPENER.match(bare)
    bare = bare[about.end() :] if about else bare[opener.end() :] if opener else bare
    replaced = put_in_place(bare, before)
    if replaced is not None:
        return replaced
    pointed = pointed_at(bare, memory)
    if pointed is not None:
        bare = pointed
    else:
        subject = subject_of_question(before, memory.entities)
        if subject:
            bare = _POINTS.sub(lambda match: _standing_for(match, subject), bare, count=1)
    asked = f"What about {bare}" if about else bare
    asked = asked[0].upper() + asked[1:]
    if asked[-1] not in "?.!":
        asked += "?"
    return f"{asked} {CONTINUING}{shortened(before, limit=_LONGEST_CONTINUED)})"


def _standing_for(match: re.Match[str], subject: str) -> str:
    word = match.group().lower()
    if word in {"it", "this", "that"}:
        return subject
    return match.group()
