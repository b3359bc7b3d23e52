"""The shape of a result on paper: one page for who has a minute, and an appendix with the grounds.

Every result is composed into one `Document` in reading order, and Markdown and HTML are two ways of
setting that same document: what one says the other says too. Texts in here are plain and unescaped;
the two setters escape them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.clearance import ConfidentialityLevel
from presentation.plots import RangeBar, RiskPlot
from presentation.wording import level_banner, level_letters, level_name


@dataclass(frozen=True, slots=True)
class Mark:
    """A citation mark behind a statement: which source, and how secret it is."""

    label: str
    """The source's number, or `Req` or `Ctx` for the requirement and the caller's context."""
    level: ConfidentialityLevel
    anchor: str
    """Where the mark itself stands; unique in the document."""
    source_anchor: str
    quote_anchor: str

    @property
    def letters(self) -> str:
        """The level in one or two letters."""
        return level_letters(self.level)

    @property
    def spoken(self) -> str:
        """The mark in words, for a reader who hears the page."""
        names = {"Req": "the requirement", "Ctx": "the context given"}
        source = names.get(self.label.split(" ", maxsplit=1)[0], f"source {self.label}")
        return f"{source}, {level_name(self.level).lower()}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A small label with its value, such as `Due` with `this month`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or more with its citation marks, and what is to be known about it at a glance."""

    text: str
    marks: tuple[Mark, ...] = ()
    title: str | None = None
    lead: str = ""
    """How `text` begins when it begins with what is asked and by when."""
    subject: str = ""
    """What follows in `text` when that is the title of an item."""
    facts: tuple[Fact, ...] = ()
    grounds: str = ""
    """The titles of what it rests on, when `text` names none of them."""
    badge: str | None = None
    """The number under which a picture shows it."""
    anchor: str | None = None
    link: str | None = None
    """The anchor of the place in this document that says more."""
    level: ConfidentialityLevel | None = None
    """Set when there is no mark that shows the level."""

    @property
    def rest(self) -> str:
        """The part of `text` behind its lead and subject."""
        return self.text[len(self.lead) + len(self.subject) :]


@dataclass(frozen=True, slots=True)
class Prose:
    """Statements that read on as text."""

    kind: ClassVar[str] = "prose"
    statements: tuple[Statement, ...]
    lead: bool = False
    """Set larger: the text that a reader with one minute reads."""


@dataclass(frozen=True, slots=True)
class StatementList:
    """Statements one below the other, under a small heading if there is one."""

    kind: ClassVar[str] = "statements"
    statements: tuple[Statement, ...]
    heading: str | None = None
    ledger: bool = False
    """Set tightly, the heading beside the entries: for what is looked over, not read."""


@dataclass(frozen=True, slots=True)
class Actions:
    """Things to do, numbered, most pressing first."""

    kind: ClassVar[str] = "actions"
    statements: tuple[Statement, ...]
    heading: str | None = None
    first: int = 1
    """The number of the first; greater when others stand before it elsewhere."""
    foremost: bool = False
    """Set so that each stands out: for the few that the first page asks for."""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of the document itself, which claims nothing about the company."""

    kind: ClassVar[str] = "note"
    text: str
    link: str | None = None
    """The anchor of the section that the note speaks of."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are of each sort, as figures to be taken in at a glance."""

    kind: ClassVar[str] = "tally"
    counts: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Quotation:
    """A longer text shown as it was given, its line ends kept."""

    kind: ClassVar[str] = "quotation"
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    marks: tuple[Mark, ...] = ()
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under column headings; `caption` says what they are."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One category's flow of items, this window against the one before."""

    category: str
    items: int
    items_before: int
    mean_priority: str
    share: float
    """Length of this window's bar, 0 to 1 of the longest in the table."""
    share_before: float


@dataclass(frozen=True, slots=True)
class Trends:
    """Small bars, a row a category."""

    kind: ClassVar[str] = "trends"
    caption: str
    rows: tuple[TrendRow, ...]


@dataclass(frozen=True, slots=True)
class RiskPicture:
    """Risks by the priority of what they threaten and by exposure, with the key to the numbers."""

    kind: ClassVar[str] = "risk_picture"
    anchor: str
    title: str
    description: str
    wide: RiskPlot | None
    """None for a picture that stands in a narrow column on every page."""
    narrow: RiskPlot
    key: tuple[Statement, ...]
    shapes: tuple[tuple[str, str], ...]
    """Which shape stands for which domain; empty when all are of one."""
    left_out: int
    """Risks that are listed in the text but not drawn."""


@dataclass(frozen=True, slots=True)
class TimelinePicture:
    """How long the work may take, against the date that is asked for if there is one."""

    kind: ClassVar[str] = "timeline"
    title: str
    description: str
    bar: RangeBar


@dataclass(frozen=True, slots=True)
class Columns:
    """Sections side by side where the page is wide enough."""

    kind: ClassVar[str] = "columns"
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    kind: ClassVar[str] = "section"
    heading: str
    anchor: str
    blocks: tuple[Block, ...]
    level: ConfidentialityLevel | None = None

    @property
    def entries(self) -> int:
        """How many statements stand in the section, at any depth."""
        return sum(map(_entries, self.blocks))


Block = (
    Prose
    | StatementList
    | Actions
    | Note
    | Tally
    | Quotation
    | Table
    | Trends
    | RiskPicture
    | TimelinePicture
    | Columns
    | Section
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that are cited, with the marks that cite them."""

    text: str
    anchor: str
    cited_at: tuple[str, ...]
    """Anchors of the marks, in reading order."""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One entry of the list of sources."""

    label: str
    anchor: str
    title: str
    level: ConfidentialityLevel
    facts: tuple[Fact, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A result, ready to be set as Markdown or HTML."""

    genre: str
    """What sort of document it is, such as `CEO briefing`."""
    title: str
    level: ConfidentialityLevel | None
    """None when the document holds nothing that could be labelled."""
    facts: tuple[Fact, ...]
    notices: tuple[str, ...]
    """What the reader must know before reading on: what is missing, and why."""
    sections: tuple[Section, ...]
    aside: tuple[Section, ...] = ()
    """What stands beside the sections on a wide page and below them on a narrow one."""
    page_sources: tuple[SourceEntry, ...] = ()
    """The sources that the sections and the aside cite."""
    appendix: tuple[Section, ...] = ()
    """Everything that the first page leaves out."""
    sources: tuple[SourceEntry, ...] = ()

    @property
    def banner(self) -> str:
        """What stands first and last: the level, in capital letters."""
        return "NO RESULTS" if self.level is None else level_banner(self.level)

    @property
    def has_appendix(self) -> bool:
        """Whether anything stands behind the first page."""
        return bool(self.appendix or self.sources)


def _entries(block: Block) -> int:
    match block:
        case Prose() | StatementList() | Actions():
            return len(block.statements)
        case Section():
            return block.entries
        case Columns():
            return sum(section.entries for section in block.sections)
        case _:
            return 0
