"""What the wording of a message says about who should answer it.

Fields are the words of a side ("margin", "churn"; "latency", "firmware"); forms are how something is asked: a
fact is looked up, a decision is wanted, a judgement or a way to build is. All lists are documented wording,
matched on folded text; none grows with what the company knows.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from domain.sessions import Route
from reasoning.wording import folded


class Form(StrEnum):
    """How something is asked; the value says so to a reader."""

    LOOKUP = "asks for a fact or a document"
    DECISION = "asks for a decision"
    JUDGEMENT = "asks what it means for the business"
    BUILDING = "asks whether or how it can be built or run"
    BOTH_SIDES = "asks for both sides"


class Field(NamedTuple):
    """The words of one field of a side."""

    name: str
    side: Route
    pattern: re.Pattern[str]


class Cues(NamedTuple):
    """What the wording of a message holds."""

    forms: frozenset[Form]
    fields: dict[str, tuple[str, ...]]
    """The words found, by the field's name, in the order of the text."""
    business: int
    """Distinct words of the business side."""
    technical: int
    """Distinct words of the technical side."""

    @property
    def any(self) -> bool:
        """Whether the wording says anything at all."""
        return bool(self.forms or self.fields)


def _words(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words.split())})\b")


_FIELDS = (
    Field(
        "financial words",
        Route.SOPHIA,
        _words(
            r"afford\w* budgets? capex cash costs? cost[- ]?cutting covenants? debts? dividends? earn\w* earnings ebitda"
            r" expens(?:es?|ive) financ\w+ fund\w* gross invest\w* leverage liquidity loans? margins? money opex pay pays"
            r" payback payoff profit\w* refinanc\w+ rents? revenues? roi sales savings? spend\w* subsid\w+ turnover"
            r" valuation"
        ),
    ),
    Field(
        "words of price",
        Route.SOPHIA,
        _words(
            r"pric(?:e|es|ing|ed) discount\w* surcharge\w* tariffs? fees? rebates? subscriptions? billing"
            r" undercut\w* cheap\w* premium"
        ),
    ),
    Field(
        "words of market and competition",
        Route.SOPHIA,
        _words(
            r"acqui(?:re|res|ring|sition|sitions) brand\w* business commercial\w* compet(?:e|itors?|ition|itive\w*)"
            r" demand expansion expand\w* franchis\w+ growth grow market\w* merg(?:e|ers?|ing) outsell\w*"
            r" opportunit(?:y|ies) partner\w* position(?:ed|ing)? reputation\w* rivals? segments? sell\w* stake strateg\w+"
            r" startups? tenders? win winning"
        ),
    ),
    Field(
        "words of customers",
        Route.SOPHIA,
        _words(
            r"accounts? buy buyers? churn clients? consumers? customers? guests? investors? lenders? loyalty nps patients"
            r" prospects? satisfaction shareholders? shoppers? suppliers? tenants trust"
        ),
    ),
    Field(
        "words of people",
        Route.SOPHIA,
        _words(
            r"attrition employ\w+ headcount hire hires hiring jobs morale people recruit\w* reorgani[sz]ation retention"
            r" retire\w* salar(?:y|ies) staff\w* strikes? talent unions? wages? workforce works[- ]council"
        ),
    ),
    Field(
        "words of software and architecture",
        Route.ARTEMIS,
        _words(
            r"ai algorithms? apis? apps? architect\w+ backend brokers? cach\w+ chips? cloud code\w* components?"
            r" containeri[sz]ed databases? db decoupl\w+ deploy\w* erp esb frontend infrastructure kafka kubernetes legacy"
            r" libraries microservices? middleware models? modules? monolith\w* on-premises? oracle pipelines? platforms?"
            r" portals? prototyp\w+ python queues? rabbitmq redesign\w* refactor\w* rewrit\w+ schemas? servers? software"
            r" sql systems? tech technical\w* technolog\w+ virtual"
        ),
    ),
    Field(
        "words of capacity and reliability",
        Route.ARTEMIS,
        _words(
            r"availab(?:le|ility) bandwidth batch bottlenecks? capacity downtime failover failures? faster latenc\w+ loads?"
            r" milliseconds? networks? outages? performan\w+ real-?time recovery redundan\w+ resilien\w+ roll-?back"
            r" scal(?:e|es|ing|ab\w+) single[- ]point throughput uptime survive"
        ),
    ),
    Field(
        "words of security and data",
        Route.ARTEMIS,
        _words(
            r"access[- ]control authenticat\w+ auth backups? certificates? cyber\w* data encrypt\w+ gdpr hipaa hosted?"
            r" hosting identity pci personal[- ]data privacy security sign-?on soc tls vulnerabilit\w+"
        ),
    ),
    Field(
        "words of devices and engineering",
        Route.ARTEMIS,
        _words(
            r"batter(?:y|ies) boards? cameras? devices? effort engineer\w* feasib\w+ firmware gateways? hardware integrat\w+"
            r" machines? machinery migrat\w+ modems? prototypes? robots? satellite scada sensors? telemetry telematics"
            r" terminals? testing tooling trackers? twin upgrad\w+ volts?"
        ),
    ),
)
_FORMS = {
    Form.LOOKUP: re.compile(
        r"^(?:and |so |then |but |please |pls |hi,? |hey,? )*(?:who|when|where(?! do we stand| can we)|how (?:many|old|high|tall|large|often)"
        r"|how much (?:do|does|did|is|was|are|were)|list|find|show|quote|give me the (?:latest|name|number|text|date|exact)"
        r"|tell me the|summari[sz]e|search|look up|remind me|which (?:\w+ ){1,3}(?:mention|took|were|did|was|has|contain)"
        r"|is there an? (?:document|memo|note|paper|file|report|record|entry)|has (?:the|our)|did|any news"
        r"|what(?:'s|s)? ?(?:is |was |were |are |do |does |did )?(?:the |our |we )?(?:name|status|date|deadline|outcome|definition|phone"
        r"|address|number|key results|latest|current|current state|know|say|said|announced|decided|figure|rate)\b)"
        r"|\bwhat (?:did|does|do|was|were) (?:\w+ ){1,5}(?:say|said|write|announce|state|report|decide|complain|mention|promise|find|agree|know)\b"
        r"|\b(?:according to|what do we know|what we know|whatever we have|any (?:documents?|notes?|memos?)|in our (?:notes|records|files))\b"
        r"|\bwhat(?:'s|s| is| was| were| are) (?:the |our )?(?:\w+ ){0,4}(?:in|of|on|for) (?:q[1-4]|20\d\d|the (?:first|second|third|fourth|last) quarter|january|february|march|april|may|june|july|august|september|october|november|december)\b"
        r"|\b(?:minutes|memo|term sheet|policy|clause|article \d+)\b"
    ),
    Form.DECISION: re.compile(
        r"\b(?:should|shall|shd|shoud|shld) (?:we|our|the|i)\b|\b(?:do|can|could) we (?:make or buy|build or buy|go with|take over|offer|launch|promise"
        r"|introduce|let)\b|\bgo or no[- ]?go\b|\bdecide\b|\bmust decide\b|\bwhat do you recommend\b|\bmake or buy\b|\bbuild or buy\b"
        r"|\bis it (?:time to|a good idea|smart|worth|wise)\b|\bworth (?:it|building|doing)\b|\b(?:would|does) (?:it|that) make sense\b|\bmake sense for us\b"
        r"|\b(?:we|i) (?:want|plan|wish|intend|would like|need) to (?:launch|offer|introduce|open|build|put|start|enter|buy|sell|replace|move)\b"
        r"|^(?:launch|offer|introduce|build|open|digitali[sz]e|roll out|weigh up|consider|requirement:|new requirement|evaluate (?:launching|introducing|offering|building|the introduction))\b"
        r"|\bassess the proposal\b|\bwhat should we do\b"
    ),
    Form.JUDGEMENT: re.compile(
        r"\bwhat (?:would|does|do|will|did) (?:\w+[ ']){1,8}(?:mean for|do to|cost us|bring)\b|\bhow (?:exposed|dependent|attractive|strong|big is the demand)\b"
        r"|\b(?:business|commercial|customers'?|market) (?:view|case|side|angle|perspective|point of view)\b|\bmean for (?:us|our|earnings|margin|revenue|the business)\b"
        r"|\bpoint of view\b|\bwilling to\b|\bwould (?:anybody|anyone|they|customers|people) (?:buy|pay|want)\b|\bwhere do we stand\b|\bwhat could we lose\b"
        r"|\bdo to (?:our|us|the)\b|\bhurt us\b"
    ),
    Form.BUILDING: re.compile(
        r"\b(?:is|are|was) (?:it|this|that) (?:technically|even)? ?(?:possible|feasible|doable|realistic)\b|\btechnically\b|\b(?:technical|engineering|security) (?:view|side|angle|point of view|perspective)\b"
        r"|\bhow (?:would|do|could|can|should) (?:we|i|you) (?:build|design|make|get|cut|roll|integrate|host|decouple|keep|implement|run)\b"
        r"|\bhow (?:complex|hard|difficult|realistic)\b|\bhow long (?:would|will|does) (?:it|that|this) take\b|\bto (?:build|implement|migrate|integrate|encrypt|host|rewrite)\b"
        r"|\bwhat (?:breaks|would break|would it take)\b|\b(?:can|could|does|would|will) (?:our|the|my) (?:\w+ ){1,4}(?:take|handle|cope|run|scale|support|do|work|integrate|load|be controlled|reach|survive|hold)\b"
        r"|\bhow many (?:servers|engineers|developers|nodes)\b|\bestimate the effort\b|\bfeasib\w+\b|\bwhich (?:\w+ ){0,2}(?:architecture|database|components|systems)\b|\bwhat (?:architecture|bandwidth|data model|testing)\b"
    ),
    Form.BOTH_SIDES: re.compile(
        r"\b(?:and|,) (?:can|could) (?:we|it) (?:build|ship|package|make|run)\b|\b(?:and|,) (?:does|will|would|do) (?:it|they|that|this) (?:pay|sell)\b"
        r"|\bfeasib\w+ and (?:profitab\w+|is there|worth)\b|\bcommercially and technically\b|\bbusiness case and feas\w+\b|\bfull picture\b|\bwhole picture\b"
        r"|\bfor the business and for our systems\b|\bdoable and what\b|\bworth it and possible\b|\bboth (?:count|sides|views|perspectives)\b"
        r"|\b(?:market|price|cost|costs|benefit|money|revenue)\b[^.?!]{0,80}\b(?:technology|privacy|integration|engineering|security|devices|connectivity|tech)\b"
        r"|\b(?:integration|technology|engineering|devices|build|tech)\b[^.?!]{0,60}\b(?:market|price|revenue|profit\w*|costs?|pay|sell|sales)\b"
    ),
}
_BUSINESS = frozenset(field.name for field in _FIELDS if field.side is Route.SOPHIA)


def cues_of(message: str) -> Cues:
    """Return what the wording of *message* says."""
    text = folded(message)
    fields = {
        field.name: tuple(dict.fromkeys(match.group() for match in field.pattern.finditer(text)))
        for field in _FIELDS
    }
    found = {name: words for name, words in fields.items() if words}
    return Cues(
        forms=frozenset(form for form in Form if _FORMS[form].search(text)),
        fields=found,
        business=sum(len(words) for name, words in found.items() if name in _BUSINESS),
        technical=sum(len(words) for name, words in found.items() if name not in _BUSINESS),
    )
