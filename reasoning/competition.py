"""The competitive landscape: who is named as a rival, what is known of each, threats and openings.

A rival is a capitalised name in competitive items that acts or is spoken of as one: it offers, charges or
wins something, or business was lost to it. A name that is offered by somebody is a product; a name that asks,
pays or leaves is a customer; a name at home in other categories (in more of their titles and tags) is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from domain.analysis import CompetitiveLandscape, CompetitorView
from domain.evidence import Finding, RetrievedItem
from domain.knowledge import KnowledgeCategory
from reasoning.bearing import Point, first_of_each_item
from reasoning.cues import Role
from reasoning.quoting import Sentences
from reasoning.terms import word_list

_NAME = r"(?P<name>[A-ZÀ-Ý][\w&’'-]*\w(?: (?:[A-ZÀ-Ý][\w&-]*\w|[A-Z]{2,4}))?)"
_NAMES = re.compile(rf"(?<![\w-]){_NAME}")
_RIVAL_ACT = (
    r"(?:now |already |also |has |have |had |will |would |could |can |is |are |just |recently "
    r"|of [A-Z]\w+ )*"
    r"(?:offer(?:s|ed|ing)?|charg(?:es?|ed|ing)|launch(?:es|ed|ing)?|undercuts?"
    r"|undercut(?:ting)?|bids?|bidding"
    r"|rais(?:es|ed|ing)|sells?|sold|present(?:s|ed)|announc(?:es|ed|ing)|show(?:s|ed|n)"
    r"|advertis(?:es|ed|ing)"
    r"|collects?|promis(?:es|ed)|claims?|acquir(?:es|ed)|bought|buys|took|takes|wins?|won"
    r"|serves?|undersells?"
    r"|cheaper|priced?s?|ships?|shipped|leads?|releas(?:es|ed)|unveil(?:s|ed)|hir(?:es|ed|ing)"
    r"|poach(?:es|ed|ing)"
    r"|expand(?:s|ed|ing)?|enter(?:s|ed|ing)?|open(?:s|ed)?|clos(?:es|ed)|came|comes"
    r"|ask(?:s)? a premium|lacks?"
    r"|matches|compet(?:es|ing)|reached|cut|cuts|introduc(?:es|ed)|approached|scored?s?"
    r"|has nothing|has no"
    r"|per cent cheaper|holds|gains?|gained|merg(?:es|ed)|plans?|moves?|moved|partners?|signed"
    r"|build?s|quotes?|quoted)\b"
)
_ACTS = re.compile(rf"(?<![\w-]){_NAME}(?:, [^,.;]{{1,40}},)? {_RIVAL_ACT}")
_AGAINST = re.compile(
    r"(?:\blost (?:\w+ ){0,4}to|\bleft (?:us )?for|\bswitch(?:ed|es|ing)? to|\bmov(?:ed|ing) to"
    r"|\bcompetitors?(?: is| are|,|:)?"
    r"|\brivals?(?: is| are|,|:)?|\bthan|\bbeat|\bbehind|\bahead of|\bagainst|\bversus|\bvs\.?"
    r"|\bcompete with|\bunlike"
    rf"|\bcompeting with|\bundercut by|\bthreat from)\s{_NAME}"
)
_POSSESSES = re.compile(
    rf"(?<![\w-]){_NAME}['’]s? (?:\w+ )?(?:price|prices|pricing|offer|offering|contract|product"
    rf"|platform|service|list|launch"
    r"|roadmap|discount|rates?|funding|round|bid|suite|release|customers?|share|sales)\b"
)
_OFFERED = re.compile(
    r"\b(?:offer(?:s|ed|ing)?|present(?:s|ed)|launch(?:es|ed)|sells?|show(?:s|ed|n)|call(?:s"
    r"|ed)? it|called|named|rented an?"
    rf"|introduc(?:es|ed)|released?|looked at|bundles?|its|their|new|our|with a|unveil(?:s"
    rf"|ed))\s{_NAME}",
)
_CUSTOMER_ACT = re.compile(
    rf"(?<![\w-]){_NAME} (?:(?:has|have|had|will|would|also|now|was|is) )*(?:asks?|asked|asking"
    rf"|want(?:s|ed)|demands?|left|leaves?"
    r"|leav(?:es|ing)|pays?|paid|renew(?:s|ed|al)?|complain(?:s|ed)|needs?|needed|stayed|stays"
    r"|tender|account|decides|decided"
    r"|chose|churn(?:ed|s)?|would notice|refused|issued|insists?|expects?|requires?|prefers?"
    r"|returned|buys from)\b"
)
_DETERMINERS = re.compile(
    r"\b(?:a|an|the|our|in|at|from|near|of|to|since|until|by|during|on|last|next|every)\s$",
    re.IGNORECASE,
)
_COMMON = word_list(
    """
    a an the we i it he she they this that these those our their his her its and but or nor
    for so yet as at by in of on to from with without within under over after before since
    until while when where what who why how which if then than there here not no yes none
    nothing all any both each every few many most other some such one two three four five
    six seven eight nine ten first second third last next new old now today tomorrow
    yesterday monday tuesday wednesday thursday friday saturday sunday january february
    march april may june july august september october november december spring summer
    autumn winter christmas easter q1 q2 q3 q4 h1 h2 eur usd gbp chf ceo cfo cto coo cio
    ciso chro board sales marketing finance legal strategy opportunity threat weakness
    strength price pricing costs cost revenue market customers customer competitors
    competitor competition rival rivals analysts analyst trade press source sources report
    europe european eu germany german france french italy italian spain spanish uk us usa
    britain british america american americas asia asian africa nordics nordic denmark
    danish sweden swedish norway norwegian finland finnish netherlands dutch belgium belgian
    switzerland swiss austria austrian poland polish ireland irish china chinese india
    indian japan japanese london paris berlin munich frankfurt hamburg zurich dublin
    amsterdam brussels vienna milan madrid stockholm oslo copenhagen warsaw boston york
    singapore gdpr soc iso hipaa pci nis2 dora api apis sla slas saas erp crm ai ml it
    gartner forrester idc ebitda arr mrr nps kpi kpis rfp rfps our-side battery interviews
    small large another neither either several only also even still however although because
    despite according overall meanwhile recently currently head heads vice president
    director manager team teams product products service services group ltd inc gmbh plc
    microsoft google amazon aws azure sap salesforce oracle
    """
)
_MOST_COMPETITORS = 6
_MOST_FINDINGS = 3
_MOST = 4
_FLOOR = 0.3
_C = KnowledgeCategory


def competitive_landscape(points: Sequence[Point], names: Sequence[str]) -> CompetitiveLandscape:
    """Return what of *points* speaks of the rivals *names*, of threats and of openings."""
    views = [
        CompetitorView(name=name, findings=tuple(point.finding for point in about))
        for name in names
        if (about := _points_about(name, points))
    ]
    outside = [
        point
        for point in points
        if point.category in _OUTSIDE and point.on_topic and point.weight >= _FLOOR
    ]
    competitive = [point for point in outside if point.category is _C.COMPETITIVE_ANALYSIS]
    return CompetitiveLandscape(
        competitors=tuple(views[:_MOST_COMPETITORS]),
        threats=_findings(point for point in competitive if threatens(point, names)),
        openings=_findings(point for point in outside if opens(point, names)),
    )


_OUTSIDE = frozenset(
    {
        _C.COMPETITIVE_ANALYSIS,
        _C.MARKET_INTELLIGENCE,
        _C.CUSTOMER_INSIGHTS,
        _C.PARTNERSHIP_OPPORTUNITIES,
    }
)


def is_of_rival(point: Point, names: Sequence[str]) -> bool:
    """Whether the sentence speaks of a rival and not of us: its weakness is not ours.

    One that begins with the rival's name speaks of the rival even where it compares with us.
    """
    text = point.quote.statement
    if text.startswith(tuple(names)):
        return True
    if _OURS.search(text):
        return False
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def opens(point: Point, names: Sequence[str]) -> bool:
    """Whether the sentence shows an opening: a chance of ours or a weakness of a rival."""
    if is_of_rival(point, names):
        return Role.WEAKNESS in point.roles
    return Role.OPPORTUNITY in point.roles and not point.roles & {Role.RISK, Role.CONFLICT}


def threatens(point: Point, names: Sequence[str]) -> bool:
    """Whether the sentence shows a threat: a danger, a strength of a rival or a weakness of ours."""
    if is_of_rival(point, names):
        return bool(point.roles & _RIVAL_GAINS) and Role.WEAKNESS not in point.roles
    return bool(point.roles & {Role.RISK, Role.WEAKNESS}) and Role.OPPORTUNITY not in point.roles


_OURS = re.compile(r"\b(?:we|our|ours|us)\b", re.IGNORECASE)
_RIVAL_GAINS = frozenset({Role.RISK, Role.STRENGTH, Role.OPPORTUNITY, Role.TREND})


def competitors_in(
    items: Sequence[RetrievedItem], sentences: Sentences | None = None
) -> tuple[str, ...]:
    """Return the rivals that competitive items name: the most often named first, then by name.

    *sentences* saves cutting again what was cut into sentences before.
    """
    rival: Counter[str] = Counter()
    other: Counter[str] = Counter()
    for text in _competitive_texts(items, sentences or Sentences()):
        rival.update(
            _names_in(_ACTS, text) | _names_in(_AGAINST, text) | _names_in(_POSSESSES, text)
        )
        other.update(_names_in(_OFFERED, text) | _names_in(_CUSTOMER_ACT, text))
    heads = _names_by_home(items)
    named = [
        name
        for name, count in rival.items()
        if count > other[name] and _at_home_among_rivals(name, heads)
    ]
    whole = [name for name in named if not any(_is_part(name, longer) for longer in named)]
    return tuple(sorted(whole, key=lambda name: (-rival[name], name)))


def _competitive_texts(items: Sequence[RetrievedItem], sentences: Sentences) -> Iterable[str]:
    for item in items:
        if item.category is _C.COMPETITIVE_ANALYSIS:
            yield item.title
            for quote in sentences.of(item):
                yield quote.statement


def _names_in(pattern: re.Pattern[str], text: str) -> set[str]:
    found: set[str] = set()
    for match in pattern.finditer(text):
        words = match["name"].replace("’", "'").removesuffix("'s").split()
        begin = match.start("name")
        while words and words[0].lower() in _COMMON:
            begin += len(words.pop(0)) + 1
        while words and words[-1].lower() in _COMMON:
            words.pop()
        if words and not (pattern is _ACTS and _DETERMINERS.search(text[:begin])):
            found.add(" ".join(words))
    return found


def _names_by_home(items: Sequence[RetrievedItem]) -> tuple[Counter[str], Counter[str]]:
    """Return how many heads (title and tags) of competitive and of other items hold each word."""
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    for item in items:
        head = f"{item.title} {' '.join(item.tags)}".lower().replace("-", " ")
        words = set(re.findall(r"\w+", head))
        (inside if item.category is _C.COMPETITIVE_ANALYSIS else outside).update(words)
    return inside, outside


def _at_home_among_rivals(name: str, heads: tuple[Counter[str], Counter[str]]) -> bool:
    inside, outside = heads
    words = [word for word in re.findall(r"\w+", name.lower()) if word not in _COMMON]
    return any(inside[word] and inside[word] >= outside[word] for word in words)


def _is_part(name: str, longer: str) -> bool:
    return name != longer and name in longer.split()


def _points_about(name: str, points: Sequence[Point]) -> tuple[Point, ...]:
    holds = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    about = [
        point
        for point in points
        if point.category in _OUTSIDE and point.on_topic and holds.search(point.quote.statement)
    ]
    return first_of_each_item(about, _MOST_FINDINGS)


def _findings(points: Iterable[Point]) -> tuple[Finding, ...]:
    return tuple(point.finding for point in first_of_each_item(points, _MOST))
