"""The fixed words with which a report places what it says: "Finance: ...", "Decide by ...: ...".

They claim nothing of their own, so they need no evidence; a date in them does, by its day and month. Only
these openings count, and only before a colon: any other heading is part of the statement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reasoning.grounded_figures import stated_figures

_AREAS = (
    r"strategy|finance|money|market|competition|competitors|customers|partners|partnerships|people|roadmap"
    r"|operations|risks?|technology|human resources|the risk register"
)
_LEAD_IN = re.compile(
    rf"(?:(?:{_AREAS})"
    rf"|(?:for|against|on) (?:{_AREAS})"
    r"|asked for|key insight|opportunity|risk|strength|weakness|threat|opening|trend"
    r"|contain the risk|use the opening|answer the competition"
    r"|settle(?: before committing| which figure holds)?"
    r"|(?:decide|answer|due|act|settle)(?:,? (?:by|on|overdue since))?(?P<date> \d{1,2} [A-Z][a-z]+ 20\d\d)?"
    r"): ",
    re.IGNORECASE,
)
_MOST = 2


def without_lead_ins(statement: str, support: Sequence[str]) -> str:
    """Return *statement* without the openings that only place it.

    An opening with a date stays, and so has to stand in the evidence, unless one of *support* names that
    day and month: the year follows from when it was written.
    """
    rest = statement
    for _ in range(_MOST):
        match = _LEAD_IN.match(rest)
        if match is None or (match["date"] and not _is_named(match["date"], support)):
            break
        rest = rest[match.end() :]
    return rest or statement


def _is_named(words: str, support: Sequence[str]) -> bool:
    day = stated_figures(words)[:1]
    return bool(day) and any(
        day[0].agrees_with(other) for text in support for other in stated_figures(text)
    )
