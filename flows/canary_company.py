"""The company that a canary sweep makes up: a canary at each level, in every domain, and its readers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from domain.clearance import ConfidentialityLevel
from domain.knowledge import KnowledgeCategory

READERS = (
    ConfidentialityLevel.INTERNAL,
    ConfidentialityLevel.CONFIDENTIAL,
    ConfidentialityLevel.TOP_SECRET,
)
"""One reader a clearance; the last one also ingests."""

_TEXTS = {
    KnowledgeCategory.STRATEGIC_PLANNING: (
        "We will put real-time tracking {word} first among all products. "
        "Customers of {word} ask for tracking."
    ),
    KnowledgeCategory.TECHNOLOGY_ROADMAP: (
        "The tracking platform {word} carries 600 requests per second. "
        "Project {word} is frozen until {later}."
    ),
    KnowledgeCategory.RISK_MANAGEMENT: (
        "The tracking interface {word} was used by a stranger. "
        "Loss of the customers of {word} would be severe."
    ),
    KnowledgeCategory.FINANCIAL_ANALYSIS: (
        "Real-time tracking {word} is planned at EUR 6.8 million. The board is asked to decide by "
        "{soon} whether the budget for {word} is raised."
    ),
    KnowledgeCategory.COMPETITIVE_ANALYSIS: (
        "Rival {word} offers real-time tracking to all customers. {word} takes market share."
    ),
}
_REQUIREMENT = (
    "Offer real-time tracking {word} to all customers by {later}. The service must handle 1,000 "
    "requests per second and comply with GDPR. The budget of {word} must not exceed EUR 5 million."
)


def reader_name(clearance: ConfidentialityLevel) -> str:
    """Return the name of the made-up principal of that clearance."""
    return f"canary-{clearance.value.replace('_', '-')}"


def session_name(clearance: ConfidentialityLevel) -> str:
    """Return the id of the session in which the principal of that clearance talks."""
    return f"{reader_name(clearance)}-talks"


def knowledge_id(category: KnowledgeCategory, level: ConfidentialityLevel) -> str:
    """Return the id of the item of that category and level."""
    return f"{category.value.replace('_', '-')}-{level.rank}"


def requirement_with(word: str, now: datetime) -> str:
    """Return what the analyses of a sweep are asked; it counts as internal."""
    return _REQUIREMENT.format(word=word, later=f"{now + timedelta(days=120):%d %B %Y}")


def conversation_about(word: str) -> tuple[str, ...]:
    """Return what each reader says: a question to look up, one for both sides, and a follow-up."""
    return (
        f"Look up what is written about {word} and real-time tracking.",
        f"Should we offer real-time tracking {word} to all customers? Ask both.",
        "And what would that cost?",
    )


def write_knowledge(file: Path, words: Mapping[ConfidentialityLevel, str], now: datetime) -> None:
    """Write the company's knowledge for an ingest, and one record that must be refused."""
    written = now - timedelta(days=1)
    records = [
        {
            # An id may stand everywhere, so it names the level and not the word.
            "knowledge_id": knowledge_id(category, level),
            "title": f"About {word} and tracking",
            "content": text.format(
                word=word,
                soon=f"{now + timedelta(days=3):%d %B %Y}",
                later=f"{now + timedelta(days=90):%d %B %Y}",
            ),
            "category": category.value,
            "confidentiality_level": level.value,
            "strategic_priority": 9,
            "tags": [word],
            "created_at": written.isoformat(),
            "updated_at": written.isoformat(),
        }
        for level, word in words.items()
        for category, text in _TEXTS.items()
    ]
    secret = words[ConfidentialityLevel.TOP_SECRET]
    refused = {**records[0], "knowledge_id": "refused", "category": secret, "tags": [[secret]]}
    lines = [json.dumps(record) for record in (*records, refused)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
