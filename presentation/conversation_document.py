"""A conversation as a document: what was said, who answered and how sure that was, and one list of sources.

An answer is Markdown that numbers its own sources. Here it is read back into plain texts and citation
marks, so that the setters escape it like every other text, and its sources are numbered anew through the
whole conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from domain.clearance import high_water_mark
from domain.evidence import Source
from domain.knowledge import ItemKey
from domain.sessions import Message, Session, SessionAnswer
from presentation.citations import source_facts
from presentation.composition import short_title
from presentation.document import (
    Block,
    Document,
    Fact,
    Mark,
    Note,
    Prose,
    Quotation,
    Section,
    SourceEntry,
    Statement,
    StatementList,
)
from presentation.wording import counted, decided, minute, why_unanswered

_PARSER = MarkdownIt("commonmark", {"html": False}).disable(["text_join", "link", "image"])
"""Without joining, a bracket that was escaped stays apart from one that opens a citation."""
_CLOSING = " .,;:!?)”"
"""What may stand behind a citation and still belongs to the sentence before it."""
_ENDING = (".", "!", "?", "…", "”")
_CITATION = re.compile(r"\[(\d{1,4})\]")


def conversation_document(session: Session, messages: Sequence[Message]) -> Document:
    """Return *messages*, oldest first, composed; the label covers them and the session."""
    sources = _Sources()
    sections = [
        _section(number, message, sources) for number, message in enumerate(messages, start=1)
    ]
    if not sections:
        sections = [Section("Nothing said yet", "nothing", (Note("No message to be read."),))]
    said = [message.confidentiality_level for message in messages]
    times = [message.created_at for message in messages]
    spans = (Fact("From", minute(times[0])), Fact("To", minute(times[-1]))) if times else ()
    return Document(
        genre="Conversation",
        title=short_title(session.title) or "A conversation",
        level=high_water_mark([session.confidentiality_level, *said]),
        facts=(
            Fact("Of", session.reader),
            *spans,
            Fact("Holds", counted(len(messages), "message")),
            Fact("Id", session.session_id),
        ),
        notices=(),
        sections=tuple(sections),
        page_sources=sources.entries,
        sources=sources.entries,
    )


@dataclass(slots=True)
class _Sources:
    """Every source of the conversation, numbered by its first citation."""

    _numbers: dict[ItemKey, int] = field(default_factory=dict)
    _entries: list[SourceEntry] = field(default_factory=list)
    _marks: int = 0

    @property
    def entries(self) -> tuple[SourceEntry, ...]:
        return tuple(self._entries)

    def mark(self, source: Source) -> Mark:
        """Return a mark for *source*, which gets its number when it has none."""
        if source.key not in self._numbers:
            self._numbers[source.key] = len(self._numbers) + 1
            self._entries.append(_entry(self._numbers[source.key], source))
        self._marks += 1
        anchor = f"source-{self._numbers[source.key]}"
        return Mark(
            label=str(self._numbers[source.key]),
            level=source.confidentiality_level,
            anchor=f"mark-{self._marks}",
            source_anchor=anchor,
            quote_anchor=anchor,
        )


def _entry(number: int, source: Source) -> SourceEntry:
    return SourceEntry(
        label=str(number),
        anchor=f"source-{number}",
        title=source.title,
        level=source.confidentiality_level,
        facts=source_facts(source),
        quotes=(),
    )


def _section(number: int, message: Message, sources: _Sources) -> Section:
    if message.answer is None:
        heading, blocks = "You", _asked(message)
    else:
        heading, blocks = decided(message.answer.decision), _answered(message.answer, sources)
    return Section(
        heading=f"{heading}, {minute(message.created_at)}",
        anchor=f"message-{number}",
        blocks=tuple(blocks),
        level=message.confidentiality_level,
    )


def _asked(message: Message) -> Iterator[Block]:
    yield Quotation(message.content)
    if missing := why_unanswered(message):
        yield Note(missing)


def _answered(answer: SessionAnswer, sources: _Sources) -> Iterator[Block]:
    yield from _AnswerReader(answer.cited, sources).blocks(answer.text)
    yield Note(f"Why: {answer.decision.reason}")
    for missing in answer.degraded:
        yield Note(f"Missing: {missing}")


@dataclass(slots=True)
class _AnswerReader:
    """Reads the Markdown of one answer."""

    cited: Sequence[Source]
    sources: _Sources

    def blocks(self, markdown: str) -> Iterator[Block]:
        for node in SyntaxTreeNode(_PARSER.parse(markdown)).children:
            yield from self._block(node)

    def _block(self, node: SyntaxTreeNode) -> Iterator[Block]:
        match node.type:
            case "paragraph" | "heading":
                yield Prose(tuple(self._statements(node)))
            case "bullet_list" | "ordered_list":
                entries = (self._entry(item) for item in node.children)
                yield StatementList(tuple(entries))
            case "hr":
                return
            case _ if node.children and node.type != "inline":
                for child in node.children:
                    yield from self._block(child)
            case _:
                yield Quotation(node.content)

    def _statements(self, node: SyntaxTreeNode) -> Iterator[Statement]:
        """Yield the text of a paragraph in pieces: sentences with the marks that stand in or behind them."""
        text, marks = "", list[Mark]()
        for piece in self._pieces(node):
            if isinstance(piece, Mark):
                marks.append(piece)
                continue
            more = piece.lstrip(_CLOSING) if marks else piece
            closing = piece[: len(piece) - len(more)]
            text = f"{text.rstrip()}{closing}" if closing.strip() else f"{text}{closing}"
            if marks and more and text.rstrip().endswith(_ENDING):
                yield _statement(node, text, marks)
                text, marks = "", []
            text += more
        if text.strip() or marks:
            yield _statement(node, text, marks)

    def _entry(self, item: SyntaxTreeNode) -> Statement:
        said = list(self._statements(item))
        marks = [mark for statement in said for mark in statement.marks]
        return _statement(item, " ".join(statement.text for statement in said), marks)

    def _pieces(self, node: SyntaxTreeNode) -> Iterator[str | Mark]:
        """Yield what a reader sees in *node*: stretches of text, and the marks between them."""
        match node.type:
            case "text":
                yield from self._text(node.content)
            case "text_special" | "code_inline" | "html_inline":
                yield node.content
            case "softbreak" | "hardbreak":
                yield " "
            case _:
                for child in node.children:
                    yield from self._pieces(child)
                yield " " if node.type == "paragraph" else ""

    def _text(self, text: str) -> Iterator[str | Mark]:
        """Yield *text* with what cites a source of this answer turned into marks."""
        end = 0
        for found in _CITATION.finditer(text):
            number = int(found.group(1))
            if 1 <= number <= len(self.cited):
                yield text[end : found.start()]
                yield self.sources.mark(self.cited[number - 1])
                end = found.end()
        yield text[end:]


def _statement(node: SyntaxTreeNode, text: str, marks: Iterable[Mark]) -> Statement:
    line = " ".join(text.split())
    opening = _emphasized_opening(node)
    # With the colon behind it: a lead may stand on a line of its own.
    lead = f"{opening}:" if line.startswith(f"{opening}:") else opening
    return Statement(
        text=line,
        lead=lead if opening and line.startswith(opening) else "",
        marks=tuple({mark.label: mark for mark in marks}.values()),
    )


def _emphasized_opening(node: SyntaxTreeNode) -> str:
    """Return the words in bold with which *node* begins."""
    while node.children and node.type != "strong":
        node = next((one for one in node.children if one.type != "text" or one.content), node)
        if node.type in {"text", "text_special"}:
            return ""
    said = "".join(one.content for one in node.walk() if one.type in {"text", "text_special"})
    return " ".join(said.split()) if node.type == "strong" else ""
