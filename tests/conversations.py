"""What tests say in a conversation: answers of which each says only what matters to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.clearance import ConfidentialityLevel, Reader
from domain.evidence import Source
from domain.knowledge import ItemKey, KnowledgeCategory
from domain.sessions import Message, Route, RoutingDecision, SessionAnswer
from storage.stores import Stores
from tests.stores import INTERNAL, NOW, reader_at


def source(knowledge_id: str, level: ConfidentialityLevel = INTERNAL) -> Source:
    """Return the citation of an item."""
    return Source(
        knowledge_id=knowledge_id,
        confidentiality_level=level,
        title=f"Note {knowledge_id}",
        category=KnowledgeCategory.RISK_MANAGEMENT,
        strategic_priority=5,
        source="minutes.md",
        updated_at=NOW,
    )


def answer(
    text: str = "We have two brokers.",
    level: ConfidentialityLevel = INTERNAL,
    *sources: Source,
    **fields: Any,
) -> SessionAnswer:
    """Return an answer that cites *sources*."""
    given: dict[str, Any] = {
        "text": text,
        "confidentiality_level": level,
        "sources": sources,
        "cited": sources,
        "decision": RoutingDecision(route=Route.KNOWLEDGE, confidence=0.9, reason="It asks."),
        "question": "How many brokers have we?",
    }
    return SessionAnswer(**(given | fields))


async def registered(
    stores: Stores, level: ConfidentialityLevel, name: str = "ann", *names: str
) -> Reader:
    """Register a principal (and others at the same level) and return it as a reader."""
    for one in (name, *names):
        await stores.principals.add(one, level)
    return reader_at(level, name)


async def exchange(  # noqa: PLR0917 - who says what where, in the order of saying it
    stores: Stores,
    session_id: str,
    message_id: str,
    content: str,
    reader: Reader,
    given: SessionAnswer | None = None,
    *,
    made_from: Iterable[ItemKey] = (),
) -> tuple[Message, Message]:
    """Say something and have it answered; return the message and the answer."""
    message = await stores.sessions.receive(session_id, content, reader, message_id=message_id)
    answered = await stores.sessions.answer(
        message_id,
        given or answer(level=message.confidentiality_level),
        reader,
        answer_id=f"{message_id}-answer",
        made_from=made_from,
    )
    return message, answered
