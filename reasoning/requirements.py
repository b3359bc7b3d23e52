"""Technical requirements as typed values, each with the words that state it.

Requirements come from the requirement itself, then the caller's notes, then what the business
perspective quotes. A figure counts only in a sentence that speaks of what it measures (a percentage
beside "availability", a sum beside "budget"), and not where it tells how things stand today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from domain.analysis import (
    BusinessPerspective,
    Comparison,
    Quantity,
    RequirementKind,
    TechnicalRequirement,
)
from domain.clearance import ConfidentialityLevel
from domain.evidence import Evidence, EvidenceOrigin, Finding
from domain.sentences import sentence_spans
from reasoning.comparisons import comparison_at
from reasoning.dates import dates_in, periods_in
from reasoning.figures import Figure, FigureKind, figures_in
from reasoning.named_requirements import regimes_in, regions_in, systems_in
from reasoning.requests import AnalysisRequest

_LONGEST_QUOTE = 300
_CLAUSE_REACH = 200
_LONGEST_READ = 1_000
"""Characters read as one sentence."""
_CLAUSE = re.compile(r";|—| – |, (?:but|while|whereas|so|yet)\b| (?:but|while|whereas)\b|:\s")
_MODAL = re.compile(
    r"\b(?:must|shall|should|will|needs? to|has to|have to|required?|requires|targets?|goal|want"
    r"|going to|at least"
    r"|no more than|at most)\b",
    re.IGNORECASE,
)
_TODAY = re.compile(
    r"\b(?:today|currently|at present|presently|right now|so far|to date|as of now|last (?:year"
    r"|quarter|month|week)"
    r"|this year we (?:have )?|already|has been|have been|used to|was|were|had|historically"
    r"|existing peak)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b(?:up from|down from|instead of|compared (?:with|to)|versus|vs\.?|rather than|today['’]s"
    r"|current(?:ly)?|from)\s"
    r"(?:the |our |a |about |around |roughly |today['’]s |current )*$",
    re.IGNORECASE,
)
_LATENCY = re.compile(
    r"\b(?:latenc\w+|respon\w+|p\d\d(?:\.\d+)?|\d\dth percentile|percentile|median|round[- ]trip"
    r"|real[- ]time|delay\w*|answer\w*"
    r"|end[- ]to[- ]end|refresh\w*|render\w*|load(?:s|ing)?|acknowledg\w+|alert\w*|detect\w*"
    r"|decision\w*|lookups?|visible"
    r"|appear\w*|update\w*|reply|replies|return\w*|process\w*|arriv\w*|react\w*|old|stale"
    r"|fresh\w*|within \d+|pass(?:es|ed)?)\b",
    re.IGNORECASE,
)
_AVAILABILITY = re.compile(
    r"\b(?:availab\w+|up-?time|SLAs?|service[- ]level|uptime|of the time|reachable|always on"
    r"|nines|9s)\b",
    re.IGNORECASE,
)
_SHARE_OF = re.compile(
    r"^\s*of\s(?!the time|all time|each month|every month|planned|scheduled|service|working"
    r"|operating)",
    re.IGNORECASE,
)
_BUDGET = re.compile(
    r"\b(?:budget\w*|cost\w*|spend\w*|invest\w*|capex|opex|ceiling|cap|capped|funding|funds"
    r"|funded|envelope|allocat\w+"
    r"|afford\w*|expenditure|price tag|for (?:no more than|at most|under|less than|up to)"
    r"|approved?|approval|programme of"
    r"|must not exceed|not to exceed)\b",
    re.IGNORECASE,
)
_NOT_A_BUDGET = re.compile(
    r"\b(?:revenue\w*|turnover|sales|ARR|MRR|market(?: size| worth| value)?|valued|valuation"
    r"|penalt\w+|fines?|fined|saves?"
    r"|saving\w*|profit\w*|margin\w*|worth|contracts?|deals?|loss(?:es)?|earn\w*|pric(?:ed?|ing)"
    r"|fee|fees|per (?:user|seat|month))\b",
    re.IGNORECASE,
)
_DUE = re.compile(
    r"\b(?:by|before|no later than|not later than|due(?: date)?(?: on| in| by)?|deadline(?: is"
    r"| of)?:?|ready (?:in|for|on)"
    r"|(?:go|goes|going|be|is)[- ]live (?:in|on|at|from)?|live (?:in|on)"
    r"|launch(?:es)?(?: date)? (?:in|on|at)|deliver(?:y|ed)? (?:in|on)"
    r"|complete(?:d)? (?:in|on)|ship(?:s|ped)? (?:in|on)|release(?:d)? (?:in|on)"
    r"|finish(?:ed)? (?:in|on)|in production (?:in|on)"
    r"|start(?:s)? operation (?:in|on)|operational (?:in|on))\s(?:the )?(?:end of "
    r"|close of )?(?:the )?$",
    re.IGNORECASE,
)
_OTHER_DUE = re.compile(
    r"\b(?:answers?|repl(?:y|ies)|questions?|tenders?|bids?|invoices?|payments?|decisions?"
    r"|decided?|approv\w+|reports?|contract|award"
    r"|meeting|review)\b",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"\bbefore\s(?:the )?$", re.IGNORECASE)
_WITHIN = re.compile(
    r"\b(?:within|in (?:no more than|at most|under|less than)|no later than|in"
    r"|over)\s(?:the )?(?:next |first |coming )?$",
    re.IGNORECASE,
)
_DELIVERY = re.compile(
    r"\b(?:build|deliver\w*|launch\w*|live|ready|complet\w+|finish\w*|roll\w*|production"
    r"|migrat\w+|ship\w*|implement\w*"
    r"|deploy\w*|done|pilot\w*|release\w*|operational|replace\w*|introduc\w*|start)\b",
    re.IGNORECASE,
)
_NOT_DELIVERY = re.compile(
    r"\b(?:retain\w*|retention|kept for|contract|payback|pay back|guarantee\w*|notice|history"
    r"|old|ago|past|last|reports?"
    r"|repl(?:y|ies)|respon\w+|refund\w*|delet\w+|notif\w+|restor\w+|recover\w+)\b",
    re.IGNORECASE,
)
_OBLIGATION = re.compile(
    r"\b(?:must|shall|requires?|required|demands?|demanded|insists?|mandatory|condition|obliged"
    r"|only buy|will not sign|expects?)\b",
    re.IGNORECASE,
)
_FROM_BUSINESS = frozenset(RequirementKind) - {RequirementKind.BUDGET, RequirementKind.DEADLINE}
_KIND_ORDER = {kind: order for order, kind in enumerate(RequirementKind)}


class _Text(NamedTuple):
    """Where to look: a text, its place and its label; `start` is its offset in what it is part of."""

    text: str
    start: int
    knowledge_id: str
    level: ConfidentialityLevel
    origin: EvidenceOrigin


class _Stated(NamedTuple):
    """A value that a sentence requires, in the field that its kind fills, at `text[start:end]`."""

    kind: RequirementKind
    comparison: Comparison
    field: str
    value: Quantity | str | date | timedelta
    start: int
    end: int

    @property
    def key(self) -> object:
        """What makes two statements the same requirement."""
        if isinstance(self.value, Quantity):
            return self.kind, self.value.magnitude, self.value.unit
        return self.kind, self.value


def technical_requirements(
    request: AnalysisRequest, business: BusinessPerspective | None
) -> tuple[TechnicalRequirement, ...]:
    """Return what the texts require, by kind and then as stated; each value once."""
    found: dict[object, TechnicalRequirement] = {}
    for sentence in _requesting_sentences(request):
        for stated in _stated_in(sentence.text):
            if stated.key not in found:
                found[stated.key] = _requirement(sentence, stated)
    for sentence in _demanding_sentences(business):
        for stated in _stated_in(sentence.text):
            if stated.kind in _FROM_BUSINESS and stated.key not in found:
                found[stated.key] = _requirement(sentence, stated)
    return tuple(sorted(found.values(), key=lambda requirement: _KIND_ORDER[requirement.kind]))


def _requesting_sentences(request: AnalysisRequest) -> Iterator[_Text]:
    texts = [("requirement", request.requirement, EvidenceOrigin.REQUIREMENT)]
    texts += [("context", note, EvidenceOrigin.CONTEXT) for note in request.context.values()]
    for name, text, origin in texts:
        for start, end in _bounded_spans(text):
            yield _Text(text[start:end], start, name, request.requirement_level, origin)


def _bounded_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of *text*; one without end is cut at spaces, so that work stays linear."""
    for start, end in sentence_spans(text):
        first = start
        while end - first > _LONGEST_READ:
            space = text.rfind(" ", first + 1, first + _LONGEST_READ)
            last = space if space > 0 else first + _LONGEST_READ
            yield first, last
            first = last
        yield first, end


