"""The one line on money in an executive summary: what it costs against what there is for it.

It quotes nothing and cites every sum that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.analysis import Quantity, TechnicalRequirement
from domain.evidence import Finding
from reasoning.amounts import amount, requirement_in_words
from reasoning.bearing import Point
from reasoning.money import SumKind, largest_budget, shared_cap, stated_sums, weightiest
from reasoning.quoting import as_evidence

OPENING = "Money: "


def money_line(
    requirements: Sequence[TechnicalRequirement], points: Sequence[Point]
) -> Iterator[Finding]:
    """Yield what it costs against what there is; else only what the requirement itself allows."""
    budget = largest_budget(requirements)
    unit = budget.quantity.unit if budget is not None and budget.quantity is not None else None
    sums = tuple(stated_sums(points))
    cost = weightiest(sums, SumKind.COST, unit)
    cap = weightiest(sums, SumKind.CAP, cost.quantity.unit if cost else unit)
    own = (budget.evidence,) if budget is not None else ()
    if cost is not None and cap is not None:
        statement = f"{amount(cost.quantity)} needed, {_with_gap(cost.quantity, cap.quantity)}"
        evidence = (*own, as_evidence(cost.point.quote), as_evidence(cap.point.quote))
    elif cost is not None and (shared := shared_cap(cost, points)) is not None:
        statement = (
            f"{amount(cost.quantity)}, out of requests of {amount(shared.total)} in all against a "
            f"cap of {amount(shared.cap)}"
        )
        evidence = (*own, *shared.evidence)
    elif budget is not None and budget.quantity is not None and (cost or cap):
        one = cost or cap
        found = one.quantity if one is not None else budget.quantity
        statement = (
            f"{amount(budget.quantity)} asked for, {amount(found)} needed"
            if cost
            else f"{amount(budget.quantity)} asked for, {_with_gap(budget.quantity, found)}"
        )
        evidence = (*own, *([as_evidence(one.point.quote)] if one is not None else []))
    elif budget is not None:
        statement, evidence = f"the requirement sets {requirement_in_words(budget)}", own
    else:
        return
    yield Finding(statement=f"{OPENING}{statement}.", evidence=tuple(dict.fromkeys(evidence)))


def _with_gap(needed: Quantity, there: Quantity) -> str:
    gap = needed.magnitude - there.magnitude
    short = amount(Quantity(magnitude=round(gap, 2), unit=needed.unit))
    tail = f": {short} short" if gap > 0 else ", which covers it"
    return f"{amount(there)} allowed{tail}"
