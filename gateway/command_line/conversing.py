"""The course of a conversation: line after line, a message answered or an order followed, until the lines end.

What fails is told in one line, and the talk goes on.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from domain.errors import DiarchyError, InvalidInput
from domain.sessions import LONGEST_MESSAGE, Message
from gateway.command_line.conversation import Conversation
from gateway.command_line.conversation_view import (
    ConversationView,
    erasure_told,
    what_reader_said,
)
from gateway.command_line.failures import report_failure
from gateway.command_line.lines import Lines, silent_typing
from gateway.command_line.reports import result_of
from gateway.command_line.slash_commands import Given, Order, find_order
from presentation import knowledge_item_markdown, to_markdown
from presentation.wording import level_name

T = TypeVar("T")

_SHOWN_AGAIN = 2
"""Messages that one sees on coming back to a conversation: the last question and its answer."""
_HISTORY = 10
_RECALLED = 200


class Stopped(DiarchyError):
    """Stopped; /retry asks again."""


@dataclass(slots=True)
class Conversing:
    """Takes line after line and does what each asks for."""

    conversation: Conversation
    lines: Lines
    view: ConversationView
    typed: bool
    """Whether a person sits in front of it."""

    async def open(self, session_id: str | None) -> None:
        """Open the conversation *session_id*, or none. Raises `AccessDenied` and `NotFound`."""
        reader = await self.conversation.identify()
        if session_id is not None:
            await self._switch(session_id)
        if self.typed:
            level = level_name(reader.clearance.level).lower()
            self.view.aside(f"{reader.name} reads up to {level}. /help lists what can be typed.")

    async def go_on(self) -> int:
        """Go on until the lines end; return how many messages and orders failed."""
        failures = 0
        while True:
            try:
                line = await self.lines.next()
            except KeyboardInterrupt:
                continue
            if line is None:
                break
            try:
                if not await self._take(line.strip()):
                    break
            except BrokenPipeError:
                raise
            except Exception as error:  # noqa: BLE001 - what fails is told, and the talk goes on
                failures += 1
                report_failure(error)
        if self.conversation.session_id is not None:
            self.view.aside(f"Go on with --session {self.conversation.session_id}")
        return failures

    async def _take(self, line: str) -> bool:
        """Do what *line* asks for; return whether to go on."""
        if not line:
            return True
        if len(line) > LONGEST_MESSAGE:
            raise InvalidInput(f"a message has at most {LONGEST_MESSAGE:,} characters")
        given = find_order(line)
        if given is None:
            self._show(await self._run(self.conversation.say(line)))
        else:
            await self._follow(given)
        return given is None or given.order is not Order.QUIT

    async def _follow(self, given: Given) -> None:  # noqa: C901 - one case an order
        match given.order:
            case Order.HELP:
                self.view.help()
            case Order.ASK:
                route, text = given.route()
                self._show(await self._run(self.conversation.say(text, route)))
            case Order.RETRY:
                self._show(await self._run(self.conversation.retry()))
            case Order.SOURCES:
                answer = await self.conversation.last_answer()
                self.view.sources(answer.cited, in_full=True)
            case Order.OPEN:
                await self._open(given.number())
            case Order.REPORT:
                await self._report(full=given.argument == "full")
            case Order.HISTORY:
                said = await self.conversation.messages(given.number(otherwise=_HISTORY))
                self.view.messages(said, self.conversation.principal)
            case Order.SESSIONS:
                sessions = await self.conversation.sessions()
                self.view.sessions(sessions, self.conversation.session_id)
            case Order.SWITCH:
                await self._switch(given.argument)
            case Order.NEW:
                self.conversation.begin_anew()
                self.lines.recall(())
                self.view.aside("A new conversation.")
            case Order.FORGET:
                await self._forget()
            case Order.QUIT:
                pass

    def _show(self, message: Message) -> None:
        if message.answer is not None:
            self.view.answer(message.answer)

    async def _open(self, number: int) -> None:
        item = await self.conversation.open_source(number)
        self.view.document(knowledge_item_markdown(item))

    async def _report(self, *, full: bool) -> None:
        result = result_of(await self.conversation.open_report())
        self.view.document(to_markdown(result, appendix=full, linked=False))

    async def _switch(self, which: str) -> None:
        session = await self.conversation.switch(which)
        said = await self.conversation.messages(_RECALLED)
        self.lines.recall(what_reader_said(said))
        if self.typed:
            self.view.aside(f"Conversation {session.session_id}")
            self.view.messages(said[-_SHOWN_AGAIN:], self.conversation.principal)

    async def _forget(self) -> None:
        if not await self.lines.agrees("Delete this conversation and all that it left behind?"):
            self.view.aside("Kept.")
            return
        erased = await self.conversation.forget()
        self.lines.recall(())
        self.view.aside(erasure_told(erased))

    async def _run(self, work: Coroutine[Any, Any, T]) -> T:
        with self.view.working():
            if not self.typed:
                return await work
            with silent_typing():
                return await _stoppable(work)


async def _stoppable(work: Coroutine[Any, Any, T]) -> T:
    """Return what *work* returns; Ctrl-C stops it, and nothing else. Raises `Stopped`."""
    running = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, running.cancel)
    try:
        await asyncio.wait([running])
    finally:
        running.cancel()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
    if running.cancelled():
        raise Stopped
    return running.result()