def _demanding_sentences(business: BusinessPerspective | None) -> Iterator[_Text]:
    if business is None:
        return
    alignment, market = business.strategic_alignment, business.market_position
    findings: Iterable[Finding] = (
        *alignment.supports,
        *alignment.conflicts,
        *market.strengths,
        *market.weaknesses,
        *market.trends,
        *business.competitive_landscape.openings,
    )
    for finding in findings:
        for quote in finding.evidence:
            if quote.origin is EvidenceOrigin.KNOWLEDGE and _OBLIGATION.search(quote.quote):
                yield _Text(
                    quote.quote,
                    quote.start,
                    quote.knowledge_id,
                    quote.confidentiality_level,
                    quote.origin,
                )


def _stated_in(text: str) -> Iterator[_Stated]:
    for figure in figures_in(text):
        kind = _kind_of(figure, text)
        if kind is not None and not _tells_how_things_stand(text, figure.start):
            comparison = comparison_at(text, figure.start, figure.end, kind)
            value = figure.quantity
            yield _Stated(kind, comparison, "quantity", value, figure.start, figure.end)
    for kind, mentions in (
        (RequirementKind.COMPLIANCE, regimes_in(text)),
        (RequirementKind.RESIDENCY, regions_in(text)),
        (RequirementKind.INTEGRATION, systems_in(text)),
    ):
        for name, start, end in mentions:
            yield _Stated(kind, Comparison.EXACTLY, "name", name, start, end)
    yield from _deadlines(text)


