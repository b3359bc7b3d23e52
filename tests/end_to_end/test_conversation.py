"""Ten messages on the example company: they switch domain, follow up and cite, and every source opens.

With `DIARCHY_TRANSCRIPT` naming a file, the conversation is written there, to be read.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from domain.clearance import ConfidentialityLevel
from domain.records import DuplicateTracker, IngestDefaults
from domain.sessions import Message, Route, SessionAnswer
from flows import process_message
from storage.stores import Stores
from tasks.ingestion import find_source_files, index_pending, store_files
from tasks.stores import use_stores
from tests.examples.company_files import EXAMPLES
from tests.stores import HandClock, OpenHome

CEO = "maren"
SAID = (
    ("What do we know about the telemetry freeze?", Route.KNOWLEDGE, False),
    ("And until when does it last?", Route.KNOWLEDGE, True),
    ("Who is responsible for it?", Route.KNOWLEDGE, True),
    ("Can the Insight platform carry 5,000 events per second by March 2027?", Route.ARTEMIS, False),
    ("And what would that cost?", None, True),
    ("What would losing Oriel Biologics mean for our revenue?", Route.SOPHIA, False),
    ("Why might they leave?", None, True),
    ("Should we launch Insight Live by 31 March 2027 for at most EUR 4.5 million?", Route.BOTH, False),
    ("What are the risks?", None, True),
    ("Something else: look up how much scrap the Brno panel line makes.", Route.KNOWLEDGE, False),
)  # fmt: skip
"""What is said, who is to answer where only one may, and whether it follows up."""


@pytest.fixture
async def example_company(
    open_home: OpenHome, clock: HandClock, prefect_api: str
) -> AsyncIterator[Stores]:
    """The examples, in the week that they are written for."""
    del prefect_api
    clock.now = datetime(2026, 11, 20, 8, tzinfo=UTC)
    stores = await open_home()
    await stores.principals.add(CEO, ConfidentialityLevel.TOP_SECRET)
    async with use_stores(stores):
        writer = await stores.principals.get_reader(CEO)
        listing = await find_source_files.fn([str(EXAMPLES / "knowledge")])
        await store_files.fn(listing.files, IngestDefaults(), writer, clock.now, DuplicateTracker())
        await index_pending.fn()
        yield stores


async def test_ten_messages_read_as_one_conversation(example_company: Stores) -> None:
    stores = example_company
    reader = await stores.principals.get_reader(CEO)
    session_id = (await stores.sessions.start(reader)).session_id
    answers: list[SessionAnswer] = []
    for content, _, _ in SAID:
        answer = (await process_message(session_id, content, CEO)).answer
        assert answer is not None
        answers.append(answer)
    messages = await stores.sessions.messages(session_id, reader)
    write_transcript(messages)

    for (content, route, follows_up), answer in zip(SAID, answers, strict=True):
        assert answer.decision.route in ([route] if route else list(Route)), content
        is_resolved = answer.question.rstrip(".?") != content.rstrip(".?")
        assert is_resolved or not follows_up, content
        assert answer.cited, content
        for number, source in enumerate(answer.cited, start=1):
            assert f"[{number}]" in answer.text
            assert (await stores.knowledge.get_item(source.knowledge_id, reader)).content
    assert "freeze" in answers[1].question
    assert "Oriel" in answers[6].question
    switches = [answer.decision.route for answer in answers]
    assert sum(one is not other for one, other in pairwise(switches)) >= 2
    asked = [message.content for message in messages[::2]]
    assert asked == [content for content, _, _ in SAID]


def write_transcript(messages: tuple[Message, ...]) -> None:
    file = os.environ.get("DIARCHY_TRANSCRIPT")
    if file is None:
        return
    lines: list[str] = []
    for message in messages:
        if message.answer is None:
            lines.append(f"\n>>> {message.content}\n")
            continue
        decision = message.answer.decision
        lines.append(f"(understood: {message.answer.question})")
        lines.append(f"(route: {decision.route} {decision.confidence} {decision.reason})")
        lines.append(f"({message.confidentiality_level})\n\n{message.content}\n")
        lines += [
            f"  [{number}] {source.title} ({source.knowledge_id}, {source.confidentiality_level})"
            for number, source in enumerate(message.answer.cited, start=1)
        ]
    Path(file).write_text("\n".join(lines), encoding="utf-8")
