"""The steps of one message: store it, recall what is in play, route it, look up, answer, remember.

What a step makes of content is kept sealed, so that a run that is resumed repeats none of it. Who asks is
looked up again when the answer is released: what was made at a clearance that has been lowered meanwhile
is released to nobody.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.clearance import ConfidentialityLevel, Reader, high_water_mark
from domain.errors import AccessDenied, DiarchyError, InvalidInput
from domain.evidence import RetrievedItem
from domain.knowledge import ItemKey
from domain.model import FrozenModel
from domain.requests import AnalysisBrief, KeptRequest
from domain.sealed import SealedText
from domain.sessions import (
    LONGEST_MESSAGE,
    Conclusion,
    Message,
    Route,
    RoutingDecision,
    SessionAnswer,
    WorkingMemory,
)
from domain.working_memory import with_turn
from reasoning.answering import answer_from_analysis, answer_from_knowledge, ask_back
from reasoning.domain_router import (
    IntentVectors,
    all_intent_phrases,
    intent_vectors,
    route_message,
)
from reasoning.follow_ups import resolve_message
from storage.embeddings import EmbeddingIdentity
from storage.knowledge_base import SearchQuery
from storage.reports import ReportKind
from tasks.identification import RunStamp
from tasks.made_once import report_id_of
from tasks.step import step
from tasks.stores import current_stores

TURN_WITHIN = timedelta(minutes=20)
"""How long a message waits for those before it."""
_ITEMS = 12
_CONCLUSIONS = 3
_STORING = timedelta(minutes=2)
_LOOKING_UP = timedelta(minutes=10)
_THINKING = timedelta(minutes=5)

_REPORTS = {
    Route.SOPHIA: (ReportKind.BUSINESS, BusinessPerspective),
    Route.ARTEMIS: (ReportKind.TECHNICAL, TechnicalPerspective),
    Route.BOTH: (ReportKind.ANALYSIS, ComprehensiveAnalysis),
}
_intents: dict[EmbeddingIdentity, IntentVectors] = {}
"""What the intents look like to a model, made once a process."""


class Understood(FrozenModel):
    """A message in its conversation."""

    question: str
    """The message as a question of its own."""
    memory: WorkingMemory
    draws_on: tuple[str, ...]
    """The ids of the earlier messages that flowed into the question."""
    confidentiality_level: ConfidentialityLevel
    """The label of the question: of the message and of all that could flow into it."""


class Retrieved(FrozenModel):
    """What bears on a question."""

    items: tuple[RetrievedItem, ...]
    conclusions: tuple[Conclusion, ...]


@asynccontextmanager
async def answering(message: Message, reader: Reader) -> AsyncGenerator[None]:
    """Hold the message's place in its session while it is answered, and store how that fails.

    A run that is killed or cancelled stores nothing: it may be resumed, and the message sent again.
    """
    try:
        async with current_stores().sessions.holding_turn(message.message_id, reader):
            yield
    except Exception as error:
        # Why it failed is told, rather than why that could not be stored.
        with suppress(DiarchyError):
            await fail_message(message, _kind_of(error), reader)
        raise


def _kind_of(error: Exception) -> str:
    """Return what may be told of *error*: Diarchy's own ones name ids, labels and counts."""
    return str(error) if isinstance(error, DiarchyError) else f"failed: {type(error).__name__}"


@step(name="receive-message", timeout=_STORING)
async def receive_message(
    session_id: str, content: str | SealedText, reader: Reader, run: RunStamp
) -> Message:
    """Store what the reader says, once however often it is sent. Raises `NotFound`, `Conflict`."""
    stores = current_stores()
    text = stores.sealer.open_text(content)
    if not text.strip() or len(text) > LONGEST_MESSAGE:
        raise InvalidInput(f"content: expected 1 to {LONGEST_MESSAGE:,} characters")
    return await stores.sessions.receive(session_id, text, reader, message_id=run.report_id)


@step(name="find-answer", timeout=_STORING)
async def find_answer(message: Message, reader: Reader) -> Message | None:
    """Return the answer where the message has one that the reader may read."""
    return await current_stores().sessions.find_answer(message.message_id, reader)


@step(name="await-turn", timeout=TURN_WITHIN + timedelta(minutes=1))
async def await_turn(message: Message, reader: Reader) -> None:
    """Wait until every message before this one is answered, has failed or is abandoned."""
    await current_stores().sessions.wait_for_turn(message.message_id, reader, within=TURN_WITHIN)


@step(name="recall-context", timeout=_STORING, keep_result=True)
async def recall_context(message: Message, reader: Reader) -> Understood:
    """Recall what is in play in the session, and understand the message from it."""
    memory = await current_stores().working_memory.recall(message.session_id, reader)
    resolved = resolve_message(message.content, memory)
    draws_on = tuple(turn.message_id for turn in memory.turns) if resolved.is_follow_up else ()
    return Understood(
        question=resolved.question,
        memory=memory,
        draws_on=draws_on,
        confidentiality_level=high_water_mark(
            [message.confidentiality_level, memory.confidentiality_level]
        ),
    )


@step(name="route-message", timeout=_LOOKING_UP, keep_result=True)
async def decide_route(message: Message, understood: Understood, reader: Reader) -> RoutingDecision:
    """Say who answers."""
    intents = await _intents_for(reader)
    # In a batch of its own: the last bits of a vector depend on what else is in its batch.
    (vector,) = await current_stores().embeddings.embed([message.content], reader.clearance)
    return route_message(message.content, vector.tolist(), intents, understood.memory)


