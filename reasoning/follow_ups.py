"""A follow-up, made into a question of its own: "And what would that cost?" means the Brno hub.

A message follows up when it points at what was said ("it", "this plan", "the second one", "[2]") without having
said it itself, or when it is too short to be asked alone ("Why?", "And in Brno?", "what about 2027"). Only what
stands in the working memory given flows in, so the question is as secret as memory and message, no more. A new
subject stays alone: nothing is glued to a question that can be understood without.
"""

from __future__ import annotations

import re

from domain.model import FrozenModel
from domain.sentences import shortened
from domain.sessions import WorkingMemory
from reasoning.antecedents import (
    CONTINUING,
    action_of,
    holds_a_name,
    own_part,
    pointed_at,
    put_in_place,
    subject_of,
)
from reasoning.terms import terms_of
from reasoning.wishes import wish_in
from reasoning.wording import pattern_of

__all__ = ["ResolvedMessage", "resolve_message"]

_LONGEST_CONTINUED = 240
_FEW_WORDS = 7
_FEW_TERMS = 2
"""A message of no more terms may be a fragment."""
_FRAGMENT_WORDS = 3


class ResolvedMessage(FrozenModel):
    """A message as a question of its own."""

    question: str
    """What retrieval and analyses are asked."""
    is_follow_up: bool
    continues: str | None = None
    """The question that it continues."""


