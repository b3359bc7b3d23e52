"""What Prefect's pages show of a result: all of it up to their ceiling, above it that it is there.

Whoever opens those pages is nobody that Diarchy knows, so the label of the whole result decides, not a
reader's clearance. Above the ceiling there stand an id, counts, and the command by which its own reader
gets it. Which level it has is left out: that it is above the ceiling says enough.
"""

from __future__ import annotations

import hashlib
import re

from domain.analysis import BusinessPerspective, ComprehensiveAnalysis, TechnicalPerspective
from domain.briefing import CeoBriefing
from domain.clearance import Clearance, ConfidentialityLevel
from domain.evidence import Finding
from domain.markdown_escaping import escape_markdown, without_autolinks
from domain.model import FrozenModel
from domain.summary import StrategicSummary
from presentation.rendering import Result, to_markdown
from presentation.wording import counted

_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40


class ShownResult(FrozenModel):
    """A Markdown artifact of Prefect's."""

    key: str
    """What its pages group by: editions for one reader and horizon are versions of one artifact."""
    description: str
    """Names the report, so that it is shown once and can be found again."""
    reference: str
    """Says that the report is there and how its reader gets it, without content."""
    markdown: str
    """The report, or the reference where its level is above the ceiling."""


ERASED = "This report was erased."


def shown_result(
    result: Result,
    *,
    report_id: str,
    reader: str,
    installation: str,
    ceiling: ConfidentialityLevel,
) -> ShownResult:
    """Return what pages with that *ceiling* show of *result*, which was made for *reader*."""
    reference = _reference(result, report_id, reader)
    may_be_shown = Clearance(level=ceiling).dominates(result.confidentiality_level)
    markdown = without_autolinks(to_markdown(result, linked=False)) if may_be_shown else reference
    return ShownResult(
        key=_key(result, report_id, reader),
        description=shown_description(report_id, installation),
        reference=reference,
        markdown=markdown,
    )


def shown_description(report_id: str, installation: str) -> str:
    """Return how the artifact of a report is described; several installations may share a Prefect."""
    return f"Report {report_id} of {installation}"


def progress_of(activity: str, done: int, total: int) -> tuple[float, str]:
    """Return how far an ingest is, in percent, and in words: files first, then the index.

    Embedding takes most of the time of a long ingest, so the index counts for four fifths.
    """
    share = min(1.0, done / total) if total else 0.0
    match activity:
        case "files":
            return 20 * share, f"{done:,} of {counted(total, 'file')} read"
        case "index":
            return 20 + 80 * share, f"{done:,} of {counted(total, 'change')} indexed"
        case _:
            return 0.0, f"{counted(done, 'item')} stored"


def _key(result: Result, report_id: str, reader: str) -> str:
    match result:
        case CeoBriefing():
            return f"ceo-briefing-{result.time_horizon}-{_named(reader)}"
        case StrategicSummary():
            named = _named(reader)
            return f"strategic-summary-{result.domain}-{result.time_horizon}-{named}"
        case ComprehensiveAnalysis():
            return f"comprehensive-analysis-{_slug(report_id)}"
        case BusinessPerspective():
            return f"business-analysis-{_slug(report_id)}"
        case TechnicalPerspective():
            return f"technical-analysis-{_slug(report_id)}"


def _named(reader: str) -> str:
    """Return *reader* as a key may hold it, unlike any other reader's."""
    digest = hashlib.sha256(reader.encode()).hexdigest()[:8]
    return f"{_slug(reader)[:_LONGEST_NAME]}-{digest}".lstrip("-")


def _slug(text: str) -> str:
    return _NOT_IN_A_KEY.sub("-", text.lower()).strip("-")


def _reference(result: Result, report_id: str, reader: str) -> str:
    counts = (
        f"{counted(len(_findings(result)), 'finding')}, {counted(len(result.sources), 'source')}"
    )
    return "\n\n".join(
        (
            f"**{_genre(result)} that these pages do not show:** {counts}.",
            f"Made for {without_autolinks(escape_markdown(reader))}, who reads it by",
            f"    diarchy reports show {_slug(report_id)} --as {_word(reader)}",
        )
    )


def _word(reader: str) -> str:
    """Return *reader* as it can stand in a command on one line."""
    return reader if re.fullmatch(r"[A-Za-z0-9_.@+-]+", reader) else "YOU"


def _genre(result: Result) -> str:
    match result:
        case CeoBriefing():
            return "A briefing"
        case StrategicSummary():
            return "A summary"
        case _:
            return "An analysis"


def _findings(value: object) -> list[Finding]:
    """Return every finding in a result, at any depth."""
    if isinstance(value, Finding):
        return [value]
    if isinstance(value, FrozenModel):
        parts = (getattr(value, name) for name in type(value).model_fields)
        return [finding for part in parts for finding in _findings(part)]
    if isinstance(value, tuple):
        return [finding for part in value for finding in _findings(part)]
    return []
