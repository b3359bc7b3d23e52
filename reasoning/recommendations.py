"""What is asked of someone and what falls due, as recommendations; and their order.

A recommendation is a sentence of an item that asks for a decision, sets a duty with a date, or names a
contradiction that someone has to settle. Its timeline comes from its date, else from the item's priority;
its impact from the priority; its owner is the domain of the item's category.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar

from domain.analysis import Recommendation, Timeline
from domain.evidence import Finding
from domain.knowledge import domain_of
from reasoning.cues import Role, deadline_in
from reasoning.deadlines import first_day_named
from reasoning.placing import needs_title, stands_alone, titled
from reasoning.quoting import Quote, as_evidence
from reasoning.salience import Reading, Said
from reasoning.wording import overlap, says_the_same, significant_words

AnyFinding = TypeVar("AnyFinding", bound=Finding)

_OVERDUE_FOR = timedelta(days=30)
"""A date longer past than this asks for nothing any more."""
_FAR_AHEAD = timedelta(days=183)
_ASKS_OF_ONE_ITEM = 5
_WEIGHTY_PRIORITY = 7
_HIGH_PRIORITY = 8
_MEDIUM_PRIORITY = 5
_TOP_PRIORITY = 10
_SAME_MATTER = 0.5
_WORDS_OF_A_WHOLE_ASK = 8
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=31)
_QUARTER = timedelta(days=92)

_ASK = re.compile(
    r"\b(?:asked|asks?|decisions?|decides?|approv\w+|must|sign-?off|answer|go/no-go)\b",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"\b(?:answer|reply|response)\b", re.IGNORECASE)
_DUTY = re.compile(
    r"\b(?:must|has to|have to|needs? to|due|deadline|no later than)\b", re.IGNORECASE
)
_PERSONAL = re.compile(r"\b(?:I|me|my)\b")
_CONTRADICTION = re.compile(
    r"\b(?:contradict\w*|conflicts? with|in conflict|at odds|incompatible|mutually exclusive"
    r"|clash\w*|collid\w*)\b",
    re.IGNORECASE,
)
_MEETING = re.compile(r"\b(?:agenda|board|meeting|committee|decision)\b", re.IGNORECASE)
_LEAD_IN = re.compile(
    r"(?:decision|recommendation|proposal|request|ask)\b[^:.]{0,80}:\s+(?=\S+\s+\S+\s+\S+)",
    re.IGNORECASE,
)


class Ask(NamedTuple):
    """A sentence that wants something done, by when, and what kind of thing."""

    quote: Quote
    due: date | None
    verb: Literal["Decide", "Answer", "Due", "Settle"]

    @property
    def is_decision(self) -> bool:
        """Whether someone has to decide or answer."""
        return self.verb in {"Decide", "Answer"}


def asks_in(readings: Sequence[Reading], now: datetime) -> tuple[Ask, ...]:
    """Return what the items ask for, most pressing first; closed items and stale dates ask nothing."""
    asks = [ask for reading in readings if not reading.is_closed for ask in _asks_of(reading, now)]
    return tuple(sorted(asks, key=lambda ask: _pressure(ask, now)))


def recommendations_from(
    asks: Iterable[Ask], now: datetime, *, said: Said, limit: int
) -> tuple[Recommendation, ...]:
    """Return up to *limit* of *asks* that *said* does not hold yet, ranked in the order given."""
    chosen: list[list[Ask]] = []
    for ask in asks:
        if not said.is_new(ask.quote):
            continue
        alike = next((group for group in chosen if _is_the_same_matter(group[0], ask)), None)
        if alike is not None:
            alike.append(ask)
        elif len(chosen) < limit:
            chosen.append([ask])
        else:
            continue
        said.add(ask.quote)
    return tuple(_recommendation(group, now, rank) for rank, group in enumerate(chosen, start=1))


def timeline_for(due: date | None, priority: int, now: datetime) -> Timeline:
    """Return when something is due: by its date, else by its item's priority."""
    if due is None:
        if priority >= _TOP_PRIORITY:
            return Timeline.IMMEDIATE
        if priority >= _HIGH_PRIORITY:
            return Timeline.THIS_MONTH
        return Timeline.THIS_QUARTER if priority >= _MEDIUM_PRIORITY else Timeline.THIS_YEAR
    left = due - now.date()
    if left <= _WEEK:
        return Timeline.IMMEDIATE
    if left <= _MONTH:
        return Timeline.THIS_MONTH
    return Timeline.THIS_QUARTER if left <= _QUARTER else Timeline.THIS_YEAR


def impact_of(priority: int) -> Literal["high", "medium", "low"]:
    """Return the impact of what an item of *priority* (1 to 10) asks: high from 8, medium from 5."""
    if priority >= _HIGH_PRIORITY:
        return "high"
    return "medium" if priority >= _MEDIUM_PRIORITY else "low"