_ANY_CASE = re.IGNORECASE
_SHARED = {
    "<polite>": r"(?:ok|okay|yes|right|thanks|thank you|good|fine|great|hm+|well|please|pls|now)",
    "<matter>": r"(?:topic|subject|question|matter|thing)",
    "<counted>": r"(?:one|two|point|item|option|risk|finding|source|document|entry|recommendation)",
    "<matters>": (
        r"(?:plan|project|idea|proposal|decision|deal|offer|problem|issue|question|requirement|step|move|change)"
    ),
}
_NEW_TOPIC = pattern_of(
    r"""
    ^\W*(?:<polite>\W+){0,3}(?:and )?(?:for |to )?something (?:else|different|completely different|new);
    ^\W*(?:<polite>\W+){0,3}(?:an? )?(?:new|different|other|another|unrelated|separate) <matter>;
    ^\W*(?:<polite>\W+){0,3}on another (?:note|subject|topic|matter);
    ^\W*(?:<polite>\W+){0,3}(?:changing|change of|let['’]?s change) (?:the )?(?:subject|topic);
    ^\W*(?:<polite>\W+){0,3}(?:unrelated|leaving that aside|apart from that|by the way)
    """,
    _SHARED,
    flags=_ANY_CASE,
)
_POLITE = re.compile(rf"^\W*(?:{_SHARED['<polite>']}\b[\s,.!]+){{1,3}}(?=\S)", _ANY_CASE)
_OPENER = re.compile(r"^\W*(?:and|but|so|then|also|or)\b,?\s+(?:then )?(?=\S)", _ANY_CASE)
_WHAT_ABOUT = re.compile(r"^(?:what|how) about\b\s*(?=\S)", _ANY_CASE)
_POINTS = pattern_of(
    r"""
    it; its; it['’]s; they; them; their; theirs; he; she; him; her; his; these; those(?! who| that| which);
    (?:this|that) <matters>; the (?:former|latter|same|other one|other two|others);
    that(?! (?:the|we|our|an?|is|are|was|were|will|would|can|could|has|have|they|it|you|i|he|she|\w{2,14}s)\b);
    this(?! (?:year|quarter|month|week|morning|summer|winter|spring|autumn|season|time|company|afternoon)\b);
    (?:the )?(?:first|second|third|fourth|fifth|last|other|next) <counted>;
    (?:point|item|number|option|source|finding|risk|recommendation) (?:\d{1,2}|one|two|three|four|five);
    (?<!is )(?<!are )(?<!was )(?<!were )(?<!^)there(?! (?:is|are|was|were|a|an|any|no)\b); \[\d{1,2}\]
    """,
    _SHARED,
    flags=_ANY_CASE,
)
_POINTS_NOWHERE = pattern_of(
    r"""
    (?:is|was|would|will|does|can|could|should) it (?:be )?(?:\w{1,14} ){1,3}(?:to|that|for|if);
    (?:would|does|will|might) it (?:take|cost|be|pay) (?:\w{1,14} ){0,3}to; (?:time|worth) it to;
    it (?:is|was|seems|looks|would be) (?:\w{1,14} ){1,2}(?:that|to); those of; that of; so that; such that;
    given that; now that; except that; make it (?:\w{1,14} )?to; that way
    """,
    flags=_ANY_CASE,
)
_ALONE = pattern_of(
    r"""
    why; when; who; where; how; how so; how much; how many; how long; how (?:sure|certain)(?: are you)?;
    since when;
    by whom; says who; who (?:said|says) so; how come; why (?:not|now|is so); which (?:one|ones);
    what (?:else|for|then|if not|now); really; are you sure; (?:tell me |say )?more; more details?; go on;
    continue;
    explain; elaborate; can you (?:explain|elaborate); for example; an example; anything else;
    (?:who|what|where) else; technically; commercially; financially; legally; in detail; in short; shorter;
    (?:by|from|until) when; on what (?:grounds|basis); sources?
    """
)
_ASPECT = pattern_of(
    r"""
    (?:what|which|who) (?:are|is|were|was|would be|could be|about) (?:the |our )?(?:main |biggest |key |
    next )?<aspect>;
    (?:any|the|our|are there(?: any)?|is there an?) (?:main |biggest |key |other )?<aspect>;
    what (?:can|could|might|would) (?:go wrong|we do|happen)
    """,
    {
        "<aspect>": (
            r"(?:risks?|costs?|benefits?|reasons?|alternatives?|options?|competitors?|deadlines?|timelines?|steps?"
            r"|obstacles?|advantages?|disadvantages?|effort|budget|price|chances?|consequences|dependencies|downsides?"
            r"|upsides?|opportunit(?:y|ies)|technology|numbers|figures|sources?|evidence|conditions?|savings?)"
        )
    },
)
_CONDITION = re.compile(r"^(?:what )?if (?:we|they|he|she|not|so|it)\b", _ANY_CASE)
_POINT_OF_VIEW = re.compile(
    r"^(?:from|for|in|on|at|with|without|by|until|after|before|under|to) ", _ANY_CASE
)
_SAYS_WHAT_TO_DO = re.compile(
    r"^(?:tell|explain|show|give|compare|summari[sz]e|go|continue|list|quote)\b", _ANY_CASE
)
_VERB = pattern_of(
    r"""
    is; are; was; were; be; do; does; did; has; have; had; can; could; will; would; shall; should; may;
    might; must; show; list; find; give; tell; compare; assess; evaluate; explain; summari[sz]e; build;
    launch; plan; estimate; check; analy[sz]e; decide; need; want; quote; says?; said; hi; hello; good
    morning; help
    """,
    flags=_ANY_CASE,
)


def resolve_message(content: str, memory: WorkingMemory) -> ResolvedMessage:
    """Return *content* as a question of its own, continued from *memory* where it follows up.

    A wish ("ask Sophia") is no part of the question; one that is all of the message asks the question before
    again.
    """
    text = " ".join(content.split())
    wish = wish_in(text)
    asked = text if wish is None else wish.rest
    before = own_part(memory.question) if memory.question else None
    if before is None:
        return ResolvedMessage(question=asked or text, is_follow_up=False)
    if not asked:
        return ResolvedMessage(question=before, is_follow_up=True, continues=before)
    new_topic = _NEW_TOPIC.match(asked)
    if new_topic:
        rest = asked[new_topic.end() :].lstrip(" ,;:.!–—-")
        return ResolvedMessage(question=_capitalised(rest) or asked, is_follow_up=False)
    said_more = memory.route is None and _says_more(asked)
    if not said_more and not _follows_up(asked):
        return ResolvedMessage(question=asked, is_follow_up=False)
    question = _continued(asked, before, memory)
    return ResolvedMessage(question=question, is_follow_up=True, continues=before)


