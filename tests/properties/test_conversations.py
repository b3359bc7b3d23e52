"""Non-interference of a whole conversation: what is above a reader's clearance changes nothing in it.

Not the items above, not what the reader said and was answered in the same session when it was cleared
higher, and not what was concluded then. The flow's own code runs here without Prefect's engine.
"""

import hashlib
import json
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prefect import Flow, Task

from domain.clearance import ConfidentialityLevel, Reader
from domain.sessions import Message
from flows import process_message
from storage.stores import Stores
from tasks.stores import use_stores
from tests.properties.corpora import (
    PROOFS,
    READER,
    Corpus,
    company_with,
    corpora,
    many_cases,
)
from tests.stores import TOP_SECRET, item

SECRET = item(
    "secret",
    "The broker migration hides that the largest customer leaves. Real-time tracking is put first for "
    "customers who want it. The budget breaches the covenant.",
    TOP_SECRET,
)
SESSION, EARLIER = "talk", "earlier"
ABOVE = (
    "Look up what is written about the broker migration and the largest customer.",
    "Should we put real-time tracking first? Ask both.",
)
EARLIER_SAID = ("Look up what is written about the budget and the covenant.",)
SAID = (
    "Look up what is written about the broker migration.",
    "And who wants it?",
    "Should we put real-time tracking first in 2027? Ask both.",
    "And what would that cost?",
    "Look up what is written about the budget.",
)

fewer_cases = settings(many_cases, max_examples=200 if PROOFS else 8)


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tasks and flows that are called be their functions; what Prefect shows goes nowhere."""

    async def show_nothing() -> None: ...

    def call(task: Task[..., Any], *args: Any, **kwargs: Any) -> Any:
        return show_nothing() if task.name == "show-result" else task.fn(*args, **kwargs)

    def run(flow: Flow[..., Any], *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        return flow.fn(*args, **kwargs)

    monkeypatch.setattr(Task, "__call__", call)
    monkeypatch.setattr(Flow, "__call__", run)


@pytest.mark.usefixtures("without_engine")
@fewer_cases
@given(corpus=corpora(), level=st.sampled_from(tuple(ConfidentialityLevel)[:-1]))
async def test_what_is_above_a_reader_changes_nothing_in_its_conversations(
    corpus: Corpus, level: ConfidentialityLevel
) -> None:
    # Whatever is asked above has something above to be answered from.
    everything = (*corpus.items, SECRET)
    async with company_with(everything, TOP_SECRET) as stores, use_stores(stores):
        with_everything = await talk(stores, level, is_answered_above=True)
    async with company_with(corpus.readable_at(level), TOP_SECRET) as stores, use_stores(stores):
        without_secrets = await talk(stores, level, is_answered_above=False)
    assert with_everything == without_secrets


async def talk(
    stores: Stores, level: ConfidentialityLevel, *, is_answered_above: bool
) -> list[str]:
    """Return all that the reader gets at *level* in a session in which it is also cleared higher.

    The first message that is sent above is seen below: its author had read nothing secret in the session.
    Its answer, and whatever is said after that, is not.
    """
    high = await stores.principals.get_reader(READER)
    reader = await stores.principals.get_reader(READER, level)
    for session_id in (EARLIER, SESSION):
        await stores.sessions.start(reader, session_id=session_id)
    got = [await say(EARLIER, content, level) for content in EARLIER_SAID]
    got.append(await say(SESSION, SAID[0], level))
    if not is_answered_above:
        await stores.sessions.receive(SESSION, ABOVE[0], high, message_id=name_of(ABOVE[0]))
    for content in ABOVE if is_answered_above else ():
        message = await process_message(SESSION, content, READER, message_id=name_of(content))
        assert message.confidentiality_level is TOP_SECRET
    got += [await say(SESSION, content, level) for content in SAID[1:]]
    return [*got, *(await shown(stores, reader))]


async def say(session_id: str, content: str, level: ConfidentialityLevel) -> str:
    answer = await process_message(session_id, content, READER, level, name_of(content))
    assert answer.confidentiality_level.rank <= level.rank
    return told(answer)


def name_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()[:16]


async def shown(stores: Stores, reader: Reader) -> list[str]:
    """Return how the sessions look to *reader* afterwards."""
    sessions = await stores.sessions.list(reader, limit=10)
    messages = [
        one for s in sessions for one in await stores.sessions.messages(s.session_id, reader)
    ]
    memory = await stores.working_memory.recall(SESSION, reader)
    in_play = without_ids(memory.model_dump_json(), messages)
    return [*(one.model_dump_json() for one in sessions), *map(told, messages), in_play]


def told(message: Message) -> str:
    """Return all of *message* but the ids that are an installation's own."""
    fields = json.loads(message.model_dump_json())
    answer = message.answer
    for conclusion in fields["answer"]["drawn_on"] if answer else ():
        del conclusion["conclusion_id"]
    return without_ids(json.dumps(fields), [message])


def without_ids(text: str, messages: list[Message]) -> str:
    for message in messages:
        if message.answer is not None:
            text = text.replace(message.message_id, f"answer to {message.in_reply_to}")
            if message.answer.report_id:
                text = text.replace(message.answer.report_id, f"report for {message.in_reply_to}")
    return text