async def _intents_for(reader: Reader) -> IntentVectors:
    stores = current_stores()
    identity = await stores.model.identity()
    if identity not in _intents:
        vectors = await stores.embeddings.embed(all_intent_phrases(), reader.clearance)
        _intents[identity] = intent_vectors(vectors.tolist())
    return _intents[identity]


@step(name="retrieve-for-message", timeout=_LOOKING_UP, keep_result=True)
async def retrieve_for_message(message: Message, question: str, reader: Reader) -> Retrieved:
    """Ask the knowledge base, and what earlier sessions concluded."""
    stores = current_stores()
    query = SearchQuery(text=question, limit=_ITEMS)
    (items,) = await stores.knowledge.search([query], reader, purpose="session")
    conclusions = await stores.conclusions.search(
        question, reader, limit=_CONCLUSIONS, other_than=message.session_id
    )
    return Retrieved(items=items, conclusions=conclusions)


@step(name="store-question", timeout=_STORING)
async def store_question(
    message: Message, understood: Understood, decision: RoutingDecision, reader: Reader
) -> KeptRequest:
    """Store the question as a request under its label, of which one analysis is made.

    Both belong to the session from now on, so that neither outlives it.
    """
    stores = current_stores()
    kept = KeptRequest(request_id=_request_id(message, understood, reader), once=True)
    for report_id in (kept.request_id, _report_id(kept, decision, reader)):
        await stores.sessions.note_report(message.message_id, report_id, reader)
    in_play = understood.memory.items if understood.draws_on else ()
    brief = AnalysisBrief(
        requirement=understood.question,
        confidentiality_level=understood.confidentiality_level,
        sources=(),
    )
    await stores.reports.save(
        brief,
        report_id=kept.request_id,
        kind=ReportKind.REQUEST,
        reader=reader,
        made_from={source.key for source in in_play},
    )
    return kept


@step(name="compose-answer", timeout=_THINKING, keep_result=True)
async def compose_answer(
    understood: Understood,
    decision: RoutingDecision,
    found: Retrieved | None,
    analysed: KeptRequest | None,
    *,
    reader: Reader,
    run: RunStamp,
) -> SessionAnswer:
    """Answer from the analysis of the stored question, else from what was *found*, else ask back."""
    question, label = understood.question, understood.confidentiality_level
    if found is None or decision.route is None:
        return ask_back(question, decision, label=label)
    if analysed is None:
        return answer_from_knowledge(
            question,
            found.items,
            recalled=found.conclusions,
            decision=decision,
            label=label,
            now=run.now,
        )
    # The report that is stored, for of two that were made at once the first stands.
    report_id = _report_id(analysed, decision, reader)
    _, model = _REPORTS[decision.route]
    return answer_from_analysis(
        question,
        await current_stores().reports.get(model, report_id, reader),
        report_id=report_id,
        evidence=found.items,
        recalled=found.conclusions,
        decision=decision,
        label=label,
    )


@step(name="store-answer", timeout=_STORING)
async def store_answer(
    message: Message,
    understood: Understood,
    answer: SessionAnswer,
    found: Retrieved | None,
    reader: Reader,
) -> Message:
    """Store the answer under its label, audited, before the reader gets it; return what is stored.

    Raises `AccessDenied` when the requester has lost the clearance that the answer was made at, also
    where its label lies below: what was found has been weighed against all that was readable then.
    """
    stores = current_stores()
    now = await stores.principals.get_reader(reader.name, reader.clearance.level)
    if not now.clearance.dominates(reader.clearance.level):
        raise AccessDenied
    made_from = _made_from(answer, found)
    if answer.report_id is not None:
        made_from |= await stores.reports.made_from(answer.report_id, reader)
    return await stores.sessions.answer(
        message.message_id,
        answer,
        reader,
        answer_id=_name_of("answer", message, reader),
        made_from=made_from,
        drew_on=understood.draws_on,
    )


@step(name="remember-turn", timeout=_LOOKING_UP)
async def remember_turn(
    message: Message, answer: Message, understood: Understood, reader: Reader
) -> None:
    """Keep what is in play now, and bring what was concluded into the index of conclusions."""
    stores = current_stores()
    await stores.working_memory.remember(with_turn(understood.memory, message, answer), reader)
    await stores.conclusions.drain()


@step(name="fail-message", timeout=_STORING)
async def fail_message(message: Message, reason: str, reader: Reader) -> None:
    """Store that the message could not be answered; sent again, it is tried again."""
    await current_stores().sessions.fail(message.message_id, reason, reader)


def _made_from(answer: SessionAnswer, found: Retrieved | None) -> set[ItemKey]:
    """Return every item that went into *answer*, shown or not."""
    keys = {source.key for source in answer.sources}
    if found is None:
        return keys
    recalled = (source.key for conclusion in found.conclusions for source in conclusion.sources)
    return keys | {item.key for item in found.items} | set(recalled)


def _report_id(kept: KeptRequest, decision: RoutingDecision, reader: Reader) -> str:
    """Return the id of the one report that is made of the stored question."""
    if decision.route is None or decision.route not in _REPORTS:
        raise InvalidInput("expected a route that an analysis answers")
    kind, _ = _REPORTS[decision.route]
    return report_id_of(kept.request_id, kind, reader)


def _request_id(message: Message, understood: Understood, reader: Reader) -> str:
    # Another question under the same message id, when what came before it has been erased, is another
    # request. The digest is keyed: nobody can try from an id what was asked.
    return _name_of("request", message, reader, understood.question)


def _name_of(kind: str, message: Message, reader: Reader, *more: str) -> str:
    level = reader.clearance.level.value
    named = "\n".join((kind, reader.name, level, message.session_id, message.message_id, *more))
    return current_stores().sealer.digest(named.encode())[:32]