def _follows_up(message: str) -> bool:
    """Whether *message*, one line, needs what was said before to be understood."""
    bare = _POLITE.sub("", message)
    opener = _OPENER.match(bare)
    bare = bare[opener.end() :] if opener else bare
    plain = bare.rstrip(" ?.!").lower()
    if _WHAT_ABOUT.match(bare) or _ALONE.fullmatch(plain) or _ASPECT.fullmatch(plain):
        return True
    if _points_back(bare):
        return True
    is_short = len(terms_of(bare)) <= _FEW_TERMS
    if is_short and _CONDITION.match(bare):
        return True
    words = len(bare.split())
    if is_short and opener and words <= _FEW_WORDS:
        return True
    is_fragment = words <= _FRAGMENT_WORDS or _POINT_OF_VIEW.match(bare) is not None
    return is_short and is_fragment and not _VERB.search(bare)


def _says_more(message: str) -> bool:
    """Whether *message* is but words that say more of what was asked back: "the scrap rate"."""
    return len(message.split()) <= _FEW_WORDS and not _VERB.search(message)


def _points_back(message: str) -> bool:
    """Whether the first pronoun or number in *message* stands for something that it does not say before."""
    nowhere = [match.span() for match in _POINTS_NOWHERE.finditer(message)]
    for match in _POINTS.finditer(message):
        if any(start <= match.start() < end for start, end in nowhere):
            continue
        before = message[: match.start()]
        says_it = len(terms_of(before)) > _FEW_TERMS or holds_a_name(before)
        return not says_it or len(message.split()) <= _FEW_WORDS
    return False


def _continued(message: str, before: str, memory: WorkingMemory) -> str:
    """Return *message* with what it points at put in place, followed by the question that it continues."""
    bare = _POLITE.sub("", message)
    opener = _OPENER.match(bare)
    bare = bare[opener.end() :] if opener else bare
    about = _WHAT_ABOUT.match(bare)
    fragment = bare[about.end() :] if about else bare
    # A message begins with a capital whatever its first word is.
    may_name = not message.startswith(fragment) or fragment.rstrip(" ?.!") in memory.entities
    replaced = put_in_place(fragment, before, may_name=may_name)
    if replaced is not None:
        return replaced
    named = pointed_at(bare, memory) or _with_subject(bare, before)
    return f"{_ended(named)} {CONTINUING}{shortened(before, limit=_LONGEST_CONTINUED)})"


def _with_subject(message: str, before: str) -> str:
    """Return *message* with its first "it", "that" or "this plan" replaced by what *before* is about."""
    match = _POINTS.search(message)
    if match is None or _SAYS_SO.search(message):
        return message
    word = match.group().lower()
    if word in {"it", "its", "it's", "it’s"}:
        subject = subject_of(before)
    elif word.startswith(("this", "that")):
        subject = action_of(before)
    else:
        subject = None
    if subject is None:
        return message
    ending = {"its": "’s", "it's": " is", "it’s": " is"}.get(word, "")
    return f"{message[: match.start()]}{subject}{ending}{message[match.end() :]}"


_SAYS_SO = re.compile(
    r"\b(?:says?|said|thinks?|claims?|knows?|means?) (?:that|so|it|this)\b", _ANY_CASE
)


def _ended(message: str) -> str:
    text = _capitalised(message).rstrip()
    if text[-1] in "?.!":
        return text
    return f"{text}." if _SAYS_WHAT_TO_DO.match(text) else f"{text}?"


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
