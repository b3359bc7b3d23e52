"""The grounding gate: what a reasoner says is shown only where its own evidence says it.

The same for every reasoner. A result is walked and rebuilt without the statements that fail
(`reasoning.grounded_statements` says when one does), and without what their failing leaves empty; a result
of which nothing is left, or that lacks a part it must have, is None. What was dropped is counted by reason
and repeated nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar, cast

from pydantic import BaseModel, Field, ValidationError

from domain.analysis import (
    CompetitorView,
    Recommendation,
    RecommendedArchitecture,
    Risk,
    TechnicalRequirement,
)
from domain.evidence import Evidence, Finding, Labelled, Source
from domain.knowledge import ItemKey
from domain.model import FrozenModel
from domain.summary import KeyInsight
from reasoning.grounded_requirements import states_requirement
from reasoning.grounded_statements import (
    Grounding,
    ItemTexts,
    Ungrounded,
    check_statement,
    stands_verbatim,
    texts_of,
    words_stand,
)

__all__ = [
    "Grounded",
    "Grounding",
    "GroundingReport",
    "ItemTexts",
    "Ungrounded",
    "check_statement",
    "ground_findings",
    "ground_result",
    "texts_of",
]


AnyFinding = TypeVar("AnyFinding", bound=Finding)
AnyResult = TypeVar("AnyResult", bound=BaseModel)

_GRADING_WORDS = (
    "severe serious moderate minor negligible near certain likely possible unlikely rare stated as"
    " no wording about severity likelihood taken"
)
"""What the reason of a grade is made of (`reasoning.grading`), apart from the words that it quotes."""


class GroundingReport(FrozenModel):
    """Counts of what the gate saw, without content: it may be logged."""

    checked: int = Field(default=0, ge=0)
    kept: int = Field(default=0, ge=0)
    dropped: dict[Ungrounded, int] = Field(default_factory=dict)
    """How many failed for each reason; one that fails for several counts for each of them."""


class Grounded(NamedTuple, Generic[AnyFinding]):
    """The findings that stand, in their order, and the counts."""

    kept: tuple[AnyFinding, ...]
    report: GroundingReport


def ground_findings(
    findings: Iterable[AnyFinding], items: ItemTexts, *, titles: ItemTexts | None = None
) -> Grounded[AnyFinding]:
    """Return those of *findings* whose evidence stands in *items* and carries them."""
    gate = _Gate(items, titles)
    kept = tuple(one for one in findings if gate.passes(one))
    return Grounded(kept, gate.report())


def ground_result(
    result: AnyResult, items: ItemTexts, *, titles: ItemTexts | None = None
) -> tuple[AnyResult | None, GroundingReport]:
    """Return *result* without what fails, and the counts; None where nothing or too little is left.

    *items* holds every text that the reasoner was given, by the address that evidence names: knowledge
    items (`texts_of`), and the requirement's and the caller's texts under theirs. *titles* are the titles
    of the items, which statements may use to name their place. Ranks count on from 1, and the sources are
    those that are still cited; the label stays.
    """
    gate = _Gate(items, titles)
    rebuilt = gate.rebuilt(result)
    report = gate.report()
    if rebuilt is None or (report.checked and not report.kept):
        return None, report
    return cast("AnyResult", rebuilt), report


class _Gate:
    """Walks results and counts what it checks."""

    def __init__(self, items: ItemTexts, titles: ItemTexts | None) -> None:
        self._items = items
        self._titles = titles
        self._checked = 0
        self._kept = 0
        self._dropped: dict[Ungrounded, int] = {}

    def report(self) -> GroundingReport:
        return GroundingReport(checked=self._checked, kept=self._kept, dropped=dict(self._dropped))

    def passes(self, finding: Finding) -> bool:
        """Count *finding* and return whether it may be shown, with every word that belongs to it."""
        grounding = check_statement(
            finding.statement, finding.evidence, self._items, titles=self._titles
        )
        reasons = grounding.reasons
        if not reasons and isinstance(finding, Risk) and not self._grades_stand(finding):
            reasons = (Ungrounded.WORDING,)
        if not reasons and isinstance(finding, KeyInsight) and not self._title_stands(finding):
            reasons = (Ungrounded.NAME,)
        return self._count(reasons)

    def rebuilt(self, model: BaseModel) -> BaseModel | None:
        """Return *model* without what fails; None where it fails itself or lacks a required part."""
        if isinstance(model, Finding):
            return model if self.passes(model) else None
        if isinstance(model, TechnicalRequirement):
            return model if self._requirement_passes(model) else None
        fields = {name: getattr(model, name) for name in type(model).model_fields}
        kept = {name: self._kept_of(value) for name, value in fields.items()}
        if kept == fields and not isinstance(model, CompetitorView | RecommendedArchitecture):
            return model
        if isinstance(model, Labelled):
            kept["sources"] = _still_cited(model.sources, kept)
        try:
            again = type(model).model_validate(kept)
        except ValidationError:
            return None
        return self._named(again)

    def _kept_of(self, value: object) -> object:
        if isinstance(value, Source):
            return value
        if isinstance(value, BaseModel):
            return self.rebuilt(value)
        if isinstance(value, tuple):
            members = cast("tuple[object, ...]", value)
            kept = [self._kept_of(one) if isinstance(one, BaseModel) else one for one in members]
            return _ranked(tuple(one for one in kept if one is not None))
        return value

    def _named(self, model: BaseModel) -> BaseModel | None:
        """Return *model* where the name that it gives stands in its own evidence."""
        if isinstance(model, CompetitorView):
            stands = self._words_stand(model.name, model.findings)
            return model if self._count(() if stands else (Ungrounded.NAME,)) else None
        if isinstance(model, RecommendedArchitecture) and model.pattern is not None:
            stands = self._words_stand(model.pattern, model.reasons)
            if not self._count(() if stands else (Ungrounded.WORDING,)):
                return model.model_copy(update={"pattern": None})
        return model

    def _requirement_passes(self, requirement: TechnicalRequirement) -> bool:
        if not stands_verbatim(requirement.evidence, self._items):
            return self._count((Ungrounded.NOT_VERBATIM,))
        stands = states_requirement(requirement)
        return self._count(() if stands else (Ungrounded.FIGURE,))

    def _grades_stand(self, risk: Risk) -> bool:
        support = [*self._support(risk.evidence), _GRADING_WORDS]
        reasons = (risk.severity_reason, risk.likelihood_reason)
        return all(words_stand(reason, support) for reason in reasons)

    def _title_stands(self, insight: KeyInsight) -> bool:
        if self._titles is not None:
            titles = self._titles
            return any(titles.get(one.key) == insight.title for one in insight.evidence)
        return self._words_stand(insight.title, (insight,))

    def _words_stand(self, text: str, findings: Iterable[Finding]) -> bool:
        support = [words for one in findings for words in self._support(one.evidence)]
        return words_stand(text, support)

    def _support(self, evidence: Iterable[Evidence]) -> list[str]:
        titles = self._titles or {}
        return [words for one in evidence for words in (one.quote, titles.get(one.key, ""))]

    def _count(self, reasons: tuple[Ungrounded, ...]) -> bool:
        self._checked += 1
        self._kept += not reasons
        for reason in reasons:
            self._dropped[reason] = self._dropped.get(reason, 0) + 1
        return not reasons


def _ranked(members: tuple[object, ...]) -> tuple[object, ...]:
    """Return *members*; recommendations that one is missing from count on from 1."""
    if not members or not all(isinstance(one, Recommendation) for one in members):
        return members
    ranked = cast("tuple[Recommendation, ...]", members)
    ranks = [one.rank for one in ranked]
    if ranks == list(range(1, len(ranks) + 1)) or ranks != sorted(set(ranks)):
        return members
    return tuple(one.model_copy(update={"rank": rank}) for rank, one in enumerate(ranked, start=1))


def _still_cited(sources: tuple[Source, ...], parts: dict[str, object]) -> tuple[Source, ...]:
    cited: set[ItemKey] = set()
    for name, value in parts.items():
        if name != "sources":
            cited |= _cited_in(value)
    return tuple(source for source in sources if source.key in cited)


def _cited_in(value: object) -> set[ItemKey]:
    if isinstance(value, Evidence):
        return {value.key}
    if isinstance(value, BaseModel):
        parts: Iterable[object] = (getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, tuple):
        parts = cast("tuple[object, ...]", value)
    else:
        return set()
    return set().union(*map(_cited_in, parts))
