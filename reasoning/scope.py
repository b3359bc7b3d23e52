"""Whether a requirement asks about the business, about technology, or about both.

Only one that speaks of one side at least twice and of the other not at all is that side's alone. In any
doubt it is both: an analysis of both answers every question that an analysis of one does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from domain.analysis import RequirementKind, TechnicalRequirement


class Sides(StrEnum):
    """Whose question it is."""

    BUSINESS = "business"
    TECHNICAL = "technical"
    BOTH = "both"


_LEAST = 2
_TECHNICAL = re.compile(
    r"\b(?:api|apis|architectur\w+|back-?end|front-?end|bandwidth|cach(?:e|es|ing)|clouds?|clusters?|code"
    r"|codebase|containers?|cryptograph\w+|databases?|data (?:model|pipeline|platform|warehouse)s?|deploy\w*"
    r"|devices?|encrypt\w+|endpoints?|engineers?|engineering|failover|firmware|gateways?|hardware|hosting"
    r"|infrastructure|integrat\w+|kubernetes|latenc\w+|legacy|librar(?:y|ies)|log(?:s|ging)|microservices?"
    r"|middleware|migrat\w+|mobile app|monitoring|networks?|on-?call|outages?|patch\w*|platforms?|protocols?"
    r"|prototyp\w+|queries|queues?|real[- ]time|redundan\w+|refactor\w*|rollback|runtime|scalab\w+"
    r"|scal(?:e|es|ing)|schemas?|sdk|security|sensors?|servers?|software|source code|storage|stream(?:s|ing)?"
    r"|systems?|tech|technical|technolog\w+|telemetry|test(?:s|ing) automation|throughput|tokens?|upgrad\w+"
    r"|uptime|version|virtual machines?|vulnerabilit\w+|web ?sockets?)\b",
    re.IGNORECASE,
)
_BUSINESS = re.compile(
    r"\b(?:acqui(?:re|red|ring|sition|sitions)|advertis\w+|board|brands?|budgets?|business|buyers?|capex"
    r"|cash|channels?|churn|commercial\w*|compet(?:e|itor|itors|ition|itive)|contracts?|costs?|covenants?"
    r"|customers?|deals?|demand|dividends?|expan(?:d|sion)|financ\w+|forecasts?|franchis\w+|growth|headcount"
    r"|hir(?:e|es|ing)|invest\w*|investors?|joint venture|licen[cs]\w+|margins?|market\w*|mergers?|negotiat\w+"
    r"|offers?|opex|partner\w*|payback|people|positioning|pric(?:e|es|ing|ed)|procurement|profit\w*|revenues?"
    r"|roi|sales|segments?|sell|selling|shareholders?|spend\w*|staff\w*|strateg\w+|subscriptions?|subsidiar\w+"
    r"|suppliers?|tariffs?|tenders?|turnover|workforce)\b",
    re.IGNORECASE,
)
_TECHNICAL_KINDS = frozenset(RequirementKind) - {RequirementKind.BUDGET, RequirementKind.DEADLINE}


def sides_of(requirement: str, stated: Sequence[TechnicalRequirement]) -> Sides:
    """Return whose question *requirement* is; *stated* holds the values that it states."""
    technical = {match.group().lower() for match in _TECHNICAL.finditer(requirement)}
    business = {match.group().lower() for match in _BUSINESS.finditer(requirement)}
    technical |= {one.kind.value for one in stated if one.kind in _TECHNICAL_KINDS}
    business |= {one.kind.value for one in stated if one.kind is RequirementKind.BUDGET}
    if len(business) >= _LEAST and not technical:
        return Sides.BUSINESS
    if len(technical) >= _LEAST and not business:
        return Sides.TECHNICAL
    return Sides.BOTH
