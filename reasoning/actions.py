"""What to do about what was found: actions that name the quote they rest on.

Every action begins with a verb. It is due by the date that its quote sets, else by
what kind of action it is; its impact follows the priority of what it rests on. A perspective has one action for
each matter: where two rest on the same quote, the first stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from domain.analysis import Recommendation, Timeline
from domain.evidence import Evidence, EvidenceOrigin
from domain.knowledge import Domain
from reasoning.cues import deadline_in

Impact = Literal["high", "medium", "low"]
_OWN_OPENINGS = frozenset({"The", "A", "It", "On"})
_IMPACT_ORDER: dict[Impact, int] = {"high": 0, "medium": 1, "low": 2}
_TIMELINE_ORDER = {timeline: order for order, timeline in enumerate(Timeline)}
_DUE_WITHIN = (
    (timedelta(days=7), Timeline.IMMEDIATE),
    (timedelta(days=31), Timeline.THIS_MONTH),
    (timedelta(days=92), Timeline.THIS_QUARTER),
)


class Action(NamedTuple):
    """An action before it has a rank: what to do, and the quotes that it rests on."""

    statement: str
    evidence: tuple[Evidence, ...]
    owner: Domain
    timeline: Timeline
    impact: Impact


def to_do(verb: str, said: str) -> str:
    """Return *verb* and what it is about as one sentence; only an opening of our own loses its capital."""
    first, _, rest = said.partition(" ")
    return f"{verb}: {first.lower() if first in _OWN_OPENINGS else first} {rest}".rstrip()


def timeline_by(quote: str, now: datetime, otherwise: Timeline) -> Timeline:
    """Return when to act by the deadline that *quote* sets, else *otherwise*; past ones are immediate."""
    due = deadline_in(quote, now)
    if due is None or due < now.date() - timedelta(days=31):
        return otherwise
    return timeline_until(due, now.date())


def timeline_until(due: date, today: date) -> Timeline:
    """Return the shortest horizon that reaches *due*."""
    left = due - today
    return next((timeline for bound, timeline in _DUE_WITHIN if left <= bound), Timeline.THIS_YEAR)


def recommendations_from(actions: Iterable[Action], limit: int) -> tuple[Recommendation, ...]:
    """Return the actions as recommendations: greatest impact first, then soonest, then as they came."""
    kept: list[Action] = []
    cited: set[object] = set()
    for action in actions:
        places = [_place(quote) for quote in action.evidence if _is_knowledge(quote)]
        if not places or not cited.isdisjoint(places[-1:]):
            continue
        cited.update(places)
        kept.append(action)
    kept.sort(key=lambda one: (_IMPACT_ORDER[one.impact], _TIMELINE_ORDER[one.timeline]))
    return tuple(
        Recommendation(
            statement=action.statement,
            evidence=action.evidence,
            owner_domain=action.owner,
            timeline=action.timeline,
            impact=action.impact,
            rank=rank,
        )
        for rank, action in enumerate(kept[:limit], start=1)
    )


def unified(groups: Sequence[Sequence[Recommendation]], limit: int) -> tuple[Recommendation, ...]:
    """Return the recommendations of all *groups* ranked anew: impact, then time, then rank within a group.

    Two that rest on one quote become one, with the first's words and the evidence of both.
    """
    merged: list[Recommendation] = []
    by_place: dict[object, int] = {}
    for group in groups:
        for one in group:
            places = [_place(quote) for quote in one.evidence if _is_knowledge(quote)]
            known = next((by_place[place] for place in places if place in by_place), None)
            if known is None:
                by_place.update(dict.fromkeys(places, len(merged)))
                merged.append(one)
                continue
            evidence = tuple(dict.fromkeys((*merged[known].evidence, *one.evidence)))
            merged[known] = merged[known].model_copy(update={"evidence": evidence})
    merged.sort(
        key=lambda one: (_IMPACT_ORDER[one.impact], _TIMELINE_ORDER[one.timeline], one.rank)
    )
    return tuple(
        one.model_copy(update={"rank": rank}) for rank, one in enumerate(merged[:limit], start=1)
    )


def _is_knowledge(quote: Evidence) -> bool:
    return quote.origin is EvidenceOrigin.KNOWLEDGE


def _place(quote: Evidence) -> object:
    return quote.key, quote.start
