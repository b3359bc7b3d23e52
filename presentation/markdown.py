"""A document set as Markdown that reads well raw, in a terminal and on a page.

Every text of the document is escaped here, once, at the moment it is set. A citation mark links to
the heading of its source, `Source 3`, whose anchor the common renderers derive as `#source-3`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.markdown_escaping import escape_markdown, escape_markdown_lines
from presentation.document import (
    Actions,
    Block,
    Cell,
    Columns,
    Document,
    Fact,
    Mark,
    Note,
    Prose,
    Quotation,
    RiskPicture,
    Section,
    SourceEntry,
    Statement,
    StatementList,
    Table,
    Tally,
    TimelinePicture,
    TrendRow,
    Trends,
)
from presentation.wording import counted, level_letters, level_name

_DEEPEST_HEADING = 6


def document_markdown(document: Document, *, appendix: bool = True, linked: bool = True) -> str:
    """Return *document* as Markdown, its level first and last.

    Without the *appendix* the first page ends in a list of its sources, a line each, and no mark is
    *linked* to one.
    """
    setter = _Setter(linked=linked and appendix)
    banner = f"**{document.banner}**"
    behind = setter.appendix(document) if appendix else _brief_sources(document.page_sources)
    parts = [
        banner,
        f"# {escape_markdown(document.title)}",
        f"*{escape_markdown(document.genre)}*",
        _facts_list(document.facts),
        *(f"> **Note.** {escape_markdown(notice)}" for notice in document.notices),
        *setter.sections((*document.sections, *document.aside), depth=2),
        *behind,
        "---",
        banner,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


@dataclass(frozen=True, slots=True)
class _Setter:
    """Sets blocks; marks are *linked* where the list of sources that they lead to follows."""

    linked: bool

    def appendix(self, document: Document) -> list[str]:
        """Return what stands behind the first page, under a rule and a heading of its own."""
        if not document.has_appendix:
            return []
        parts = [*self.sections(document.appendix, depth=3), *_sources(document.sources)]
        return ["---", "## Appendix", *parts]

    def sections(self, sections: Iterable[Section], *, depth: int) -> list[str]:
        return [part for section in sections for part in self._section(section, depth=depth)]

    def _section(self, section: Section, *, depth: int) -> list[str]:
        level = f" ({level_name(section.level).lower()})" if section.level else ""
        heading = f"{'#' * min(depth, _DEEPEST_HEADING)} {escape_markdown(section.heading)}{level}"
        blocks = (part for block in section.blocks for part in self._block(block, depth=depth + 1))
        return [heading, *blocks]

    def _block(self, block: Block, *, depth: int) -> list[str]:  # noqa: C901, PLR0911 — one case a kind of block
        match block:
            case Section():
                return self._section(block, depth=depth)
            case Columns():
                return self.sections(block.sections, depth=depth)
            case Prose():
                return [self._sentence(statement) for statement in block.statements]
            case StatementList():
                return [*_small_heading(block.heading), *self._list(block.statements)]
            case Actions():
                actions = self._list(block.statements, first=block.first)
                return [*_small_heading(block.heading), *actions]
            case Note():
                return [escape_markdown(block.text)]
            case Tally():
                return [" · ".join(f"**{count:,}** {name}" for count, name in block.counts)]
            case Quotation():
                return [escape_markdown_lines(block.text)]
            case Table():
                return [self._table(block)]
            case Trends():
                return [f"*{block.caption}*", _trends(block.rows)]
            case RiskPicture():
                return self._risk_picture(block)
            case TimelinePicture():
                return [escape_markdown(block.description)]

    def _list(self, statements: Sequence[Statement], *, first: int | None = None) -> list[str]:
        """Return the list as one part, numbered from *first* if that is given."""
        entries: list[str] = []
        for position, statement in enumerate(statements):
            bullet = "- " if first is None else f"{first + position}. "
            grounds = (Fact("Rests on", statement.grounds),) if statement.grounds else ()
            facts = _facts_line((*statement.facts, *grounds))
            lines = [line for line in (self._sentence(statement), facts) if line]
            entries.append(bullet + f"\\\n{' ' * len(bullet)}".join(lines))
        return ["\n".join(entries)] if entries else []

    def _sentence(self, statement: Statement) -> str:
        badge = f"**Risk {statement.badge}.**" if statement.badge else ""
        title = f"**{escape_markdown(statement.title)}**" if statement.title else ""
        level = f"({level_name(statement.level).lower()})" if statement.level else ""
        text = escape_markdown(statement.text)
        separator = "—" if title and text else ""
        return _joined(badge, title, separator, text, level, *map(self._mark, statement.marks))

    def _mark(self, mark: Mark) -> str:
        shown = rf"\[{mark.label} {mark.letters}\]"
        return f"[{shown}](#{mark.source_anchor})" if self.linked else shown

    def _table(self, table: Table) -> str:
        rows = ([self._cell(cell) for cell in row] for row in table.rows)
        return f"*{escape_markdown(table.caption)}*\n\n{_grid(table.columns, rows)}"

    def _cell(self, cell: Cell) -> str:
        text = escape_markdown(cell.text)
        return _joined(
            f"**{text}**" if cell.strong and text else text, *map(self._mark, cell.marks)
        )

    def _risk_picture(self, picture: RiskPicture) -> list[str]:
        rows = (
            [
                f"{entry.badge}",
                _joined(escape_markdown(entry.text), *map(self._mark, entry.marks)),
                *(escape_markdown(fact.value) for fact in entry.facts),
            ]
            for entry in picture.key
        )
        columns = ("No.", "Risk to", *(fact.label for fact in picture.key[0].facts))
        parts = [f"*{escape_markdown(picture.title)}*", _grid(columns, rows)]
        if picture.left_out:
            parts.append(f"{counted(picture.left_out, 'lesser risk')} listed in the text only.")
        return parts


def _facts_list(facts: Iterable[Fact]) -> str:
    return "\n".join(
        f"- **{escape_markdown(fact.label)}:** {escape_markdown(fact.value)}" for fact in facts
    )


def _small_heading(heading: str | None) -> list[str]:
    return [f"**{escape_markdown(heading)}**"] if heading else []


def _facts_line(facts: Iterable[Fact]) -> str:
    return " · ".join(
        f"*{escape_markdown(fact.label)}:* {escape_markdown(fact.value)}" for fact in facts
    )


def _trends(rows: Iterable[TrendRow]) -> str:
    return _grid(
        ("Category", "This window", "Before", "Mean priority"),
        ([row.category, str(row.items), str(row.items_before), row.mean_priority] for row in rows),
    )


def _grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _brief_sources(entries: Sequence[SourceEntry]) -> list[str]:
    lines = (
        rf"- \[{entry.label} {level_letters(entry.level)}\] {escape_markdown(entry.title)}"
        for entry in entries
    )
    return ["## Sources", "\n".join(lines)] if entries else []


def _sources(entries: Sequence[SourceEntry]) -> list[str]:
    if not entries:
        return []
    return ["### Sources", *(part for entry in entries for part in _source(entry))]


def _source(entry: SourceEntry) -> list[str]:
    facts = " · ".join(escape_markdown(fact.value) for fact in entry.facts)
    described = f"**{escape_markdown(entry.title)}** — {level_name(entry.level)}"
    lines = [f"{described} ({level_letters(entry.level)})", facts]
    return [
        f"#### Source {entry.label}",
        "\\\n".join(line for line in lines if line),
        *(f"> “{escape_markdown(quote.text)}”" for quote in entry.quotes),
    ]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
