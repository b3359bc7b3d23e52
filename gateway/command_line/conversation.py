"""One principal in one conversation, whatever it is typed into: what can be said, looked at and forgotten.

Every request asks the registry anew who asks, and reads the stores anew: what a reader has lost the right
to read is gone at once, also from an answer that was shown a minute ago.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from domain.clearance import ConfidentialityLevel, Reader
from domain.errors import InvalidInput, NotFound
from domain.knowledge import KnowledgeItem
from domain.sessions import Message, MessageStatus, Route, Session, SessionAnswer, Speaker
from storage.purging import EraseCopies, no_copies

if TYPE_CHECKING:
    from domain.evidence import Source
    from domain.sessions import SessionErasure
    from storage.reports import StoredReport
    from storage.stores import Stores

MOST_LISTED = 50
_LOOKED_BACK = 50
"""Messages among which the last answer or the last failed message is sought."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message as it was handed to the flow."""

    session_id: str
    message_id: str
    content: str


@dataclass(slots=True)
class Conversation:
    """A conversation; its session begins with the first message."""

    stores: Stores
    principal: str
    max_confidentiality: ConfidentialityLevel | None = None
    erase_copies: EraseCopies = no_copies
    """Erases what Prefect's pages show of the analyses that go with a conversation."""
    session_id: str | None = None
    _unanswered: _Sent | None = field(default=None, init=False)

    async def identify(self) -> Reader:
        """Return who asks. Raises `AccessDenied`."""
        return await self.stores.principals.get_reader(self.principal, self.max_confidentiality)

    async def say(self, content: str, route: Route | None = None) -> Message:
        """Send a message, to *route* if one is given, and return the answer.

        Raises what the flow raises; `retry` sends the same message again.
        """
        named = content if route is None else f"@{route.value} {content}".rstrip()
        if self.session_id is None:
            session = await self.stores.sessions.start(await self.identify())
            self.session_id = session.session_id
        return await self._send(_Sent(self.session_id, self.stores.new_id(), named))

    async def retry(self) -> Message:
        """Send the last message that got no answer again. Raises `InvalidInput` where there is none."""
        sent = self._unanswered or await self._find_unanswered()
        if sent is None:
            raise InvalidInput("the last message was answered; there is nothing to ask again")
        return await self._send(sent)

    async def messages(self, limit: int | None = None) -> tuple[Message, ...]:
        """Return the latest *limit* messages, oldest first; none before anything was said."""
        if self.session_id is None:
            return ()
        reader = await self.identify()
        return await self.stores.sessions.messages(self.session_id, reader, limit=limit)

    async def last_answer(self) -> SessionAnswer:
        """Return the last answer. Raises `InvalidInput` before there is one."""
        for message in reversed(await self.messages(_LOOKED_BACK)):
            if message.answer is not None:
                return message.answer
        raise InvalidInput("nothing was answered yet")

    async def open_source(self, number: int) -> KnowledgeItem:
        """Return the item that the last answer cites as *number*. Raises `InvalidInput`, `NotFound`."""
        cited = (await self.last_answer()).cited
        if not 1 <= number <= len(cited):
            raise InvalidInput(
                f"the last answer cites {len(cited)} sources: give a number up to that"
            )
        return await self._get_item(cited[number - 1])

    async def open_report(self) -> StoredReport:
        """Return the analysis behind the last answer. Raises `InvalidInput`, `NotFound`."""
        report_id = (await self.last_answer()).report_id
        if report_id is None:
            raise InvalidInput("there is no analysis behind the last answer")
        return await self.stores.reports.open(report_id, await self.identify())

    async def sessions(self) -> tuple[Session, ...]:
        """Return the reader's sessions, the one used last first."""
        return await self.stores.sessions.list(await self.identify(), limit=MOST_LISTED)

    async def session(self) -> Session | None:
        """Return the session that is open; None before anything was said. Raises `NotFound`."""
        if self.session_id is None:
            return None
        return await self.stores.sessions.get(self.session_id, await self.identify())

    async def switch(self, which: str) -> Session:
        """Go on in another session: its id, the opening of it, or its place in `sessions`.

        Raises `NotFound`.
        """
        session = _chosen(which, await self.sessions())
        if session is None:
            session = await self.stores.sessions.get(which, await self.identify())
        self.begin_anew()
        self.session_id = session.session_id
        return session

    def begin_anew(self) -> None:
        """Leave the session; the next message begins another."""
        self.session_id = None
        self._unanswered = None

    async def forget(self) -> SessionErasure:
        """Delete the session with all that it left behind. Raises `InvalidInput` before it began."""
        if self.session_id is None:
            raise InvalidInput("nothing was said yet; there is nothing to forget")
        erased = await self.stores.sessions.delete(
            self.session_id, await self.identify(), erase_copies=self.erase_copies
        )
        self.begin_anew()
        return erased

    async def _send(self, sent: _Sent) -> Message:
        from flows import process_message

        self._unanswered = sent
        # Prefect stores a run's parameters in clear, so what was typed goes in sealed.
        answer = await process_message(
            session_id=sent.session_id,
            content=self.stores.sealer.seal_text(sent.content),
            requester=self.principal,
            max_confidentiality=self.max_confidentiality,
            message_id=sent.message_id,
        )
        self._unanswered = None
        return answer

    async def _find_unanswered(self) -> _Sent | None:
        """Return the latest stored message when it was not answered, say by a process that died."""
        asked = [one for one in await self.messages(_LOOKED_BACK) if one.speaker is Speaker.READER]
        if not asked or asked[-1].status is MessageStatus.ANSWERED:
            return None
        return _Sent(asked[-1].session_id, asked[-1].message_id, asked[-1].content)

    async def _get_item(self, source: Source) -> KnowledgeItem:
        """Return the item that was cited, not one of the same id at a higher level."""
        bounds = (source.confidentiality_level, self.max_confidentiality)
        least = min((one for one in bounds if one is not None), key=lambda level: level.rank)
        reader = await self.stores.principals.get_reader(self.principal, least)
        try:
            return await self.stores.knowledge.get_item(source.knowledge_id, reader)
        except NotFound:
            # Its level was raised since; whether this reader may still read it, the registry says.
            return await self.stores.knowledge.get_item(source.knowledge_id, await self.identify())


def _chosen(which: str, sessions: tuple[Session, ...]) -> Session | None:
    """Return the one session that *which* names; None where it names none or several."""
    whole = [one for one in sessions if one.session_id == which]
    if whole:
        return whole[0]
    if which.isdecimal() and 1 <= int(which) <= len(sessions):
        return sessions[int(which) - 1]
    begun = [one for one in sessions if one.session_id.startswith(which)]
    return begun[0] if len(begun) == 1 else None
