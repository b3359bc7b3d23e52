"""What of a conversation is in play: its last answered messages, and what they were about.

Working memory is a function of the last answers alone, so one that is kept turn by turn and one that is
made anew from the stored messages are equal. What falls out of the last turns is out of play.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from domain.clearance import high_water_mark
from domain.sessions import Message, SessionAnswer, Turn, WorkingMemory

T = TypeVar("T")

MOST_TURNS = 12
"""Messages and answers: the last six exchanges."""
LONGEST_TURN = 2_000
"""Characters of a turn's text."""
LONGEST_ENTITY = 200
"""Characters of a name in play."""
MOST_ENTITIES = 20
MOST_ITEMS = 20


def memory_of(session_id: str, messages: Iterable[Message]) -> WorkingMemory:
    """Return what is in play after *messages*: answers in the order in which they were given, each with
    the message that it answers before it.

    What nobody has answered yet counts for the label and for nothing else.
    """
    memory = WorkingMemory(session_id=session_id)
    asked: dict[str, Message] = {}
    for message in messages:
        if message.in_reply_to is None:
            asked[message.message_id] = message
            memory = _raised(memory, message)
        elif message.in_reply_to in asked:
            memory = with_turn(memory, asked[message.in_reply_to], message)
    return memory


def with_turn(memory: WorkingMemory, message: Message, answer: Message) -> WorkingMemory:
    """Return *memory* after *answer* was given to *message*."""
    given = answer.answer
    if given is None:
        raise ValueError("an answer says what it was made of")
    turns = (*memory.turns, _asked(message), _answered(answer, given))[-MOST_TURNS:]
    latest_first = [turn for turn in reversed(turns) if turn.question is not None]
    return WorkingMemory(
        session_id=memory.session_id,
        turns=turns,
        question=given.question[:LONGEST_TURN],
        route=given.decision.route,
        entities=_first_of_each((turn.entities for turn in latest_first), MOST_ENTITIES),
        items=_first_of_each((turn.items for turn in latest_first), MOST_ITEMS),
        confidentiality_level=high_water_mark(
            [
                memory.confidentiality_level,
                message.confidentiality_level,
                answer.confidentiality_level,
            ]
        ),
    )


def _raised(memory: WorkingMemory, message: Message) -> WorkingMemory:
    level = high_water_mark([memory.confidentiality_level, message.confidentiality_level])
    return memory.model_copy(update={"confidentiality_level": level})


def _asked(message: Message) -> Turn:
    return Turn(
        message_id=message.message_id,
        speaker=message.speaker,
        text=message.content[:LONGEST_TURN],
        confidentiality_level=message.confidentiality_level,
    )


def _answered(answer: Message, given: SessionAnswer) -> Turn:
    return Turn(
        message_id=answer.message_id,
        speaker=answer.speaker,
        text=answer.content[:LONGEST_TURN],
        confidentiality_level=answer.confidentiality_level,
        question=given.question[:LONGEST_TURN],
        route=given.decision.route,
        entities=_first_of_each(
            [[name[:LONGEST_ENTITY] for name in given.entities]], MOST_ENTITIES
        ),
        items=_first_of_each([given.cited or given.sources], MOST_ITEMS),
    )


def _first_of_each(groups: Iterable[Sequence[T]], most: int) -> tuple[T, ...]:
    """Return the entries of *groups* in order, each once, *most* of them."""
    return tuple(dict.fromkeys(entry for group in groups for entry in group))[:most]
