"""The values that one sentence requires: its figures, names and dates, each with its place.

A figure counts only beside words for what it measures (a percentage beside "availability", a sum beside
"budget") and not where its clause tells how things stand today. A date counts only behind a word that makes
it a deadline, and not when it is an answer, an invoice or a decision that is due.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from domain.analysis import Comparison, Quantity, RequirementKind
from reasoning.comparisons import comparison_at
from reasoning.dates import dates_in, periods_in
from reasoning.figures import Figure, FigureKind, figures_in
from reasoning.named_requirements import regimes_in, regions_in, systems_in

_CLAUSE_REACH = 200
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
    r"|must not exceed|not to exceed|(?:may|can|must not|shall not) lose)\b",
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


class Stated(NamedTuple):
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


def stated_in(text: str, asked_on: date | None = None) -> Iterator[Stated]:
    """Yield what the sentence *text* requires: figures as they come, then names, then dates.

    *asked_on* places a date without a year: the next such day from then on.
    """
    for figure in figures_in(text):
        kind = _kind_of(figure, text)
        if kind is not None and not _tells_how_things_stand(text, figure.start):
            comparison = comparison_at(text, figure.start, figure.end, kind)
            value = figure.quantity
            yield Stated(kind, comparison, "quantity", value, figure.start, figure.end)
    for kind, mentions in (
        (RequirementKind.COMPLIANCE, regimes_in(text)),
        (RequirementKind.RESIDENCY, regions_in(text)),
        (RequirementKind.INTEGRATION, systems_in(text)),
    ):
        for name, start, end in mentions:
            yield Stated(kind, Comparison.EXACTLY, "name", name, start, end)
    yield from _deadlines(text, asked_on)


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


def _deadlines(text: str, asked_on: date | None) -> Iterator[Stated]:
    kind, comparison = RequirementKind.DEADLINE, Comparison.AT_MOST
    for mention in dates_in(text, asked_on):
        before = text[max(0, mention.start - 40) : mention.start]
        earlier = text[max(0, mention.start - 70) : mention.start]
        if _last(_OTHER_DUE, earlier) > _last(_DELIVERY, earlier):
            continue
        if _DUE.search(before) and not _tells_how_things_stand(text, mention.start):
            due = mention.first if _BEFORE.search(before) else mention.last
            yield Stated(kind, comparison, "due", due, mention.start, mention.end)
    for period in periods_in(text):
        before = text[max(0, period.start - 40) : period.start]
        nearby = text[max(0, period.start - 90) : period.end + 60]
        if _WITHIN.search(before) and _DELIVERY.search(nearby) and not _NOT_DELIVERY.search(nearby):
            yield Stated(kind, comparison, "period", period.duration, period.start, period.end)


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)
