"""Items for the tests of reasoning: one by hand, and random corpora of plausible sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.clearance import ConfidentialityLevel
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import KnowledgeCategory, KnowledgeItem

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)

_SENTENCES = (
    "The board is asked to decide by 4 December whether to enter Norway.",
    "Loss of the licence would stop sales in Norway.",
    "Likelihood: likely.",
    "We will move billing to the new platform in spring.",
    "The plan contradicts the residency rule that legal set in May.",
    "We could win two regional hospitals with a store in Oslo.",
    "Churn stood at 3.1% in September,\nup from 2.7% in June.",
    "The launch depends on the new identity service.",
    "The audit was resolved in October.",
    "It is late.",
    "# A heading of several words\n",
    "| a | table | row |\n",
    "- an entry of a list without a stop",
    "Naïve café – ﬁne ∑ 中文字符 and emoji 🙂 in a sentence.",
)


def item(content: str = "Revenue grew by 4% in the third quarter.", **fields: Any) -> KnowledgeItem:
    values: dict[str, Any] = {
        "knowledge_id": "item-1",
        "title": "A paper",
        "category": KnowledgeCategory.STRATEGIC_PLANNING,
        "confidentiality_level": ConfidentialityLevel.INTERNAL,
        "strategic_priority": 5,
        "source": "test",
        "created_at": NOW - timedelta(days=20),
        "updated_at": NOW - timedelta(days=10),
        "content": content,
    }
    return KnowledgeItem(**{**values, **fields})


def retrieved(
    content: str = "Revenue grew by 4% in the third quarter.", **fields: Any
) -> RetrievedItem:
    return RetrievedItem.whole(item(content, **fields))


@st.composite
def corpora(draw: st.DrawFn, *, least: int = 0, most: int = 6) -> list[KnowledgeItem]:
    """Return items with distinct ids whose texts are made of sentences of every role and of none."""
    contents = draw(
        st.lists(
            st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=5),
            min_size=least,
            max_size=most,
        )
    )
    return [
        item(
            draw(st.sampled_from((" ", "\n\n"))).join(sentences),
            knowledge_id=f"item-{number}",
            title=f"Paper {number} on Norway",
            category=draw(st.sampled_from(KnowledgeCategory)),
            confidentiality_level=draw(st.sampled_from(ConfidentialityLevel)),
            strategic_priority=draw(st.integers(1, 10)),
            updated_at=NOW - timedelta(hours=draw(st.integers(0, 400))),
        )
        for number, sentences in enumerate(contents)
    ]


def is_verbatim(finding: Finding, items: list[KnowledgeItem]) -> bool:
    contents = {one.key: one.content for one in items}
    return all(contents[e.key][e.start : e.end] == e.quote for e in finding.evidence)
