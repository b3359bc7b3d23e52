"""How the words around a figure bound it: at least, at most, exactly.

What no word bounds takes the bound that its kind implies: a load, a volume or an availability is a
floor; a delay, a date or a budget is a ceiling.
"""

from __future__ import annotations

import re

from domain.analysis import Comparison, Quantity, RequirementKind

_BEFORE_WINDOW = 36
_AFTER_WINDOW = 24
_AT_MOST = re.compile(
    r"(?:\bat most|\b(?:no|not) (?:more|longer|higher|greater) than|\bunder|\bbelow|\bless than"
    r"|\bfewer than|\bwithin"
    r"|\bmaximum(?: of)?|\bmax\.?|\bcap(?:ped)?(?: \w+)? (?:at|of)|\bnot (?:to )?exceed(?:ing)?"
    r"|≤|<=?|\bceiling of|\bwithout exceeding"
    r"|\blimit(?:ed)? (?:of|to)|\bup to)\s?(?:about |around |roughly |a total of |a |an |the )*$",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"(?:\bat least|\b(?:no|not) (?:less|fewer|lower) than|\bminimum(?: of)?|\bmore than|\bover"
    r"|\babove|\bexceed(?:s|ing)?|≥|>=?"
    r"|\bupwards of|\bbetter than|\bup to|\bbeyond)\s?(?:about |around |roughly |a total of |a "
    r"|an |the )*$",
    re.IGNORECASE,
)
_EXACTLY = re.compile(r"\b(?:exactly|precisely)\s$", re.IGNORECASE)
_OR_MORE = re.compile(
    r"^\+?\s?(?:or (?:more|better|higher|above)|and (?:more|above)|minimum|at least)\b",
    re.IGNORECASE,
)
_OR_LESS = re.compile(
    r"^\s?(?:or (?:less|fewer|below|lower|better)|maximum|max|at most)\b", re.IGNORECASE
)
_UP_TO = re.compile(r"\bup to\s?(?:about |a |an )*$", re.IGNORECASE)
_FLOORS = frozenset(
    {RequirementKind.THROUGHPUT, RequirementKind.AVAILABILITY, RequirementKind.DATA_VOLUME}
)


def comparison_at(text: str, start: int, end: int, kind: RequirementKind) -> Comparison:
    """Return how the figure `text[start:end]`, of *kind*, bounds the solution.

    "Up to 1,000 a second" is a load that must be carried, so a floor; "up to EUR 2 million" is a
    ceiling. A delay is never a floor: "over 200 ms is unacceptable" bounds it from above too.
    """
    before = text[max(0, start - _BEFORE_WINDOW) : start]
    after = text[end : end + _AFTER_WINDOW]
    if _EXACTLY.search(before):
        return Comparison.EXACTLY
    floor = kind in _FLOORS
    if kind is RequirementKind.LATENCY or (floor and _UP_TO.search(before)):
        return Comparison.AT_LEAST if floor else Comparison.AT_MOST
    if _AT_MOST.search(before) or (_OR_LESS.match(after) and not floor):
        return Comparison.AT_MOST
    if _AT_LEAST.search(before) or _OR_MORE.match(after):
        return Comparison.AT_LEAST
    return Comparison.AT_LEAST if floor else Comparison.AT_MOST


def meets(found: Quantity, comparison: Comparison, required: Quantity) -> bool | None:
    """Whether *found* satisfies the bound; None when the units do not match."""
    if found.unit != required.unit:
        return None
    match comparison:
        case Comparison.AT_LEAST:
            return found.magnitude >= required.magnitude
        case Comparison.AT_MOST:
            return found.magnitude <= required.magnitude
        case Comparison.EXACTLY:
            return found.magnitude == required.magnitude
