"""The doors of this room: each result as Markdown or as a page.

The same result always gives the same bytes; nothing here looks at anything but its argument.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.briefing import CeoBriefing
from domain.evidence import RetrievedItem
from domain.knowledge import KnowledgeItem
from domain.sessions import Message, Session
from domain.summary import StrategicSummary
from presentation.analysis_document import analysis_document
from presentation.briefing_document import briefing_document
from presentation.conversation_document import conversation_document
from presentation.document import Document
from presentation.knowledge_document import item_document, search_document
from presentation.markdown import document_markdown
from presentation.page import document_page
from presentation.perspective_document import perspective_document
from presentation.summary_document import summary_document

Result = (
    StrategicSummary
    | CeoBriefing
    | ComprehensiveAnalysis
    | BusinessPerspective
    | TechnicalPerspective
)


def to_markdown(result: Result, *, appendix: bool = True, linked: bool = True) -> str:
    """Return *result* as Markdown (CommonMark with tables), labelled first and last.

    Without the *appendix* it is the first page alone, which names its sources but quotes none. Marks are
    *linked* to their sources for renderers that give headings an anchor.
    """
    return document_markdown(_document(result), appendix=appendix, linked=linked)


def to_html(result: Result) -> str:
    """Return *result* as one self-contained HTML document without scripts or requests."""
    return document_page(_document(result))


def search_results_markdown(query: str, results: Sequence[RetrievedItem]) -> str:
    """Return *results*, best first, as Markdown."""
    return document_markdown(search_document(query, results))


def search_results_html(query: str, results: Sequence[RetrievedItem]) -> str:
    """Return *results*, best first, as one self-contained HTML document."""
    return document_page(search_document(query, results))


def knowledge_item_markdown(item: KnowledgeItem) -> str:
    """Return all that *item* holds as Markdown, its text shown as written, not interpreted."""
    return document_markdown(item_document(item))


def knowledge_item_html(item: KnowledgeItem) -> str:
    """Return everything that *item* holds as one self-contained HTML document."""
    return document_page(item_document(item))


def conversation_markdown(session: Session, messages: Sequence[Message]) -> str:
    """Return *messages* of *session*, oldest first, as Markdown with one list of sources."""
    return document_markdown(conversation_document(session, messages))


def conversation_html(session: Session, messages: Sequence[Message]) -> str:
    """Return *messages* of *session*, oldest first, as one self-contained HTML document."""
    return document_page(conversation_document(session, messages))


def _document(result: Result) -> Document:
    match result:
        case CeoBriefing():
            return briefing_document(result)
        case ComprehensiveAnalysis():
            return analysis_document(result)
        case StrategicSummary():
            return summary_document(result)
        case BusinessPerspective() | TechnicalPerspective():
            return perspective_document(result)
