"""What the wording of a message says about who should answer it.

Fields are the words of a side ("margin", "churn"; "latency", "firmware"); forms are how something is asked: a
fact is looked up, a decision is wanted, a judgement, or a way to build. All of it is documented wording on
folded text; entries are separated by semicolons, and a line may break after a bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from domain.sessions import Route
from reasoning.terms import terms_of
from reasoning.wording import folded, pattern_of


class Form(StrEnum):
    """How something is asked; the value says so to a reader."""

    LOOKUP = "asks for a fact or a document"
    KNOWN = "asks what is known"
    DECISION = "asks for a decision"
    JUDGEMENT = "asks what it means for the business"
    BUILDING = "asks whether or how it can be built or run"
    BOTH_SIDES = "asks for both sides"


class Cues(NamedTuple):
    """What the wording of a message holds."""

    forms: frozenset[Form]
    fields: Mapping[str, tuple[str, ...]]
    """The words found by the field's name, in the order of the text; fields without any are left out."""

    @property
    def business(self) -> int:
        """Distinct words of the business side."""
        return self._count(Route.SOPHIA)

    @property
    def technical(self) -> int:
        """Distinct words of the technical side."""
        return self._count(Route.ARTEMIS)

    @property
    def any(self) -> bool:
        """Whether the wording says anything of who should answer."""
        return bool(self.forms or self.fields)

    def of_side(self, side: Route) -> Mapping[str, tuple[str, ...]]:
        """Return the fields of one side, the one with most words first."""
        own = [(name, words) for name, words in self.fields.items() if SIDES[name] is side]
        return dict(sorted(own, key=lambda one: -len(one[1])))

    def _count(self, side: Route) -> int:
        return sum(len(words) for words in self.of_side(side).values())


_BUSINESS_WORDING = {
    "money": r"""
        afford\w{0,5}; budgets?; capex; cash; costs?; cost-cutting; covenants?; debts?; dividends?; earn\w{0,4};
        ebitda; expens(?:es?|ive); financ\w{1,5}; funds?; funding; funded; invest\w{0,5}; leverage; liquidity;
        loans?; margins?; money; opex; pays?; payback; payoff; profit\w{0,6}; refinanc\w{1,4}; rents?;
        revenues?;
        roi; sales; savings?; spend\w{0,4}; subsid(?:y|ies|ise|ize); turnover; valuation; returns?
    """,
    "price": r"""
        pric(?:e|es|ing|ed); discount\w{0,3}; surcharges?; tariffs?; fees?; rebates?; subscriptions?; hourly;
        undercut\w{0,4}; cheap\w{0,3}; premium; levy; levies
    """,
    "market and competition": r"""
        acqui(?:re|res|red|ring|sitions?); brand\w{0,3}; business; commercial\w{0,2};
        compet(?:e|itors?|ition|itive\w{0,4}); demand; expansion; expand\w{0,3}; franchis\w{1,4}; growth; grow;
        market\w{0,6}; merg(?:e|ers?|ing); opportunit(?:y|ies); partner\w{0,5}; position(?:ed|ing)?;
        prospects?; reputation\w{0,2}; rivals?; segments?; sell\w{0,3}; sold; stake; strateg\w{1,4}; startups?;
        tenders?; win; winning; competes
    """,
    "customers": r"""
        accounts?; buy(?:s|ing)?; buyers?; churn; clients?; consumers?; customers?; guests?; investors?;
        lenders?;
        loyalty; patients; satisfaction; shareholders?; shoppers?; suppliers?; tenants?; trust; members
    """,
    "people": r"""
        attrition; employ\w{1,5}; headcount; hir(?:e|es|ed|ing); jobs; morale; people; recruit\w{0,4};
        reorgani[sz]\w{1,5}; retention; retire\w{0,4}; salar(?:y|ies); staff\w{0,3}; strikes?; talent; unions?;
        wages?; workforce; works council
    """,
}
_TECHNICAL_WORDING = {
    "software and architecture": r"""
        ai; algorithms?; apis?; apps?; architect\w{0,5}; backends?; brokers?; cach(?:e|es|ing); chips?; cloud;
        code; codebase; components?; databases?; db; decoupl\w{1,3}; deploy\w{0,5}; erp; frontend;
        infrastructure;
        kubernetes; legacy; librar(?:y|ies); microservices?; middleware; models?; modules?; monolith\w{0,2};
        on-premises?; pipelines?; platforms?; portals?; protocols?; python; java; queues?; redesign\w{0,3};
        refactor\w{0,3}; rewrit\w{1,3}; schemas?; servers?; software; sql; systems?; tech; technical\w{0,2};
        technolog\w{1,4}; virtual machines?; kafka; rabbitmq; oracle
    """,
    "capacity and reliability": r"""
        availab(?:le|ility); bandwidth; batch; bottlenecks?; capacity; downtime; fail-?over; failures?; faster;
        latenc(?:y|ies); loads?; milliseconds?; ms; networks?; outages?; performan(?:ce|t); real-?time;
        recovery;
        redundan\w{1,3}; resilien\w{1,3}; roll-?back; roll back; scal(?:e|es|ing|ab\w{1,6});
        single point of failure; throughput; uptime; surviv\w{1,3}; a second
    """,
    "security and data": r"""
        access control; authenticat\w{1,4}; auth; backups?; certificates?; cyber\w{0,8}; data; encrypt\w{0,4};
        gdpr; hipaa; host(?:ed|ing)?; identity; pci; privacy; secur(?:e|ity); sign-on; soc ?2?; tls;
        vulnerabilit(?:y|ies)
    """,
    "devices and engineering": r"""
        batter(?:y|ies); cameras?; devices?; effort; engineer\w{0,3}; feasib\w{1,6}; firmware; gateways?;
        hardware; integrat\w{1,4}; machines?; migrat\w{1,4}; modems?; prototyp\w{1,4}; robots?; satellites?;
        sensors?; telemetry; telematics; terminals?; test(?:s|ing); tooling; trackers?; twin; upgrad\w{1,3};
        volts?; circuit board
    """,
}
SIDES: Mapping[str, Route] = {
    **dict.fromkeys(_BUSINESS_WORDING, Route.SOPHIA),
    **dict.fromkeys(_TECHNICAL_WORDING, Route.ARTEMIS),
}
"""Field -> the side whose words it holds."""

