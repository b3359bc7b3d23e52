"""A document set as Markdown that reads well raw, in a terminal and on a page.

Every text of the document is escaped here, once, at the moment it is set. A citation mark links to
the heading of its source, `Source 3`, whose anchor the common renderers derive as `#source-3`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    TimelinePicture,
    TrendRow,
    Trends,
)
from presentation.escaping import escape_markdown, escape_markdown_lines
from presentation.wording import counted, level_banner, level_letters, level_name

_DEEPEST_HEADING = 6


def document_markdown(document: Document) -> str:
    """Return *document* as Markdown, its level first and last."""
    banner = f"**{level_banner(document.level)}**"
    parts = [
        banner,
        f"# {escape_markdown(document.title)}",
        f"*{escape_markdown(document.genre)}*",
        _facts_list(document.facts),
        *(f"> **Note.** {escape_markdown(notice)}" for notice in document.notices),
        *_sections(document.sections, depth=2),
        *_sources(document.sources),
        "---",
        banner,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts_list(facts: Iterable[Fact]) -> str:
    return "\n".join(
        f"- **{escape_markdown(fact.label)}:** {escape_markdown(fact.value)}" for fact in facts
    )


def _sections(sections: Iterable[Section], *, depth: int) -> list[str]:
    return [part for section in sections for part in _section(section, depth=depth)]


def _section(section: Section, *, depth: int) -> list[str]:
    level = f" ({level_name(section.level).lower()})" if section.level else ""
    heading = f"{'#' * min(depth, _DEEPEST_HEADING)} {escape_markdown(section.heading)}{level}"
    return [heading, *(part for block in section.blocks for part in _block(block, depth=depth + 1))]


def _block(block: Block, *, depth: int) -> list[str]:  # noqa: C901, PLR0911 — one case a kind of block
    match block:
        case Section():
            return _section(block, depth=depth)
        case Columns():
            return _sections(block.sections, depth=depth)
        case Prose():
            return [_sentence(statement) for statement in block.statements]
        case StatementList():
            return [*_small_heading(block.heading), *_list(block.statements, numbered=False)]
        case Actions():
            return [*_small_heading(block.heading), *_list(block.statements, numbered=True)]
        case Note():
            return [escape_markdown(block.text)]
        case Quotation():
            return [escape_markdown_lines(block.text)]
        case Table():
            return [_table(block)]
        case Trends():
            return [f"*{block.caption}*", _trends(block.rows)]
        case RiskPicture():
            return _risk_picture(block)
        case TimelinePicture():
            return [escape_markdown(block.description)]


def _small_heading(heading: str | None) -> list[str]:
    return [f"**{escape_markdown(heading)}**"] if heading else []


def _list(statements: Sequence[Statement], *, numbered: bool) -> list[str]:
    """Return the list as one part, or each entry as a paragraph when it is only facts."""
    entries: list[str] = []
    for number, statement in enumerate(statements, start=1):
        bullet = f"{number}. " if numbered else "- "
        lines = [line for line in (_sentence(statement), _facts_line(statement.facts)) if line]
        entries.append(bullet + f"\\\n{' ' * len(bullet)}".join(lines))
    return ["\n".join(entries)] if entries else []


def _sentence(statement: Statement) -> str:
    badge = f"**Risk {statement.badge}.**" if statement.badge else ""
    title = f"**{escape_markdown(statement.title)}**" if statement.title else ""
    level = f"({level_name(statement.level).lower()})" if statement.level else ""
    text = escape_markdown(statement.text)
    separator = "—" if title and text else ""
    return _joined(badge, title, level, separator, text, *map(_mark, statement.marks))


def _mark(mark: Mark) -> str:
    return rf"[\[{mark.label} {mark.letters}\]](#{mark.source_anchor})"


def _facts_line(facts: Iterable[Fact]) -> str:
    return " · ".join(
        f"*{escape_markdown(fact.label)}:* {escape_markdown(fact.value)}" for fact in facts
    )


def _table(table: Table) -> str:
    rows = ([_cell(cell) for cell in row] for row in table.rows)
    return f"*{escape_markdown(table.caption)}*\n\n{_grid(table.columns, rows)}"


def _cell(cell: Cell) -> str:
    text = escape_markdown(cell.text)
    return _joined(f"**{text}**" if cell.strong and text else text, *map(_mark, cell.marks))


def _trends(rows: Iterable[TrendRow]) -> str:
    return _grid(
        ("Category", "This window", "Before", "Mean priority"),
        ([row.category, str(row.items), str(row.items_before), row.mean_priority] for row in rows),
    )


def _risk_picture(picture: RiskPicture) -> list[str]:
    rows = (
        [
            f"{entry.badge}",
            _joined(escape_markdown(entry.text), *map(_mark, entry.marks)),
            *(escape_markdown(fact.value) for fact in entry.facts),
        ]
        for entry in picture.key
    )
    columns = ("No.", "Risk to", *(fact.label for fact in picture.key[0].facts))
    parts = [f"*{escape_markdown(picture.title)}*", _grid(columns, rows)]
    if picture.left_out:
        parts.append(f"{counted(picture.left_out, 'lesser risk')} listed below only.")
    return parts


def _grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _sources(entries: Sequence[SourceEntry]) -> list[str]:
    if not entries:
        return []
    return ["## Sources", *(part for entry in entries for part in _source(entry))]


def _source(entry: SourceEntry) -> list[str]:
    facts = " · ".join(escape_markdown(fact.value) for fact in entry.facts)
    described = f"**{escape_markdown(entry.title)}** — {level_name(entry.level)}"
    lines = [f"{described} ({level_letters(entry.level)})", facts]
    return [
        f"### Source {entry.label}",
        "\\\n".join(line for line in lines if line),
        *(f"> “{escape_markdown(quote.text)}”" for quote in entry.quotes),
    ]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