def _kind_of(figure: Figure, text: str) -> RequirementKind | None:
    match figure.kind:
        case FigureKind.RATE:
            return RequirementKind.THROUGHPUT
        case FigureKind.VOLUME:
            concurrent = "concurrent" in text or "simultaneous" in text
            users = figure.quantity.unit == "users"
            return (
                RequirementKind.THROUGHPUT if users and concurrent else RequirementKind.DATA_VOLUME
            )
        case FigureKind.DURATION:
            return RequirementKind.LATENCY if _is_latency(figure, text) else None
        case FigureKind.SHARE:
            return RequirementKind.AVAILABILITY if _is_availability(figure, text) else None
        case FigureKind.MONEY:
            return RequirementKind.BUDGET if _is_budget(figure, text) else None


def _is_latency(figure: Figure, text: str) -> bool:
    if re.search(r"\bevery\s$", text[max(0, figure.start - 8) : figure.start]):
        return False
    milliseconds = "s" in text[figure.start : figure.end] and figure.quantity.magnitude < 1
    return milliseconds or bool(_LATENCY.search(text))


def _is_availability(figure: Figure, text: str) -> bool:
    plausible = 90 <= figure.quantity.magnitude <= 100  # noqa: PLR2004 -- percent
    return (
        plausible
        and not _SHARE_OF.match(text[figure.end :][:20])
        and bool(_AVAILABILITY.search(text))
    )


def _is_budget(figure: Figure, text: str) -> bool:
    nearby = text[max(0, figure.start - 80) : figure.end + 40]
    if not _BUDGET.search(nearby):
        return False
    before = text[max(0, figure.start - 40) : figure.start]
    after = text[figure.end :][:25]
    return not (_NOT_A_BUDGET.search(before) or _NOT_A_BUDGET.search(after))


def _tells_how_things_stand(text: str, place: int) -> bool:
    """Whether the clause around *place* describes today instead of asking for something."""
    if _COMPARED.search(text[max(0, place - 40) : place]):
        return True
    start, end = max(0, place - _CLAUSE_REACH), min(len(text), place + _CLAUSE_REACH)
    for boundary in _CLAUSE.finditer(text, start, end):
        if boundary.end() <= place:
            start = boundary.end()
        elif boundary.start() >= place:
            end = boundary.start()
            break
    clause = text[start:end]
    return bool(_TODAY.search(clause)) and not _MODAL.search(clause)


def _deadlines(text: str) -> Iterator[_Stated]:
    kind, comparison = RequirementKind.DEADLINE, Comparison.AT_MOST
    for mention in dates_in(text):
        before = text[max(0, mention.start - 40) : mention.start]
        earlier = text[max(0, mention.start - 70) : mention.start]
        if _OTHER_DUE.search(earlier) and not _DELIVERY.search(earlier):
            continue
        if _DUE.search(before) and not _tells_how_things_stand(text, mention.start):
            due = mention.first if _BEFORE.search(before) else mention.last
            yield _Stated(kind, comparison, "due", due, mention.start, mention.end)
    for period in periods_in(text):
        before = text[max(0, period.start - 40) : period.start]
        nearby = text[max(0, period.start - 90) : period.end + 60]
        if _WITHIN.search(before) and _DELIVERY.search(nearby) and not _NOT_DELIVERY.search(nearby):
            yield _Stated(kind, comparison, "period", period.duration, period.start, period.end)


def _requirement(sentence: _Text, stated: _Stated) -> TechnicalRequirement:
    first, last = _quoted_stretch(sentence.text, stated.start, stated.end)
    evidence = Evidence(
        knowledge_id=sentence.knowledge_id,
        confidentiality_level=sentence.level,
        quote=sentence.text[first:last],
        start=sentence.start + first,
        origin=sentence.origin,
    )
    return TechnicalRequirement.model_validate(
        {
            "kind": stated.kind,
            "comparison": stated.comparison,
            "evidence": evidence,
            stated.field: stated.value,
        }
    )


def _quoted_stretch(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the whole sentence when it is short, else whole words around the place."""
    if len(text) <= _LONGEST_QUOTE:
        return 0, len(text)
    reach = _LONGEST_QUOTE // 3
    first, last = max(0, start - reach), min(len(text), end + reach)
    if first:
        space = text.find(" ", first, start)
        first = space + 1 if space >= 0 else start
    if last < len(text):
        space = text.rfind(" ", end, last)
        last = space if space >= 0 else end
    return first, last
