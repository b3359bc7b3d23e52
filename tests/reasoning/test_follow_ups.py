"""What follows up becomes a question of its own; what does not stays as it was typed."""

from datetime import UTC, datetime

import pytest

from domain.clearance import ConfidentialityLevel
from domain.evidence import Source
from domain.knowledge import KnowledgeCategory
from domain.sessions import Route, Speaker, Turn, WorkingMemory
from reasoning.follow_ups import resolve_message

L = ConfidentialityLevel
HUB = "Should we build the Brno hub?"
MARGIN = "What was the EBITDA margin in 2026?"
DUBLIN = "How many containers stand in the Dublin hub?"
CAP = "What is the capex cap?"
AUDIT = "What did the audit say about Brno?"
ORIEL = "How exposed are we if Oriel takes its volume to Thermovia?"
BROKER = "Can our message broker take fifty thousand readings a second?"
ANSWER = (
    "**It fits.** There is room for it.\n\n"
    "- The panel line is full until June. [1]\n"
    "- The lease in Dublin ends in September. [2]\n"
    "- Hiring is frozen. [3]"
)


def source(knowledge_id: str, title: str) -> Source:
    return Source(
        knowledge_id=knowledge_id,
        confidentiality_level=L.INTERNAL,
        title=title,
        category=KnowledgeCategory.STRATEGIC_PLANNING,
        strategic_priority=5,
        source="test",
        updated_at=datetime(2026, 11, 20, tzinfo=UTC),
    )


def memory(question: str | None = HUB, answer: str = ANSWER) -> WorkingMemory:
    turn = Turn(
        message_id="answer-1",
        speaker=Speaker.DIARCHY,
        text=answer,
        confidentiality_level=L.INTERNAL,
    )
    return WorkingMemory(
        session_id="session-1",
        turns=(turn,) if question else (),
        question=question,
        route=Route.BOTH if question else None,
        items=(source("plan", "Panel plan 2027"), source("lease", "Lease in Dublin")),
    )


def continuing(question: str, before: str = HUB) -> str:
    return f"{question} (continuing: {before})"


FOLLOW_UPS = [
    (HUB, "And what would that cost?", continuing("What would the Brno hub cost?")),
    (HUB, "and what would it cost", continuing("What would the Brno hub cost?")),
    (HUB, "Thanks. And what would that cost?", continuing("What would the Brno hub cost?")),
    (HUB, "how long would that take?", continuing("How long would the Brno hub take?")),
    (HUB, "Can our systems cope with it?", continuing("Can our systems cope with the Brno hub?")),
    (HUB, "who else wants it", continuing("Who else wants the Brno hub?")),
    (HUB, "What speaks against this plan?", continuing("What speaks against the Brno hub?")),
    (HUB, "And in Prague?", "Should we build the Prague hub?"),
    (HUB, "what about Prague", "Should we build the Prague hub?"),
    (HUB, "In Prague?", "Should we build the Prague hub?"),
    (HUB, "Prague?", continuing("Prague?")),
    (HUB, "Risks?", continuing("Risks?")),
    (HUB, "What are the wages there?", continuing("What are the wages there?")),
    (HUB, "Why?", continuing("Why?")),
    (HUB, "why not", continuing("Why not?")),
    (HUB, "and the cost?", continuing("The cost?")),
    (HUB, "What are the risks?", continuing("What are the risks?")),
    (HUB, "any alternatives?", continuing("Any alternatives?")),
    (HUB, "What about 2027?", continuing("What about 2027?")),
    (HUB, "and if we wait a year?", continuing("If we wait a year?")),
    (HUB, "technically?", continuing("Technically?")),
    (HUB, "From the customers' point of view.", continuing("From the customers' point of view.")),
    (HUB, "how sure are you", continuing("How sure are you?")),
    (HUB, "tell me more", continuing("Tell me more.")),
    (HUB, "half the budget?", continuing("Half the budget?")),
    (HUB, "What does the second one mean?",
     continuing("What does “The lease in Dublin ends in September” mean?")),
    (HUB, "explain the first point", continuing("Explain “The panel line is full until June”.")),
    (HUB, "is the last one still true?", continuing("Is “Hiring is frozen” still true?")),
    (HUB, "what does source 2 say", continuing("What does “Lease in Dublin” say?")),
    (HUB, "Tell me more about [1]", continuing("Tell me more about “Panel plan 2027”.")),
    (HUB, "and number 9?", continuing("Number 9?")),
    (HUB, "Ask Artemis", HUB),
    (HUB, "both sides please", HUB),
    (HUB, "@sophia and what would that cost?", continuing("What would the Brno hub cost?")),
    (MARGIN, "what about 2027", "What was the EBITDA margin in 2027?"),
    (MARGIN, "And in 2025?", "What was the EBITDA margin in 2025?"),
    (DUBLIN, "And in Frankfurt?", "How many containers stand in the Frankfurt hub?"),
    (CAP, "When was that decided?", continuing("When was the capex cap decided?", CAP)),
    (CAP, "who says that?", continuing("Who says that?", CAP)),
    (AUDIT, "And about Zwolle?", "What did the audit say about Zwolle?"),
    (ORIEL, "What would that cost us?", continuing("What would that cost us?", ORIEL)),
    ("Why did we lose Tessaro?", "and Castellan?", "Why did we lose Castellan?"),
    ("Why did we lose Tessaro?", "And in Milan?",
     continuing("In Milan?", "Why did we lose Tessaro?")),
    (ORIEL, "and Castellan?", continuing("Castellan?", ORIEL)),
    (BROKER, "And what would that cost?", continuing("What would that cost?", BROKER)),
    ("Should we acquire Lodestar?", "What would it cost?",
     continuing("What would Lodestar cost?", "Should we acquire Lodestar?")),
    ("what is the status of the broker migration", "when will it be done",
     continuing("When will the broker migration be done?",
                "what is the status of the broker migration")),
    ("Should we offer real-time tracking by March?", "Would customers pay for it?",
     continuing("Would customers pay for real-time tracking?",
                "Should we offer real-time tracking by March?")),
    (continuing("What would the Brno hub cost?"), "And in Prague?", "What would the Prague hub cost?"),
    (continuing("Why?"), "and since when?", continuing("Since when?")),
]  # fmt: skip

