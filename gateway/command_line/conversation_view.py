"""What a conversation looks like: in colour on a terminal, plain elsewhere; the same words in both.

Words of others pass `visible`, or were escaped where the Markdown was made, so that no character of an item
or of a title can give the terminal an order.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from domain.clearance import ConfidentialityLevel
from domain.evidence import Source
from domain.markdown_escaping import escape_markdown, visible
from domain.sessions import (
    Message,
    Session,
    SessionAnswer,
    SessionErasure,
    Speaker,
)
from gateway.command_line.output import messages as asides
from gateway.command_line.slash_commands import USAGES
from presentation.wording import counted, decided, level_banner, level_name, minute, why_unanswered

_COLOURS = {
    ConfidentialityLevel.PUBLIC: "green",
    ConfidentialityLevel.INTERNAL: "blue",
    ConfidentialityLevel.CONFIDENTIAL: "yellow",
    ConfidentialityLevel.RESTRICTED: "red",
    ConfidentialityLevel.TOP_SECRET: "bold red",
}


class ConversationView:
    """Shows a conversation on standard output, and what is not part of it on standard error."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(
            markup=False, emoji=False, highlight=False, soft_wrap=not sys.stdout.isatty()
        )

    def answer(self, answer: SessionAnswer) -> None:
        """Show an answer: who gives it and why, how secret it is, the text, its sources by number."""
        level = answer.confidentiality_level
        decision = answer.decision
        self._line(
            (decided(decision), "bold"),
            (f": {one_line(decision.reason)}", "dim"),
        )
        self._line((level_banner(level), _COLOURS[level]))
        self._line()
        self.document(answer.text)
        self._line()
        self.sources(answer.cited)
        for missing in answer.degraded:
            if escape_markdown(missing) not in answer.text:
                self._line((f"Missing: {one_line(missing)}", "yellow"))
        self._line()

    def sources(self, cited: Iterable[Source], *, in_full: bool = False) -> None:
        """List what is cited, by the numbers of the text."""
        for number, source in enumerate(cited, start=1):
            facts = [level_name(source.confidentiality_level).lower(), source.knowledge_id]
            if in_full:
                facts += [source.source, f"updated {minute(source.updated_at)}"]
            known = ", ".join(one_line(fact) for fact in facts if fact.strip())
            self._line((f"[{number}] ", "bold"), one_line(source.title), (f" ({known})", "dim"))

    def messages(self, said: Sequence[Message], principal: str) -> None:
        """Show what was said, oldest first."""
        for message in said:
            if message.answer is not None:
                self.answer(message.answer)
                continue
            self._line((f"{one_line(principal)}> ", "bold"), visible(message.content))
            if missing := why_unanswered(message):
                self._line((one_line(missing), "yellow"))

    def sessions(self, sessions: Sequence[Session], current: str | None = None) -> None:
        """Show conversations as a numbered list, the one that is open marked."""
        show_sessions(self._console, sessions, current=current)

    def document(self, markdown: str) -> None:
        """Show Markdown whose foreign words are escaped; plain where nobody looks."""
        text = visible(markdown).strip()
        if self._console.is_terminal:
            self._console.print(Markdown(text, hyperlinks=False))
        else:
            self._line(text)

    def help(self) -> None:
        """Say how orders are typed, and what they do."""
        table = Table(box=None, show_header=False, pad_edge=False)
        for order, usage in USAGES.items():
            table.add_row(f"/{order} {usage.arguments}", usage.meaning)
        self._console.print(table)
        self._line("Alt-Enter begins a new line of the same message.")

    def aside(self, sentence: str) -> None:
        """Say what is not part of the conversation."""
        asides.print(one_line(sentence), style="dim")

    @contextmanager
    def working(self) -> Generator[None]:
        """Show which phase of the run is under way, as long as the block lasts."""
        from tasks.progress import follow_steps

        with asides.status("Reading the message") as status:

            def tell(step: str) -> None:
                status.update(step.replace("-", " ").replace("_", " ").capitalize())

            with follow_steps(tell):
                yield

    def _line(self, *parts: str | tuple[str, str]) -> None:
        self._console.print(Text.assemble(*parts))


def show_sessions(
    console: Console, sessions: Sequence[Session], *, current: str | None = None
) -> None:
    """Show conversations: a table on a terminal, elsewhere a line each with tabs between."""
    rows = [
        (
            session.session_id,
            session.confidentiality_level.value,
            minute(session.last_message_at or session.created_at),
            one_line(session.title) or "-",
        )
        for session in sessions
    ]
    if not console.is_terminal:
        # Not by the console, which turns tabs into spaces.
        console.file.writelines("\t".join(row) + "\n" for row in rows)
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "id", "level", "last used"):
        # Whole on any width: an id is there to be copied.
        table.add_column(heading, no_wrap=True, overflow="fold")
    table.add_column("begins", no_wrap=True, overflow="ellipsis")
    for number, row in enumerate(rows, start=1):
        mark = f"{'*' if row[0] == current else ' '}{number}"
        table.add_row(mark, *(Text(cell) for cell in row))
    console.print(table)


def erasure_told(erased: SessionErasure) -> str:
    """Return what was erased of a conversation, and whether anything of it was found afterwards."""
    found = counted(erased.traces_found, "trace") if erased.traces_found else "none"
    return (
        f"Deleted {erased.session_id}: {counted(erased.messages, 'message')}, "
        f"{counted(erased.reports, 'stored report')}, "
        f"{counted(erased.conclusions, 'conclusion')} and "
        f"{counted(erased.working_memories, 'entry', 'entries')} of working memory. "
        f"{counted(erased.keys_sought, 'inner key')} of its messages were sought in every file of the "
        f"stores: "
        f"{found} found."
    )


def one_line(text: str) -> str:
    """Return *text* on one line and without what gives a terminal orders."""
    return " ".join(visible(text).split())


def what_reader_said(said: Iterable[Message]) -> tuple[str, ...]:
    """Return the reader's own messages, oldest first."""
    return tuple(one.content for one in said if one.speaker is Speaker.READER)
