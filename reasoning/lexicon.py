"""The wording that gives a sentence its role: one list a role, written in lower case.

Every entry is a small regular expression between word boundaries, without unbounded repetition. Entries
that hold their own negation ("no decision has been taken") count as they stand; all others count only
when nothing before them takes them back.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Role(StrEnum):
    """What a sentence does for a reader who has to decide."""

    RISK = "risk"
    OPPORTUNITY = "opportunity"
    DECISION = "decision"
    """Someone is asked to decide, approve or choose."""
    SUPPORT = "support"
    """Intent, commitment or priority."""
    CONFLICT = "conflict"
    """A limit, a freeze, a delay or a contradiction."""
    DEPENDENCY = "dependency"
    PROGRESS = "progress"
    """A step or a matter that is finished."""
    METRIC = "metric"
    """A figure with a unit, a percentage or an amount of money."""
    STRENGTH = "strength"
    WEAKNESS = "weakness"
    TREND = "trend"


_ACTOR = (
    r"(?:we|i|(?:the )?(?:executive |supervisory |management )?(?:board|committee|team|group|company"
    r"|management|council|executives|directors|ceo|cfo|coo|cto|cio|ciso|chro|cmo|founders"
    r"|shareholders))"
)
_DECIDER = (
    r"(?:the )?(?:executive |supervisory |management |audit |steering )?(?:board|committee|ceo|cfo|coo"
    r"|cto|cio|management|leadership|executives?|executive team|directors|shareholders|council|you)"
)
_DECIDE = (
    r"(?:decide|choose|approve|sign off|confirm|authori[sz]e|select|agree|ratify|pick|release|endorse"
    r"|settle|rule on|commit|rank|prioriti[sz]e)"
)
_LOSE = (
    r"(?:lose|fail|lapse|slip|breach|miss|cost|leave|damage|delay|stop|halt|trigger|expose|cancel"
    r"|terminate|run out|collapse|default|overrun|disrupt|erode|hurt|walk away|fall short)"
)
_GAIN = (
    r"(?:win|grow|add|gain|save|open|expand|unlock|reach|double|bring|sell|earn|raise|capture|halve"
    r"|cut|free|recover|offer|become|serve|extend|convert)"
)

_WORDING: dict[Role, tuple[str, ...]] = {
    Role.RISK: (
        r"risks?",
        r"risky",
        r"threat(?:s|en|ens|ened|ening)?",
        r"expos(?:ure|ed|es) to",
        r"exposures?",
        r"vulnerab\w{1,12}",
        r"breach(?:es|ed|ing)?",
        r"outages?",
        r"penalt(?:y|ies)",
        rf"(?:could|may|might|would|will) (?:also |still |then |well )?{_LOSE}",
        r"fines? (?:of|up to)",
        r"loss of",
        r"churn\w{0,3}",
        r"insolven\w{2,4}",
        r"bankrupt\w{0,3}",
        r"shortages?",
        r"attrition",
        r"litigation",
        r"lawsuits?",
        r"sue[sd]?",
        r"single point of failure",
        r"single[- ]sourced?",
        r"sole (?:source|supplier)",
        r"ransomware",
        r"phishing",
        r"attack(?:s|ed|ers?)?",
        r"incidents?",
        r"fraud",
        r"downgrade[ds]?",
        r"impairments?",
        r"end[- ]of[- ](?:life|support)",
        r"unpatched",
        r"overruns?",
        r"danger(?:ous)?",
        r"jeopard\w{2,5}",
        r"warn(?:s|ed|ing)?(?: that| of)?",
        r"worst case",
        r"downside",
        r"concentration",
        r"in default",
        r"key[- ]person",
        r"runway of",
        r"runs? out of",
        r"poach\w{0,3}",
        r"recall(?:s|ed)? of",
        r"non-?complian(?:ce|t)",
        r"leak(?:s|ed)?",
        r"infring\w{1,6}",
        r"terminat(?:es?|ion)",
        r"dependence on (?:a single|one)",
    ),
    Role.OPPORTUNITY: (
        r"opportunit(?:y|ies)",
        rf"could (?:also |then |now )?{_GAIN}",
        r"upside",
        r"untapped",
        r"white ?space",
        r"under-?served",
        r"unserved",
        r"potential (?:to|of|for|partners?|customers?)",
        rf"would (?:also |then )?{_GAIN}",
        r"pipeline (?:of|worth)",
        r"willing to (?:pay|buy|sign|pilot)",
        r"(?:is|are) (?:open to|interested in|keen (?:on|to))",
        r"interest(?:ed)? in (?:a|an|our|buying)",
        r"(?:customers?|clients?|buyers?|prospects?|accounts?) (?:\w{1,12} ){0,5}(?:asks?|asked|asking) for",
        r"demand (?:for|exceeds|outstrips)",
        r"cross-?sell\w{0,3}",
        r"up-?sell\w{0,3}",
        r"first[- ]mover",
        r"no (?:other )?(?:competitor|rival|vendor|provider) (?:\w{1,12} )?(?:offers|has|serves|provides)",
        r"worth up to",
        r"room to",
        r"subsid(?:y|ies)",
        r"grants? (?:of|from|worth)",
        r"attractive",
        r"offer(?:s|ed) (?:us|to) (?:\w{1,12} ){0,3}(?:co-?sell|partner|resell|distribut\w{1,4}|invest\w{0,4})",
        r"co-?sell(?:ing)?",
        r"resell(?:er|ers|ing)? (?:agreement|interest|deal)",
        r"new (?:market|segment)s?",
        r"opens? (?:the |a |up )?(?:door|way|market|window)",
        r"window of",
        r"letter of intent",
        r"would (?:pay|buy|sign|switch|move to us)",
        r"approached us",
    ),
    Role.DECISION: (
        rf"(?:is|are|was|were|be) asked to (?:\w{{1,12}} ){{0,2}}{_DECIDE}",
        rf"asks? {_DECIDER} (?:to|for|whether)",
        rf"{_DECIDER} (?:is|are) asked",
        (
            r"(?:requests?|needs?|requires?|seeks?|awaits?|awaiting|pending) (?:\w{1,12} ){0,2}"
            r"(?:approval|decision|sign-?off|go-ahead|mandate)"
        ),
        r"decisions? (?:\w{1,12} )?(?:needed|required|requested|due|pending|outstanding|wanted)",
        r"decisions? (?:is|are) (?:still )?(?:open|due|needed|required|pending|outstanding)",
        r"decision (?:asked|needed|required|requested)",
        r"decision by",
        r"decision:",
        rf"{_DECIDER} (?:must|should|has to|have to|needs? to) (?:\w{{1,12}} ){{0,1}}{_DECIDE}",
        rf"we (?:must|have to|need to|should) (?:\w{{1,12}} ){{0,1}}{_DECIDE}",
        r"(?:must|needs? to|has to|have to|should|to) be (?:decided|approved|chosen|signed off|settled)",
        r"approval (?:is )?(?:needed|required|requested|sought|pending|outstanding)",
        r"for decision",
        r"for (?:\w{1,12} )?approval",
        rf"please {_DECIDE}",
        rf"we ask (?:\w{{1,12}} ){{1,4}}to {_DECIDE}",
        r"(?:we|management|i|(?:the )?(?:committee|team|cfo|cto|coo|cio|ciso|chro)) (?:recommends?|proposes?)",
        r"(?:recommendation|proposal|request|ask)(?: to the \w{1,12})?:",
        r"go/no-go",
        r"open (?:question|decision|choice)s?",
        (
            r"(?:no|without a) decision (?:has|was|is) (?:\w{1,12} ){0,2}"
            r"(?:made|taken|reached)"
        ),
        r"undecided",
        r"(?:remains|is still) (?:open|to be decided)",
        r"decides? (?:by|before|whether|between|on|at|in)",
        r"must choose",
        r"we recommend",
        r"sign-?off (?:is )?(?:needed|required|pending)",
        r"up for (?:a )?decision",
    ),
    Role.SUPPORT: (
        (
            rf"{_ACTOR} (?:will|shall|plans?|intends?|aims?|commits?|committed|agreed|decided|approved|wants?"
            r"|endorsed|authori[sz]ed|backs?|backed|chose|confirmed|has (?:decided|approved|agreed|committed"
            r"|confirmed|chosen)|have (?:decided|approved|agreed|committed|chosen)|(?:is|are) committed)"
            r"(?! (?:not|never|need|be (?:late|delayed|unable)))"
        ),
        r"(?:top |first |highest |key |strategic |number one |main )?priorit(?:y|ies)(?! \d)",
        r"prioriti[sz]e[sd]?",
        r"approved",
        r"committed to",
        r"commitment to",
        r"must-win",
        r"strategic (?:goal|objective|aim|focus|pillar|bet|intent|target|theme)s?",
        r"(?:our|the|its|this year's|next year's) (?:goal|aim|objective|ambition|strategy|intent) (?:is|for|to)",
        r"objectives?",
        r"focus(?:es|ed|ing)? on",
        r"invest(?:s|ed|ing|ment|ments)? in",
        r"is funded",
        r"(?:fully )?funded",
        r"budget (?:\w{1,12} ){0,3}(?:approved|agreed|released|set aside)",
        r"earmarked",
        r"sponsor(?:s|ed)? by",
        r"mandate[ds]?",
        r"(?:is|are) planned for",
        r"set aside",
    ),
    Role.CONFLICT: (
        r"cannot",
        r"can not",
        r"can't",
        r"frozen",
        r"(?:hiring |spending |change |budget )freeze",
        r"exceed(?:s|ed|ing)?",
        r"over (?:budget|plan|capacity)",
        r"overspen[dt]",
        r"capped",
        r"cap of",
        r"ceiling of",
        r"no more than",
        r"limited to",
        r"(?:upper )?limit of",
        r"not before",
        r"no earlier than",
        r"not until",
        r"delay(?:s|ed|ing)?",
        r"postpone[ds]?",
        r"slip(?:s|ped|ping)?",
        r"contradict\w{0,5}",
        r"conflict(?:s|ed|ing)?(?: with)?",
        r"at odds with",
        r"incompatible",
        r"inconsistent with",
        r"mutually exclusive",
        r"prohibit\w{0,3}",
        r"forbid\w{0,3}",
        r"ban(?:s|ned)",
        r"no (?:\w{1,12} )?(?:capacity|budget|headcount|funding|room|free \w{1,12}|slack|staff|new hires)",
        r"not (?:yet )?(?:possible|allowed|permitted|funded|budgeted|approved|staffed|available|compatible)",
        (
            r"(?:will|may|must|shall|should|does|do) not (?:\w{1,12} )?(?:enter|start|begin|support|allow|permit"
            r"|add|hire|leave|buy|fund|spend|move|approve|accept|proceed|offer|cover|run|fit|ship|launch)"
        ),
        r"won't",
        r"insufficient",
        r"short of",
        r"shortfall",
        r"rule[ds]? out",
        r"on hold",
        r"paused",
        r"suspended",
        r"halted",
        r"fully (?:booked|allocated|committed|utili[sz]ed)",
        r"blocked",
        r"blocks?(?= (?:the|any|all|us|our))",
        r"competes? (?:with|for) (?:the same|our|resources|people)",
        r"same (?:team|engineers|people|budget)",
        r"only after",
        r"too late",
        r"collid\w{1,4}",
        r"clash\w{0,3}",
        r"stands? against",
        r"until (?:at least|further notice)",
        r"moratorium",
    ),
    Role.DEPENDENCY: (
        r"depend(?:s|ed|ing|ent|ant|ence|ency|encies)? (?:up)?on",
        r"depends",
        r"dependenc(?:y|ies)",
        r"requires?",
        r"requiring",
        r"(?:is|are) required (?:before|for|to|by)",
        r"blocked by",
        r"blocked until",
        r"prerequisites?",
        r"preconditions?",
        r"relies on",
        r"rely on",
        r"reliant on",
        r"contingent (?:up)?on",
        r"conditional on",
        r"subject to",
        r"(?:hinges|rests|builds|waits) on",
        r"once (?:\w{1,14} ){1,8}(?:is|are|has|have|lands|closes|ends|signs|completes)",
        r"needs? (?:\w{1,14} ){1,6}(?:first|before)",
        r"waiting (?:for|on)",
        r"only (?:after|when|once|if)",
        r"provided (?:that )?",
        r"gated (?:by|on)",
        r"before (?:\w{1,14} ){1,6}can",
        r"cannot (?:\w{1,14} ){1,6}(?:before|until|without|unless)",
        r"not (?:\w{1,14} ){0,4}(?:until|unless)",
        r"after (?:\w{1,14} ){1,6}(?:is|are|has been|have been) (?:finished|completed?|done|live|signed|ready)",
    ),
    Role.PROGRESS: (
        r"resolved",
        r"closed",
        r"completed?",
        r"finished",
        r"(?:is|was|are|were|been) done",
        r"delivered",
        r"shipped",
        r"(?:went|gone|goes|is|are|now) live",
        r"launched",
        r"signed",
        r"achieved",
        r"passed",
        r"settled",
        r"concluded",
        r"fixed",
        r"remediated",
        r"mitigated",
        r"rolled out",
        r"withdrawn",
        r"migrated",
        r"retired",
        r"decommissioned",
        r"handed over",
        r"in production",
        r"met the",
        r"(?:no longer|not any more)(?: a| an)?(?: \w{1,12})? (?:risk|issue|blocked|open|problem|concern|at risk)",
    ),
    Role.METRIC: (
        r"\d[\d.,]{0,15}(?: |-)?(?:%|per ?cent|percent\w{0,6}|pp|bps|basis points)(?!\w)",
        r"(?:eur|usd|gbp|chf|sek|nok|dkk|pln|jpy)[ ]?\d[\d.,]{0,15}",
        r"\d[\d.,]{0,15}[ ]?(?:eur|usd|gbp|chf|sek|nok)",
        r"\d[\d.,]{0,15}[ -]?(?:m|bn|k|million|billion|thousand|mn)",
        (
            r"\d[\d.,]{0,15}[ -]?(?:ms|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|fte|ftes"
            r"|people|employees|engineers|staff|customers|accounts|users|tickets|sites|units|deals|points|hires"
            r"|gb|tb|pb|mb|kg|tonnes?|mw|kwh|mwh|gwh|km|requests|transactions|orders|events|incidents|seats"
            r"|licen[cs]es|vehicles|trucks|warehouses|suppliers|parcels|shipments|pallets|patients|stores)"
        ),
    ),
    Role.STRENGTH: (
        r"lead(?:s|er|ers)?(?! time| to| times| engineer| architect| author| buyer)",
        r"leading(?! to)",
        r"strong(?:er|est|ly)?",
        r"strengths?",
        r"ahead of",
        r"advantages?",
        r"best[- ]in[- ]class",
        r"outperform\w{0,3}",
        r"awards?",
        r"awarded",
        r"record (?:quarter|year|month|high|revenue|sales)",
        r"won",
        r"above (?:plan|target|budget|forecast|benchmark|average)",
        r"improv(?:ed|es|ing|ement)",
        r"beats?",
        r"prefer(?:s|red)?",
        r"unique(?:ly)?",
        r"loyal\w{0,2}",
        r"trusted",
        r"praised?",
        r"differentiat\w{1,5}",
        r"healthy",
        r"resilient",
        r"unmatched",
        r"satisfied",
        r"well ahead",
        (
            r"(?:churn|attrition|turnover|cost|costs|defects|complaints|latency) (?:\w{1,12} ){0,2}"
            r"(?:fell|dropped|declined|halved|improved|is down|went down|down)"
        ),
        r"renewed",
    ),
    Role.WEAKNESS: (
        r"weak(?:er|est|ness|nesses|ened|ening)?",
        (
            r"behind (?:plan|target|schedule|budget|competitors|rivals"
            r"|peers|the)"
        ),
        r"lag(?:s|ged|ging)?",
        r"lost",
        r"losing",
        (
            r"below (?:plan|target|budget|forecast"
            r"|benchmark|average|the)"
        ),
        r"lack(?:s|ing|ed)?",
        r"miss(?:ed|es|ing)",
        r"slow(?:er|est|ed)?",
        r"complain(?:s|ed|t|ts|ing)?",
        r"poor(?:ly)?",
        r"dissatisf\w{3,6}",
        r"under-?perform\w{0,3}",
        r"gaps?",
        r"shortages?",
        r"outdated",
        r"legacy",
        r"too (?:slow|expensive|few|old|complex|long)",
        r"fell short",
        r"under-?staffed",
        r"under-?funded",
        r"manual(?:ly)?",
        r"failed",
        r"fails",
        r"unreliable",
        r"backlog",
        r"technical debt",
        r"unhappy",
        r"cheaper than (?:us|ours?)",
        r"undercut\w{0,4}",
    ),
    Role.TREND: (
        r"gr(?:ow|ows|owing|own|ew|owth)",
        r"declin\w{1,3}",
        r"(?:rise|rises|rising|risen|rose)",
        r"(?:fall|falls|falling|fallen|fell)(?! short)",
        r"increas\w{1,3}",
        r"decreas\w{1,3}",
        r"(?:up|down) (?:from|by|\d)",
        r"doubl(?:ed|ing|es)",
        r"tripl(?:ed|ing|es)",
        r"halved",
        r"shr(?:ink|inks|inking|ank|unk)",
        r"shift(?:s|ing|ed)? (?:to|towards?|from|away)",
        r"trend\w{0,3}",
        r"(?:quarter|year|month)[- ](?:on|over)[- ](?:quarter|year|month)",
        r"accelerat\w{1,3}",
        r"consolidat\w{1,3}",
        r"climb\w{0,3}",
        r"more and more",
        r"drop(?:s|ped|ping)?",
        r"expand(?:s|ed|ing)",
        r"contract(?:ing|ed) (?:by|market)",
        r"mov(?:es|ing|ed) (?:away|towards?|from)",
        r"went from",
        r"improv(?:ed|es|ing) (?:from|by|to)",
        r"slow(?:ed|ing)(?: down)?",
    ),
}

_NO_CLAIM_WORDING: dict[Role, tuple[str, ...]] = {
    Role.RISK: (
        (
            r"risk[- ](?:committee|register|management|appetite|officer|function|report|team|policy|review|owner"
            r"|category|model|assessment|workshop|framework)"
        ),
        (
            r"(?:churn|attrition|outages?|incidents?)"
            r" (?:\w{1,12} ){0,2}(?:fell|dropped|declined|halved|improved|is down|went down|down)"
        ),
        r"incident (?:response|management|process|review)",
        r"attack surface management",
        r"low[- ]risk",
        r"lower(?:s|ed|ing)? (?:the |our )?risk",
        (
            r"(?:reduc|mitigat|remov|eliminat)\w{1,4} (?:the |our |this )?"
            r"risks?"
        ),
        r"risk[- ]free",
        r"breach notification",
    ),
    Role.SUPPORT: (
        r"(?:low|lower|lowest|no|secondary) priorit(?:y|ies)",
        r"priority:? \d{1,2}",
        r"(?:to be|be|is|are|was|get|until|if|once) approved(?= (?:by|before))",
    ),
    Role.STRENGTH: (
        r"lead (?:by|with)",
        r"improvement plan",
        r"(?:no|lost|losing) (?:\w{1,12} )?lead",
    ),
    Role.WEAKNESS: (r"missing(?= you)", r"miss (?:rate|ratio)", r"gap analysis", r"legal"),
    Role.TREND: (r"(?:fall|rise) (?:back|under|within|due)", r"dropp(?:ed|ing) off"),
    Role.PROGRESS: (
        r"closed[- ](?:loop|source|circuit)",
        r"closed (?:session|meeting|user|group)",
        (
            r"fixed (?:cost|costs|price"
            r"|fee|term|rate|assets?|income|line)"
        ),
        r"passed (?:on|over|through|away)",
        r"settled (?:on|for)",
        r"behind closed doors",
        r"undersigned",
    ),
    Role.METRIC: (),
}

_CLOSED_WORDING = (
    (
        r"(?:is|are|was|were|been|now|status:?|risk|issue|incident|matter|item|finding|case|action|audit) "
        r"(?:now |therefore |formally |fully |finally |since |thus )?(?:closed|resolved|settled|withdrawn"
        r"|remediated|cancelled|canceled|discontinued|completed?)"
    ),
    (
        r"(?:closed|resolved|withdrawn|settled)(?= on \d| in (?:january|february|march|april|may|june|july|august"
        r"|september|october|november|december|q[1-4]))"
    ),
    r"^(?:closed|resolved|withdrawn|settled|completed?)\b",
    r"no longer (?:a |an |at )?(?:\w{1,12} )?(?:risk|issue|open|problem|concern|threat)",
    r"no further action",
    r"nothing (?:is )?(?:left|open|outstanding)",
)

_UNFINISHED_WORDING = (
    r"will",
    r"to",
    r"must",
    r"should",
    r"can",
    r"could",
    r"may",
    r"might",
    r"would",
    r"once",
    r"until",
    r"if",
    r"when",
    r"unless",
    r"before",
    r"shall",
    r"after",
    r"by",
    r"target(?:ed)?",
    r"expected",
    r"half",
    r"partly",
    r"partially",
    r"almost",
    r"nearly",
    r"yet",
    r"\d[\d.]*(?:%| per ?cent| percent)",
)


_ANY_WORD = r"(?:\w{1,12} )"
_ANY_WORD_BUT_A_NEGATOR = r"(?:(?!not |no |never )\w{1,12} )"


def _compiled(wording: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(wording).replace(_ANY_WORD, _ANY_WORD_BUT_A_NEGATOR)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")


ROLE_PATTERNS = {role: _compiled(_WORDING[role]) for role in Role}
"""Role -> what gives it, on folded text."""

NO_CLAIM = {role: _compiled(wording) for role, wording in _NO_CLAIM_WORDING.items() if wording}
"""Role -> set phrases that hold its words and do not give it ("risk committee")."""

CLOSED = _compiled(_CLOSED_WORDING)
"""What says that a whole matter is over."""

UNFINISHED = _compiled(_UNFINISHED_WORDING)
"""What, before "closed" or "completed", says that it is not so yet."""