NEW_QUESTIONS = [
    "When is the board meeting?",
    "What did Ypsila complain about?",
    "Should we acquire Lodestar, given their technology and what it costs us?",
    "Is it possible to run the portal without Oracle?",
    "We could license our routing algorithm to other carriers. Would anybody buy it?",
    "How much is the penalty in the Castellan contract?",
    "What would it take to move our records to the cloud?",
    "How does our NPS this year compare with last year?",
    "Do customers trust that our data stays in Europe?",
    "Is there a document on second sourcing in Grenoble?",
    "Who is the CFO?",
    "Are there any open audit findings?",
    "Is it time to kill the desktop product?",
    "Which of our product lines should we stop selling?",
    "Summarise what we know about Aerlink.",
    "Compare the growth of leasing with that of equipment sales.",
    "Hello",
]

NEW_TOPICS = [
    ("Now something else: when is the board meeting?", "When is the board meeting?"),
    ("New topic. Who is the CFO?", "Who is the CFO?"),
    ("ok, a different question - what does it cost to run the pool?",
     "What does it cost to run the pool?"),
    ("Let's change the subject: why is that?", "Why is that?"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "typed", "question"), FOLLOW_UPS)
def test_a_follow_up_reads_as_a_question_of_its_own(before: str, typed: str, question: str):
    resolved = resolve_message(typed, memory(before))
    assert resolved.is_follow_up
    assert resolved.question == question
    assert resolved.continues is not None
    assert resolved.continues in before


@pytest.mark.parametrize("typed", NEW_QUESTIONS)
def test_a_question_that_stands_alone_is_not_glued_to_the_one_before(typed: str):
    resolved = resolve_message(typed, memory())
    assert not resolved.is_follow_up
    assert resolved.question == typed
    assert resolved.continues is None


@pytest.mark.parametrize(("typed", "question"), NEW_TOPICS)
def test_a_new_topic_is_asked_without_its_announcement(typed: str, question: str):
    resolved = resolve_message(typed, memory())
    assert not resolved.is_follow_up
    assert resolved.question == question


@pytest.mark.parametrize("typed", [typed for _, typed, _ in FOLLOW_UPS])
def test_with_nothing_before_nothing_is_continued(typed: str):
    resolved = resolve_message(typed, WorkingMemory(session_id="session-1"))
    assert not resolved.is_follow_up
    assert "continuing" not in resolved.question


@pytest.mark.parametrize(("before", "typed", "question"), FOLLOW_UPS)
def test_only_what_stands_in_the_memory_flows_in(before: str, typed: str, question: str):
    given = memory(before)
    allowed = " ".join(
        [typed, before, "continuing", "what about", *(turn.text for turn in given.turns)]
        + [item.title for item in given.items]
    ).lower()
    words = [word.strip("“”().?,:'’s") for word in question.lower().split()]
    assert [word for word in words if word not in allowed] == []


@pytest.mark.parametrize(
    ("typed", "question"),
    [
        ("the scrap rate", "The scrap rate? (continuing: Brno)"),
        ("its wages and the night shift", "Its wages and the night shift? (continuing: Brno)"),
        ("ask Sophia", "Brno"),
    ],
)
def test_what_is_said_when_asked_back_is_taken_together_with_what_was_unclear(
    typed: str, question: str
):
    asked_back = WorkingMemory(session_id="session-1", question="Brno", route=None)
    assert resolve_message(typed, asked_back).question == question
    alone = resolve_message("When is the board meeting?", asked_back)
    assert alone.question == "When is the board meeting?"


def test_a_very_long_question_before_is_continued_in_short():
    long = "Should we build the Brno hub, " + "which is large and costly and new, " * 50 + "now?"
    resolved = resolve_message("Why?", memory(long))
    assert len(resolved.question) < 400