_SHARED = {
    "<be>": r"(?:is|are|was|were|'s)",
    "<is>": r"(?:'s|s| is| was| are| were)",
    "<fact>": (
        r"names?|status|dates?|deadlines?|outcome|definition|phone|address|number|key results|latest|current"
        r"|figure|(?:\w{2,14} )?rate|(?:\w{2,14} )?hours|results?"
    ),
    "<few>": r"(?:[\w'-]{1,14} ){1,5}",
    "<some>": r"(?:[\w'-]{1,14} ){0,4}",
    "<opening>": r"^(?:(?:and|so|then|but|please|pls|hi|hey|ok|now),? ){0,3}",
    "<time>": (
        r"(?:q[1-4]|20\d\d|the (?:first|second|third|fourth|last) (?:quarter|half)|january|february|march|april"
        r"|may|june|july|august|september|october|november|december)"
    ),
    "<start>": (
        r"(?:launch|offer|introduce|open|build|start|enter|buy|sell|replace|move|put|roll out"
        r"|switch|acquire|join|take over|drop|keep|sign)"
    ),
}
_FORMS = {
    Form.LOOKUP: r"""
        <opening>(?:who|whose|when|what time|latest on|do we have an?|list|find|show|quote|search|look up|
        remind me|summari[sz]e|any news);
        <opening>where(?! do we stand| can we| could we| are we strong);
        <opening>how (?:many(?! (?:servers|engineers|developers|instances))|old|high|tall|often);
        <opening>how much (?:do|does|did|<be>);
        <opening>(?:has|have|did) (?:the|our|we|they|\w{1,14} (?:agree|sign|say|pay));
        <opening>which <few>(?:mention|took|take|were|did|was|has|have|contain|hold|delivers?|signed);
        <opening>which (?:documents?|items?|certificates?|files?); tell me the;
        give me the (?:latest|name|number|text|date|exact|list); whatever we have; according to;
        is there an? (?:document|memo|note|paper|file|report|record|entry);
        <opening>what(?:<is>)? (?:the |our )?(?:<fact>); what(?:<is>)? (?:the |our )?(?:\w{1,14} )?(?:cap|
        limit);
        what (?:did|does|do|was|were) <few>(?:say|said|write|announce|state|report|decide|complain|mention|
        promise|find|agree|know|approve|sign); what was (?:said|decided|agreed|announced);
        any (?:documents?|notes?|memos?); in our (?:notes|records|files);
        what(?:<is>)? (?:the |our |in the )<some>(?:in|of|on|for) <time>; what(?:<is>)? in the;
        the minutes; minutes (?:of|from); memo; term sheet; policy; clause; article \d{1,3}; right now; so far
    """,
    Form.KNOWN: r"""
        what (?:do )?we know; do we know (?:anything|something|more); what is known; what(?:<is>)? written;
        what have we (?:got )?(?:on|about); anything (?:known|written|on file) (?:on|about)
    """,
    Form.DECISION: r"""
        (?:should|shall|shd|shld|shoud) (?:we|our|the|i|they); do we <start>; (?:can|could) we (?:offer|
        launch|introduce|open); go or no-?go; go/no-go;
        decide; must decide; do you recommend; make or buy; build or buy; buy or build; go with;
        is it (?:time to|a good idea|smart|wise|worth); worth (?:it|building|doing|signing); make sense;
        (?:we|i) (?:want|plan|wish|intend|would like|need) to <start>;
        <opening><start>; weigh up; consider; <opening>(?:new )?requirement;
        (?:evaluate|assess) (?:launching|introducing|offering|building|opening|the (?:introduction|proposal|
        plan));
        what should we do; or leaves?; do it; take it or leave it; go for it; your (?:view|verdict|
        recommendation);
        is (?:now|this) the (?:right )?(?:moment|time); would you (?:outsource|buy|sell|sign|do|take|invest);
        insource; outsource; commit to
    """,
    Form.JUDGEMENT: r"""
        what (?:would|does|do|will|did|could) <few>(?:mean for|do to|cost us|bring); how (?:exposed|dependent|
        attractive|strong|big is the (?:demand|market)); (?:business|commercial|customers?'?|market|financial)
        (?:view|case|side|angle|perspective|point of view); mean for (?:us|our|earnings|margin|revenue|
        the business);
        willing to; how bad; exposures? to; why would (?!it|that|this); would (?:anybody|anyone|they|
        customers|people|who) (?:buy|pay|want); where do we stand;
        do to (?:our|us); hurt us; what (?:would|does|will|do) <few>cost; what (?:could|would) we (?:lose|
        gain|earn); who would (?:pay|buy); from the
        customers' point of view
    """,
    Form.BUILDING: r"""
        (?:is|are|was) (?:it|this|that) (?:technically |even )?(?:possible|feasible|doable); technically;
        (?:technical|engineering|security|tech) (?:view|side|angle|point of view|perspective);
        how (?:would|do|could|can|should) (?:we|i|you) (?:build|design|make|get|cut|roll|integrate|host|
        decouple|
        implement|run|migrate|secure|test|scale); how (?:complex|hard|difficult|realistic);
        how long (?:would|will|does) (?:it|that|this) take; to (?:build|implement|migrate|integrate|encrypt|
        host|
        rewrite|redesign); what (?:breaks|would break|would it take);
        (?:can|could|does|would|will|are) (?:our|the|my|we) <few>(?:take|handle|cope|run|scale|support|
        integrate|
        carry|reach|survive|hold|work|sync|deliver); how many (?:servers|engineers|developers|instances);
        estimate the effort; (?:what'?s|what is) the fix; how do (?:we|i) fix; feasib\w{1,6};
        which (?:\w{1,14} ){0,2}(?:architecture|database|components|
        systems);
        what (?:architecture|bandwidth|data model|testing); technical (?:risks?|dependenc(?:y|ies)|debt)
    """,
    Form.BOTH_SIDES: r"""
        (?:and|,) (?:can|could) (?:we|it) (?:build|ship|package|make|run|deliver);
        (?:and|,) (?:does|will|would|do) (?:it|they|that|this) (?:pay|sell|earn);
        feasib\w{1,6} and (?:profitab\w{1,4}|worth|is there); (?:possible|feasible|doable) and (?:worth|
        profitab\w{1,4});
        (?:worth it|profitable|it pays?) and (?:possible|feasible|doable); commercially and technically;
        technically and commercially; business case and; (?:full|whole) picture;
        both (?:count|sides|views|perspectives); (?:market|price|costs?|benefits?|money|revenue)[^.?!]{1,80}
        (?:technology|privacy|integration|engineering|security|devices|connectivity|tech);
        (?:integration|technology|engineering|devices|tech)[^.?!]{1,60}(?:market|price|revenue|profit\w{0,6}|costs?|
        sales)
    """,
}
_FIELD_PATTERNS = {
    name: pattern_of(wording)
    for name, wording in {**_BUSINESS_WORDING, **_TECHNICAL_WORDING}.items()
}
_FORM_PATTERNS = {form: pattern_of(wording, _SHARED) for form, wording in _FORMS.items()}


_ASKS = pattern_of(r"""
    what(?:'s|s)?; why; how; which; who; whose; when; where; is; are; was; were; do; does; did; has; have; can;
    could; will; would; should; shall; may; might; must; tell; show; give; explain; compare; assess
""")
_FILLERS = terms_of(
    "hello hey hi thanks morning evening diarchy fine nice sure hmm lot explain better best talk ahead"
)
_TERMS_OF_A_QUESTION = 2


def names_something(message: str, cues: Cues) -> bool:
    """Whether *message* names something to answer: terms, and either cues or the form of a question."""
    terms = terms_of(message) - _FILLERS
    if not terms:
        return False
    is_question = len(terms) >= _TERMS_OF_A_QUESTION and _ASKS.search(folded(message)) is not None
    return cues.any or is_question


def cues_of(message: str) -> Cues:
    """Return what the wording of *message* says."""
    text = folded(message)
    words = {
        name: tuple(dict.fromkeys(match.group() for match in pattern.finditer(text)))
        for name, pattern in _FIELD_PATTERNS.items()
    }
    return Cues(
        forms=frozenset(form for form, pattern in _FORM_PATTERNS.items() if pattern.search(text)),
        fields={name: found for name, found in words.items() if found},
    )