def deduplicated(findings: Iterable[AnyFinding]) -> tuple[AnyFinding, ...]:
    """Return *findings* in order without those that say what an earlier one has said.

    Two statements say the same when four fifths of their significant words are common to both.
    """
    kept: list[AnyFinding] = []
    words: list[frozenset[str]] = []
    for finding in findings:
        own = significant_words(finding.statement)
        if not says_the_same(own, words):
            kept.append(finding)
            words.append(own)
    return tuple(kept)


def due_date(quote: Quote, now: datetime) -> date | None:
    """Return the day that *quote* sets, read as of its writing.

    For a decision any day to come counts that the sentence names, or the title of a meeting's papers.
    """
    written = min(quote.item.updated_at, now)
    due = deadline_in(quote.text, written)
    if due is None and Role.DECISION in quote.roles:
        due = first_day_named(quote.text, written)
        if due is None and _MEETING.search(quote.item.title):
            due = first_day_named(quote.item.title, written)
    return due


def _asks_of(reading: Reading, now: datetime) -> list[Ask]:
    found = [ask for quote in reading.by_salience if (ask := ask_of(quote, now)) is not None]
    decisions = [ask for ask in found if ask.is_decision]
    decisions = [ask for ask in decisions if stands_alone(ask.quote.text)] or decisions
    explicit = [ask for ask in decisions if _ASK.search(ask.quote.text)]
    others = [ask for ask in found if not ask.is_decision]
    return [*(explicit or decisions), *others][:_ASKS_OF_ONE_ITEM]


def ask_of(quote: Quote, now: datetime) -> Ask | None:
    """Return what *quote* asks for, if anything that is not long past."""
    due = due_date(quote, now)
    if due is not None and due < now.date() - _OVERDUE_FOR:
        return None
    if Role.DECISION in quote.roles:
        return Ask(quote, due, "Answer" if _ANSWER.search(quote.text) else "Decide")
    if due is not None and now.date() <= due <= now.date() + _FAR_AHEAD and _is_duty(quote.text):
        return Ask(quote, due, "Due")
    is_weighty = quote.item.strategic_priority >= _WEIGHTY_PRIORITY
    if is_weighty and Role.CONFLICT in quote.roles and _CONTRADICTION.search(quote.text):
        return Ask(quote, due, "Settle")
    return None


def _is_duty(text: str) -> bool:
    return _DUTY.search(text) is not None and _PERSONAL.search(text) is None


_TIMELINES = tuple(Timeline)


def _pressure(ask: Ask, now: datetime) -> tuple[int, int, int, date, str, int, int]:
    item = ask.quote.item
    return (
        _TIMELINES.index(timeline_for(ask.due, item.strategic_priority, now)),
        0 if ask.is_decision else 1,
        -item.strategic_priority,
        ask.due or date.max,
        item.knowledge_id,
        item.confidentiality_level.rank,
        ask.quote.start,
    )


def _is_the_same_matter(one: Ask, other: Ask) -> bool:
    """Whether two sentences ask for one thing: due on one day and half of their words in common."""
    return (
        one.due is not None
        and one.due == other.due
        and overlap(one.quote.words, other.quote.words) >= _SAME_MATTER
    )


def _recommendation(asks: Sequence[Ask], now: datetime, rank: int) -> Recommendation:
    ask = asks[0]
    item = ask.quote.item
    return Recommendation(
        statement=in_words(ask, now),
        evidence=tuple(as_evidence(each.quote) for each in asks),
        owner_domain=domain_of(item.category),
        timeline=timeline_for(ask.due, item.strategic_priority, now),
        impact=impact_of(item.strategic_priority),
        rank=rank,
    )


def in_words(ask: Ask, now: datetime) -> str:
    """Return *ask* as an imperative with its date, then the sentence, after its item's title where needed.

    A lead-in such as "Decision needed:" is left out where what follows says on its own what is asked.
    """
    sentence = ask.quote.statement
    lead_in = _LEAD_IN.match(sentence)
    rest = sentence[lead_in.end() :] if lead_in else ""
    is_whole = rest.endswith("?") or len(rest.split()) >= _WORDS_OF_A_WHOLE_ASK
    asked = rest[0].upper() + rest[1:] if rest and is_whole else sentence
    said = titled(ask.quote, asked) if lead_in or needs_title(ask.quote) else asked
    if ask.due is None:
        return f"{ask.verb}: {said}"
    day = f"{ask.due.day} {ask.due:%B %Y}"
    if ask.due < now.date():
        return f"{ask.verb}, overdue since {day}: {said}"
    return f"Due {day}: {said}" if ask.verb == "Due" else f"{ask.verb} by {day}: {said}"
