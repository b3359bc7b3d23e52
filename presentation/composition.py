"""Findings, recommendations and risks turned into statements with their citation marks.

A composer is used once, from the top of a document to its end, since marks are numbered and risks
are keyed in the order in which they are composed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from domain.analysis import Degradation, Recommendation, Risk
from domain.evidence import Evidence, Finding, Source
from domain.knowledge import Domain
from domain.sentences import shortened
from presentation.citations import Citations
from presentation.document import Actions, Fact, Mark, SourceEntry, Statement, StatementList
from presentation.risk_picture import DrawnRisk
from presentation.wording import domain_name, excerpt, timeline_words

LONGEST_TITLE = 140
_MOST_TITLES = 3
FindingT = TypeVar("FindingT", bound=Finding)


class Composer:
    """Composes one document's statements in reading order."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._citations = Citations(sources)
        self._drawn: dict[int, DrawnRisk] = {}
        self._anchored: set[int] = set()

    def statement(self, finding: Finding, *, title: str | None = None) -> Statement:
        """Return *finding* with its marks."""
        return Statement(
            text=finding.statement, marks=self._citations.marks(finding.evidence), title=title
        )

    def statements(self, findings: Iterable[Finding]) -> tuple[Statement, ...]:
        return tuple(self.statement(finding) for finding in findings)

    def listed(
        self, heading: str | None, findings: Sequence[Finding], *, ledger: bool = False
    ) -> list[StatementList]:
        """Return the findings under *heading*, or nothing when there are none."""
        if not findings:
            return []
        return [StatementList(self.statements(findings), heading=heading, ledger=ledger)]

    def actions(
        self,
        recommendations: Sequence[Recommendation],
        *,
        heading: str | None = None,
        named_sources: bool = False,
    ) -> list[Actions]:
        """Return the recommendations by rank, or nothing when there are none.

        With *named_sources* each says the titles of what it rests on beside the marks.
        """
        if not recommendations:
            return []
        by_rank = sorted(recommendations, key=lambda recommendation: recommendation.rank)
        return [
            Actions(
                statements=tuple(
                    self._action(recommendation, named_sources=named_sources)
                    for recommendation in by_rank
                ),
                heading=heading,
            )
        ]

    def _action(self, recommendation: Recommendation, *, named_sources: bool) -> Statement:
        # A statement often opens with the title of its item: that is not said twice.
        titles = [
            title
            for title in self._citations.titles(recommendation.evidence)
            if named_sources and title not in recommendation.statement
        ]
        named = (Fact("Rests on", _enumerated_titles(titles)),) if titles else ()
        return Statement(
            text=recommendation.statement,
            marks=self._citations.marks(recommendation.evidence),
            facts=(
                Fact("Due", timeline_words(recommendation.timeline)),
                Fact("Owner", domain_name(recommendation.owner_domain)),
                Fact("Impact", recommendation.impact),
                *named,
            ),
        )

    def draw(self, risks: Iterable[tuple[Domain, Risk]]) -> tuple[DrawnRisk, ...]:
        """Return what the picture shows of *risks*, and key their later statements to it."""
        drawn: list[DrawnRisk] = []
        for domain, risk in risks:
            source = self._citations.source_of(risk.evidence)
            if source is None or id(risk) in self._drawn:
                continue
            entry = DrawnRisk(
                number=len(self._drawn) + 1,
                title=source.title,
                domain=domain,
                priority=source.strategic_priority,
                severity=risk.severity,
                likelihood=risk.likelihood,
                marks=self._citations.marks(risk.evidence),
            )
            self._drawn[id(risk)] = entry
            drawn.append(entry)
        return tuple(drawn)

    def risks(
        self, risks: Sequence[Risk], *, heading: str | None = None, ledger: bool = False
    ) -> list[StatementList]:
        """Return the risks with their grades and the reason for each grade."""
        if not risks:
            return []
        return [StatementList(tuple(map(self._risk, risks)), heading=heading, ledger=ledger)]

    def _risk(self, risk: Risk) -> Statement:
        drawn = self._drawn.get(id(risk))
        return Statement(
            text=risk.statement,
            marks=self._citations.marks(risk.evidence),
            facts=(
                Fact("Exposure", f"{risk.exposure} of 25"),
                Fact("Severity", graded(risk.severity, risk.severity_reason)),
                Fact("Likelihood", graded(risk.likelihood, risk.likelihood_reason)),
            ),
            badge=str(drawn.number) if drawn else None,
            anchor=self._risk_anchor(drawn),
        )

    def _risk_anchor(self, drawn: DrawnRisk | None) -> str | None:
        """Return the anchor of a drawn risk at its first telling; an anchor stands only once."""
        if drawn is None or drawn.number in self._anchored:
            return None
        self._anchored.add(drawn.number)
        return f"risk-{drawn.number}"

    def marks(self, evidence: Iterable[Evidence]) -> tuple[Mark, ...]:
        return self._citations.marks(evidence)

    @property
    def marks_given(self) -> int:
        """How many citation marks have been given so far."""
        return self._citations.marks_given

    def sources(self) -> tuple[SourceEntry, ...]:
        """Return the list of sources; to be called last."""
        return self._citations.entries()


def graded(grade: int, reason: str) -> str:
    """Return `4 of 5`, with the reason behind it when there is one."""
    return f"{grade} of 5 ({reason.strip()})" if reason.strip() else f"{grade} of 5"


def _enumerated_titles(titles: Sequence[str]) -> str:
    shown = [excerpt(title, limit=LONGEST_TITLE) for title in titles[:_MOST_TITLES]]
    more = len(titles) - len(shown)
    return "; ".join([*shown, f"{more} more"] if more else shown)


def short_title(text: str) -> str:
    """Return the first line of *text* as a heading can hold it; empty for an empty text."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    first = next((line for line in lines if line), "")
    cut = shortened(first, limit=LONGEST_TITLE)
    return cut if cut == first or cut.endswith("…") else f"{cut.rstrip('.')}…"


def degradation_notices(degraded: Iterable[Degradation]) -> tuple[str, ...]:
    """Return a sentence for each part that a result lacks."""
    return tuple(
        f"Missing: {missing.part.replace('_', ' ')}. {missing.reason}" for missing in degraded
    )


def without_repeats(
    findings: Iterable[FindingT], *, said: Iterable[Finding]
) -> tuple[FindingT, ...]:
    """Return the findings whose statement is not among *said*."""
    statements = {finding.statement for finding in said}
    return tuple(finding for finding in findings if finding.statement not in statements)
