"""The shape of a result on paper: a masthead, sections of blocks, and the numbered sources.

Every result is composed into one `Document` in reading order, and Markdown and HTML are two ways of
setting that same document: what one says the other says too. Texts in here are plain and unescaped;
the two setters escape them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.clearance import ConfidentialityLevel
from presentation.wording import level_letters, level_name


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
    facts: tuple[Fact, ...] = ()
    badge: str | None = None
    """The number under which a picture shows it."""
    anchor: str | None = None
    link: str | None = None
    """The anchor of the place in this document that says more."""
    level: ConfidentialityLevel | None = None
    """Set when there is no mark that shows the level."""


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


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of the document itself, which claims nothing about the company."""

    kind: ClassVar[str] = "note"
    text: str


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
class Tick:
    """A labelled place on an axis, in picture units."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A numbered point: where it belongs, and where it is drawn so that none hides another."""

    number: int
    shape: str
    """`circle`, `square` or `diamond`."""
    true_x: float
    true_y: float
    x: float
    y: float

    @property
    def moved(self) -> bool:
        """Whether the dot is drawn away from its true place."""
        return (self.x, self.y) != (self.true_x, self.true_y)


@dataclass(frozen=True, slots=True)
class RiskPlot:
    """The priority-by-risk picture laid out for one width, in picture units."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    radius: float
    first_attention: tuple[float, float]
    """The lower left corner of the field that deserves attention first."""
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class RiskPicture:
    """Risks by the priority of what they threaten and by exposure, with the key to the numbers."""

    kind: ClassVar[str] = "risk_picture"
    title: str
    description: str
    wide: RiskPlot
    narrow: RiskPlot
    key: tuple[Statement, ...]
    shapes: tuple[tuple[str, str], ...]
    """Which shape stands for which domain; empty when all are of one."""
    left_out: int
    """Risks that are listed in the text but not drawn."""


@dataclass(frozen=True, slots=True)
class RangeBar:
    """A bar between two durations laid out for one width, in picture units."""

    width: float
    left: float
    right: float
    start: float
    end: float
    ticks: tuple[Tick, ...]
    deadline: float | None


@dataclass(frozen=True, slots=True)
class TimelinePicture:
    """How long the work may take, against the date that is asked for if there is one."""

    kind: ClassVar[str] = "timeline"
    title: str
    description: str
    wide: RangeBar
    narrow: RangeBar


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


Block = (
    Prose
    | StatementList
    | Actions
    | Note
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
    level: ConfidentialityLevel
    facts: tuple[Fact, ...]
    notices: tuple[str, ...]
    """What the reader must know before reading on: what is missing, and why."""
    sections: tuple[Section, ...]
    sources: tuple[SourceEntry, ...] = ()
