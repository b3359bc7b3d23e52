"""The shape of the solution that requirements point to, by a table of rules.

| pattern                                  | speaks for it                                             |
|------------------------------------------|-----------------------------------------------------------|
| event-driven services on a message log   | 1,000 or more events a second; 10,000 rows or 100 GB a day moved |
| stream processing in memory              | events with a delay of at most 5 seconds                  |
| stateless services in several zones      | availability of 99.9 % or more; 1,000 requests a second   |
| regional deployment, one data plane each | residency                                                 |
| connectors behind an integration layer   | two or more systems to integrate with                     |
| a separate store for large volumes       | 1 TB or 100 million rows                                  |
| an audited, encrypted data path          | two or more compliance regimes                            |

What speaks for a row is cited; a roadmap sentence that bears on the requirement and uses the row's words
is cited with it. The pattern joins the rows that hold, in this order, at most five. No row: no pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from domain.analysis import RecommendedArchitecture, RequirementKind, TechnicalRequirement
from domain.evidence import Finding
from domain.knowledge import KnowledgeCategory
from reasoning.amounts import requirement_in_words
from reasoning.bearing import Point
from reasoning.cues import Role
from reasoning.quoting import as_evidence

_K = RequirementKind
_ROWS_A_DAY, _BYTES_A_DAY = 1e4, 1e11
_BUSY, _SOON, _HIGH_AVAILABILITY = 1_000.0, 5.0, 99.9
_MANY_BYTES, _MANY_ROWS = 1e12, 1e8
_MOST_PATTERNS = 5


_FLOW = {"events_per_second": _BUSY, "rows_per_day": _ROWS_A_DAY, "bytes_per_day": _BYTES_A_DAY}
_MUCH = {
    "bytes": _MANY_BYTES,
    "rows": _MANY_ROWS,
    "bytes_per_day": _MANY_BYTES,
    "rows_per_day": _MANY_ROWS,
}


def _at_least(requirement: TechnicalRequirement, units: Mapping[str, float]) -> bool:
    quantity = requirement.quantity
    return quantity is not None and quantity.magnitude >= units.get(quantity.unit, float("inf"))


def _flows(one: TechnicalRequirement) -> bool:
    return _at_least(one, _FLOW)


def _is_soon(one: TechnicalRequirement) -> bool:
    return one.kind is _K.LATENCY and one.quantity is not None and one.quantity.magnitude <= _SOON


def _is_always_there(one: TechnicalRequirement) -> bool:
    if one.kind is _K.AVAILABILITY:
        return one.quantity is not None and one.quantity.magnitude >= _HIGH_AVAILABILITY
    return _at_least(one, {"requests_per_second": _BUSY})


def _stays(one: TechnicalRequirement) -> bool:
    return one.kind is _K.RESIDENCY


def _connects(one: TechnicalRequirement) -> bool:
    return one.kind is _K.INTEGRATION


def _is_large(one: TechnicalRequirement) -> bool:
    return one.kind is _K.DATA_VOLUME and _at_least(one, _MUCH)


def _is_regulated(one: TechnicalRequirement) -> bool:
    return one.kind is _K.COMPLIANCE


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


class _Rule(NamedTuple):
    pattern: str
    holds: Callable[[TechnicalRequirement], bool]
    least: int
    """How many requirements must speak for it."""
    words: re.Pattern[str]
    """What a roadmap sentence says that speaks of the same pattern."""


_RULES = (
    _Rule(
        "event-driven services on a message log",
        _flows,
        1,
        _words(r"event[- ]\w+|events?|message \w+|broker|kafka|queues?|stream\w*|ingest\w*"),
    ),
    _Rule(
        "stream processing in memory",
        _is_soon,
        1,
        _words(r"stream\w*|real[- ]time|in[- ]memory|flink|latency|cache|alarms?"),
    ),
    _Rule(
        "stateless services in several zones",
        _is_always_there,
        1,
        _words(r"zones?|failover|availability|redundan\w+|replica\w*|second site|uptime"),
    ),
    _Rule(
        "regional deployment with its own data plane",
        _stays,
        1,
        _words(r"regions?|regional|hosting|hosted|data cent(?:re|er)s?|residency|sovereign\w*"),
    ),
    _Rule(
        "connectors behind an integration layer",
        _connects,
        2,
        _words(r"integrat\w+|connectors?|interfaces?|API|APIs|adapters?|gateway"),
    ),
    _Rule(
        "a separate store for large volumes",
        _is_large,
        1,
        _words(r"warehouse|data lake|lakehouse|archive|storage|object store|columnar|database"),
    ),
    _Rule(
        "an audited, encrypted data path",
        _is_regulated,
        2,
        _words(r"audit\w*|encrypt\w*|access controls?|keys?|signed|compliance"),
    ),
)


def recommended_architecture(
    requirements: Sequence[TechnicalRequirement], points: Sequence[Point]
) -> RecommendedArchitecture:
    """Return the pattern that the rules give with a reason for each part; None when none holds."""
    roadmap = [point for point in points if point.category is KnowledgeCategory.TECHNOLOGY_ROADMAP]
    patterns: list[str] = []
    reasons: list[Finding] = []
    for rule in _RULES:
        speaking = [requirement for requirement in requirements if rule.holds(requirement)]
        if len(speaking) < rule.least or len(patterns) == _MOST_PATTERNS:
            continue
        patterns.append(rule.pattern)
        reasons.append(_reason(rule, speaking, roadmap, reasons))
    if not patterns:
        return RecommendedArchitecture()
    pattern = "; ".join(patterns)
    return RecommendedArchitecture(pattern=pattern[0].upper() + pattern[1:], reasons=tuple(reasons))


def _reason(
    rule: _Rule,
    speaking: Sequence[TechnicalRequirement],
    roadmap: Sequence[Point],
    earlier: Sequence[Finding],
) -> Finding:
    asked = ", ".join(requirement_in_words(requirement) for requirement in speaking[:3])
    statement = f"{rule.pattern[0].upper()}{rule.pattern[1:]}: asked for {asked}"
    evidence = [requirement.evidence for requirement in speaking[:3]]
    cited = [quote for finding in earlier for quote in finding.evidence]
    known = next(
        (
            point
            for point in roadmap
            if point.bears
            and not point.roles & {Role.RISK, Role.WEAKNESS, Role.CONFLICT}
            and rule.words.search(point.quote.text)
            and as_evidence(point.quote) not in cited
        ),
        None,
    )
    if known is not None:
        statement += f"; the roadmap says: {known.quote.statement}"
        evidence.append(as_evidence(known.quote))
    elif not statement.endswith("."):
        statement += "."
    return Finding(statement=statement, evidence=tuple(dict.fromkeys(evidence)))
