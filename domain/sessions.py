"""Conversations: what a reader said, what was answered, and what of it is in play for the next message.

A session belongs to one principal. Whoever types has read what was said before, so a message carries the
high-water mark of everything that its author could see in the session when it was written; an answer
carries that and everything that it was made from. A reader whose clearance is lower than that sees the
conversation as if the messages above had never been written, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.clearance import (
    Clearance,
    ConfidentialityLevel,
    high_water_mark,
    level_of_typed,
)
from domain.event_payloads import Identifier
from domain.evidence import Labelled, Source
from domain.model import FrozenModel, UtcDatetime

LONGEST_MESSAGE = 100_000
"""Characters."""
LONGEST_TITLE = 80
"""Characters."""
ERASED = "erased"
"""The failure of a message whose answer was erased with an item that it was made from; ask it again."""


class Route(StrEnum):
    """Who answers a message."""

    SOPHIA = "sophia"
    """A business analysis."""
    ARTEMIS = "artemis"
    """A technical analysis."""
    BOTH = "both"
    """A comprehensive analysis."""
    KNOWLEDGE = "knowledge"
    """The knowledge base alone: what is known, looked up and cited."""


class RoutingDecision(FrozenModel):
    """Who answers, how sure that is, and why."""

    route: Route | None
    """None where the router is unsure and asks back."""
    confidence: float = Field(ge=0, le=1)
    reason: str
    """A sentence for the reader; names cues and intents, quotes no more than words of the message."""
    candidates: tuple[Route, ...] = ()
    """Where it asks back: what the reader may have meant, likeliest first."""


class Speaker(StrEnum):
    """Whose words a message is."""

    READER = "reader"
    DIARCHY = "diarchy"


class MessageStatus(StrEnum):
    """How far a reader's message has come."""

    RECEIVED = "received"
    ANSWERED = "answered"
    FAILED = "failed"


class Session(FrozenModel):
    """A conversation of one principal's."""

    session_id: Identifier
    reader: str
    title: str
    """The opening of the first message that its reader may still read; empty before."""
    confidentiality_level: ConfidentialityLevel
    """High-water mark of the messages that its reader may read now."""
    created_at: UtcDatetime
    last_message_at: UtcDatetime | None


class Message(FrozenModel):
    """One message of a session; an answer says to which message it replies."""

    message_id: Identifier
    session_id: Identifier
    speaker: Speaker
    content: str = Field(max_length=LONGEST_MESSAGE)
    confidentiality_level: ConfidentialityLevel
    created_at: UtcDatetime
    status: MessageStatus | None = None
    """Of a reader's message; None for an answer."""
    failure: str | None = None
    """Why a message could not be answered: a kind of failure, without content."""
    in_reply_to: Identifier | None = None
    answer: SessionAnswer | None = None
    """What an answer was made of; None for a reader's message."""


class SessionAnswer(Labelled):
    """What is answered to a message: Markdown text whose sources are numbered in the order of `cited`."""

    text: str = Field(min_length=1, max_length=LONGEST_MESSAGE)
    decision: RoutingDecision
    question: str
    """The message as it was understood, follow-ups resolved."""
    cited: tuple[Source, ...] = ()
    """The sources in the order in which the text numbers them, [1] first."""
    report_id: str | None = None
    """The stored analysis behind it, where there is one."""
    conclusion: str | None = None
    """What is worth remembering beyond the session; None when nothing was concluded."""
    drawn_on: tuple[Conclusion, ...] = ()
    """Earlier conclusions that it recalls."""
    entities: tuple[str, ...] = ()
    """Names that are in play from now on, most important first."""
    degraded: tuple[str, ...] = ()
    """What could not be done, for the reader."""


class Conclusion(Labelled):
    """What a session concluded, found again in later ones; never evidence for a briefing."""

    conclusion_id: Identifier
    """An id of its own, which tells neither the session nor its reader."""
    text: str = Field(min_length=1)
    concluded_at: UtcDatetime
    relevance: float = Field(default=1, ge=0, le=1)
    """How well it bears on what was asked; 1 where nothing was."""


class Turn(FrozenModel):
    """One message as working memory keeps it, cut to what a follow-up needs."""

    message_id: Identifier
    speaker: Speaker
    text: str
    confidentiality_level: ConfidentialityLevel
    question: str | None = None
    """Of an answer: the question that it answers, as it was understood."""
    route: Route | None = None
    """Of an answer: who gave it."""
    entities: tuple[str, ...] = ()
    """Of an answer: the names that it brought into play, most important first."""
    items: tuple[Source, ...] = ()
    """Of an answer: the items that it cites, in their order."""


class WorkingMemory(FrozenModel):
    """What is in play in a session at one clearance: the last turns, and what they were about."""

    session_id: Identifier
    turns: tuple[Turn, ...] = ()
    """Oldest first."""
    question: str | None = None
    """The last question as it was understood: what a follow-up continues."""
    route: Route | None = None
    """Who answered it."""
    entities: tuple[str, ...] = ()
    """Names in play, latest first."""
    items: tuple[Source, ...] = ()
    """Items cited lately, latest first."""
    confidentiality_level: ConfidentialityLevel = ConfidentialityLevel.PUBLIC
    """High-water mark of every message that its reader may read in the session, kept here or not."""


class SessionErasure(FrozenModel):
    """What deleting a session erased, and what was looked for afterwards.

    Counts what its reader may read: what else went, the audit log knows.
    """

    session_id: Identifier
    messages: int
    """Messages and answers."""
    conclusions: int
    reports: int
    """Stored analyses that its answers name; what they were asked by goes with them."""
    working_memories: int
    """Entries of working memory that Redis held; none is counted where Redis does not answer."""
    keys_sought: int
    """Inner keys of its messages, shown to nobody, that were looked for in every file of the stores."""
    traces_found: int
    """Rows, entries and keys that were found all the same; 0 where the session left nothing.

    Whether words of it stand elsewhere is not told: who typed a guess would learn what lies above.
    """


def label_of_message(
    reader: Clearance, seen: Iterable[ConfidentialityLevel]
) -> ConfidentialityLevel:
    """Return the label of what a reader types after reading messages of those levels.

    Like a requirement it counts as internal at least, or as public where its author reads no more.
    """
    return high_water_mark([level_of_typed(reader), *seen])


def title_of(content: str) -> str:
    """Return what a session that opens with *content* is called: its first words, on one line."""
    line = " ".join(content.split())
    if len(line) <= LONGEST_TITLE:
        return line
    return f"{line[:LONGEST_TITLE].rsplit(' ', 1)[0]} …"


def is_over(last_used_at: datetime, now: datetime, retention_days: int | None) -> bool:
    """Whether a session has outlived its retention; None keeps it for ever."""
    return retention_days is not None and (now - last_used_at).days >= retention_days
