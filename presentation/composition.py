"""Findings, recommendations and risks turned into statements with their citation marks.

A composer is used once, from the top of a document to its end, since marks are numbered and risks
are keyed in the order in which they are composed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from domain.analysis import Degradation, Recommendation, Risk
from domain.evidence import Evidence, Finding, Source
from domain.knowledge import Domain
from domain.sentences import shortened
from presentation.citations import Citations
from presentation.document import (
    Actions,
    Fact,
    Mark,
    RiskPicture,
    SourceEntry,
    Statement,
    StatementList,
)
from presentation.risk_picture import MOST_DOTS, DrawnRisk, risk_picture
from presentation.wording import domain_name, excerpt, timeline_words

LONGEST_TITLE = 140
MOST_SKETCHED = 6
"""Risks in the small picture; more would need more room than a page beside decisions has."""
_MOST_TITLES = 2
_DATED = r"[A-Z][a-z]+,?(?: [a-z]+){0,3} \d{1,2} [A-Z][a-z]{2,8} \d{4}"
_LEAD = re.compile(rf"(?:(?P<dated>{_DATED})|Decide|Answer|Settle|Due):(?= )")
"""`Decide by 4 December 2026:`; what it says of time is more exact than a coarse timeline."""
FindingT = TypeVar("FindingT", bound=Finding)


class Composer:
    """Composes one document's statements in reading order."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._citations = Citations(sources)
        self._drawn: dict[int, DrawnRisk] = {}
        self._risks: dict[int, Risk] = {}
        self._anchored: set[int] = set()

    def statement(self, finding: Finding, *, title: str | None = None) -> Statement:
        """Return *finding* with its marks."""
        return _parted(
            Statement(
                text=finding.statement, marks=self._citations.marks(finding.evidence), title=title
            ),
            self._citations.titles(finding.evidence),
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
        first: int = 1,
        foremost: bool = False,
    ) -> list[Actions]:
        """Return the recommendations in their order, numbered from *first*; nothing for none.

        The *foremost* say the titles of what they rest on when they name none themselves.
        """
        if not recommendations:
            return []
        return [
            Actions(
                statements=tuple(
                    self._action(recommendation, grounded=foremost)
                    for recommendation in recommendations
                ),
                heading=heading,
                first=first,
                foremost=foremost,
            )
        ]

    def _action(self, recommendation: Recommendation, *, grounded: bool) -> Statement:
        statement = self.statement(recommendation)
        titles = self._citations.titles(recommendation.evidence)
        is_named = any(title in recommendation.statement for title in titles)
        lead = _LEAD.match(statement.text)
        is_dated = lead is not None and lead["dated"] is not None
        due = () if is_dated else (Fact("Due", timeline_words(recommendation.timeline)),)
        return replace(
            statement,
            facts=(
                *due,
                Fact("Owner", domain_name(recommendation.owner_domain)),
                Fact("Impact", recommendation.impact),
            ),
            grounds="" if is_named or not grounded else _enumerated_titles(titles),
        )

    def draw(self, risks: Iterable[tuple[Domain, Risk]]) -> None:
        """Number *risks* from the foremost on, for the pictures and for what is said of them."""
        known = [
            (domain, risk, source)
            for domain, risk in {id(risk): (domain, risk) for domain, risk in risks}.values()
            if (source := self._citations.source_of(risk.evidence)) is not None
        ]
        known.sort(key=lambda one: -one[1].exposure * one[2].strategic_priority)
        for number, (domain, risk, source) in enumerate(known, start=1):
            self._risks[id(risk)] = risk
            self._drawn[id(risk)] = DrawnRisk(
                number=number,
                title=source.title,
                statement=risk.statement,
                domain=domain,
                priority=source.strategic_priority,
                severity=risk.severity,
                likelihood=risk.likelihood,
            )

    def risk_sketch(self) -> list[RiskPicture]:
        """Return the small picture of the foremost of the risks that were drawn."""
        return self._picture(most=MOST_SKETCHED, compact=True)

    def risk_plot(self) -> list[RiskPicture]:
        """Return the large picture; nothing when the small one shows as much."""
        return self._picture(most=MOST_DOTS) if len(self._drawn) > MOST_SKETCHED else []

    def _picture(self, *, most: int, compact: bool = False) -> list[RiskPicture]:
        shown = [
            replace(drawn, marks=self.marks(self._risks[key].evidence))
            for key, drawn in list(self._drawn.items())[:most]
        ]
        left_out = 0 if compact else len(self._drawn) - len(shown)
        return risk_picture(shown, left_out=left_out, compact=compact)

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

    def sources_so_far(self) -> tuple[SourceEntry, ...]:
        """Return the sources that have been cited so far."""
        return self._citations.cited()

    def sources(self) -> tuple[SourceEntry, ...]:
        """Return the list of sources; to be called last."""
        return self._citations.entries()


def _parted(statement: Statement, titles: Iterable[str]) -> Statement:
    """Return *statement* with its lead and subject found in its text, which stays as it is."""
    lead = match.group() if (match := _LEAD.match(statement.text)) else ""
    behind = statement.text[len(lead) :]
    opened = (f"{' ' if lead else ''}{title}" for title in titles)
    subject = next((title for title in opened if behind.startswith(f"{title} – ")), "")
    return replace(statement, lead=lead, subject=subject)


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
